"""The shape of the files in `catalogue/`: settings, tariffs, demo subscribers.

Sums are roubles as people write them (`250.00`), kopecks once read.  Texts live in `texts.yaml`
(`templates.Texts`).
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ussd_gateway.billing.account import Kind
from ussd_gateway.billing.money import kopecks
from ussd_gateway.documents import FileModel
from ussd_gateway.templates import LocalText


def _kopecks(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("expected a sum such as 250.00")
    return kopecks(str(value))


def _not_negative(amount_kop: int) -> int:
    if amount_kop < 0:
        raise ValueError("a sum may not be negative here")
    return amount_kop


Money = Annotated[int, BeforeValidator(_kopecks), AfterValidator(_not_negative)]
"""A sum in roubles of the file, kopecks here."""

Count = Annotated[int, Field(ge=0)]
Language = Literal["ru", "en", "translit"]


def matching(pattern: str, expected: str) -> AfterValidator:
    """Text of a certain form, with a complaint people understand."""
    form = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(f"`{text}`: expected {expected}")
        return text

    return AfterValidator(check)


ShortCode = Annotated[str, matching("[0-9]{3,15}", "a short number, 3 to 15 digits")]
Number = Annotated[str, matching("[1-9][0-9]{10,14}", "an international number such as 79261234567")]
TariffCode = Annotated[str, matching("[A-Z0-9]{1,12}", "a code of capital letters and digits")]


def _checked(iccid: str) -> str:
    """ITU-T E.118: the digits fulfil Luhn's sum."""
    doubled = [int(digit) * 2 for digit in iccid[-2::-2]]
    if (sum(map(int, iccid[-1::-2])) + sum(each // 10 + each % 10 for each in doubled)) % 10:
        raise ValueError(f"`{iccid}`: the last digit does not fit the others")
    return iccid


Iccid = Annotated[str, matching("89[0-9]{17}", "the 19 digits of a SIM card"), AfterValidator(_checked)]
Puk = Annotated[str, matching("[0-9]{8}", "the 8 digits of a PUK1")]
Contract = Annotated[str, matching("[1-9][0-9]{5,7}", "the number of a contract, 6 to 8 digits")]
"""Too short for anybody's phone number, so that both can name accounts."""
CompanyKey = Annotated[str, matching("[a-z][a-z0-9_]*", "a name of small letters, digits and `_`")]

# ---------------------------------------------------------------- settings.yaml


class PasswordRules(FileModel):
    """`password`: what passwords look like and when the login locks."""

    generated_digits: Annotated[int, Field(ge=4, le=26)] = 6
    min_length: Annotated[int, Field(ge=1, le=26)] = 6
    max_length: Annotated[int, Field(ge=1, le=64)] = 26
    lock_on_wrong: Annotated[int, Field(ge=1, le=100)] = 6
    """Which consecutive wrong answer locks the login."""
    deliver: Literal["sms", "ussd", "both"] = "sms"
    """How a generated password comes that was asked for on a screen; elsewhere it always comes by SMS."""
    code_01: Literal["set", "resend"] = "set"
    """What `*105*01#` does: ask for a password of one's own, or make up a new one like `*105*00#`."""


class SmsRules(FileModel):
    """`sms`: how soon, and from which short numbers, the billing core's own messages come."""

    delay_s: Annotated[int, Field(ge=0, le=3600)] = 2
    password_from: ShortCode = "000110"
    balance_from: ShortCode = "000100"
    service_from: ShortCode = "000105"


class DefaultAccount(FileModel):
    """`default_account`: what a number nobody has described gets."""

    tariff: str
    language: Language = "ru"
    balance: Money = 10_000
    credit_limit: Money = 0


class Settings(FileModel):
    """`settings.yaml`: the rules of the operator."""

    password: PasswordRules = PasswordRules()
    sms: SmsRules = SmsRules()
    default_account: DefaultAccount
    last_charges: Annotated[int, Field(ge=1, le=20)] = 10
    """How many of the newest charges an account remembers."""
    free_charges: Annotated[int, Field(ge=1, le=20)] = 5
    """How many of them are told free of charge."""
    charges_fee: Money = 400
    """What telling all of them costs."""
    max_topup: Money = 1_500_000
    """The largest sum one top-up may bring."""


# ---------------------------------------------------------------- tariffs.yaml

Destination = Literal["on_net", "other_home", "other_region", "landline", "abroad", "short"]
"""Where a call or a message goes: our network, other mobiles of the region, other regions, city numbers of
the region, abroad, short numbers."""

HOME: tuple[Destination, ...] = ("on_net", "other_home", "landline")
"""Where the minutes and messages of a package go unless it says otherwise."""


class CallRate(FileModel):
    """The price of a minute, perhaps another one for the first; in a file also just one sum."""

    first: Money
    then: Money

    @model_validator(mode="before")
    @classmethod
    def _one_sum(cls, value: object) -> object:
        return value if isinstance(value, dict | CallRate) else {"first": value, "then": value}


def _rate(amount_kop: int) -> CallRate:
    return CallRate.model_construct(first=amount_kop, then=amount_kop)


class CallRates(FileModel):
    """A minute, by destination."""

    on_net: CallRate = _rate(0)
    other_home: CallRate = _rate(200)
    other_region: CallRate = _rate(500)
    landline: CallRate = _rate(200)
    abroad: CallRate = _rate(6_000)
    short: CallRate = _rate(0)


class MessageRates(FileModel):
    """A message, by destination."""

    on_net: Money = 220
    other_home: Money = 220
    other_region: Money = 350
    landline: Money = 220
    abroad: Money = 990
    short: Money = 0


class Rates(FileModel):
    """What is paid for when no package covers it."""

    call: CallRates = CallRates()
    sms: MessageRates = MessageRates()
    mb: Money = 990


class Volumes(FileModel):
    """Minutes, messages, megabytes."""

    minutes: Count = 0
    sms: Count = 0
    mb: Count = 0


class Tariff(FileModel):
    """One tariff: what it is called, what it costs, what it brings each period."""

    name: LocalText
    short: LocalText | None = None
    """The name in lists on a phone's screen, where the whole one is long."""
    fee: Money = 0
    period: Literal["month", "30d", "day"] = "month"
    kind: Kind = "individual"
    volumes: Volumes = Volumes()
    covers: tuple[Destination, ...] = HOME
    """Where its minutes and messages go."""
    rates: Rates = Rates()


class LongDistance(FileModel):
    """`long_distance`: an option with which some minutes of a call to other regions are free."""

    service: str
    """The code of the service."""
    destinations: tuple[Destination, ...] = ("other_region",)
    free_from: Annotated[int, Field(ge=1)] = 2
    free_to: Annotated[int, Field(ge=1)] = 10


Prefix = Annotated[str, matching("[0-9]{1,15}", "the first digits of international numbers")]


_PLAN: dict[Destination, tuple[Prefix, ...]] = {
    "on_net": ("792", "793"),
    "other_home": ("79",),
    "landline": ("7495", "7496", "7498", "7499"),
    "other_region": ("7",),
    "abroad": ("76", "77"),
}


class Rating(FileModel):
    """`rating`: what tariffs have in common when a call, a message or data are charged."""

    destinations: dict[Destination, tuple[Prefix, ...]] = Field(default_factory=lambda: dict(_PLAN))
    """The longest matching prefix decides; a number that matches none is abroad."""
    short_digits: Annotated[int, Field(ge=1, le=15)] = 9
    """Numbers of up to so many digits are short."""
    forwarded: Money = 350
    """A minute of a diverted call."""
    paid_short: dict[ShortCode, Money] = Field(default_factory=dict)
    """Short numbers that sell content: the price of a minute or a message."""
    max_units: Annotated[int, Field(ge=1)] = 100_000
    """The longest call in minutes, the most megabytes that are rated at once."""
    closed_group: bool = True
    """Calls and messages between numbers of one company are free."""
    long_distance: LongDistance | None = None


class TariffsFile(FileModel):
    """`tariffs.yaml`: what rating has in common, and code -> tariff."""

    rating: Rating = Rating()
    tariffs: dict[TariffCode, Tariff]


# ---------------------------------------------------------------- subscribers.yaml


def _three_at_most(numbers: tuple[str, ...]) -> tuple[str, ...]:
    if len(numbers) > 3:
        raise ValueError("a company has at most three control numbers")
    return numbers


class Company(FileModel):
    """A corporate client; only its control numbers may get its own password (at most three)."""

    name: str
    contract: Contract | None = None
    """The number of its contract: its login, and the name of its account.  Without one it has neither."""
    control_numbers: Annotated[tuple[Number, ...], AfterValidator(_three_at_most)] = ()


class Subscriber(FileModel):
    """One subscriber as provisioned: the state its account begins with."""

    tariff: str
    language: Language = "ru"
    balance: Money = 0
    credit_limit: Money = 0
    company: str | None = None
    """Makes the account corporate."""
    budget: Money = 0
    budget_limit: Money = 0
    personal: Money = 0
    left: Volumes | None = None
    """What remains of the tariff's packages; all of them by default."""
    name: str = ""
    position: str = ""
    tags: tuple[str, ...] = ()
    """Who uses a company's number, and the labels the company put on it."""


class SubscribersFile(FileModel):
    """`subscribers.yaml`: companies, blank SIM cards with their PUK1, and number -> subscriber."""

    companies: dict[CompanyKey, Company] = Field(default_factory=dict)
    sims: dict[Iccid, Puk] = Field(default_factory=dict)
    subscribers: dict[Number, Subscriber]
