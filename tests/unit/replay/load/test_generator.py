"""Load on small servers of known manners: what is counted, what is measured, what is survived."""

import pytest

from tests.unit.replay.load.servers import Counting, Leaving, Silent, Stalling, Throttling, listening, load_on
from ussd_gateway.replay.load.arrivals import Plan
from ussd_gateway.replay.load.link import NoLink


async def test_every_conversation_and_step_is_counted_once():
    async with listening(Counting) as address:
        result = await load_on(address, Plan(2000, calls=300, limit=50), window=7, binds=3)
    assert result.passed
    counts = result.counts
    assert (counts.begun, counts.passed, counts.failed, counts.unfinished) == (300, 300, 0, 0)
    assert counts.steps == result.total.count == 600
    assert [(row.name, row.latencies.count) for row in result.kinds] == [("dial", 300), ("send", 300)]
    assert sum(point.steps for point in result.points) == 600
    assert sum(count for _, count in result.spread) == 600
    assert counts.strays == 0


async def test_a_stall_is_charged_for_everybody_who_was_due_meanwhile():
    async with listening(Stalling) as address:
        result = await load_on(address, Plan(1000, calls=600, limit=5))
    assert result.passed
    # Five could be open, so a generator that measures from its own sending sees at most five slow answers.
    slow = sum(count for ms, count in result.spread if ms >= 100)
    assert slow >= 100
    assert result.total.p99_ms >= 150
    # A loop's timer may end a hair early; what a blind generator would report is a tenth of this.
    assert result.total.max_ms >= Stalling.STALL_S * 1000 * 0.95
    assert result.counts.waited >= 100
    assert result.waits.max_ms >= 100


async def test_no_more_are_open_than_may_be():
    async with listening(Silent) as address:
        plan = Plan(1000, calls=9, limit=3, answer_s=0.1)
        result = await load_on(address, plan)
    assert result.counts.failed == 9
    assert result.counts.waited >= 6
    (failures,) = result.failures
    assert (failures.line.verb, failures.reason, failures.count) == ("expect", "no screen within 0.1 s", 9)


async def test_a_phone_is_in_one_conversation_at_a_time():
    async with listening(Counting) as address:
        result = await load_on(
            address, Plan(5000, calls=100, limit=50), phones=["79260000001", "79260000002"]
        )
    assert result.counts.passed == 100
    assert result.phones == 2
    assert result.counts.waited > 0


async def test_a_refusal_fails_with_its_status():
    async with listening(Throttling) as address:
        result = await load_on(address, Plan(1000, calls=5))
    (failures,) = result.failures
    assert failures.count == result.counts.failed == 5
    assert "ESME_RTHROTTLED" in failures.reason


async def test_a_refusal_may_be_what_is_expected():
    text = 'script: full\nsteps:\n  - dial: "*1#"\n  - expect: {error: true, status: ESME_RTHROTTLED}\n'
    async with listening(Throttling) as address:
        result = await load_on(address, Plan(1000, calls=5), text)
    assert result.passed
    assert result.counts.passed == 5


async def test_a_gateway_that_goes_away_ends_the_load():
    async with listening(Leaving) as address:
        result = await load_on(address, Plan(1000, calls=100_000))
    assert result.lost is not None
    assert not result.passed
    assert result.counts.begun == result.counts.passed + result.counts.failed + result.counts.unfinished


async def test_scripts_are_played_by_their_weight():
    often = 'script: often\nweight: 3\nsteps:\n  - dial: "*1#"\n'
    seldom = 'script: seldom\nsteps:\n  - dial: "*2#"\n'
    async with listening(Counting) as address:
        result = await load_on(address, Plan(1000, calls=40), often, seldom)
    assert [script.counts.passed for script in result.scripts] == [30, 10]


async def test_thinking_takes_its_time_and_is_no_latency():
    text = 'script: slow\nsteps:\n  - dial: "*1#"\n  - expect: {op: ask}\n  - wait: 120ms\n  - send: "0"\n'
    async with listening(Counting) as address:
        result = await load_on(address, Plan(1000, calls=10), text)
    assert result.passed
    assert result.dialogue.p50_ms >= 120
    assert result.elapsed_s >= 0.12


async def test_nobody_there():
    async with listening(Counting) as address:
        pass
    with pytest.raises(NoLink, match="cannot connect"):
        await load_on(address, Plan(10, calls=1))
