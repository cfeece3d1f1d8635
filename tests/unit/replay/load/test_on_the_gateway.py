"""Load on a real gateway over loopback."""

import pytest

from tests.unit.replay.load.servers import load_on
from tests.world import running_world
from ussd_gateway.replay.load.arrivals import Plan
from ussd_gateway.replay.load.link import NoLink


@pytest.fixture
async def address():
    async with running_world("memory://") as world:
        assert world.app.smpp_address is not None
        host, port = world.app.smpp_address.rsplit(":", 1)
        yield host, int(port)


WALK = r"""
script: walk
data: {rows: [{answer: "1"}, {answer: "1"}]}
steps:
  - dial: "*105#"
  - expect: {op: ask, contains: "1 Счет", service_code: "*105#", fits: true}
  - expect: {regex: "(?P<first>\\d) Счет"}
  - send: "{{ first }}"
  - send: "{{ answer }}"
  - expect: {regex: "(?P<left>\\d+\\.\\d\\d)"}
  - dial: "*100#"
  - expect: {op: end, contains: "{{ left }}"}
  - dial: "*105#"
  - cancel: true
"""


async def test_a_walk_with_captures(address):
    result = await load_on(address, Plan(400, calls=60, limit=30), WALK)
    assert result.passed, result.failures
    assert result.counts.passed == 60
    assert result.counts.steps == 60 * 6
    assert result.counts.strays == 0
    rows = {row.name: row.latencies.count for row in result.kinds}
    assert rows == {"dial": 180, "send": 120, "cancel": 60}


async def test_messages_go_out_and_come_in(address):
    text = """
script: message
data: {rows: [{msisdn: "79261234567"}, {msisdn: "79261234568"}]}
variables: {word: ping}
steps:
  - sms: {to: "{{ msisdn }}", text: "{{ word }} ёжик"}
  - expect_sms: {from: "{{ msisdn }}", text: "ping ёжик", parts: 1, within: 10s}
"""
    result = await load_on(address, Plan(100, calls=6), text)
    assert result.passed, result.failures
    assert result.phones == 2
    assert {row.name: row.latencies.count for row in result.kinds} == {"sms": 6, "expect_sms": 6}
    assert result.total.count == result.counts.steps == 6


async def test_a_wrong_screen_fails_with_its_place_and_one_example(address):
    text = """
script: wrong
variables: {password: Secret77}
steps:
  - dial: "*105#"
  - expect: {op: ask, contains: ["{{ password }}", "1"]}
"""
    result = await load_on(address, Plan(500, calls=20), text)
    assert not result.passed
    assert (result.counts.passed, result.counts.failed) == (0, 20)
    (failures,) = result.failures
    assert (failures.line.place.line, failures.count) == (6, 20)
    assert failures.reason == "contains not as expected"
    (difference,) = failures.differences
    assert difference.expected == "***"
    assert "1 Счет" in difference.actual


async def test_a_secret_of_a_row_is_hidden_where_nothing_uses_it(address):
    text = """
script: row
data: {rows: [{pin: "Счет"}]}
steps:
  - dial: "*105#"
  - expect: nothing of the kind
"""
    result = await load_on(address, Plan(500, calls=2), text)
    (failures,) = result.failures
    assert "***" in failures.differences[0].actual
    assert "Счет" not in failures.differences[0].actual


async def test_a_secret_that_was_looked_for_in_vain_is_hidden(address):
    text = r"""
script: missed
steps:
  - dial: "*105*1*1#"
  - expect: {regex: "Счет (?P<pin>\\d{9})"}
"""
    result = await load_on(address, Plan(500, calls=2), text)
    (failures,) = result.failures
    assert failures.differences[0].actual.startswith("Баланс: ***")


async def test_a_text_without_a_digit_is_told_where_a_number_was_looked_for(address):
    text = r"""
script: missed
steps:
  - dial: "*105#"
  - expect: {regex: "Баланс (?P<pin>\\d{9})"}
"""
    result = await load_on(address, Plan(500, calls=2), text)
    (failures,) = result.failures
    assert "Счет" in failures.differences[0].actual


async def test_a_dialogue_left_open_is_hung_up(address):
    result = await load_on(
        address, Plan(200, calls=10), 'script: half\nsteps:\n  - dial: "*105#"\n', phones=["79260000001"]
    )
    assert result.passed
    assert result.counts.steps == 10


async def test_a_wrong_password(address):
    with pytest.raises(NoLink, match="refused the bind"):
        await load_on(address, Plan(10, calls=1), password="wrong")
