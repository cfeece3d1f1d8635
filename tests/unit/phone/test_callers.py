"""Callers inside the process and over HTTP: the same call, the same events."""

import asyncio

import pytest
from aiohttp import web

from tests.world import REPOSITORY
from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.phone.calls import Caller, EmbeddedCaller
from ussd_gateway.phone.events import Failure, SmsArrived, Voice
from ussd_gateway.phone.http import HttpCaller, NoGateway
from ussd_gateway.storage.vault import ScryptHasher

ANNA = "79261234567"


@pytest.fixture
async def app():
    settings = {"USSDGW_STORAGE__URL": "memory://", "USSDGW_SMPP__PORT": "0", "USSDGW_HTTP__PORT": "0"}
    app = App(
        load_config(REPOSITORY / "config.yaml", settings),
        clock=ManualClock(),
        hasher=ScryptHasher(b"a pepper for tests", cost=4),
    )
    await app.start()
    yield app
    await app.stop()


def url(app: App) -> str:
    assert app.http_address is not None
    return "http://{}:{}".format(*app.http_address)


@pytest.fixture(params=["embedded", "http"])
async def caller(app, request):
    if request.param == "embedded":
        caller: Caller = EmbeddedCaller(ANNA, app.calls, app.phones)
    else:
        caller = HttpCaller(ANNA, url=url(app))
    await caller.open()
    yield caller
    await caller.close()


def heard(caller):
    found = []
    while not caller.events.empty():
        found.append(caller.events.get_nowait())
    return found


async def test_a_call(caller):
    await caller.call("0505")
    (greeting,) = heard(caller)
    assert greeting.text.startswith("Сервис-Гид.")
    assert greeting.state == "prompt"
    assert await caller.press("2 4") == ""
    assert len(heard(caller)) == 2
    await caller.be_silent()
    assert [event.state for event in heard(caller)] == ["prompt"]
    assert await caller.press("19") == "9"
    assert heard(caller) == [Voice("Пароль придет в SMS. Всего доброго", "end")]
    assert await caller.press("1") == "1"
    await caller.hang_up()


async def test_nobody_answers(caller):
    await caller.call("0599")
    assert heard(caller) == [Failure("nobody answers at this number")]
    assert await caller.press("1") == "1"
    await caller.be_silent()
    await caller.hang_up()
    assert heard(caller) == []


async def test_hanging_up(caller, app):
    await caller.call("0505")
    await caller.hang_up()
    assert await caller.press("1") == "1"
    assert app.calls.due(app.clock.now_ms() + 1_000_000, 10) == []


async def test_silence_and_messages_come_by_themselves(caller, app):
    await caller.call("0505")
    await caller.press("2 4")
    heard(caller)
    app.clock.advance(9_000)
    repeated = await asyncio.wait_for(caller.events.get(), 5)
    assert isinstance(repeated, Voice)
    await caller.press("1")
    heard(caller)
    app.clock.advance(2_000)
    sms = await asyncio.wait_for(caller.events.get(), 5)
    assert isinstance(sms, SmsArrived)
    assert (sms.source, sms.parts) == ("000110", 1)


async def test_a_message_that_is_not_due_waits(app):
    caller = HttpCaller(ANNA, url=url(app))
    await caller.open()
    try:
        await caller.call("0505")
        await caller.press("241")
        heard(caller)
        await caller._look_at_messages()
        assert heard(caller) == []
        app.clock.advance(2_000)
        await caller._look_at_messages()
        assert [event.source for event in heard(caller)] == ["000110"]
    finally:
        await caller.close()


async def test_a_call_of_the_gateway_that_is_gone(app):
    caller = HttpCaller(ANNA, url=url(app))
    await caller.open()
    try:
        await caller.call("0505")
        heard(caller)
        for call in app.calls.due(app.clock.now_ms() + 1_000_000, 10):
            app.calls.hang_up(call.id)
        assert await caller.press("1") == "1"
        assert heard(caller) == [Failure("there is no such call; perhaps it has ended")]
    finally:
        await caller.close()


async def test_no_gateway_there(unused_tcp_port):
    caller = HttpCaller(ANNA, url=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(NoGateway, match="could not connect"):
        await caller.open()
    await caller.close()


async def test_something_else_listens_there():
    async def hello(request):
        return web.Response(text="hello")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", hello)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    caller = HttpCaller(ANNA, url="http://{}:{}".format(*runner.addresses[0][:2]))
    try:
        with pytest.raises(NoGateway, match="is no ussd-gateway"):
            await caller.open()
    finally:
        await caller.close()
        await runner.cleanup()


async def test_a_gateway_that_goes_away_is_told(app):
    caller = HttpCaller(ANNA, url=url(app))
    await caller.open()
    await app.stop()
    event = await asyncio.wait_for(caller.events.get(), 10)
    assert isinstance(event, Failure)
    assert event.final
    await caller.close()
