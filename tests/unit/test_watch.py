"""What whoever watches is told: steps with their moves and actions, messages both ways, and no secret."""

import asyncio

import pytest
import pytest_asyncio

from tests.world import REPOSITORY
from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.phone.calls import EmbeddedCaller
from ussd_gateway.phone.embedded import EmbeddedPhone
from ussd_gateway.storage import ScryptHasher
from ussd_gateway.watch import Happening, SmsSent, SmsTaken, StepTaken, Watch

ANNA = "79261234567"


@pytest_asyncio.fixture
async def app():
    clock, hasher = ManualClock(), ScryptHasher(b"a pepper for tests", cost=4)
    config = load_config(REPOSITORY / "config.yaml", {"USSDGW_STORAGE__URL": "memory://"})
    app = App(config, clock=clock, hasher=hasher)
    await app.start(listen=False)
    yield app
    await app.stop()


@pytest.fixture
def told(app):
    """Everything that is told."""
    happenings: list[Happening] = []
    app.watch.subscribe(happenings.append)
    return happenings


@pytest_asyncio.fixture
async def phone(app):
    phone = EmbeddedPhone(ANNA, app.gateway, app.phones, app.ids)
    await phone.open()
    return phone


def test_nobody_watches_until_somebody_subscribes():
    watch = Watch()
    heard: list[Happening] = []
    assert watch.trail() is None
    first, second = watch.subscribe(heard.append), watch.subscribe(heard.append)
    first()
    assert watch.active
    assert watch.trail() is not None
    second()
    second()
    assert not watch.active


async def test_a_listener_that_fails_harms_no_step(app, phone, told):
    app.watch.subscribe(lambda happening: 1 / 0)
    await phone.dial("*105#")
    assert phone.events.get_nowait().op == "ask"
    assert len(told) == 1


async def test_a_dialogue_is_told_step_by_step(app, phone, told):
    await phone.dial("*105#")
    await phone.answer("1")
    await phone.hang_up()
    first, second, last = told
    shown = phone.events.get_nowait()
    assert (first.asked, first.text, first.op, first.shown) == ("dial", "*105#", "ask", shown.text)
    assert first.moves[0][0] == "_start"
    assert (second.asked, second.text, second.menu) == ("answer", "1", first.menu)
    assert second.moves == ((first.screen, "key:1", second.screen),)
    assert (last.asked, last.op, last.dialogue) == ("hang_up", "", first.dialogue)
    assert {step.access for step in told} == {"embedded"}


async def test_actions_are_told_with_their_outcomes(app, phone, told):
    await phone.dial("*105*00#")
    (step,) = told
    assert step.actions == (("password.new", "done"),)
    assert step.moves[-1][1] == "done"
    assert step.op == "end"


async def test_what_is_typed_at_a_secret_screen_is_not_told(app, phone, told):
    await phone.dial("*105*01#")
    await phone.answer("Secret77")
    while told[-1].op == "ask":
        await phone.answer("Secret77")
    assert any(step.secret and step.asked == "answer" for step in told)
    assert "Secret77" not in repr(told)


async def test_refusals_and_timeouts_are_told(app, phone, told):
    await phone.dial("*999#")
    await phone.answer("1")
    await phone.dial("*105#")
    app.clock.advance(1_000_000)
    await app.gateway.expire(ANNA)
    assert [(step.asked, step.screen, step.op) for step in told if not step.menu] == [
        ("dial", "bad.code", "end"),
        ("answer", "ussd.gone", "end"),
        ("timeout", "ussd.timeout", "end"),
    ]


async def test_the_end_of_a_dialogue_is_remembered_for_ten_minutes(app, phone):
    await phone.dial("*999#")
    last = app.gateway.lately.of(ANNA, app.clock.now_ms())
    assert (last.screen, last.menu, last.dialogue.service_code) == ("bad.code", "", "*999#")
    app.clock.advance(600_000)
    assert app.gateway.lately.of(ANNA, app.clock.now_ms()) is None


async def test_messages_are_told_both_ways(app, phone, told):
    await phone.send_sms("000105", "PAS Secret77")
    await phone.send_sms("000105", "no such command")
    await phone.send_sms("79261234568", "Привет")
    await phone.send_sms("0599123", "x")
    taken = [each for each in told if isinstance(each, SmsTaken)]
    assert [(each.text, each.secret, each.action, each.outcome) for each in taken] == [
        ("", True, "password.set", "done"),
        ("no such command", False, "", "replied"),
        ("Привет", False, "", "delivered"),
        ("x", False, "", "no_service"),
    ]
    for _ in range(5):  # they leave in the next turn of the loop
        await asyncio.sleep(0)
    app.clock.advance(30_000)
    sent = [each for each in told if isinstance(each, SmsSent)]
    assert {each.msisdn for each in sent} == {ANNA}, "nobody has the other phone on"
    assert "Secret77" not in repr(told)


async def test_a_call_is_told_key_by_key(app, told):
    caller = EmbeddedCaller(ANNA, app.calls, app.phones)
    await caller.open()
    await caller.call("0505")
    await caller.press("241")
    steps = [each for each in told if isinstance(each, StepTaken)]
    assert [(step.channel, step.asked, step.text) for step in steps] == [
        ("voice", "dial", ""),
        ("voice", "answer", "2"),
        ("voice", "answer", "4"),
        ("voice", "answer", "1"),
    ]
    assert steps[0].moves[0][:2] == ("_ringing", "number:0505")
    assert steps[1].moves[0][:2] == (steps[0].screen, "key:2")
    assert steps[-1].actions == (("password.new", "done"),)
    assert (steps[-1].op, steps[0].op) == ("end", "prompt")
    await caller.call("0505")
    await caller.hang_up()
    assert (told[-1].asked, told[-1].op) == ("hang_up", "")


async def test_a_secret_is_told_by_its_likeness_which_is_always_the_same(app, phone, told):
    await phone.dial("*105*01#")
    await phone.answer("Secret77")
    await phone.answer("Secret77")
    await phone.send_sms("000105", "PAS Secret77")
    _, typed, again, taken = told
    assert typed.text == taken.text == ""
    assert typed.text_like == again.text_like != "Secret77"
    assert taken.text_like == f"PAS {typed.text_like}"
    assert typed.shown_like == "Повторите новый пароль"
    assert "Secret77" not in repr(told)


async def test_secret_keys_of_a_call_are_told_together(app, phone, told):
    caller = EmbeddedCaller(ANNA, app.calls, app.phones)
    await caller.open()
    await caller.call("0505")
    await caller.press("2 4 2")
    before = len(told)
    await caller.press("482193#")
    secret = [step for step in told[before:] if isinstance(step, StepTaken) and step.secret]
    assert secret
    assert [bool(step.text_like) for step in secret] == [False] * (len(secret) - 1) + [True]
    assert len(secret[-1].text_like) == len("482193#")
    assert "482193" not in repr(told)
