"""Phones of the API that go over SMPP: what they are shown is what went over the wire."""

import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.patience import LIMIT_S, LOOK_S, until
from ussd_gateway.app import App
from ussd_gateway.config import load_config
from ussd_gateway.web import wire_phones
from ussd_gateway.web.server import build

from .conftest import CONFIG

ANNA = "79261234567"


@pytest.fixture
async def app(clock):
    settings = {"USSDGW_STORAGE__URL": "memory://", "USSDGW_SMPP__PORT": "0", "USSDGW_HTTP__PORT": "0"}
    app = App(load_config(CONFIG, settings), clock=clock)
    await app.start()
    yield app
    await app.stop()


@pytest.fixture
async def api(app):
    async with TestClient(TestServer(build(app.services(), host="127.0.0.1", token=None))) as client:
        yield client


async def ask(api, method, path, **body):
    async with api.request(method, f"/api/v1{path}", json=body or None) as response:
        return response.status, await response.json()


async def eventually(true):
    async with asyncio.timeout(LIMIT_S):
        while not await true():  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)


def binds(app):
    return [link for link in app.services().listener().links.values() if link.account]


async def test_a_menu_is_walked_over_a_bind_of_its_own(app, api):
    status, first = await ask(api, "POST", "/ussd", msisdn=ANNA, code="*105#", via="smpp")
    assert (status, first["op"], first["service_code"]) == (200, "ask", "*105#")
    [bind] = binds(app)
    assert (bind.account.role, bind.address_range) == ("handsets", ANNA)
    _, open_now = await ask(api, "GET", f"/subscribers/{ANNA}/dialogue")
    assert (open_now["dialogue"], open_now["access"]) == (first["dialogue"], "smpp:handset")
    status, second = await ask(api, "POST", f"/ussd/{first['dialogue']}", input="1")
    assert (status, second["dialogue"]) == (200, first["dialogue"])
    assert second["text"] != first["text"]
    assert await ask(api, "DELETE", f"/ussd/{first['dialogue']}") == (
        200,
        {"dialogue": first["dialogue"], "hung_up": True},
    )

    async def over():
        return not (await ask(api, "GET", f"/subscribers/{ANNA}/dialogue"))[1].get("open")

    await eventually(over)
    assert binds(app) == [bind]


async def test_a_push_is_answered_over_the_bind(api):
    await ask(api, "POST", "/ussd", msisdn=ANNA, code="*105*00#", via="smpp")
    status, push = await ask(api, "POST", "/push", msisdn=ANNA, text="Как дела?", ask=True)
    assert (status, push["state"]) == (202, "shown")
    _, open_now = await ask(api, "GET", f"/subscribers/{ANNA}/dialogue")
    assert (await ask(api, "POST", f"/ussd/{open_now['dialogue']}", input="Хорошо"))[1]["op"] == "end"
    assert (await ask(api, "GET", f"/push/{push['push']}"))[1]["answer"] == "Хорошо"


async def test_messages_go_over_the_bind(api):
    assert await ask(api, "POST", "/sms", msisdn=ANNA, to="000110", text="00", via="smpp") == (
        200,
        {"message_id": None},
    )
    [message] = (await ask(api, "GET", f"/subscribers/{ANNA}/inbox"))[1]["messages"]
    assert "Пароль" in message["text"]
    status, refused = await ask(api, "POST", "/sms", msisdn=ANNA, to="99887", text="x", via="smpp")
    assert (status, refused["reason"]) == (409, "refused")
    assert "ESME_RINVDSTADR" in refused["detail"]


async def test_what_cannot_go_over_smpp_is_refused(api, monkeypatch):
    status, refused = await ask(api, "POST", "/ussd", msisdn="4915112345678", code="*105#", via="smpp")
    assert (status, "role `handsets`" in refused["detail"]) == (409, True)
    status, refused = await ask(api, "POST", "/ussd", msisdn=ANNA, code="я" * 200, via="smpp")
    assert status == 422, refused
    monkeypatch.setattr(wire_phones, "MAX_PHONES", 0)
    assert (await ask(api, "POST", "/ussd", msisdn="79261234568", code="*105#", via="smpp"))[0] == 429


async def test_a_lost_bind_is_made_again_and_an_idle_one_ends(app, api, monkeypatch):
    monkeypatch.setattr(wire_phones, "LINGER_S", 0.2)
    await ask(api, "POST", "/ussd", msisdn=ANNA, code="*105#", via="smpp")
    binds(app)[0].cut("by the test")
    await until(lambda: not binds(app))

    async def again():
        return (await ask(api, "POST", "/ussd", msisdn=ANNA, code="*105#", via="smpp"))[0] == 200

    await eventually(again)
    await until(lambda: not binds(app))
    status, closed = await ask(api, "GET", f"/subscribers/{ANNA}/dialogue")
    assert (status, closed["access"]) == (200, "smpp:handset")
