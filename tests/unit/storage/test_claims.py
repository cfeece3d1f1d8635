"""What there is one of goes to the first who asks, for ever."""

import asyncio

from tests.unit.billing.kit import ALICE, BOB, NOW_MS
from ussd_gateway.storage.claims import StoreClaims
from ussd_gateway.storage.memory import MemoryStore


async def test_the_first_has_it_and_keeps_it() -> None:
    claims = StoreClaims(MemoryStore())
    assert await claims.claim("card", ALICE, NOW_MS)
    assert not await claims.claim("card", BOB, NOW_MS)
    assert await claims.claim("card", ALICE, NOW_MS + 1)
    assert await claims.claim("another card", BOB, NOW_MS)


async def test_of_many_at_once_one_has_it() -> None:
    claims = StoreClaims(MemoryStore())
    numbers = [f"7926000{number:04}" for number in range(100)]
    won = await asyncio.gather(*(claims.claim("card", number, NOW_MS) for number in numbers))
    assert won.count(True) == 1
