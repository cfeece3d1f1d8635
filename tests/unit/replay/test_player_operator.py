"""Forms of the personal account, any operation, refusals that are wanted, and time up to the next month."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.unit.replay.stage import laboratory, play
from ussd_gateway.errors import ConfigError
from ussd_gateway.replay.lab import Lab
from ussd_gateway.replay.transcript import plain
from ussd_gateway.replay.verdict import Run

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Lab]:
    async with laboratory() as opened:
        yield opened.lab


def last(run: Run) -> tuple[str, list[tuple[str, str, str]]]:
    outcome = run.outcomes[-1]
    return outcome.status, [(each.what, each.expected, each.actual) for each in outcome.differences]


async def test_a_one_time_code(lab: Lab) -> None:
    run = await play(
        lab,
        """
  - dial: "*100#"
  - login_code: true
  - expect_sms: {regex: "входа: (?P<code>\\\\d{4})"}
  - login: {code: "{{ code }}"}
  - login: {code: "{{ code }}", result: wrong}
""",
    )
    assert run.status == "passed", run.outcomes


async def test_the_form_that_changes_a_password(lab: Lab) -> None:
    run = await play(
        lab,
        """
  - change_password: {old: Secret77, new: Another88, repeat: Another89, result: refused, reason: pw.mismatch}
  - change_password: {old: Mistaken99, new: Another88, result: wrong, attempts_left: 5}
  - change_password: {old: Secret77, new: Another88}
  - login: {password: Another88}
  - change_password: {old: Secret77, new: Another88, result: locked}
""",
        head="setup: [{account: {password: Secret77}}]",
    )
    assert last(run) == ("failed", [("result", "locked", "wrong")])
    assert "Another88" not in str(run)


async def test_an_operation_and_what_it_takes(lab: Lab) -> None:
    run = await play(
        lab,
        """
  - perform: {action: account.charge, fee: "0.99"}
  - assert: {balance: "9.01", ledger: {kind: fee, sum: "-0.99"}}
  - perform: {action: account.charge, fee: "10.00", refused: too little}
  - perform: {action: account.charge, fee: "10.00", refused: too much}
""",
        head='setup: [{account: {balance: "10.00"}}]',
    )
    status, [(what, expected, actual)] = last(run)
    assert (len(run.outcomes), status, what, expected) == (5, "failed", "refused", "too much")
    assert "too little" in actual


async def test_a_refusal_that_does_not_come(lab: Lab) -> None:
    run = await play(lab, '\n  - usage: {kind: sms, to: "79261234568", refused: true}')
    assert last(run) == ("failed", [("refused", "a refusal", "done")])


async def test_the_next_day_and_the_next_month_begin_at_midnight(lab: Lab) -> None:
    run = await play(lab, "\n  - wait: {until: next day}\n  - wait: {until: next month}")
    assert run.status == "passed"
    assert lab.back_room is not None
    # Midnight in Moscow, the first of the month.
    assert await lab.back_room.now_ms() == 1_780_261_200_000


async def test_a_note_is_a_headline(lab: Lab) -> None:
    run = await play(lab, '\n  - set: {what: screen}\n  - note: First, a {{ what }}\n  - dial: "*100#"')
    assert run.status == "passed"
    lines = plain(run).splitlines()
    at = next(index for index, line in enumerate(lines) if line.endswith("   First, a screen"))
    assert lines[at - 1] == ""


async def test_a_phone_that_is_switched_off_and_on(lab: Lab) -> None:
    run = await play(
        lab,
        """
  - dial: "*105#"
  - switch: off
  - wait: 1s
  - send: "1"
  - expect: {error: the phone is off}
  - sms: {to: anna, text: hello, phone: boris}
  - no_sms: {within: 10s}
  - switch: memory_full
  - dial: "*100#"
  - expect: {op: end}
  - no_sms: {within: 10s}
  - switch: on
  - expect_sms: hello
""",
        head='phones: {anna: "79262999001", boris: "79262999002"}\nmsisdn: anna',
    )
    assert run.status == "passed", run.outcomes


async def test_a_state_that_no_phone_has(lab: Lab) -> None:
    with pytest.raises(ConfigError, match="expected on, off, out_of_coverage or memory_full"):
        await play(lab, "\n  - switch: broken")
