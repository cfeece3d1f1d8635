"""The acceptance scripts on two gateways that share a Redis: each step goes through the other one."""

import pytest

from tests.redis_servers import Running
from tests.two_gateways import two_gateways, wandering_lab
from tests.unit.replay.stage import Told
from tests.world import REPOSITORY
from ussd_gateway.replay.loader import load_scripts
from ussd_gateway.replay.player import replay


@pytest.mark.slow
async def test_all_acceptance_scripts_are_green_while_the_phones_move(redis_server: Running) -> None:
    redis_server.flush()
    scripts = load_scripts([REPOSITORY / "scenarios" / "acceptance"])
    assert len(scripts) == 25
    told = Told()
    async with two_gateways(redis_server.url) as world, wandering_lab(world) as lab:
        verdict = await replay(scripts, lab, told)
        moves = sum(phone.moves for phone in lab.phones)
    assert verdict.passed, "\n".join(told.lines)
    assert not any(line.startswith("not checked") for line in told.lines)
    assert moves > 60
