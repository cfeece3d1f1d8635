"""The shape of a menu file: every key an author may write, with its meaning.

These models say what is well formed; `lint` says what makes sense.  `schema.py` turns them into the JSON
Schema that editors use, so each attribute's docstring is also what the author's editor shows.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from ussd_gateway.documents import FileModel
from ussd_gateway.menu.conditions import Condition
from ussd_gateway.menu.inputs import MAX_ANSWER, parse_roubles
from ussd_gateway.templates import LocalText, Template

MAX_CODE = 20
"""Longest service code: it travels as an SMPP address (SMPP 3.4 §5.2.8)."""

MAX_SCREENS = 500
MAX_CHOICES = 100
"""More than anybody can find their way through, and a bound on what checking a strange file costs."""

_RUNAWAY = re.compile(r"[+*]\)(?:[+*]|\{)")
"""A repeated group that ends in a repetition, `(a+)+`: matching may take time exponential in the answer."""

_CODE = re.compile(r"[*#]{1,3}[0-9]+(?:[*#][0-9]+)*#", re.ASCII)


def _matching(pattern: str, message: str) -> AfterValidator:
    compiled = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"`{text}` {message}")
        return text

    return AfterValidator(check)


def _check_code(code: str) -> str:
    if not _CODE.fullmatch(code) or len(code) > MAX_CODE:
        raise ValueError(f'`{code}` is not a service code; write it as dialled, for example "*105*00#"')
    return code


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


Name = Annotated[str, _matching("[a-z][a-z0-9_]*", "is not a name: use small latin letters, digits and `_`")]
"""Name of a menu, a screen or a variable."""

ActionName = Annotated[
    str, _matching(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+", "is not a name like `account.balance`")
]
"""Name of an action or a list."""

Key = Annotated[str, _matching(r"\S{1,8}", "is not a choice: up to 8 characters without blanks")]
"""What the subscriber types to choose: `1`, `0`, `99`."""

Code = Annotated[str, AfterValidator(_check_code)]
ShortCode = Annotated[str, _matching("[0-9]{2,15}", "is not a short number")]
Language = Literal["ru", "en"]
Amount = Annotated[str, AfterValidator(_check_amount)]
Argument = Annotated[
    Any, AfterValidator(_check_argument), WithJsonSchema({"type": ["string", "integer", "boolean"]})
]


def _by_key(*keys: str, default: str) -> Callable[[Any], str]:
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


def _check_cases(cases: tuple[TargetCase, ...]) -> tuple[TargetCase, ...]:
    conditions = [case.when for case in cases]
    if not conditions or conditions[-1] is not None or None in conditions[:-1]:
        raise ValueError("every line but the last needs a `when`, and the last line none")
    return cases


Target = Annotated[
    Annotated[Name, Tag("<name>")]
    | Annotated[tuple[TargetCase, ...], AfterValidator(_check_cases), Tag("<cases>")],
    Discriminator(lambda value: "<cases>" if isinstance(value, list | tuple) else "<name>"),
]
"""A screen's name, or a list of `{screen: ..., when: ...}`."""


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
    Discriminator(_by_key("end", default="to")),
]


class Outcomes(FileModel):
    """What happens after an action."""

    done: Branch
    """It was done; its results are variables."""
    denied: Branch | None = None
    """It was refused; `{reason}` says why."""
    error: Branch | None = None
    """It could not run; by default the dialogue ends with the text `billing.down`."""


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
    Discriminator(_by_key("to", "back", "action", "end", default="to")),
]
Choices = Annotated[Mapping[Key, Choice], Field(max_length=MAX_CHOICES)]


# ---------------------------------------------------------------- screens


class ChoiceScreen(FileModel):
    """A text and numbered choices."""

    text: LocalText = Field(default_factory=lambda: LocalText("{choices}"))
    """What is shown; `{choices}` becomes the visible choices, a line each.  Default: just them."""
    choices: Choices = Field(default_factory=dict)
    """Key -> choice, shown in this order."""


class Input(FileModel):
    """An answer a subscriber types."""

    name: Name
    """Variable that receives the answer."""
    match: Literal["msisdn", "digits", "amount", "text", "regex"] = "text"
    """Kind of answer: a subscriber number, digits, a sum in roubles, any text, or a regular expression."""
    pattern: str | None = None
    """Regular expression the whole answer must match (with `match: regex`)."""
    min_length: int = Field(1, ge=0, le=MAX_ANSWER)
    """Shortest answer, for digits, text and regex."""
    max_length: int = Field(MAX_ANSWER, ge=1, le=MAX_ANSWER)
    """Longest answer, for digits, text and regex."""
    min: Amount = "0.01"
    """Least sum in roubles, for amount."""
    max: Amount = "1000000"
    """Largest sum in roubles, for amount."""
    error: LocalText | None = None
    """Shown above the prompt after a wrong answer; by default the text `bad.item`."""
    secret: bool = False
    """The answer is a secret: it and every text that shows it stay out of logs and recordings."""

    @model_validator(mode="after")
    def _consistent(self) -> "Input":
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


class Rows(FileModel):
    """Where the lines of a list come from."""

    from_: ActionName = Field(alias="from")
    """List of the operator, for example `tariffs.available`."""
    label: LocalText
    """One line; the columns of the row are variables."""
    to: Target
    """Screen after a row was chosen; the row's columns are variables there."""
    more: Key | None = None
    """Key of the next page; by default the menu's."""
    back: Key | None = None
    """Key of the previous page; by default the menu's."""
    empty: LocalText | None = None
    """Ends the dialogue when the list has no rows; by default the text `list.empty`."""


class ListScreen(FileModel):
    """A list whose rows are numbered from 1, with paging, and fixed choices below it."""

    text: LocalText = Field(default_factory=lambda: LocalText("{choices}"))
    """What is shown; `{choices}` becomes the rows and the fixed choices."""
    list: Rows
    """The rows."""
    choices: Choices = Field(default_factory=dict)
    """Fixed choices below the rows; their keys must not be row numbers."""


class EndScreen(EndBranch):
    """The last text of a dialogue."""


Screen = Annotated[
    Annotated[ChoiceScreen, Tag("<choices>")]
    | Annotated[InputScreen, Tag("<input>")]
    | Annotated[ActionScreen, Tag("<action>")]
    | Annotated[ListScreen, Tag("<list>")]
    | Annotated[EndScreen, Tag("<end>")],
    Discriminator(_by_key("action", "input", "list", "end", default="choices")),
]


# ---------------------------------------------------------------- the file


class Paging(FileModel):
    """How a text longer than one USSD string is leafed through."""

    more: Key = "99"
    """Key of the next page."""
    back: Key = "98"
    """Key of the previous page."""
    more_label: LocalText = Field(default_factory=lambda: LocalText({"ru": "Далее", "en": "More"}))
    """Label of the next page."""
    back_label: LocalText = Field(default_factory=lambda: LocalText({"ru": "Обратно", "en": "Previous"}))
    """Label of the previous page."""


class MenuFile(FileModel):
    """One menu of the operator."""

    menu: Name
    """The menu's name."""
    about: str = ""
    """What it is for, for the reader of the file."""
    service_codes: tuple[Code, ...] = ()
    """Codes that open it; what follows a code is walked as answers: `*105*1*1#`."""
    direct: Mapping[Code, Name] = Field(default_factory=dict)
    """Codes that open one screen straight away."""
    start: Target
    """First screen, or a list of `{screen: ..., when: ...}`."""
    languages: tuple[Language, ...] = ("ru", "en")
    """Languages every text must have."""
    back: Key = "0"
    """Key that leads back to the previous screen wherever it means nothing else."""
    paging: Paging = Field(default_factory=Paging)
    """Keys and labels of paging."""
    repeat_wrong: int = Field(1, ge=0, le=10)
    """How often a screen is shown again after a wrong answer before the dialogue ends."""
    screens: Mapping[Name, Screen] = Field(min_length=1, max_length=MAX_SCREENS)
    """Name -> screen."""
