"""The shape of a file in `sms_commands/`: which texts a short number understands and what each does.

These models only say what may be written; `loader` checks that it makes sense and compiles it.
`docs/sms_commands.md` explains every key to the people who write the files.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from ussd_gateway.documents import FileModel
from ussd_gateway.flow.files import Answer
from ussd_gateway.templates import LocalText

_STRINGS = {"type": "array", "items": {"type": "string"}, "minItems": 1}


PARAMETER = re.compile(r"\{([a-z][a-z0-9_]*)(?::([1-9]))?\}", re.ASCII)
"""`{code}` in a short number: digits that become a variable; `{code:3}` are exactly three."""


def _short_code(value: str) -> str:
    if not 3 <= len(value) <= 15 or not value.isascii() or not value.isdigit():
        raise ValueError(f"{value!r} is no short number: 3 to 15 digits")
    return value


def _dialled_code(value: str) -> str:
    if "{" not in value:
        return _short_code(value)
    fixed = PARAMETER.sub("", value)
    if len(PARAMETER.findall(value)) != 1 or not re.fullmatch("[0-9]{3,14}", fixed, re.ASCII):
        raise ValueError(
            f"{value!r} is no short number: 3 to 14 digits and one variable, "
            "{code} or {code:3} for exactly three digits"
        )
    return value


ShortCode = Annotated[
    str, AfterValidator(_short_code), WithJsonSchema({"type": "string", "pattern": "^[0-9]{3,15}$"})
]
"""A number SMS are sent to, such as `000105`."""

DialledCode = Annotated[
    str, AfterValidator(_dialled_code), WithJsonSchema({"type": "string", "pattern": r"^[0-9{}:a-z_]{3,40}$"})
]
"""A short number, or many that begin alike: `000105{code}`."""


def _listed(value: Any) -> Any:
    """One value stands for a list of one."""
    if value == []:
        raise ValueError("an empty list fits nothing")
    return value if isinstance(value, list) else [value]


OneOrMore = Annotated[
    list[str],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, _STRINGS]}),
]
"""`PAS` or `[PAS, ПАР]`."""


class ReplyFile(FileModel):
    """An SMS back to the subscriber: a key of the catalogue or the text itself."""

    reply: LocalText
    """A key of the catalogue's texts, the text itself, or `{ru: ..., en: ...}`."""
    from_: ShortCode | None = Field(None, alias="from")
    """Which short number it comes from; the one written to, when left out."""


class OutcomesFile(FileModel):
    """What to reply, by how the action ended."""

    done: ReplyFile | None = None
    """Without it nothing is sent: many actions send an SMS of their own."""
    denied: ReplyFile | None = None
    """A business refusal; without it, the catalogue's text of the reason is sent."""
    error: ReplyFile | None = None
    """It could not be carried out; without it, the catalogue's `billing.down` is sent."""


class DeedFile(FileModel):
    """What is done about a text: an action with its outcomes, or a plain reply."""

    action: str | None = None
    """What the billing core is asked to do, for example `password.new`."""
    with_: dict[str, str | int | bool] | None = Field(None, alias="with")
    """The action's arguments, `{name}` for a variable; without it, the variables of the same names."""
    on: OutcomesFile | None = None
    """The replies to an action, by how it ended."""
    reply: LocalText | None = None
    """The reply of a command without action."""
    from_: ShortCode | None = Field(None, alias="from")
    """Which short number that reply comes from; the one written to, when left out."""
    secret: bool = False
    """What the subscriber wrote is a secret: it reaches no log."""


class CommandFile(DeedFile):
    """One command: how it is recognised (`keyword`, `match` or `regex`) and what it does."""

    keyword: OneOrMore | None = None
    """The first word of the text, or several that are alike."""
    args: str | None = None
    """The words after the keyword: `{sum}` is one of them, `{message...}` all that are left."""
    match: OneOrMore | None = None
    """Whole texts; an empty one is an empty SMS."""
    regex: Annotated[str, Field(max_length=300)] | None = None
    """A regular expression for the whole text; its named groups are variables."""
    parameters: dict[str, Answer] = Field(default_factory=dict)
    """Variable -> what it may be, as in menus: `{match: msisdn}`, `{match: amount, max: 500}`.  A text in
    which it is something else does not fit."""


class ShortCodeFile(FileModel):
    """A whole file: the commands of one short number, or of several that are alike."""

    short_code: DialledCode | None = None
    """The number these commands are for; digits in it may be a variable: `000105{code:3}`."""
    short_codes: list[DialledCode] | None = None
    """Several numbers with the same commands."""
    to_subscribers: Literal[True] | None = None
    """Instead of a number: texts one subscriber sends to another, whose number is the variable `to`.  A text
    that is a command is delivered all the same; there is no `otherwise`."""
    commands: tuple[CommandFile, ...] = ()
    """Tried from the top; the first that fits is carried out."""
    otherwise: DeedFile | None = None
    """What a text that fits no command gets; the catalogue's text `unknown`, when left out."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of these files, for editors; the copy beside this module is kept current by a test."""
    schema = ShortCodeFile.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
