"""Calls against the whole gateway over a memory store: what is heard is committed, and silence has an end."""

import asyncio
import shutil

import pytest

from tests.world import REPOSITORY
from ussd_gateway.app import App
from ussd_gateway.calls import FORGET_MS, MAX_KEYS, Call, CallRefused, Calls, keys_problem
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.errors import Conflict, StoreUnavailable
from ussd_gateway.storage.vault import ScryptHasher

ANNA = "79261234567"
SILENCE_MS = 8_000


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
async def app(clock):
    config = load_config(REPOSITORY / "config.yaml", {"USSDGW_STORAGE__URL": "memory://"})
    app = App(config, clock=clock, hasher=ScryptHasher(b"a pepper for tests", cost=4))
    await app.start(listen=False)
    yield app
    await app.stop()


@pytest.fixture
def calls(app):
    return app.calls


async def dial(calls: Calls, number: str = "0505", msisdn: str = ANNA) -> Call:
    call = await calls.dial(msisdn, number)
    assert isinstance(call, Call)
    return call


async def quiet(calls: Calls, clock: ManualClock, ms: int) -> None:
    """Let time pass, and do what the gateway does about it."""
    clock.advance(ms)
    for call in calls.due(clock.now_ms(), 100):
        await calls.expire(call)


async def test_what_is_heard_is_committed(app, calls):
    call = await dial(calls)
    assert call.fetch()[0].text.startswith("Сервис-Гид.")
    assert await calls.press(call, "2 4 2 739105# 739105#") == ""
    prompts = call.fetch()
    assert [utterance.state for utterance in prompts] == ["prompt"] * 4 + ["end"]
    assert prompts[-1].text == "Пароль изменен. Вход: lk.megafon.ru"
    assert call.over
    account = await app.store.account(ANNA)
    assert account is not None
    assert await app.hasher.verify("739105", account.password.hash)
    inbox = await app.store.inbox(ANNA, 10)
    assert [message.source for message in inbox] == ["000110"]


async def test_a_key_that_ended_the_call_leaves_the_rest(calls):
    call = await dial(calls)
    assert await calls.press(call, "2417") == "7"
    assert await calls.press(call, "12") == "12"
    await calls.be_silent(call)
    assert [utterance.state for utterance in call.fetch()][-1] == "end"


async def test_money_moves_once_and_is_told(app, calls):
    before = (await app.gateway.account(ANNA)).balance_kop
    call = await dial(calls, "0006")
    await calls.press(call, "1")
    texts = [utterance.text for utterance in call.fetch()]
    account = await app.store.account(ANNA)
    assert account is not None
    lent = account.balance_kop - before
    assert lent > 0
    assert texts[1].startswith(f"Зачислено {lent // 100} рублей.")


async def test_nobody_answers_at_an_unknown_number(calls):
    assert await calls.dial(ANNA, "0599") == CallRefused("no_service")


async def test_a_stranger_has_no_account(calls):
    assert await calls.dial("442071234567", "0505") == CallRefused("no_subscriber")


async def test_lines_are_limited(app, clock):
    calls = Calls(app.gateway, app.ids, clock, max_calls=1)
    await dial(calls)
    assert await calls.dial("79261234568", "0505") == CallRefused("busy")
    again = await dial(calls, "0500")
    assert again.number == "0500"


async def test_a_phone_has_one_line(calls):
    first = await dial(calls)
    second = await dial(calls)
    assert first.over
    assert calls.call(first.id) is None
    assert calls.call(second.id) is second


async def test_hanging_up(calls):
    call = await dial(calls)
    assert calls.hang_up(call.id)
    assert not calls.hang_up(call.id)
    assert await calls.press(call, "1") == "1"


async def test_silence_repeats_twice_then_ends(calls, clock):
    told: list[str] = []
    call = await calls.dial(ANNA, "0505", lambda: told.append("heard"))
    assert isinstance(call, Call)
    greeting = call.fetch()[0]
    await quiet(calls, clock, SILENCE_MS - 1)
    assert call.fetch() == []
    await quiet(calls, clock, 1)
    await quiet(calls, clock, SILENCE_MS)
    assert call.fetch() == [greeting, greeting]
    await quiet(calls, clock, SILENCE_MS)
    assert [(each.text, each.state) for each in call.fetch()] == [
        ("Вы ничего не нажали. Всего доброго", "end")
    ]
    assert len(told) == 4
    assert calls.call(call.id) is call, "its end can still be heard"
    await quiet(calls, clock, FORGET_MS)
    assert calls.call(call.id) is None


async def test_a_key_starts_the_silence_anew(calls, clock):
    call = await dial(calls)
    await quiet(calls, clock, SILENCE_MS - 1)
    await calls.press(call, "2")
    call.fetch()
    await quiet(calls, clock, SILENCE_MS - 1)
    assert call.fetch() == []


async def test_a_clock_that_jumps_ends_what_was_silent_one_step_at_a_time(calls, clock):
    call = await dial(calls)
    call.fetch()
    await quiet(calls, clock, 3_600_000)
    assert [utterance.state for utterance in call.fetch()] == ["prompt"]


async def test_the_gateway_itself_notices_silence(app, calls, clock):
    heard = asyncio.Event()
    call = await calls.dial(ANNA, "0505", heard.set)
    assert isinstance(call, Call)
    call.fetch()
    heard.clear()
    clock.advance(SILENCE_MS + 1_000)
    await asyncio.wait_for(heard.wait(), 5)
    assert [utterance.state for utterance in call.fetch()] == ["prompt"]


async def test_a_call_goes_on_with_the_menu_it_began_with(app, calls, tmp_path):
    call = await dial(calls)
    call.fetch()
    shutil.copytree(REPOSITORY / "menus", tmp_path / "menus")
    voice = tmp_path / "menus" / "voice" / "service_guide.yaml"
    source = voice.read_text(encoding="utf-8")
    voice.write_text(source.replace("Тарифные планы и услуги", "Тарифы"), encoding="utf-8")
    paths = app.config.paths.model_copy(update={"menus": tmp_path / "menus"})
    app.config = app.config.model_copy(update={"paths": paths})
    app.reload()
    await calls.press(call, "*")
    assert "Тарифные планы и услуги - 2" in call.fetch()[0].text
    assert "Тарифы - 2" in (await dial(calls)).fetch()[0].text


async def test_a_call_speaks_the_subscribers_language(app, calls):
    assert (await dial(calls, msisdn="79261234568")).fetch()[0].text.startswith("Service Guide.")
    await app.gateway.perform(ANNA, "account.language", {"language": "translit"}, key="k", request="")
    assert (await dial(calls)).fetch()[0].text.startswith("Сервис-Гид."), "Latin letters are for the eye"


@pytest.mark.parametrize(
    "unknown, text", [(False, "Сервис временно недоступен"), (True, "Ваша заявка принята")]
)
async def test_a_lost_store_is_told_and_frees_the_line(app, calls, monkeypatch, unknown, text):
    call = await dial(calls)
    call.fetch()

    async def commit(commit):
        raise StoreUnavailable("gone", outcome_unknown=unknown)

    monkeypatch.setattr(app.store, "commit", commit)
    assert await calls.press(call, "2411") == "1"
    last = call.fetch()[-1]
    assert last.state == "end"
    assert last.text.startswith(text)
    assert await calls.dial(ANNA, "0505") != CallRefused("unavailable"), "nothing to commit: it is answered"


async def test_a_store_lost_before_the_answer(app, calls, monkeypatch):
    async def account(msisdn):
        raise StoreUnavailable("gone")

    monkeypatch.setattr(app.store, "account", account)
    monkeypatch.setattr(app.store, "cached", lambda msisdn: None)
    assert await calls.dial(ANNA, "0505") == CallRefused("unavailable")
    assert calls.call("") is None


async def test_another_writer_was_faster(app, calls, monkeypatch):
    call = await dial(calls)
    real = app.store.commit
    lost: list[object] = []

    async def commit(commit):
        if not lost:
            lost.append(commit)
            await app.gateway.perform(ANNA, "autologin.set", {"on": True}, key="other", request="")
            raise Conflict("somebody was first")
        return await real(commit)

    monkeypatch.setattr(app.store, "commit", lambda made: real(made) if made.key == "other" else commit(made))
    await calls.press(call, "241")
    assert call.over
    account = await app.store.account(ANNA)
    assert account is not None
    assert account.autologin
    assert account.password.hash is not None
    assert len(await app.store.inbox(ANNA, 10)) == 1


async def test_what_breaks_ends_the_call_politely(calls, monkeypatch):
    call = await dial(calls)
    monkeypatch.setattr(call.engine, "press", None)
    await calls.press(call, "1")
    assert call.over
    assert call.fetch()[-1].text.startswith("Сервис временно недоступен")


async def test_a_call_that_breaks_before_it_is_answered_leaves_no_line_busy(app, clock, monkeypatch):
    calls = Calls(app.gateway, app.ids, clock, max_calls=1)
    line = app.gateway.service.voice.find("0505")
    with monkeypatch.context() as broken:
        broken.setattr(line.engine, "answer", None)
        with pytest.raises(TypeError):
            await calls.dial(ANNA, "0505")
    assert not (await dial(calls, msisdn="79261234568")).over


@pytest.mark.parametrize(
    "keys, sound",
    [("", True), ("2 4 2 12#*", True), ("1" * MAX_KEYS, True), ("1" * (MAX_KEYS + 1), False), ("A", False)],
)
def test_keys_of_a_phone(keys, sound):
    assert (keys_problem(keys) is None) == sound
