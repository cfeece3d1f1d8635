"""Gateways that lose the master of their Redis find each other again on the one a sentinel makes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.durability.test_redis_failover import Trio
from tests.patience import until
from tests.redis_servers import Server
from tests.scenarios.test_two_gateways import next_text, settled, wanderer
from tests.two_gateways import TwoGateways, two_gateways

ALICE = "79261234567"
BORIS = "79261234568"
PRESENCE = "ussd:{u00}:heart"


@pytest.mark.slow
async def test_gateways_know_each_other_after_a_failover(
    redis_servers: Callable[..., Server], tmp_path: Path
) -> None:
    trio = Trio(redis_servers, tmp_path)
    await trio.ready()
    async with two_gateways(trio.url) as world:
        alice, boris = await wanderer(world, ALICE), await settled(world, BORIS)
        await alice.move()
        await until(lambda: shares(world) == 200)
        trio.master.kill()
        with trio.replica.client() as client:
            await until(lambda: client.role()[0] in (b"master", "master"))
            old = dict(client.zrange(PRESENCE, 0, -1, withscores=True))
            await until(lambda: beaten(old, dict(client.zrange(PRESENCE, 0, -1, withscores=True))))
        await until(lambda: shares(world) == 200)
        await until(lambda: world.app.phones.way_to(ALICE) is not None)
        await boris.sms(ALICE, "after the failover")
        assert await next_text(alice) == "after the failover"


def beaten(old: dict[bytes, float], new: dict[bytes, float]) -> bool:
    """Whether two gateways have told the new master that they live."""
    return sum(new[name] != old.get(name) for name in new) == 2


def shares(world: TwoGateways) -> int:
    """How many of 200 numbers are somebody's; 200 only if no two gateways think a number theirs."""
    numbers = [f"7926{n:07}" for n in range(200)]
    shared = [
        {number for number in numbers if app.together and app.together.share(number)} for app in world.apps
    ]
    return -1 if shared[0] & shared[1] else len(shared[0] | shared[1])
