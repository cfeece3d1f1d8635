"""The shapes that menu files and voice files have in common, with the meaning of every key.

These models say what is well formed; the linters say what makes sense.  Each attribute's docstring is also
what an author's editor shows, through the JSON Schemas made of these models.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from ussd_gateway.documents import FileModel
from ussd_gateway.flow.conditions import Condition
from ussd_gateway.flow.inputs import MAX_ANSWER, parse_roubles
from ussd_gateway.templates import LocalText, Template

MAX_SCREENS = 500
MAX_CHOICES = 100
"""More than anybody can find their way through, and a bound on what checking a strange file costs."""

_RUNAWAY = re.compile(r"[+*]\)(?:[+*]|\{)")
"""A repeated group that ends in a repetition, `(a+)+`: matching may take time exponential in the answer."""


def matching(pattern: str, message: str) -> AfterValidator:
    compiled = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"`{text}` {message}")
        return text

    return AfterValidator(check)


def _check_amount(written: str) -> str:
    if parse_roubles(written) is None:
        raise ValueError(f"`{written}` is not a sum; write roubles, for example 300 or 300.50")
    return written


def _check_argument(value: Any) -> Any:
    if isinstance(value, bool | int):
        return value
    if not isinstance(value, str | float):
        raise ValueError("expected text, a whole number, or true or false")
    return Template(str(value))


Name = Annotated[str, matching("[a-z][a-z0-9_]*", "is not a name: use small latin letters, digits and `_`")]
"""Name of a menu, a screen or a variable."""

ActionName = Annotated[
    str, matching(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+", "is not a name like `account.balance`")
]
"""Name of an action."""

ListName = Annotated[
    str, matching(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", "is not a name like `tariffs.available`")
]
"""Name of a list of the operator."""

Key = Annotated[str, matching(r"\S{1,8}", "is not a choice: up to 8 characters without blanks")]
"""What the subscriber types to choose: `1`, `0`, `99`."""

ShortCode = Annotated[str, matching("[0-9]{2,15}", "is not a short number")]
Language = Literal["ru", "en"]
Amount = Annotated[str, AfterValidator(_check_amount)]
Argument = Annotated[
    Any, AfterValidator(_check_argument), WithJsonSchema({"type": ["string", "integer", "boolean"]})
]


def by_key(*keys: str, default: str) -> Callable[[Any], str]:
    """Tells variants of a mapping apart by the first of `keys` it has (tags `<key>` name no value)."""

    def choose(value: Any) -> str:
        present = [key for key in keys if isinstance(value, Mapping) and key in value]
        return f"<{present[0] if present else default}>"

    return choose


# ---------------------------------------------------------------- where an answer leads


class TargetCase(FileModel):
    """One line of a list of targets: the first whose condition holds is taken."""

    screen: Name
    """Screen to go to."""
    when: Condition | None = None
    """Condition; the last line has none."""
    set_: Mapping[Name, str | int | bool] = Field(default_factory=dict, alias="set")
    """Variables that get these values on the way."""


def _check_single(case: TargetCase) -> TargetCase:
    if case.when is not None:
        raise ValueError("a single target has no `when`: write a list whose last line has none")
    return case


def _check_cases(cases: tuple[TargetCase, ...]) -> tuple[TargetCase, ...]:
    conditions = [case.when for case in cases]
    if not conditions or conditions[-1] is not None or None in conditions[:-1]:
        raise ValueError("every line but the last needs a `when`, and the last line none")
    return cases


def _target_kind(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "<cases>"
    return "<case>" if isinstance(value, Mapping) else "<name>"


Target = Annotated[
    Annotated[Name, Tag("<name>")]
    | Annotated[TargetCase, AfterValidator(_check_single), Tag("<case>")]
    | Annotated[tuple[TargetCase, ...], AfterValidator(_check_cases), Tag("<cases>")],
    Discriminator(_target_kind),
]
"""A screen's name, or `{screen: ..., set: ...}`, or a list of `{screen: ..., when: ..., set: ...}`."""


class _Branch(FileModel):
    sms: LocalText | None = None
    """SMS sent when this branch is taken: a key of the catalogue of texts, or the text itself."""
    sender: ShortCode | None = Field(None, alias="from")
    """Short number the SMS comes from."""


class ToBranch(_Branch):
    """The dialogue goes on at another screen."""

    to: Target
    """Screen to show next."""


class EndBranch(_Branch):
    """The dialogue ends with this text."""

    end: LocalText
    """Last text of the dialogue: a key of the catalogue of texts, or the text itself."""


Branch = Annotated[
    Annotated[ToBranch, Tag("<to>")] | Annotated[EndBranch, Tag("<end>")],
    Discriminator(by_key("end", default="to")),
]


class Outcomes(FileModel):
    """What happens after an action."""

    done: Branch
    """It was done; its results are variables."""
    denied: Branch | None = None
    """It was refused; `{reason}` says why."""
    error: Branch | None = None
    """It could not run; by default the dialogue ends with the text `billing.down`."""


class UsualOutcomes(FileModel):
    """What happens after every action that does not say it itself."""

    denied: Branch | None = None
    """It was refused; `{reason}` says why."""
    error: Branch | None = None
    """It could not run."""


# ---------------------------------------------------------------- choices


class _Choice(FileModel):
    label: LocalText
    """What the subscriber reads beside the key."""
    when: Condition | None = None
    """Shown and accepted only when this holds, for example `subscriber.corporate`."""


class ToChoice(_Choice):
    """Leads to another screen."""

    to: Target
    """Screen to show next."""


class BackChoice(_Choice):
    """Leads back to the previous screen."""

    back: Literal[True]
    """Always `true`."""


class ActionChoice(_Choice):
    """Performs an action at once."""

    action: ActionName
    """Action to perform."""
    with_: Mapping[str, Argument] = Field(default_factory=dict, alias="with")
    """Arguments of the action: argument -> template or value."""
    on: Outcomes
    """What happens after it."""


class EndChoice(_Choice, EndBranch):
    """Ends the dialogue with a text."""


Choice = Annotated[
    Annotated[ToChoice, Tag("<to>")]
    | Annotated[BackChoice, Tag("<back>")]
    | Annotated[ActionChoice, Tag("<action>")]
    | Annotated[EndChoice, Tag("<end>")],
    Discriminator(by_key("to", "back", "action", "end", default="to")),
]
Choices = Annotated[Mapping[Key, Choice], Field(max_length=MAX_CHOICES)]


# ---------------------------------------------------------------- screens


class ChoiceScreen(FileModel):
    """A text and numbered choices."""

    text: LocalText = Field(default_factory=lambda: LocalText("{choices}"))
    """What is shown; `{choices}` becomes the visible choices, a line each.  Default: just them."""
    choices: Choices = Field(default_factory=dict)
    """Key -> choice, shown in this order."""


class Answer(FileModel):
    """What may be typed or dialled as one value."""

    match: Literal["msisdn", "digits", "number", "amount", "text", "regex"] = "text"
    """Kind of answer: a subscriber number, digits, a whole number, a sum in roubles, any text, or a regular
    expression."""
    pattern: str | None = None
    """Regular expression the whole answer must match (with `match: regex`)."""
    min_length: int = Field(1, ge=0, le=MAX_ANSWER)
    """Shortest answer, for digits, number, text and regex."""
    max_length: int = Field(MAX_ANSWER, ge=1, le=MAX_ANSWER)
    """Longest answer, for digits, number, text and regex."""
    min: Amount = "0.01"
    """Least sum in roubles, for amount."""
    max: Amount = "1000000"
    """Largest sum in roubles, for amount."""
    secret: bool = False
    """The answer is a secret: it and every text that shows it stay out of logs and recordings."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.match == "regex") != (self.pattern is not None):
            raise ValueError("`pattern` goes with `match: regex`, and only with it")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise ValueError(f"pattern is not a regular expression: {error}") from error
            if _RUNAWAY.search(self.pattern):
                raise ValueError("pattern repeats a repetition: some answers would take for ever to match")
        if self.min_length > self.max_length:
            raise ValueError("`min_length` is larger than `max_length`")
        if (parse_roubles(self.min) or 0) > (parse_roubles(self.max) or 0):
            raise ValueError("`min` is larger than `max`")
        return self


class Input(Answer):
    """An answer a subscriber types."""

    name: Name
    """Variable that receives the answer."""
    when: Condition | None = None
    """What must hold of a good answer, for example `amount_kop <= pay.card_most_kop`."""
    error: LocalText | None = None
    """Shown above the prompt after a wrong answer; by default the text `bad.item`."""


class InputScreen(FileModel):
    """A prompt for a typed answer."""

    text: LocalText
    """The prompt."""
    input: Input
    """What may be typed."""
    to: Target
    """Screen after a good answer."""


class ActionScreen(FileModel):
    """A step that performs an action and shows nothing itself."""

    action: ActionName
    """Action to perform."""
    with_: Mapping[str, Argument] = Field(default_factory=dict, alias="with")
    """Arguments of the action: argument -> template or value."""
    on: Outcomes
    """What happens after it."""


class EndScreen(EndBranch):
    """The last text of a dialogue."""
