"""What tests of billing and storage share: the shipped catalogue, accounts, a charge, a whole request."""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from ussd_gateway.actions import Actions
from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue, load_catalogue
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.ledger import OPENING, POCKETS, LedgerEntry, holding, pocket_name
from ussd_gateway.billing.operations.base import Context, Decision, Operation
from ussd_gateway.billing.store import Commit, Order, OutMessage, Store, request_hash
from ussd_gateway.errors import Conflict
from ussd_gateway.vocabulary import Outcome, Value

ROOT = Path(__file__).resolve().parents[3]

NOW_MS = 1_780_000_000_000
"""2026-05-28 23:26:40 in Moscow."""

ALICE, BOB = "79261234567", "79261234569"
EMPLOYEE = "79260000001"

message_ids: Callable[[], int] = count(1).__next__


@cache
def catalogue() -> Catalogue:
    return load_catalogue(ROOT / "catalogue")


def individual(msisdn: str = ALICE, balance_kop: int = 25_000, **fields: Any) -> Account:
    return Account(msisdn, 1, created_ms=NOW_MS, balance_kop=balance_kop, tariff="0618P")._replace(**fields)


def employee(budget_kop: int = 41_250, personal_kop: int = 3_500, **fields: Any) -> Account:
    account = Account(
        EMPLOYEE,
        1,
        created_ms=NOW_MS,
        kind="corporate",
        tariff="C7040",
        company="romashka",
        budget_kop=budget_kop,
        personal_kop=personal_kop,
        budget_limit_kop=70_000,
    )
    return account._replace(**fields)


def run(
    operation: Operation,
    account: Account,
    args: Mapping[str, Value] | None = None,
    *,
    prepared: Mapping[str, str] | None = None,
    now_ms: int = NOW_MS,
) -> Decision:
    """One operation, as a request with the key `k` would run it."""
    return operation(account, args or {}, Context(now_ms, catalogue(), "k", prepared or {}))


def opening_commit(account: Account) -> Commit:
    """Create exactly this account."""
    key = f"open:{account.msisdn}"
    entries = [
        LedgerEntry(key, pocket_name(account.msisdn, pocket), amount_kop, "opening", NOW_MS)
        for pocket, amount_kop in zip(POCKETS, holding(account), strict=True)
        if amount_kop
    ]
    if entries:
        entries.append(LedgerEntry(key, OPENING, -sum(holding(account)), "opening", NOW_MS))
    return Commit(key, request_hash(key), NOW_MS, {}, [account], entries)


def charge_commit(
    account: Account,
    amount_kop: int,
    key: str,
    *,
    messages: list[OutMessage] | None = None,
    now_ms: int = NOW_MS,
) -> Commit:
    """Charge the account as it is given; the money must suffice."""
    paid = purse.charge(account, amount_kop, "test", key=key, now_ms=now_ms, remember=5)
    assert paid is not None
    after, entries = paid
    reply = {"left": after.balance_kop, "текст": "Баланс"}
    after = after._replace(version=account.version + 1)
    return Commit(key, f"charge {amount_kop}", now_ms, reply, [after], entries, messages or [])


def message(message_id: int, destination: str = ALICE, text: str = "Привет", **fields: Any) -> OutMessage:
    given: dict[str, Any] = {
        "source": "000110",
        "secret": False,
        "created_ms": NOW_MS,
        "not_before_ms": NOW_MS + 2000,
    }
    return OutMessage(message_id, destination=destination, text=text, **{**given, **fields})


def order(order_id: str, target: str = BOB, **fields: Any) -> Order:
    """An order of ALICE's."""
    given: dict[str, Any] = {"kind": "action", "action": "money.receive", "args": {"amount_kop": 100}}
    return Order(order_id, origin=ALICE, target=target, **{**given, **fields})


async def perform(
    store: Store,
    actions: Actions,
    msisdn: str,
    action: str,
    args: Mapping[str, Value],
    *,
    key: str,
    now_ms: int = NOW_MS,
) -> Outcome:
    """One action of one request, again and again until no other writer is first."""
    account = await store.account(msisdn)
    assert account is not None
    draft = Draft(account, catalogue(), key=key, now_ms=now_ms)
    while True:
        outcome = await actions.perform(draft, action, args)
        if not draft.changed:
            return outcome
        try:
            await store.commit(draft.commit(request_hash(action), {}, message_ids))
        except Conflict:
            account = await store.account(msisdn)
            assert account is not None
            draft = draft.again(account)
        else:
            return outcome
