"""What stands after each verb of a session script, but for those that hold steps of their own (`script`).

A plain value after a verb is short for its main key: `dial: "*105#"` is `dial: {code: "*105#"}`.
`phone` says whose phone does it: a name from `phones`, or a number; without it the script's default phone.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from ussd_gateway.documents import FileModel
from ussd_gateway.replay.fields import (
    Code,
    Duration,
    Fits,
    Keys,
    OneOrMore,
    Refusal,
    Regex,
    Roubles,
    Status,
    Truth,
    Whole,
    listed,
    one_of,
    one_too,
)


class Body(FileModel):
    """Base of what stands after a verb."""

    SHORT: ClassVar[str] = ""
    """The key a plain value stands for; "" when there is none."""
    WHOLE: ClassVar[bool] = False
    """Whether everything after the verb is the value of `SHORT`, mappings and lists too."""
    TRUE: ClassVar[bool] = False
    """Whether a plain `true` is enough, for a verb with nothing to add."""

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, value: Any) -> Any:
        if value is None or (cls.TRUE and value is True):
            return {}
        if isinstance(value, Body) or not cls.SHORT:
            return value
        if isinstance(value, dict) and (not cls.WHOLE or _is_spelled_out(value, cls.SHORT)):
            return value
        return {cls.SHORT: value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """For editors: the short form beside the long one."""
        schema = handler(core)
        if cls.TRUE:
            return {"anyOf": [{"const": True}, schema]}
        if not cls.SHORT:
            return schema
        short = handler.resolve_ref_schema(schema)["properties"][cls.SHORT]
        short = {key: value for key, value in short.items() if key not in ("description", "title", "default")}
        return short if cls.WHOLE else {"anyOf": [short, schema]}


def _is_spelled_out(value: dict[str, Any], key: str) -> bool:
    return set(value) == {key} and isinstance(value[key], dict | list | tuple)


class OfPhone(Body):
    """Base of what a phone does or sees, or what is done to its account."""

    phone: str | None = None
    """Whose phone: a name from `phones` or a number; by default the script's own."""


# ---------------------------------------------------------------- USSD


class Dial(OfPhone):
    """`dial`: dial a USSD string."""

    SHORT = "code"

    code: Code
    """What is dialled, `*105*1#`."""


class Send(OfPhone):
    """`send`: answer the screen that asks."""

    SHORT = "text"

    text: str
    """The answer, taken as it is; may be empty."""


class Cancel(OfPhone):
    """`cancel: true`: hang up, the dialogue or the call."""

    TRUE = True


class Expect(OfPhone):
    """`expect`: the next screen, or another look at the last one; a plain text is what it contains."""

    SHORT = "contains"

    text: str | None = None
    """The whole text of the screen."""
    contains: OneOrMore = ()
    """A text that is in it, or a list of them."""
    not_contains: OneOrMore = ()
    """A text that is not in it, or a list of them."""
    regex: Regex | None = None
    """A regular expression found in it; its named groups become variables."""
    op: one_of("ask", "end", "notify") | None = None  # type: ignore[valid-type]
    """`ask` wants an answer, `end` is the last screen, `notify` is only shown."""
    screen: str | None = None
    """Name of the screen in its menu."""
    fits: Fits | None = None
    """`true`: in one USSD string; a number: in so many characters."""
    within: Duration | None = None
    """It comes within this time of the step before."""
    service_code: str | None = None
    """Who sent it, `*105#`."""
    error: bool | str | None = None
    """The network refuses instead: `true`, or words of the reason."""
    status: Status | None = None
    """The network refuses with this command_status: a number or a name, `ESME_RTHROTTLED`."""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> "Expect":
        refused = self.error or self.status is not None
        about_screen = self.model_fields_set - {"error", "status", "within", "phone"}
        if refused and about_screen:
            raise ValueError("either a screen or a refusal is expected, not both")
        return self


# ---------------------------------------------------------------- SMS


class Sms(OfPhone):
    """`sms`: send a short message."""

    to: str
    """The short number or the number it goes to."""
    text: str = ""
    """The message; may be empty."""


class _Text(OfPhone):
    """What may be asked of a text."""

    text: str | None = None
    """The whole text."""
    contains: OneOrMore = ()
    """A text that is in it, or a list of them."""
    not_contains: OneOrMore = ()
    """A text that is not in it, or a list of them."""
    regex: Regex | None = None
    """A regular expression found in it; its named groups become variables."""
    within: Duration | None = None
    """It comes within this time."""


class ExpectSms(_Text):
    """`expect_sms`: the earliest message not yet looked at; a plain text is what it contains."""

    SHORT = "contains"

    from_: str | None = Field(default=None, alias="from")
    """Only messages from this number; others wait for their own step."""
    parts: Whole | None = None
    """In how many parts it came."""


class NoSms(OfPhone):
    """`no_sms`: no message comes in this time."""

    SHORT = "within"

    within: Duration
    """How long none comes."""
    from_: str | None = Field(default=None, alias="from")
    """Only messages from this number count."""


# ---------------------------------------------------------------- voice


class Call(OfPhone):
    """`call`: call a voice menu."""

    SHORT = "number"

    number: str
    """The number that is called, `0505`."""


class Press(OfPhone):
    """`press`: keys in a call, or silence."""

    SHORT = "keys"

    keys: Keys | None = None
    """Keys one after another: `2 4 2`."""
    silence: Literal[True] | None = None
    """Instead of keys: the time passes in which nobody presses one."""

    @model_validator(mode="after")
    def _one(self) -> "Press":
        if (self.keys is None) == (self.silence is None):
            raise ValueError("give `keys`, or `silence: true`")
        return self


class ExpectVoice(_Text):
    """`expect_voice`: what is heard; a plain text is what it contains."""

    SHORT = "contains"

    state: one_of("prompt", "end") | None = None  # type: ignore[valid-type]
    """`prompt` waits for a key; after `end` the line is dead."""


# ---------------------------------------------------------------- the operator's side


class Push(OfPhone):
    """`push`: a USSD message of the network's own."""

    SHORT = "text"

    text: str
    """What it says."""
    ask: Truth = False
    """Whether an answer is wanted."""


class Switch(OfPhone):
    """`switch`: the network state of the phone."""

    SHORT = "state"

    state: one_of("on", "off", "out_of_coverage", "memory_full")  # type: ignore[valid-type]
    """`off` and `out_of_coverage`: nothing reaches it; `memory_full`: no messages do."""


class Login(OfPhone):
    """`login`: try the login form of the personal account."""

    login: str | None = None
    """A name from `phones`, a number or a company; by default the phone's number."""
    password: str | None = None
    """The password to try."""
    code: str | None = None
    """Or the one-time code to try."""
    result: one_of("ok", "wrong", "locked") = "ok"  # type: ignore[valid-type]
    """What the form answers."""
    attempts_left: Whole | None = None
    """How many more attempts it grants."""

    @model_validator(mode="after")
    def _one(self) -> "Login":
        if (self.password is None) == (self.code is None):
            raise ValueError("give `password` or `code`, one of them")
        return self


class LoginCode(OfPhone):
    """`login_code: true`: the login form is asked for a one-time code, which comes by SMS."""

    TRUE = True

    login: str | None = None
    """A name from `phones` or a number; by default the phone's number."""


class ChangePassword(OfPhone):
    """`change_password`: the form of the personal account that changes its password."""

    login: str | None = None
    """A name from `phones` or a number; by default the phone's number."""
    old: str
    """The password as it is."""
    new: str
    """As it is to be."""
    repeat: str | None = None
    """The new one again; by default alike."""
    result: one_of("ok", "wrong", "locked", "refused") = "ok"  # type: ignore[valid-type]
    """What the form answers: `wrong` is the old password, `refused` the new one."""
    reason: str | None = None
    """Why it is refused, `pw.mismatch`."""
    attempts_left: Whole | None = None
    """How many more attempts it grants."""


class Wait(Body):
    """`wait`: time passes; at once where the gateway's clock can be moved."""

    SHORT = "time"

    time: Duration | None = None
    """How long, `24h`."""
    until: one_of("next day", "next month") | None = None  # type: ignore[valid-type]
    """Or until midnight by the subscriber's calendar."""

    @model_validator(mode="after")
    def _one(self) -> "Wait":
        if (self.time is None) == (self.until is None):
            raise ValueError("give `time` or `until`, one of them")
        return self


class Ledger(FileModel):
    """Lines of the ledger written since the run began."""

    kind: str | None = None
    """Only lines of this kind, `topup`."""
    count: Whole | None = None
    """How many there are."""
    sum: Roubles | None = None
    """What they come to, in roubles."""


class Assert(OfPhone):
    """`assert`: how the account stands."""

    balance: Roubles | None = None
    """Money, in roubles."""
    ledger: Annotated[tuple[Ledger, ...], BeforeValidator(listed)] = Field(
        default=(), json_schema_extra=one_too
    )
    """Lines of the ledger since the run began; a list for several kinds."""
    package: dict[str, str] = Field(default={})
    """What is left in packages, by name."""
    tariff: str | None = None
    """Code of the tariff."""
    language: str | None = None
    """Language of the menus."""
    password_set: Truth | None = None
    """Whether there is a password."""
    locked: Truth | None = None
    """Whether the login form is locked."""
    account: dict[str, Any] = Field(default={})
    """Any member of `GET /api/v1/subscribers/{msisdn}`, by name."""

    @model_validator(mode="after")
    def _something(self) -> "Assert":
        if not self.model_fields_set - {"phone"}:
            raise ValueError("nothing is asserted")
        return self


class Account(OfPhone):
    """`account`: bring an account into this state, by members of `POST /api/v1/subscribers/{msisdn}`."""

    model_config = ConfigDict(extra="allow")

    msisdn: str | None = None
    """Another word for `phone`."""
    balance: Roubles | None = None
    """Money, in roubles."""

    @property
    def values(self) -> dict[str, Any]:
        """What is to be set."""
        return self.model_dump(exclude={"phone", "msisdn"}, exclude_unset=True)


class Topup(OfPhone):
    """`topup`: money comes in from outside."""

    SHORT = "amount"

    amount: Roubles
    """How much, in roubles."""


class Usage(OfPhone):
    """`usage`: charge what the network would report."""

    kind: one_of("call", "sms", "data")  # type: ignore[valid-type]
    """What was used."""
    to: str | None = None
    """The other number of a call or message."""
    minutes: Whole | None = None
    """Length of a call."""
    direction: one_of("out", "in", "forwarded") | None = None  # type: ignore[valid-type]
    """Of a call: made, received or diverted."""
    mb: Whole | None = None
    """Megabytes."""
    refused: Refusal | None = None
    """It is refused instead: `true`, or words of the reason."""

    @property
    def values(self) -> dict[str, Any]:
        """The body of `POST …/usage`."""
        return self.model_dump(exclude={"phone", "refused"}, exclude_none=True)


class Perform(OfPhone):
    """`perform`: any operation of docs/actions.md; further members are its arguments."""

    SHORT = "action"
    model_config = ConfigDict(extra="allow")

    action: str
    """Name of the operation, `account.charge`."""
    refused: Refusal | None = None
    """It is refused instead: `true`, or words of the reason."""

    @property
    def values(self) -> dict[str, Any]:
        """Its arguments."""
        return dict(self.model_extra or {})


class Note(Body):
    """`note`: a remark, shown in every report."""

    SHORT = "text"

    text: str
    """What it says."""
