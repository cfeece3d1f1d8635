"""The shape of a menu file: every key an author may write, with its meaning.

These models say what is well formed; `lint` says what makes sense.  What voice files have as well is in
`flow.files`.  `schema.py` turns the models into the JSON Schema that editors use, so each attribute's
docstring is also what the author's editor shows.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, Tag

from ussd_gateway.documents import FileModel
from ussd_gateway.flow.files import (
    MAX_SCREENS,
    ActionScreen,
    Answer,
    Argument,
    Branch,
    Choices,
    ChoiceScreen,
    EndScreen,
    InputScreen,
    Key,
    Language,
    ListName,
    Name,
    Target,
    UsualOutcomes,
    by_key,
)
from ussd_gateway.templates import LocalText

MAX_CODE = 20
"""Longest service code: it travels as an SMPP address (SMPP 3.4 §5.2.8)."""

LEAST_WAIT_MS, LONGEST_WAIT_MS = 100, 60_000
"""How long a web application may be waited for."""

_DURATION = re.compile(r"([0-9]{1,6})(ms|s|m)", re.ASCII)
_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000}
_CODE = re.compile(r"[*#]{1,3}[0-9]+(?:[*#][0-9]+)*#", re.ASCII)
_PARAMETER = re.compile(r"\{([a-z][a-z0-9_]*)\}", re.ASCII)


def _check_code(code: str) -> str:
    if not _CODE.fullmatch(code) or len(code) > MAX_CODE:
        raise ValueError(f'`{code}` is not a service code; write it as dialled, for example "*105*00#"')
    return code


def _check_direct_code(code: str) -> str:
    bare = _PARAMETER.sub("1", code)
    if not _CODE.fullmatch(bare) or len(bare) > MAX_CODE:
        raise ValueError(
            f"`{code}` is not a service code; write it as dialled, its parameters in braces: "
            f'"*105*00#", "*130*{{number}}#"'
        )
    return code


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        reachable = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0
    except ValueError:
        reachable = False
    if not reachable or "#" in url:
        raise ValueError(f"`{url}` is no address of a web application; write https://example.com/ussd")
    return url


def wait_ms(duration: str) -> int:
    """`10s` in milliseconds; ValueError."""
    found = _DURATION.fullmatch(duration)
    waited_ms = int(found[1]) * _UNITS_MS[found[2]] if found else 0
    if not LEAST_WAIT_MS <= waited_ms <= LONGEST_WAIT_MS:
        raise ValueError(f"`{duration}` is no time to wait for an answer; write 10s, from 100ms to 60s")
    return waited_ms


def _check_wait(duration: str) -> str:
    wait_ms(duration)
    return duration


def parameters_of(code: str) -> list[str]:
    """The names of a code's parameters, in order."""
    return _PARAMETER.findall(code)


def unnamed(code: str) -> str:
    """A code whatever its parameters are called: two that differ in names only are the same."""
    return _PARAMETER.sub("{}", code)


Code = Annotated[str, AfterValidator(_check_code)]
DirectCode = Annotated[str, AfterValidator(_check_direct_code)]


class _Lines(FileModel):
    from_: ListName = Field(alias="from")
    """List of the operator, for example `tariffs.available`."""
    where: Mapping[Name, Argument] = Field(default_factory=dict)
    """Column -> value: only rows whose columns have these values, for example `{group: "{group}"}`."""
    label: LocalText
    """One line; the columns of the row are variables."""
    first: LocalText | None = None
    """The first line, where it says more than the others."""


class Rows(_Lines):
    """Where the lines of a list come from."""

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
    """What is shown; `{choices}` becomes the rows and the fixed choices, or, in a text with `{rows}`, only
    the fixed choices."""
    list: Rows
    """The rows."""
    choices: Choices = Field(default_factory=dict)
    """Fixed choices below the rows; their keys must not be row numbers."""


class ShownRows(_Lines):
    """Lines of a list that are only read."""

    join: str = "\n"
    """What stands between two of them; by default each has a line of its own."""
    empty: LocalText | None = None
    """The whole text when the list has no rows; by default the text `list.empty`."""


class ListEndScreen(EndScreen):
    """A last text with the rows of a list in it: `{rows}`."""

    list: ShownRows
    """The rows."""


class Crossing(FileModel):
    """A step that shows nothing and leads on: what to show next depends on how things stand."""

    to: Target
    """Where it leads, most often a list of `{screen: ..., when: ...}`."""


class App(FileModel):
    """A web application, and how it is asked."""

    http: Annotated[str, AfterValidator(_check_url)]
    """Its address, for example https://example.com/ussd."""
    profile: str = "africastalking"
    """The form of requests and replies: africastalking, generic-get, hubtel, nalo, infobip, or one that the
    configuration describes."""
    timeout: Annotated[str, AfterValidator(_check_wait)] = "10s"
    """Longest wait for each of its screens."""


class AppOutcomes(FileModel):
    """What happens when the application has done its part, or cannot."""

    done: Branch | None = None
    """It showed its last screen, whose text is `{said}`; by default the dialogue ends with that text."""
    failed: Branch | None = None
    """It could not be reached, was too slow or said nothing that a phone can show; by default the dialogue
    ends with the text `billing.down`."""


class AppScreen(FileModel):
    """A web application has the dialogue until it ends its part."""

    app: App
    """The application."""
    on: AppOutcomes = Field(default_factory=AppOutcomes)
    """What happens after it."""


def _kind(screen: Any) -> str:
    if isinstance(screen, Mapping) and "list" in screen and "end" in screen:
        return "<list_end>"
    return _by_first_key(screen)


_by_first_key = by_key("app", "action", "input", "list", "end", "choices", "text", "to", default="choices")

Screen = Annotated[
    Annotated[ChoiceScreen, Tag("<choices>")]
    | Annotated[ChoiceScreen, Tag("<text>")]
    | Annotated[Crossing, Tag("<to>")]
    | Annotated[InputScreen, Tag("<input>")]
    | Annotated[ActionScreen, Tag("<action>")]
    | Annotated[AppScreen, Tag("<app>")]
    | Annotated[ListScreen, Tag("<list>")]
    | Annotated[ListEndScreen, Tag("<list_end>")]
    | Annotated[EndScreen, Tag("<end>")],
    Discriminator(_kind),
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


ServiceCodes = Annotated[
    Annotated[tuple[Code, ...], Tag("<codes>")] | Annotated[Mapping[Code, Target], Tag("<starts>")],
    Discriminator(lambda value: "<starts>" if isinstance(value, Mapping) else "<codes>"),
]


class MenuFile(FileModel):
    """One menu of the operator."""

    menu: Name
    """The menu's name."""
    about: str = ""
    """What it is for, for the reader of the file."""
    service_codes: ServiceCodes = ()
    """Codes that open it; what follows a code is walked as answers: `*105*1*1#`.  A list of codes that begin
    at `start`, or code -> screen they begin at."""
    direct: Mapping[DirectCode, Target] = Field(default_factory=dict)
    """Codes that open one screen straight away; `"*130*{number}#"` takes a value with it."""
    parameters: Mapping[Name, Answer] = Field(default_factory=dict)
    """What may be dialled for the parameters of direct codes, by their names."""
    start: Target
    """First screen, or a list of `{screen: ..., when: ...}`."""
    languages: tuple[Language, ...] = ("ru", "en")
    """Languages every text must have."""
    back: Key = "0"
    """Key that leads back to the previous screen wherever it means nothing else."""
    paging: Paging = Field(default_factory=Paging)
    """Keys and labels of paging."""
    on: UsualOutcomes = Field(default_factory=UsualOutcomes)
    """What happens after every action that does not say it itself: `{denied: {end: "{reason}"}}`."""
    repeat_wrong: int = Field(1, ge=0, le=10)
    """How often a screen is shown again after a wrong answer before the dialogue ends."""
    screens: Mapping[Name, Screen] = Field(min_length=1, max_length=MAX_SCREENS)
    """Name -> screen."""
