"""The shape of `catalogue/bonus.yaml`: how points are earned, how long they live, what they buy.

Points are whole numbers and no money; only a reward in roubles touches the ledger.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ussd_gateway.billing.account import PackageKind
from ussd_gateway.billing.files import HOME, Count, Destination, Money, ShortCode, matching
from ussd_gateway.documents import Document, FileModel
from ussd_gateway.errors import Problem
from ussd_gateway.templates import LocalText

RewardGroup = Literal["minutes", "sms", "data", "money", "partners"]
RewardCode = Annotated[str, matching("[0-9]{3,6}", "a code of 3 to 6 digits")]
Points = Annotated[int, Field(ge=1)]


class Reward(FileModel):
    """One thing points buy: a package, or with no `kind` a voucher of a partner."""

    name: LocalText
    points: Points
    group: RewardGroup
    kind: PackageKind | None = None
    size: Count = 0
    days: Annotated[int, Field(ge=1, le=366)] = 30
    covers: tuple[Destination, ...] = HOME
    """Where the minutes or messages may go."""

    @model_validator(mode="after")
    def _a_package_has_a_size(self) -> "Reward":
        if (self.kind is None) != (self.size == 0):
            raise ValueError("a package has both `kind` and `size`, a voucher neither")
        return self


class BonusFile(FileModel):
    """`bonus.yaml`."""

    spend_per_point: Money = 3_000
    """Each full sum of this, charged within a calendar month, is one point."""
    months: Annotated[int, Field(ge=1, le=60)] = 12
    """Unspent points vanish so many months after they were credited."""
    welcome_points: Count = 0
    sms_from: ShortCode = "5010"
    """The short number messages about the programme come from."""
    groups: dict[RewardGroup, LocalText] = Field(default_factory=dict)
    rewards: dict[RewardCode, Reward] = Field(default_factory=dict)
    money: dict[Money, Points] = Field(default_factory=dict)
    """Roubles to the account -> points."""


def loose_ends(document: Document, file: BonusFile) -> list[Problem]:
    """Rewards of groups that have no title."""
    return [
        document.problem(("rewards", code, "group"), f"the group `{reward.group}` has no title in `groups`")
        for code, reward in file.rewards.items()
        if reward.group not in file.groups
    ]
