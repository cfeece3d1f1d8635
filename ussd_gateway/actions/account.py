"""`account.…`: money and settings of the account, and the facts about it."""

from collections.abc import Mapping, Sequence

from ussd_gateway.actions.base import Action, Fact, List, Row, spec
from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.operations import accounts as money
from ussd_gateway.vocabulary import Value

ACTIONS = (
    Action(
        spec("account.balance", "The main balance.", gives=["balance_kop"], can_deny=False),
        money.balance,
    ),
    Action(
        spec(
            "account.budget",
            "Of a corporate number: what is left of the company's budget, and the personal account.",
            gives=["left_kop", "limit_kop", "personal_kop"],
        ),
        money.budget,
    ),
    Action(spec("account.remains", "What is left of the packages, by SMS.", can_deny=False), money.remains),
    Action(spec("account.number", "The own number.", gives=["msisdn"], can_deny=False), money.number),
    Action(
        spec("account.language", "Choose ru, en or translit.", needs=["language"], gives=["language"]),
        money.language,
    ),
    Action(
        spec(
            "account.charge",
            "Take a fee of so many kopecks.",
            needs=["fee_kop"],
            takes=["note"],
            gives=["fee_kop", "balance_kop"],
            denial_gives=["need_kop", "balance_kop"],
        ),
        money.charge,
    ),
    Action(
        spec(
            "account.topup",
            "Add money of the subscriber's own.",
            needs=["amount_kop"],
            takes=["note"],
            gives=["amount_kop", "balance_kop"],
            denial_gives=["max_kop"],
        ),
        money.topup,
    ),
    Action(
        spec(
            "account.set_balance",
            "Set the subscriber's own money to a sum (administration).",
            needs=["balance_kop"],
            takes=["note"],
            gives=["balance_kop", "difference_kop"],
            denial_gives=["min_kop"],
        ),
        money.set_balance,
    ),
)


def _company(account: Account, catalogue: Catalogue, now_ms: int) -> Value:
    company = catalogue.companies.get(account.company or "")
    return company.name if company else ""


def _control_number(account: Account, catalogue: Catalogue, now_ms: int) -> Value:
    company = catalogue.companies.get(account.company or "")
    return company is not None and account.msisdn in company.control_numbers


def _charges(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    return [charge._asdict() for charge in account.last_charges]


FACTS: Mapping[str, Fact] = {
    "subscriber.msisdn": ("79261234567", lambda account, catalogue, now_ms: account.msisdn),
    "subscriber.language": ("ru", lambda account, catalogue, now_ms: account.language),
    "subscriber.corporate": (False, lambda account, catalogue, now_ms: account.corporate),
    "subscriber.blocked": (False, lambda account, catalogue, now_ms: account.status == "blocked"),
    "subscriber.company": ("ООО Ромашка", _company),
    "subscriber.control_number": (False, _control_number),
    "subscriber.tariff": (
        "Включайся! Пиши",
        lambda account, catalogue, now_ms: catalogue.tariff_name(account.tariff, account.language),
    ),
    "account.balance_kop": (-1234567, lambda account, catalogue, now_ms: account.balance_kop),
    "account.spendable_kop": (1234567, lambda account, catalogue, now_ms: purse.spendable_kop(account)),
    "account.budget_kop": (123456, lambda account, catalogue, now_ms: account.budget_kop),
    "account.budget_limit_kop": (123456, lambda account, catalogue, now_ms: account.budget_limit_kop),
    "account.personal_kop": (123456, lambda account, catalogue, now_ms: account.personal_kop),
    "remains.minutes": (12345, lambda account, catalogue, now_ms: account.left_of("minutes", now_ms)),
    "remains.sms": (12345, lambda account, catalogue, now_ms: account.left_of("sms", now_ms)),
    "remains.mb": (123456, lambda account, catalogue, now_ms: account.left_of("mb", now_ms)),
    "remains.renews_ms": (
        1_780_000_000_000,
        lambda account, catalogue, now_ms: money.renews_ms(account, now_ms),
    ),
}

LISTS: Mapping[str, List] = {
    "charges.last": ({"at_ms": 1_780_000_000_000, "amount_kop": 123456, "note": "Черный список"}, _charges),
}
