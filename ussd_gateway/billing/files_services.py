"""The shape of `catalogue/services.yaml`: services, ring-back tones, and the rules of managing a number.

Sums are roubles as people write them, kopecks once read.  Every limit the operator sets (how many tariff
changes a month, how many days a block may last) is a key here with the usual value as its default.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from ussd_gateway.billing.account import Kind
from ussd_gateway.billing.files import Count, Money, ShortCode, matching
from ussd_gateway.documents import Document, FileModel, did_you_mean
from ussd_gateway.errors import Problem
from ussd_gateway.templates import LocalText

ServiceCode = Annotated[str, matching("[0-9A-Z]{2,12}", "a code of capital letters and digits")]
SectionKey = Annotated[str, matching("[a-z][a-z0-9_]*", "a name of small letters, digits and `_`")]
ToneId = Annotated[str, matching("[0-9]{1,6}", "a number of up to 6 digits")]

Feature = Literal[
    "autopay",
    "barring",
    "black_list",
    "block",
    "content_ban",
    "forwarding",
    "relatives",
    "tone",
    "transfer_bar",
]
"""What a service's code switches when it stands for something with a state of its own."""


class Service(FileModel):
    """One service: where the menu shows it, what it costs, what it cannot stand beside."""

    name: LocalText
    section: SectionKey
    fee: Money = 0
    """What each period costs; the first is taken at switching on."""
    period: Literal["day", "month"] = "day"
    connection: Money = 0
    """Taken once, at switching on."""
    silent_days: Count = 0
    """Its fee is taken only after so many days in which nothing was used and nothing paid in."""
    single: Money = 0
    """The price of using it once without having it on."""
    kind: Kind | None = None
    """Only for such numbers; by default for all."""
    content: bool = False
    """A subscription of a content provider: what "stop content" ends and forbids."""
    conflicts: tuple[ServiceCode, ...] = ()
    """Services that must be off."""
    feature: Feature | None = None
    use: str = ""
    """What to dial instead, for a feature that takes more than a yes: a number, days, a password."""
    off: str = ""
    """How to switch it off, as the SMS tells it; `*105*CODE*0#` by default."""

    def off_code(self, code: str) -> str:
        """What to dial to switch it off."""
        return self.off or f"*105*{code}*0#"


class Tone(FileModel):
    """What callers hear instead of the ringing signal."""

    name: LocalText


# ---------------------------------------------------------------- rules


class TariffChangeRules(FileModel):
    """`tariff_change`: an order, carried out at the next local midnight or at once."""

    fee: Money = 3_000
    """For the change itself, taken when it is carried out."""
    per_month: Annotated[int, Field(ge=1, le=1000)] = 10
    """Orders taken in one calendar month."""
    second: Literal["refuse", "replace"] = "refuse"
    """What an order does while another waits."""
    when: Literal["midnight", "now"] = "midnight"
    funds: Literal["all", "change", "none"] = "all"
    """What must be there when the order is taken: both fees, only the one for the change, or nothing."""


class BlackListRules(FileModel):
    """`black_list`."""

    max_numbers: Annotated[int, Field(ge=1, le=1000)] = 100
    min_digits: Annotated[int, Field(ge=3, le=15)] = 11
    max_digits: Annotated[int, Field(ge=3, le=15)] = 15
    add_switches_on: bool = True
    """Whether putting a number on the list switches the list on."""


class ForwardingRules(FileModel):
    """`forwarding`: where calls may be diverted to."""

    country_codes: tuple[str, ...] = ("7",)
    """A target begins with one of these."""


class BarringRules(FileModel):
    """`barring`: the password of call barring."""

    initial_password: Annotated[str, matching("[0-9]{4}", "4 digits")] = "0000"
    wrong_changes: Annotated[int, Field(ge=1, le=100)] = 3
    """This wrong old password in a row ends the service."""


class BlockRules(FileModel):
    """`block`: a number blocked at its owner's wish."""

    fee: Money = 100
    """For each day, taken at local midnight."""
    min_days: Annotated[int, Field(ge=1, le=366)] = 1
    max_days: Annotated[int, Field(ge=1, le=3660)] = 180


class SupportRules(FileModel):
    """`support`: questions answered by SMS."""

    sender: ShortCode = "0500"
    answer_s: Annotated[int, Field(ge=0, le=86_400)] = 60
    """How soon the answer comes."""
    max_length: Annotated[int, Field(ge=1, le=1000)] = 500
    keep: Annotated[int, Field(ge=1, le=100)] = 10
    """How many of the newest tickets an account remembers."""


class DetailRules(FileModel):
    """`detail`: call detail by e-mail."""

    months: Annotated[int, Field(ge=1, le=36)] = 6
    """How far back it may go; older months are the office's business."""
    ready_s: Annotated[int, Field(ge=0, le=86_400)] = 900
    max_waiting: Annotated[int, Field(ge=1, le=100)] = 3
    """Orders of one subscriber that may wait at the same time."""


class PaperRules(FileModel):
    """`papers`: the documents of companies."""

    months: Annotated[int, Field(ge=1, le=120)] = 36
    """How far back a period may begin."""
    ready_s: Annotated[int, Field(ge=0, le=86_400)] = 1_500
    """Between 20 and 30 minutes."""
    max_waiting: Annotated[int, Field(ge=1, le=100)] = 10
    """Orders of one company that may wait at the same time."""
    keep: Annotated[int, Field(ge=1, le=1000)] = 100
    """How many of the newest orders the history remembers."""


class ServiceRules(FileModel):
    """`rules`: what managing a number is bound by."""

    tariff_change: TariffChangeRules = TariffChangeRules()
    black_list: BlackListRules = BlackListRules()
    forwarding: ForwardingRules = ForwardingRules()
    barring: BarringRules = BarringRules()
    block: BlockRules = BlockRules()
    support: SupportRules = SupportRules()
    detail: DetailRules = DetailRules()
    papers: PaperRules = PaperRules()
    max_services: Count = 40
    """Services one number may have on at the same time."""


class ServicesFile(FileModel):
    """`services.yaml`: rules, section -> title, code -> service, id -> tone."""

    rules: ServiceRules = ServiceRules()
    sections: dict[SectionKey, LocalText] = Field(default_factory=dict)
    services: dict[ServiceCode, Service] = Field(default_factory=dict)
    tones: dict[ToneId, Tone] = Field(default_factory=dict)


# ---------------------------------------------------------------- names that lead nowhere


def loose_ends(document: Document, file: ServicesFile) -> list[Problem]:
    """Unknown sections and conflicts, and features that two services claim."""
    problems: list[Problem] = []
    claimed: dict[str, str] = {}
    for code, service in file.services.items():
        at = ("services", code)
        problems += _unknown(document, (*at, "section"), "section", [service.section], file.sections)
        problems += _unknown(document, (*at, "conflicts"), "service", service.conflicts, file.services)
        feature = service.feature
        if feature and (other := claimed.setdefault(feature, code)) != code:
            problems.append(document.problem((*at, "feature"), f"`{feature}` is service {other} already"))
        if feature == "tone" and not file.tones:
            problems.append(document.problem((*at, "feature"), "there are no tones"))
    return problems


def _unknown(
    document: Document,
    path: tuple[str, ...],
    what: str,
    names: Iterable[str],
    known: Mapping[str, object],
) -> list[Problem]:
    return [
        document.problem(path, f"unknown {what} `{name}`{did_you_mean(name, set(known))}")
        for name in names
        if name not in known
    ]
