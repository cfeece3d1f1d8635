"""The shape of the files in `catalogue/`: settings, tariffs, demo subscribers.

Sums are roubles as people write them (`250.00`), kopecks once read.  Texts live in `texts.yaml`
(`templates.Texts`).
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

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
Language = Literal["ru", "en"]


def _matching(pattern: str, expected: str) -> AfterValidator:
    """Text of a certain form, with a complaint people understand."""
    form = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(f"`{text}`: expected {expected}")
        return text

    return AfterValidator(check)


ShortCode = Annotated[str, _matching("[0-9]{3,15}", "a short number, 3 to 15 digits")]
Number = Annotated[str, _matching("[1-9][0-9]{10,14}", "an international number such as 79261234567")]
TariffCode = Annotated[str, _matching("[A-Z0-9]{1,12}", "a code of capital letters and digits")]
CompanyKey = Annotated[str, _matching("[a-z][a-z0-9_]*", "a name of small letters, digits and `_`")]

# ---------------------------------------------------------------- settings.yaml


class PasswordRules(FileModel):
    """`password`: what passwords look like and when the login locks."""

    generated_digits: Annotated[int, Field(ge=4, le=26)] = 6
    min_length: Annotated[int, Field(ge=1, le=26)] = 6
    max_length: Annotated[int, Field(ge=1, le=64)] = 26
    lock_on_wrong: Annotated[int, Field(ge=1, le=100)] = 6
    """Which consecutive wrong answer locks the login."""


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
    last_charges: Annotated[int, Field(ge=1, le=20)] = 5
    """How many of the newest charges an account remembers."""
    max_topup: Money = 1_500_000
    """The largest sum one top-up may bring."""


# ---------------------------------------------------------------- tariffs.yaml


class Volumes(FileModel):
    """Minutes, messages, megabytes."""

    minutes: Count = 0
    sms: Count = 0
    mb: Count = 0


class Tariff(FileModel):
    """One tariff: what it is called, what it costs, what it brings each period."""

    name: LocalText
    fee: Money = 0
    period: Literal["month", "30d", "day"] = "month"
    kind: Kind = "individual"
    volumes: Volumes = Volumes()


class TariffsFile(FileModel):
    """`tariffs.yaml`: code -> tariff."""

    tariffs: dict[TariffCode, Tariff]


# ---------------------------------------------------------------- subscribers.yaml


def _three_at_most(numbers: tuple[str, ...]) -> tuple[str, ...]:
    if len(numbers) > 3:
        raise ValueError("a company has at most three control numbers")
    return numbers


class Company(FileModel):
    """A corporate client; only its control numbers may get its own password (at most three)."""

    name: str
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


class SubscribersFile(FileModel):
    """`subscribers.yaml`: companies, and number -> subscriber."""

    companies: dict[CompanyKey, Company] = Field(default_factory=dict)
    subscribers: dict[Number, Subscriber]
