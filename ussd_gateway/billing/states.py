"""The state a tester wants an account to be in: what the API and session scripts may ask for.

Only the members that are given are brought about; sums are roubles (`"10.00"`).
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ussd_gateway.billing.files import Count, Language, Money, Number
from ussd_gateway.billing.money import kopecks
from ussd_gateway.documents import FileModel


def _kopecks(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("expected a sum such as 250.00")
    return kopecks(str(value))


AnyMoney = Annotated[int, BeforeValidator(_kopecks)]
"""A sum in roubles that may be negative, kopecks here."""


class Remains(FileModel):
    """What is left of the tariff's own packages."""

    minutes: Count | None = None
    sms: Count | None = None
    mb: Count | None = None


class AccountState(FileModel):
    """Everything about an account that can be set.  Nothing costs money or sends a message by itself."""

    balance: AnyMoney | None = None
    """The subscriber's own money: the main balance, of a corporate number the personal account."""
    budget: Money | None = None
    """Of a corporate number: what is left of the company's money."""
    credit_limit: Money | None = None
    """How far the main balance may go below zero."""
    language: Language | None = None
    tariff: str | None = Field(default=None, max_length=20)
    """A tariff of the catalogue, paid from now on, with what it brings."""
    remains: Remains | None = None
    packages: dict[str, bool] | None = None
    """Package of the catalogue -> whether it has just been bought, or is gone."""
    services: dict[str, bool] | None = None
    """Service of the catalogue -> whether it is on, paid from now on, or off."""
    bonus: Count | None = None
    """Points; the number is a member of the programme with that."""
    bonus_member: bool | None = None
    password: str | None = Field(default=None, max_length=128)
    """A password of the personal account that is to be right; null: none is set."""
    locked: bool | None = None
    """Whether the login is locked."""
    wrong: Count | None = None
    """Consecutive wrong answers so far."""
    blocked: bool | None = None
    """By the operator; false also lifts the owner's block."""
    autologin: bool | None = None
    autorenew: bool | None = None
    transfer_bar: bool | None = None
    content_ban: bool | None = None
    roaming: bool | None = None
    email: str | None = Field(default=None, max_length=100)
    black_list: list[Number] | None = None
    forwarding: dict[Literal["all", "busy", "no_answer", "unreachable"], Number] | None = None

    def told(self) -> dict[str, Any]:
        """What is asked for, without the password."""
        return self.model_dump(exclude_unset=True, exclude={"password"})
