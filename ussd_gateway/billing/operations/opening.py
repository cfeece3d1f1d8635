"""How accounts come to be: described in `catalogue/subscribers.yaml`, or by default at first sight.

A company with a contract has an account too, under the number of the contract: it holds no money, but the
company's password and the numbers that joined.

Even the balance an account begins with is a transfer, so that the ledger explains all money there is.
"""

from ussd_gateway.billing.account import NO_FEE, NOBODY, Account
from ussd_gateway.billing.calendar import day_of, month_of, month_start_ms, period_end_ms
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.files import Subscriber
from ussd_gateway.billing.holdings import Employee, TariffFee
from ussd_gateway.billing.ledger import OPENING, POCKETS, LedgerEntry, holding, pocket_name
from ussd_gateway.billing.rules.tariff_fee import packages_of
from ussd_gateway.billing.settle import next_due_ms
from ussd_gateway.billing.store import Commit, request_hash


def opening(msisdn: str, catalogue: Catalogue, now_ms: int) -> Commit:
    """The commit that creates the account: as the catalogue describes the number, else the default one.

    Its key is made of the number, so that of two requests at once only one opens the account.
    """
    key = f"open:{msisdn}"
    account = _first_state(msisdn, catalogue, now_ms)
    entries = [
        LedgerEntry(key, pocket_name(msisdn, pocket), amount_kop, "opening", now_ms)
        for pocket, amount_kop in zip(POCKETS, holding(account), strict=True)
        if amount_kop
    ]
    total_kop = sum(holding(account))
    if total_kop:
        entries.append(LedgerEntry(key, OPENING, -total_kop, "opening", now_ms))
    return Commit(key, request_hash(key), now_ms, {}, [account], entries)


def _first_state(msisdn: str, catalogue: Catalogue, now_ms: int) -> Account:
    company = catalogue.company_of(msisdn)
    if company is not None:
        return Account(msisdn, version=1, created_ms=now_ms, kind="corporate", company=company)
    subscriber = catalogue.subscribers.get(msisdn) or _by_default(catalogue)
    tariff = catalogue.tariffs[subscriber.tariff]
    month = month_of(day_of(now_ms))
    # What is left of the first month is a present; periods after it are paid for.
    ends_ms = period_end_ms("30d", now_ms) if tariff.period == "30d" else month_start_ms(month + 1)
    fee_due_ms = period_end_ms("day", now_ms) if tariff.period == "day" else ends_ms
    packages = packages_of(subscriber.tariff, tariff, subscriber.left or tariff.volumes, ends_ms)
    account = Account(
        msisdn,
        version=1,
        created_ms=now_ms,
        kind="corporate" if subscriber.company else "individual",
        language=subscriber.language,
        tariff=subscriber.tariff,
        balance_kop=subscriber.balance,
        floor_kop=-subscriber.credit_limit,
        budget_kop=subscriber.budget,
        personal_kop=subscriber.personal,
        budget_limit_kop=subscriber.budget_limit,
        company=subscriber.company,
        packages=tuple(packages),
        # What is empty is one value for all accounts: there may be a hundred thousand at hand.
        tariff_fee=TariffFee(fee_due_ms) if tariff.fee or packages else NO_FEE,
        budget_month=month if subscriber.budget_limit else 0,
        employee=_employee(subscriber),
        tags=tuple(sorted(set(subscriber.tags))),
    )
    return account._replace(due_ms=next_due_ms(account) or 0)


def _employee(subscriber: Subscriber) -> Employee:
    described = bool(subscriber.name or subscriber.position)
    return Employee(subscriber.name, subscriber.position) if described else NOBODY


def _by_default(catalogue: Catalogue) -> Subscriber:
    default = catalogue.settings.default_account
    # Not validated again: these sums are kopecks already, those of a file are roubles.
    return Subscriber.model_construct(
        tariff=default.tariff,
        language=default.language,
        balance=default.balance,
        credit_limit=default.credit_limit,
    )
