"""The shape of `catalogue/packages.yaml`: bundles of minutes, messages and megabytes one may buy.

Sums are roubles as people write them, kopecks once read.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ussd_gateway.billing.account import Kind, PackageKind
from ussd_gateway.billing.calendar import DAY_MS, day_of, day_start_ms, month_of, month_start_ms
from ussd_gateway.billing.files import HOME, Count, Destination, Money, Volumes, matching
from ussd_gateway.billing.files_services import ServiceCode
from ussd_gateway.documents import Document, FileModel
from ussd_gateway.errors import Problem
from ussd_gateway.templates import LocalText

Lasting = Literal["today", "30d", "month"]
"""To local midnight, for 30 days of 24 hours, or to the end of the calendar month."""

KINDS: tuple[PackageKind, ...] = ("mb", "minutes", "sms")


class PackageOffer(FileModel):
    """One package: what it brings, for how long, and what it costs."""

    name: LocalText
    price: Money
    lasts: Lasting = "30d"
    volumes: Volumes = Volumes()
    unlimited: tuple[PackageKind, ...] = ()
    """What it brings without end while it lasts; not counted among what is left."""
    renews: bool = False
    """With auto-renewal switched on, bought again when it ends."""
    covers: tuple[Destination, ...] = HOME
    """Where its minutes and messages go."""
    then: Money | None = None
    """While it lasts and its minutes are used up: the price of a further minute."""
    family: Annotated[str, matching("[a-z0-9_]*", "small letters, digits and `_`")] = ""
    """What menus may show by itself, such as `speed`."""
    minutes_for: Count = 0
    """So many minutes of the tariff's own package are given up for it."""
    kind: Kind | None = None
    """Only for such numbers; by default for all."""
    max_at_once: Annotated[int, Field(ge=1, le=100)] = 10
    """How many of it may be live at the same time."""

    @model_validator(mode="after")
    def _brings_something(self) -> "PackageOffer":
        if not any(self.brings(kind) for kind in KINDS):
            raise ValueError("a package brings minutes, sms or mb")
        return self

    def brings(self, kind: PackageKind) -> bool:
        """Whether there is any of this kind in it."""
        return kind in self.unlimited or getattr(self.volumes, kind) > 0

    def group(self) -> PackageKind:
        """Which of the three lists shows it: by the first kind it brings, megabytes first."""
        return next(kind for kind in KINDS if self.brings(kind))

    def ends_ms(self, now_ms: int) -> int:
        """When a package bought now ends."""
        if self.lasts == "today":
            return day_start_ms(day_of(now_ms) + 1)
        if self.lasts == "month":
            return month_start_ms(month_of(day_of(now_ms)) + 1)
        return now_ms + 30 * DAY_MS


class PackagesFile(FileModel):
    """`packages.yaml`: code -> package."""

    packages: dict[ServiceCode, PackageOffer] = Field(default_factory=dict)
    max_packages: Count = 30
    """Packages one number may have live at the same time."""


def loose_ends(
    document: Document, file: PackagesFile, others: Mapping[str, Mapping[str, object]]
) -> list[Problem]:
    """Codes that stand for something else already.

    `others`: what that may be -> codes.  An account tells its tariff's packages from bought ones by the code.
    """
    return [
        document.problem(("packages", code), f"`{code}` is the code of a {what} already", key=True)
        for code in file.packages
        for what, taken in others.items()
        if code in taken
    ]
