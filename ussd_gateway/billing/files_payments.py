"""The shape of `catalogue/payments.yaml`: what may be borrowed, sent, paid by card, asked for, and how often.

Every rule has the default of the demo operator, so the file may leave out what suits, or be absent.
Sums are roubles in the file and kopecks once read.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from ussd_gateway.billing.files import Count, Money, ShortCode
from ussd_gateway.documents import FileModel

Tries = Annotated[int, Field(ge=1, le=100)]


class PromisedTier(FileModel):
    """One size of the promised payment: how much, for what fee, down to what balance."""

    amount: Money
    fee: Money = 0
    down_to: Money = 0
    """Granted while the balance is not further below zero than this."""
    after_days: Count = 0
    """Only to numbers that have been with the operator so long."""
    spent: Money = 0
    """Only to those who spent this much in the present calendar month or in the one before."""


class PromisedRules(FileModel):
    """`promised`: small loans, repaid at the next top-up or after so many days."""

    days: Annotated[int, Field(ge=1, le=30)] = 3
    per_month: Count = 5
    tiers: dict[str, PromisedTier] = Field(
        default_factory=lambda: {
            "50": PromisedTier.model_construct(amount=5_000, fee=1_000, down_to=4_000),
            "150": PromisedTier.model_construct(amount=15_000, fee=2_000, down_to=10_000),
            "300": PromisedTier.model_construct(amount=30_000, fee=2_000, down_to=25_000),
        }
    )
    """By the name a subscriber asks for it with: the sum in roubles."""


class TransferRules(FileModel):
    """`transfer`: money from one subscriber to another."""

    fee: Money = 500
    least: Money = 100
    most: Money = 50_000
    keep: Money = 3_000
    """What must be left on the sender's account afterwards."""
    per_month: Money = 500_000
    code_digits: Annotated[int, Field(ge=4, le=8)] = 4
    code_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    code_tries: Tries = 5


class RequestRules(FileModel):
    """`call_me`, `pay_me`: how often somebody may be asked, free of charge."""

    per_day: Count = 10
    per_month: Count | None = None
    """No limit by default."""


class CardRules(FileModel):
    """`card`: paying by a bank card that is bound to the number."""

    least: Money = 10_000
    most: Money = 100_000
    code_digits: Annotated[int, Field(ge=4, le=8)] = 4
    code_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    code_tries: Tries = 5
    declined: frozenset[str] = frozenset({"0002"})
    """Cards that end with these digits are declined by their bank, so that a test can see it."""


class AutopayRules(FileModel):
    """`autopay`: the card is charged by itself when the balance falls below the threshold."""

    threshold: Money = 3_000
    amount: Money = 10_000
    """The defaults a subscriber is offered."""
    least_threshold: Money = 0
    most_threshold: Money = 100_000


class ScratchCard(FileModel):
    """One card of the demo batch."""

    amount: Money


def _codes(cards: dict[str, ScratchCard]) -> dict[str, ScratchCard]:
    for code in cards:
        if not (code.isascii() and code.isdigit() and 8 <= len(code) <= 20):
            raise ValueError(f"`{code}`: a scratch card has a code of 8 to 20 digits")
    return cards


class ScratchRules(FileModel):
    """`scratch`: cards sold in shops, with a code under a silver strip."""

    tries_per_day: Tries = 5
    """So many wrong codes a day are looked at."""
    cards: Annotated[dict[str, ScratchCard], AfterValidator(_codes)] = Field(default_factory=dict)


class TrustRules(FileModel):
    """`trust`: the credit of trust, with which a balance may go below zero."""

    sums: tuple[Money, ...] = ()
    """How far: one of these; none is offered by default."""


class RelativesRules(FileModel):
    """`relatives`: who may see that a balance gets low."""

    most: Annotated[int, Field(ge=1, le=50)] = 5
    low_balance: Money = 3_000
    """A message goes out when the balance falls below this."""


class OneTimeCodeRules(FileModel):
    """`one_time_code`: the code that opens the personal account instead of the password."""

    digits: Annotated[int, Field(ge=4, le=8)] = 4
    minutes: Annotated[int, Field(ge=1, le=60)] = 5
    tries: Tries = 5
    per_day: Count = 10


class PaymentsFile(FileModel):
    """`payments.yaml`."""

    promised: PromisedRules = PromisedRules()
    transfer: TransferRules = TransferRules()
    call_me: RequestRules = RequestRules()
    pay_me: RequestRules = RequestRules.model_construct(per_day=5, per_month=30)
    card: CardRules = CardRules()
    autopay: AutopayRules = AutopayRules()
    scratch: ScratchRules = ScratchRules()
    relatives: RelativesRules = RelativesRules()
    one_time_code: OneTimeCodeRules = OneTimeCodeRules()
    trust: TrustRules = TrustRules()
    sms_from: ShortCode = "000105"
    """The short number messages about payments come from."""
