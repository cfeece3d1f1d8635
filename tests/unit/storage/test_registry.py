"""What there is one of goes to the first who asks, for ever; a number is known to be of its company."""

import asyncio

from tests.unit.billing.kit import ALICE, BOB, EMPLOYEE, NOW_MS, employee, individual, opening_commit
from ussd_gateway.storage.memory import MemoryStore
from ussd_gateway.storage.registry import StoreRegistry


async def test_the_first_has_it_and_keeps_it() -> None:
    registry = StoreRegistry(MemoryStore())
    assert await registry.claim("card", ALICE, NOW_MS)
    assert not await registry.claim("card", BOB, NOW_MS)
    assert await registry.claim("card", ALICE, NOW_MS + 1)
    assert await registry.claim("another card", BOB, NOW_MS)


async def test_of_many_at_once_one_has_it() -> None:
    registry = StoreRegistry(MemoryStore())
    numbers = [f"7926000{number:04}" for number in range(100)]
    won = await asyncio.gather(*(registry.claim("card", number, NOW_MS) for number in numbers))
    assert won.count(True) == 1


async def test_who_takes_a_transfer() -> None:
    store = MemoryStore()
    for account in (individual(), employee()):
        await store.commit(opening_commit(account))
    registry = StoreRegistry(store)
    assert [await registry.takes_transfers(number) for number in (EMPLOYEE, ALICE, BOB)] == [
        False,
        True,
        True,
    ]


async def test_whose_number_it_is() -> None:
    store = MemoryStore()
    for account in (individual(), employee()):
        await store.commit(opening_commit(account))
    registry = StoreRegistry(store)
    assert [await registry.company_of(number) for number in (EMPLOYEE, ALICE, BOB)] == [
        "romashka",
        None,
        None,
    ]
