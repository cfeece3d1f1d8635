"""Short messages in the form of Kannel's smsbox, and the reports on them."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from ussd_gateway.phone.embedded import EmbeddedPhone
from ussd_gateway.phone.events import SmsArrived
from ussd_gateway.web.sendsms import Sender
from ussd_gateway.web.server import build

ANNA = "79261234567"
PATIENCE_S = 10.0
SENDER = Sender("kannel", "secret", ("1234", "1235"), ("127.0.0.0/8",))


@pytest.fixture
async def api(app):
    application = build(app.services(), host="127.0.0.1", token=None, senders=(SENDER,))
    async with TestClient(TestServer(application)) as client:
        yield client


@pytest.fixture
async def phone(app):
    phone = EmbeddedPhone(ANNA, app.gateway, app.phones, app.ids)
    await phone.open()
    return phone


async def send(api, **changed: str) -> tuple[int, str]:
    fields = {"username": "kannel", "password": "secret", "to": f"+{ANNA}", "text": "Привет", **changed}
    response = await api.get(
        "/cgi-bin/sendsms", params={name.replace("_", "-"): fields[name] for name in fields}
    )
    return response.status, await response.text()


async def arrived(phone) -> SmsArrived:
    event = await asyncio.wait_for(phone.events.get(), PATIENCE_S)
    assert isinstance(event, SmsArrived)
    return event


async def test_a_message_arrives(api, phone):
    assert await send(api) == (202, "0: Accepted for delivery")
    message = await arrived(phone)
    assert (message.source, message.text) == ("1234", "Привет")
    form = {"username": "kannel", "password": "secret", "to": ANNA, "text": "b", "from": "1235"}
    assert (await api.post("/cgi-bin/sendsms", data=form)).status == 202
    message = await arrived(phone)
    assert (message.source, message.text) == ("1235", "b")


@pytest.mark.parametrize(
    "changed", [{"password": "x"}, {"password": ""}, {"username": "x"}, {"username": ""}]
)
async def test_a_stranger_sends_nothing(api, changed):
    assert await send(api, **changed) == (403, "Authorization failed for sendsms")


@pytest.mark.parametrize(
    "changed",
    [
        {"to": "x"},
        {"to": "74951234567"},
        {"from": "000100"},
        {"udh": "050003"},
        {"coding": "1"},
        {"charset": "UTF-16BE"},
        {"dlr_url": "http://127.0.0.1/"},
        {"dlr_url": "file:///etc/passwd", "dlr_mask": "31"},
        {"dlr_url": "http://127.0.0.1/", "dlr_mask": "all"},
    ],
)
async def test_what_cannot_be_sent_is_refused(api, changed):
    status, text = await send(api, **changed)
    assert (status, text.endswith("rejected")) == (400, True)


async def test_reports_go_where_they_are_wanted(api, phone):
    seen: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        seen.put_nowait(dict(request.query))
        return web.Response()

    receiver = web.Application()
    receiver.router.add_get("/dlr", take)
    async with TestServer(receiver) as server:
        url = f"http://127.0.0.1:{server.port}/dlr?id=7&status=%d&to=%P&from=%p"
        assert (await send(api, dlr_url=url, dlr_mask="11"))[0] == 202
        found = [await asyncio.wait_for(seen.get(), PATIENCE_S) for _ in range(2)]
    assert sorted(each.pop("status") for each in found) == ["1", "8"]
    assert found == [{"id": "7", "to": f"+{ANNA}", "from": "1234"}] * 2
