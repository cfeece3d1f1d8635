"""What may go wrong on purpose, as data: one rule is a fault, what it is for, how often and how long.

Rules stand in profiles (`fault_profiles.yaml`, `faults.profiles` of `config.yaml`) and come one at a time
over the API and from session scripts; docs/faults.md tells what each fault does.
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, RootModel, ValidationInfo, WithJsonSchema
from pydantic import field_validator as validates

from ussd_gateway.access.fault_delays import Delay, DelayField
from ussd_gateway.documents import FileModel, read_yaml, validate
from ussd_gateway.smpp.constants import CommandStatus

ResponseFault = Literal[
    "drop_response", "late_response", "double_response", "wrong_sequence", "malformed_response",
    "truncated_response", "status", "nack", "close", "unbind", "silence",
]  # fmt: skip
"""What may become of the answer to a request; of these only `status` and `nack` keep it from being done."""
ScreenFault = Literal[
    "no_screen", "delay", "double_screen", "wrong_session", "malformed_screen", "truncated_screen",
    "close_screen",
]  # fmt: skip
"""What may become of what we deliver: a screen, a message, a receipt."""
EndFault = Literal["failed_receipt"]
"""How a message may end that was taken for a phone."""
FaultName = Literal[ResponseFault, ScreenFault, EndFault]

Family = Literal["response", "screen", "end"]
FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(get_args(ResponseFault), "response"),
    **dict.fromkeys(get_args(ScreenFault), "screen"),
    **dict.fromkeys(get_args(EndFault), "end"),
}
FAULTS = tuple(FAMILIES)

Kind = Literal["ussd", "sms", "receipt", "bind"]
"""What a PDU is about."""
On = Literal["any", "ussd", "sms", "receipt", "bind"]
ReceiptState = Literal["UNDELIV", "EXPIRED", "REJECTD", "DELETED", "UNKNOWN"]
"""States of a message that did not arrive, as receipts have them (SMPP 3.4 appendix B)."""

MAX_STARS = 8


def status_number(value: object) -> object:
    """`ESME_RTHROTTLED` and `0x58` are 88; ValueError for another text (SMPP 3.4 table 5-2)."""
    if not isinstance(value, str):
        return value
    name = value.strip().upper().removeprefix("ESME_")
    known = vars(CommandStatus).get(name)
    if isinstance(known, int):
        return known
    try:
        return int(value, 0)
    except ValueError:
        raise ValueError("expected a command_status such as ESME_RTHROTTLED or 0x58") from None


def share_of(value: object) -> object:
    """`5%` is 0.05; ValueError for another text."""
    if not isinstance(value, str):
        return value
    try:
        number, percent = float(value.strip().removesuffix("%")), value.strip().endswith("%")
    except ValueError:
        raise ValueError("expected a share such as 0.05 or 5%") from None
    # Rounded, so that 7% is what 0.07 is.
    return round(number / 100, 12) if percent else number


def _few_stars(pattern: str) -> str:
    if pattern.count("*") > MAX_STARS:
        raise ValueError(f"more than {MAX_STARS} stars")
    return pattern


_TEXT_OR = {"type": "string", "maxLength": 40}
Status = Annotated[
    int,
    Field(ge=1, le=0xFFFFFFFF),
    BeforeValidator(status_number),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 0xFFFFFFFF}, _TEXT_OR]}),
]
Chance = Annotated[
    float,
    Field(gt=0, le=1),
    BeforeValidator(share_of),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 1}, _TEXT_OR]}),
]
Pattern = Annotated[str, Field(min_length=1, max_length=160), AfterValidator(_few_stars)]


class FaultRule(FileModel):
    """One fault, and when it happens."""

    fault: FaultName
    """What goes wrong."""
    on: On | None = None
    """What it meets: `ussd`, `sms` (query_sm and the like, too), `receipt`, `any` of these, or `bind`.  By
    default any request of the peer, and of what we deliver to it, USSD."""
    account: Annotated[str, Field(max_length=40)] | None = None
    """The system_id of the peer; of `failed_receipt` also the name of a sender over HTTP."""
    code: Annotated[str, Field(max_length=40)] | None = None
    """A service code or short number, and what is dialled below it."""
    msisdn: Annotated[str, Field(max_length=40)] | None = None
    """The number of the phone."""
    destination: Pattern | None = None
    """Where the message goes; `*` stands for any characters."""
    text: Pattern | None = None
    """The text of the message, in capitals or not; `*` stands for any characters."""
    times: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """How often it happens; 0: without end."""
    chance: Chance = 1.0
    """Of the occasions that fit, it takes this share, drawn from `seed`: `0.05` or `5%`."""
    above_per_s: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    """It takes only what goes beyond so many occasions a second, by account."""
    delay: DelayField = Field(
        default=Delay("fixed", 5_000, written="5s"), json_schema_extra={"default": "5s"}
    )
    """How long `late_response` and `delay` take: `5s`, or a distribution."""
    after: DelayField | None = None
    """`close`, `unbind` and `silence` begin so long after a good response, and not instead of it."""
    lasts: DelayField | None = None
    """How long `silence` goes on; by default until the connection ends."""
    status: Status = CommandStatus.RSYSERR
    """The command_status of `status` and `nack`."""
    state: ReceiptState = "UNDELIV"
    """How the message ends (`failed_receipt`)."""
    error: Annotated[int, Field(ge=0, le=255)] = 1
    """The error code of the network (`failed_receipt`)."""
    seed: int | None = None
    """What the draws begin from; by default the account's, or 0."""

    @validates("on")
    @classmethod
    def _fits_the_fault(cls, on: On | None, info: ValidationInfo) -> On | None:
        fault = info.data.get("fault")
        if fault is None or on is None:
            return on
        family = FAMILIES[fault]
        if family == "end":
            raise ValueError(f"{fault} has no `on`: it is about the end of short messages")
        if on == "bind" and (family != "response" or fault == "nack"):
            raise ValueError(f"{fault} cannot happen to a bind")
        if on == "receipt" and family != "screen":
            raise ValueError(f"{fault} cannot happen to a receipt: we send them")
        return on

    @property
    def family(self) -> Family:
        """Whether it spoils responses, what we deliver, or the end of messages."""
        return FAMILIES[self.fault]

    @property
    def kinds(self) -> frozenset[Kind]:
        """What it meets."""
        if self.on is None:
            return frozenset({"ussd"} if self.family == "screen" else {"ussd", "sms"})
        if self.on == "any":
            return frozenset({"ussd", "sms", "receipt"})
        return frozenset({self.on})


class FaultProfile(FileModel):
    """Rules under one name; of those that fit an occasion the first one takes it."""

    about: str = ""
    """What it is like, for people."""
    rules: tuple[FaultRule, ...] = ()
    """In their order."""


class _Shipped(RootModel[dict[str, FaultProfile]]):
    """The file of profiles that comes with the gateway."""


@cache
def shipped_profiles() -> Mapping[str, FaultProfile]:
    """Those of `fault_profiles.yaml`."""
    name = "fault_profiles.yaml"
    text = resources.files("ussd_gateway.access").joinpath(name).read_text(encoding="utf-8")
    return validate(read_yaml(text, name), _Shipped).root


def rule_as_json(rule: FaultRule) -> dict[str, Any]:
    """As it is written in a file: only what was said."""
    said = {name: getattr(rule, name) for name in type(rule).model_fields if name in rule.model_fields_set}
    return {name: value.written if isinstance(value, Delay) else value for name, value in said.items()}
