"""Whose request is it: accounts opened at first sight."""

import asyncio

import pytest

from tests.unit.billing.kit import ALICE, NOW_MS, catalogue
from ussd_gateway.billing.ledger import OPENING
from ussd_gateway.billing.subscribers import Subscribers, UnknownSubscriber
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.storage.memory import MemoryStore

STRANGER = "79031112233"


def subscribers(store: MemoryStore, *, auto_provision: bool = True) -> Subscribers:
    return Subscribers(store, NumberingPlan(), auto_provision=auto_provision)


async def test_a_stranger_of_the_plan_gets_the_default_account() -> None:
    store = MemoryStore()
    account = await subscribers(store).account(STRANGER, catalogue(), NOW_MS)
    assert account.balance_kop == 10_000
    assert await store.account(STRANGER) == account
    assert [(entry.account, entry.amount_kop) for entry in await store.ledger(STRANGER, 10)] == [
        (f"{STRANGER}:main", 10_000)
    ]
    assert (await store.audit()).problems == ()


async def test_many_first_requests_at_once_open_one_account() -> None:
    store = MemoryStore()
    desk = subscribers(store)
    accounts = await asyncio.gather(*(desk.account(STRANGER, catalogue(), NOW_MS) for _ in range(20)))
    assert {account.version for account in accounts} == {1}
    assert (await store.audit()).entries == 2


@pytest.mark.parametrize("number", ["000105", "74951234567", "380501234567", "7926123456", ""])
async def test_other_numbers_get_none(number: str) -> None:
    with pytest.raises(UnknownSubscriber):
        await subscribers(MemoryStore()).account(number, catalogue(), NOW_MS)


async def test_nobody_gets_one_unless_allowed() -> None:
    desk = subscribers(MemoryStore(), auto_provision=False)
    with pytest.raises(UnknownSubscriber) as caught:
        await desk.account(STRANGER, catalogue(), NOW_MS)
    assert STRANGER not in str(caught.value)
    assert (await desk.account(ALICE, catalogue(), NOW_MS)).balance_kop == 25_000


async def test_provisioning_leaves_existing_accounts_alone() -> None:
    store = MemoryStore()
    desk = subscribers(store)
    assert await desk.provision(catalogue(), NOW_MS) == 5
    assert await desk.provision(catalogue(), NOW_MS + 1) == 0
    report = await store.audit()
    assert (report.accounts, report.balances_kop, report.problems) == (5, 0, ())
    assert OPENING == "system:opening"
