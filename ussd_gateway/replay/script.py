"""A session script: the shape of its file, and the form that is played.

    ScriptFile (as written) --loader--> Script: steps, each with its body and its place

The bodies of the verbs are in `bodies`, but for those that hold steps of their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, model_validator

from ussd_gateway.documents import FileModel, did_you_mean
from ussd_gateway.msisdn import Msisdn, NumberingPlan
from ussd_gateway.replay.bodies import (
    Account,
    Assert,
    Body,
    Call,
    Cancel,
    ChangePassword,
    Dial,
    Expect,
    ExpectSms,
    ExpectVoice,
    Ledger,
    Login,
    LoginCode,
    NoSms,
    Note,
    OfPhone,
    Perform,
    Press,
    Push,
    Send,
    Sms,
    Switch,
    Topup,
    Usage,
    Wait,
)
from ussd_gateway.replay.fields import AtLeastOne, Whole, is_name, one_of
from ussd_gateway.replay.inject_body import Inject
from ussd_gateway.replay.verdict import Place

__all__ = [
    "Account", "Assert", "Body", "Branch", "BranchFile", "Call", "Cancel", "ChangePassword", "DataFile",
    "Dial", "Expect", "ExpectSms", "ExpectVoice", "Header", "Include", "Inject", "Ledger", "Login",
    "LoginCode", "NoSms", "Note", "OfPhone", "Parallel", "Perform", "Press", "Push", "Repeat", "Script",
    "ScriptFile", "Send", "Set", "Sms", "Step", "StepFile", "Switch", "Topup", "Usage", "Wait",
]  # fmt: skip

DEFAULT_MSISDN = Msisdn("79261234567")
"""Whose phone it is when a script names none: a demo subscriber."""

# ---------------------------------------------------------------- verbs with names or steps in them


class Set(Body):
    """`set`: give variables values."""

    SHORT = "values"
    WHOLE = True

    values: dict[str, str]
    """Names and values."""

    @model_validator(mode="after")
    def _names(self) -> "Set":
        check_names(self.values)
        return self


class Include(OfPhone):
    """`include`: perform the steps of another script."""

    SHORT = "file"

    file: str
    """Its file, beside this one."""
    with_: dict[str, str] = Field(default={}, alias="with")
    """Values for its variables, as long as it runs."""

    @model_validator(mode="after")
    def _names(self) -> "Include":
        check_names(self.with_)
        return self


class Repeat(Body):
    """`repeat`: steps several times."""

    times: Whole
    """How often."""
    steps: Annotated[tuple["StepFile", ...], AtLeastOne]
    """What is repeated."""


class BranchFile(FileModel):
    """One phone of `parallel`."""

    phone: str | None = None
    """The phone of its steps: a name from `phones` or a number."""
    steps: Annotated[tuple["StepFile", ...], AtLeastOne]
    """What it does while the others do theirs."""


class Parallel(Body):
    """`parallel`: several phones at once; the step ends when all have."""

    SHORT = "branches"
    WHOLE = True

    branches: Annotated[tuple[BranchFile, ...], AtLeastOne]
    """The phones and their steps."""


# ---------------------------------------------------------------- the file


class StepFile(FileModel):
    """One step: a verb and what belongs to it."""

    dial: Dial | None = None
    """Dial a USSD string."""
    send: Send | None = None
    """Answer the screen."""
    cancel: Cancel | None = None
    """Hang up."""
    expect: Expect | None = None
    """The screen that comes."""
    sms: Sms | None = None
    """Send a message."""
    expect_sms: ExpectSms | None = None
    """A message that comes."""
    no_sms: NoSms | None = None
    """No message comes."""
    call: Call | None = None
    """Call a voice menu."""
    press: Press | None = None
    """Press keys in a call."""
    expect_voice: ExpectVoice | None = None
    """What is heard."""
    push: Push | None = None
    """A USSD message of the network's own."""
    switch: Switch | None = None
    """The network state of the phone."""
    login: Login | None = None
    """Try the login form."""
    login_code: LoginCode | None = None
    """Ask the login form for a one-time code."""
    change_password: ChangePassword | None = None
    """Change the password in the personal account."""
    wait: Wait | None = None
    """Let time pass."""
    assert_: Assert | None = Field(default=None, alias="assert")
    """How the account stands."""
    account: Account | None = None
    """Bring an account into a state."""
    topup: Topup | None = None
    """Money comes in."""
    usage: Usage | None = None
    """Charge a call, a message or megabytes."""
    perform: Perform | None = None
    """Perform any operation."""
    set: Set | None = None
    """Give variables values."""
    include: Include | None = None
    """Perform another script."""
    repeat: Repeat | None = None
    """Steps several times."""
    parallel: Parallel | None = None
    """Several phones at once."""
    inject: Inject | None = None
    """Have the gateway misbehave."""
    note: Note | None = None
    """A remark for reports."""

    @model_validator(mode="before")
    @classmethod
    def _one_verb(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        problem = _no_step(value, cls._verbs())
        if problem:
            raise ValueError(problem)
        # `- cancel:` with nothing behind it is a verb all the same.
        return {verb: {} if body is None else body for verb, body in value.items()}

    @classmethod
    def _verbs(cls) -> list[str]:
        return [field.alias or name for name, field in cls.model_fields.items()]

    @property
    def verb(self) -> str:
        """The verb, as it is written."""
        (name,) = self.model_fields_set
        return name.removesuffix("_")

    @property
    def body(self) -> Body:
        """What belongs to it."""
        (name,) = self.model_fields_set
        body = getattr(self, name)
        assert isinstance(body, Body)
        return body


class DataFile(FileModel):
    """Data: a run for each row, its columns are variables."""

    rows: tuple[dict[str, str], ...] | None = None
    """The rows themselves."""
    file: str | None = None
    """Or a CSV file beside the script; its first line names the columns."""
    order: one_of("sequential", "random") = "sequential"  # type: ignore[valid-type]
    """In which order the rows are taken."""
    seed: int = 0
    """Of the random order: the same seed, the same order."""

    @model_validator(mode="after")
    def _one(self) -> "DataFile":
        if (self.rows is None) == (self.file is None):
            raise ValueError("give `rows` or `file`, one of them")
        return self


class Header(FileModel):
    """All of a script but its steps."""

    script: str | None = None
    """Its name; by default that of the file."""
    about: str = ""
    """What it shows, for people."""
    tags: tuple[str, ...] = ()
    """Words to choose scripts by."""
    msisdn: str | None = None
    """Number of the default phone (79261234567)."""
    phones: dict[str, str] = Field(default={})
    """Names for numbers; a name is also a variable with the number in it."""
    data: DataFile | None = None
    """One run for each row of data."""
    variables: dict[str, str] = Field(default={})
    """Values to begin with."""
    secrets: tuple[str, ...] = ()
    """Variables whose values no report may show."""
    weight: Annotated[int, Field(ge=1, le=1000)] = 1
    """Under load: how often it is played, against the other scripts."""


class ScriptFile(Header):
    """A session script."""

    setup: tuple[StepFile, ...] = ()
    """Steps before the first: the accounts as they must be."""
    steps: Annotated[tuple[StepFile, ...], AtLeastOne]
    """What is done and expected, in order."""


def check_names(names: Mapping[str, object]) -> None:
    """ValueError for what no variable may be called."""
    for name in names:
        if not is_name(name):
            raise ValueError(f"`{name}` is no name: letters, digits and _ only")


def _no_step(value: Mapping[str, object], verbs: Sequence[str]) -> str | None:
    """Why a mapping is no step."""
    if not value:
        return "a step needs a verb"
    first, *others = value
    if first not in verbs:
        return f"unknown verb `{first}`{did_you_mean(first, verbs)}"
    if others:
        if others[0] in verbs:
            return f"one verb a step: `{others[0]}` needs a dash of its own"
        return f"`{others[0]}` belongs under `{first}`: indent it further"
    return None


# ---------------------------------------------------------------- what is played


@dataclass(frozen=True, slots=True)
class Step:
    """One step, ready to be played.

    `steps` are those of `repeat` and of the included file, `branches` those of `parallel`.  The body of an
    `include` has in `with_` also the `variables` of the included file that were not given anew.
    `uses` are the variables its body mentions; with none it needs no filling in.
    """

    verb: str
    body: Body
    place: Place
    steps: tuple["Step", ...] = ()
    branches: tuple["Branch", ...] = ()
    uses: frozenset[str] = frozenset()
    key_places: Mapping[str, Place] = field(default_factory=dict)

    def at(self, key: str) -> Place:
        """Where a key of the body stands; the step itself when it was not written."""
        return self.key_places.get(key, self.place)


@dataclass(frozen=True, slots=True)
class Branch:
    """What one phone does in `parallel`; `phone` is None for the script's own."""

    phone: str | None
    steps: tuple[Step, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Script:
    """A sound script.

    `msisdn` is the default phone: a number, a name from `phones` or a text with variables; a variable of
    that name goes before it.  Numbers of `phones` may have variables in them, too.  `rows` are in the order
    of their runs; without data there is one, empty.  `secrets` are the names listed here and in what is
    included.
    """

    name: str
    file_name: str
    about: str
    tags: tuple[str, ...]
    msisdn: str
    phones: Mapping[str, str]
    variables: Mapping[str, str]
    secrets: frozenset[str]
    rows: Sequence[Mapping[str, str]]
    setup: tuple[Step, ...]
    steps: tuple[Step, ...]
    plan: NumberingPlan = field(default_factory=NumberingPlan)
    weight: int = 1

    def walk(self) -> Iterator[Step]:
        """Every step, setup and those inside others too, in the order of the file."""
        yield from _walk(self.setup)
        yield from _walk(self.steps)


def _walk(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from _walk(step.steps)
        for branch in step.branches:
            yield from _walk(branch.steps)
