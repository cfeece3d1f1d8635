"""Scripts played against a gateway in this process: every verb, every status."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest
import pytest_asyncio

from tests.unit.replay.stage import Told, laboratory, play, play_all
from ussd_gateway.laboratory import Laboratory
from ussd_gateway.phone.base import Phone
from ussd_gateway.phone.http import NoGateway
from ussd_gateway.replay.lab import BackRoom, Lab
from ussd_gateway.replay.labs.embedded import EmbeddedLab
from ussd_gateway.replay.player import Unreachable
from ussd_gateway.replay.verdict import Run

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway() -> AsyncIterator[Laboratory]:
    """One for all tests: reading the menus takes longer than any of them."""
    async with laboratory() as opened:
        yield opened


@pytest.fixture
def lab(gateway: Laboratory) -> EmbeddedLab:
    return gateway.lab


def statuses(run: Run) -> list[str]:
    return [f"{outcome.status} {outcome.verb}" for outcome in run.outcomes]


async def test_a_password_from_the_first_dial_to_the_login(lab: Lab):
    run = await play(
        lab,
        r"""
  - dial: "*105*00#"
  - expect: {contains: "30", op: end}
  - expect_sms: {from: "000110", regex: "(?P<password>\\d{6})", within: 30s}
  - login: {password: "{{ password }}", result: ok}
  - login: {password: "wrong1", result: wrong}
  - sms: {to: "000105", text: "PAS Secret77"}
  - expect_sms: {contains: "изменен"}
  - login: {password: Secret77}
""",
    )
    assert run.status == "passed", run.outcomes
    assert len(run.outcomes) == 8


async def test_what_was_captured_as_a_secret_is_told_nowhere(lab: Lab):
    told = Told()
    run = await play(
        lab,
        r"""
  - dial: "*105*00#"
  - expect_sms: {regex: "(?P<password>\\d{6})"}
  - login: {password: "{{ password }}", result: ok}
  - sms: {to: "000105", text: "PAS {{ password }}"}
  - expect_sms: {text: "{{ password }}"}
""",
        told=told,
    )
    assert run.status == "failed"
    message = run.outcomes[1].happenings[0].text
    assert "***" in message
    assert not any(character.isdigit() for character in message)
    assert run.outcomes[3].happenings[0].text == "PAS ***"
    assert run.outcomes[4].differences[0].expected == "***"
    assert "ok" not in told.lines
    assert not any(character.isdigit() for character in told.lines[3].removeprefix("passed login 7926"))


async def test_a_difference_has_its_place(lab: Lab):
    run = await play(
        lab,
        """
  - dial: "*105#"
  - expect:
      op: ask
      contains: Счёт
  - send: "1"
""",
    )
    assert statuses(run) == ["passed dial", "failed expect"]
    failed = run.outcomes[-1]
    assert str(failed.place) == "test.yaml:9:7"
    assert failed.differences[0].what == "contains"
    assert "1 Счет" in failed.differences[0].actual


async def test_several_expects_look_at_one_screen_and_send_waits_for_the_next(lab: Lab):
    run = await play(
        lab,
        """
  - dial: "*105#"
  - expect: {op: ask}
  - expect: {contains: "1 Счет"}
  - send: "1"
  - send: "0"
  - expect: {contains: "1 Счет"}
  - cancel: true
""",
    )
    assert run.status == "passed", run.outcomes
    sent = run.outcomes[4]
    assert [each.kind for each in sent.happenings] == ["screen", "send"]
    assert run.outcomes[1].latency_ms is not None
    assert run.outcomes[2].latency_ms is None


async def test_no_screen_fails_the_step(lab: Lab):
    run = await play(lab, '\n  - expect: {op: ask, within: 10ms}\n  - dial: "*105#"')
    assert statuses(run) == ["failed expect"]
    assert run.outcomes[0].message == "no screen within 0.01 s"


async def test_time_ends_a_dialogue(lab: Lab):
    run = await play(
        lab,
        """
  - dial: "*105#"
  - expect: {op: ask}
  - wait: 10m
  - expect: {op: end}
""",
    )
    assert run.status == "passed", run.outcomes


async def test_a_refusal_of_the_network(lab: Lab):
    steps = """
  - sms: {to: "31337", text: hello}
  - expect: {error: "nobody"}
"""
    assert (await play(lab, steps)).status == "passed"
    run = await play(lab, steps.replace("error: ", "contains: "))
    assert statuses(run) == ["passed sms", "failed expect"]
    assert run.outcomes[-1].message == "the network refused: nobody has this number"


async def test_a_refusal_nobody_waits_for_does_not_pass(lab: Lab):
    run = await play(lab, '\n  - sms: {to: "31337", text: hello}')
    assert statuses(run) == ["passed sms", "failed end"]


async def test_a_refusal_is_expected_but_a_screen_comes(lab: Lab):
    run = await play(lab, '\n  - dial: "*105#"\n  - expect: {error: true}')
    assert statuses(run) == ["passed dial", "failed expect"]


async def test_messages_wait_for_the_step_that_wants_them(lab: Lab):
    run = await play(
        lab,
        """
  - sms: {to: anna, text: first, phone: boris}
  - sms: {to: anna, text: second, phone: clara}
  - expect_sms: {from: "79261234569", text: second}
  - expect_sms: {text: first}
  - no_sms: 30s
""",
        head='msisdn: anna\nphones: {anna: "79261234567", boris: "79261234568", clara: "79261234569"}',
    )
    assert run.status == "passed", run.outcomes


async def test_a_message_that_does_not_come(lab: Lab, gateway: Laboratory):
    before_ms = gateway.clock.now_ms()
    run = await play(lab, '\n  - expect_sms: {from: "000110", within: 5s}')
    assert statuses(run) == ["failed expect_sms"]
    assert run.outcomes[0].message == "no message from 000110 within 5s"
    assert gateway.clock.now_ms() - before_ms == 5_000


async def test_a_message_where_none_may_come(lab: Lab):
    run = await play(lab, '\n  - dial: "*105*00#"\n  - no_sms: {from: "000110", within: 1m}')
    assert statuses(run) == ["passed dial", "failed no_sms"]
    assert "000110" in run.outcomes[1].differences[0].actual


async def test_messages_from_before_the_run_are_history(lab: Lab):
    send = '\n  - sms: {to: "79261234570", text: early}'
    assert (await play(lab, send)).status == "passed"
    run = await play(lab, "\n  - no_sms: 1s", head='msisdn: "79261234570"')
    assert run.status == "passed", run.outcomes


async def test_a_call(lab: Lab):
    run = await play(
        lab,
        """
  - call: "0505"
  - expect_voice: {state: prompt}
  - press: "1"
  - expect_voice: {state: prompt}
  - press: {silence: true}
  - expect_voice: {regex: "."}
  - cancel: true
  - press: "1"
""",
    )
    assert statuses(run)[-2:] == ["passed cancel", "failed press"]
    assert all(line.startswith("passed") for line in statuses(run)[:-1])


async def test_a_number_nobody_answers(lab: Lab):
    run = await play(lab, '\n  - call: "0599"\n  - expect_voice: {state: prompt}')
    assert statuses(run) == ["passed call", "failed expect_voice"]


async def test_the_account(lab: Lab):
    run = await play(
        lab,
        """
  - topup: "100"
  - assert: {ledger: {kind: topup, count: 1, sum: "100.00"}}
  - usage: {kind: sms, to: "79261234568"}
  - assert: {language: ru, password_set: false, locked: false, account: {kind: individual}}
  - assert: {balance: "1.00"}
""",
    )
    assert statuses(run) == [
        "passed topup",
        "passed assert",
        "passed usage",
        "passed assert",
        "failed assert",
    ]
    assert run.outcomes[-1].differences[0].what == "balance"


async def test_an_account_is_brought_into_a_state(lab: Lab):
    run = await play(
        lab,
        """
  - assert: {balance: "12.30", language: en, password_set: true, ledger: {count: 0}}
  - login: {password: Secret99}
  - dial: "*105#"
  - expect: {screen: root, contains: Account}
  - send: "1"
  - expect: {screen: account}
""",
        head='setup: [{account: {balance: "12.30", language: en, password: Secret99}}]',
    )
    assert run.status == "passed", run.outcomes
    assert "Secret99" not in run.outcomes[0].summary


async def test_a_name_of_a_screen_that_is_not_there(lab: Lab):
    run = await play(lab, '\n  - dial: "*105#"\n  - expect: {screen: account}')
    assert [(each.what, each.actual) for each in run.outcomes[-1].differences] == [("screen", "root")]


async def test_the_ledger_begins_with_the_steps(lab: Lab):
    run = await play(
        lab,
        '\n  - assert: {ledger: {kind: topup, count: 0}}\n  - topup: "3"\n'
        '  - assert: {ledger: [{kind: topup, count: 1}, {sum: "3.00"}]}',
        head='setup: [{topup: "100"}]',
    )
    assert run.status == "passed", run.outcomes


async def test_what_the_gateway_refuses_fails_with_its_reason(lab: Lab):
    run = await play(lab, '\n  - topup: "-5"')
    assert statuses(run) == ["failed topup"]
    assert run.outcomes[0].message.startswith("the gateway refused: ")


async def test_repeat_and_set(lab: Lab):
    run = await play(
        lab,
        """
  - set: {code: "*105#"}
  - repeat:
      times: 3
      steps: [{dial: "{{ code }}"}, {expect: {op: ask}}]
""",
    )
    assert run.status == "passed"
    assert [outcome.depth for outcome in run.outcomes] == [0, 0, 1, 1, 1, 1, 1, 1]


async def test_several_phones_at_once_really_are(lab: Lab):
    """Each branch needs what the other one does, so neither could go first."""
    told = Told()
    run = await play(
        lab,
        """
  - parallel:
    - phone: anna
      steps:
        - sms: {to: boris, text: ping}
        - expect_sms: {from: "79261234568", text: pong}
        - dial: "*105#"
        - expect: {op: ask}
    - phone: boris
      steps:
        - expect_sms: {from: "79261234567", text: ping}
        - sms: {to: anna, text: pong}
        - dial: "*105#"
        - expect: {op: ask}
""",
        head='phones: {anna: "79261234567", boris: "79261234568"}',
        told=told,
    )
    assert run.status == "passed", run.outcomes
    anna, boris = run.outcomes[1:5], run.outcomes[5:]
    assert [outcome.verb for outcome in anna] == ["sms", "expect_sms", "dial", "expect"]
    assert [outcome.verb for outcome in boris] == ["expect_sms", "sms", "dial", "expect"]
    pings = [line for line in told.lines if "ping" in line or "pong" in line]
    assert [line.split()[1] for line in pings] == ["sms", "expect_sms", "sms", "expect_sms"]


async def test_a_branch_that_fails_fails_the_run_and_not_the_other(lab: Lab):
    run = await play(
        lab,
        """
  - parallel:
    - {phone: "79261234567", steps: [{dial: "*105#"}, {expect: {op: end}}, {send: "1"}]}
    - {phone: "79261234568", steps: [{dial: "*105#"}, {expect: {op: ask}}, {cancel: true}]}
  - dial: "*105#"
""",
    )
    assert statuses(run) == [
        "passed parallel",
        "passed dial",
        "failed expect",
        "passed dial",
        "passed expect",
        "passed cancel",
    ]


async def test_rows_are_runs(lab: Lab):
    told = Told()
    verdict = await play_all(
        lab,
        """
script: rows
data: {rows: [{msisdn: "79261234567", first: "1 Счет"}, {msisdn: "79261234568", first: "1 Account"}]}
steps:
  - dial: "*105#"
  - expect: "{{ first }}"
""",
        told,
    )
    assert [run.status for run in verdict.runs] == ["passed", "passed"]
    assert [run.row for run in verdict.runs] == [1, 2]
    assert [line for line in told.lines if line.startswith("run")] == [
        "run 1 of 2",
        "run passed",
        "run 2 of 2",
        "run passed",
    ]
    assert told.lines[-1] == "finished"


async def test_a_value_that_makes_no_sense_is_an_error(lab: Lab):
    run = await play(lab, '\n  - set: {time: soon}\n  - wait: "{{ time }}"\n  - dial: "*105#"')
    assert statuses(run) == ["passed set", "error wait"]
    assert run.status == "error"


class Dying:
    """A gateway that goes away after its first run."""

    via = "embedded"
    answer_s = 1.0

    def __init__(self, lab: EmbeddedLab) -> None:
        self._lab = lab
        self._runs = 0
        self.back_room = lab.back_room
        self.caller = lab.caller
        self.settle = lab.settle

    def phone(self, msisdn: str) -> AbstractAsyncContextManager[Phone]:
        self._runs += 1
        if self._runs > 1:
            raise NoGateway("gone")
        return self._lab.phone(msisdn)


async def test_a_gateway_that_goes_away_between_runs(lab: EmbeddedLab):
    text = "script: two\ndata: {rows: [{a: b}, {a: c}]}\nsteps:\n  - dial: '*105#'\n"
    verdict = await play_all(Dying(lab), text)
    assert [statuses(run) for run in verdict.runs] == [["passed dial", "passed end"], ["error connect"]]
    assert not verdict.passed


class Foreign:
    """Somebody else's gateway: nothing but its phones."""

    via = "smpp"
    answer_s = 1.0
    back_room: BackRoom | None = None

    def __init__(self, lab: EmbeddedLab) -> None:
        self.phone = lab.phone

    def caller(self, msisdn: str) -> None:
        return None

    async def settle(self) -> None:
        """Nothing can be known."""


async def test_what_a_foreign_gateway_does_not_tell_is_not_checked(lab: EmbeddedLab):
    run = await play(
        Foreign(lab),
        """
  - account: {balance: "10.00"}
  - dial: "*105#"
  - expect: {contains: Счет, screen: root}
  - assert: {balance: "10.00"}
  - login: {password: x}
  - call: "0505"
  - expect_voice: {state: prompt}
  - push: hello
  - no_sms: 10ms
""",
    )
    assert statuses(run) == [
        "not_checked account",
        "passed dial",
        "not_checked expect",
        "not_checked assert",
        "not_checked login",
        "not_checked call",
        "not_checked expect_voice",
        "not_checked push",
        "passed no_sms",
    ]


async def test_a_difference_counts_even_where_not_all_can_be_checked(lab: EmbeddedLab):
    run = await play(Foreign(lab), '\n  - dial: "*105#"\n  - expect: {contains: nonsense, screen: root}')
    assert statuses(run) == ["passed dial", "failed expect"]


async def test_nothing_checked_at_all_is_not_passed(lab: EmbeddedLab):
    run = await play(Foreign(lab), '\n  - assert: {balance: "1"}')
    assert run.status == "not_checked"


async def test_time_that_cannot_be_moved_is_an_error_with_a_hint(lab: EmbeddedLab):
    run = await play(Foreign(lab), "\n  - wait: 24h")
    assert statuses(run) == ["error wait"]
    assert "--realtime" in run.outcomes[0].message


async def test_no_gateway_at_all():
    from ussd_gateway.phone.smpp import SmppPhone
    from ussd_gateway.replay.labs.smpp import SmppLab

    def phone_of(msisdn: str) -> SmppPhone:
        return SmppPhone(msisdn, host="127.0.0.1", port=1, system_id="handset", password="handset")

    with pytest.raises(Unreachable):
        await play(SmppLab(phone_of), '\n  - dial: "*105#"')
