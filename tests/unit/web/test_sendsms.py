"""Short messages in the form of Kannel's smsbox, on the terms it knows, and the reports on them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.phone.embedded import EmbeddedPhone
from ussd_gateway.phone.events import SmsArrived
from ussd_gateway.sections import HttpSenderConfig
from ussd_gateway.web.sendsms import Sender
from ussd_gateway.web.server import build

CONFIG = Path(__file__).parents[3] / "config.yaml"
ANNA = "79261234567"
PATIENCE_S = 10.0
MINUTE_MS = 60_000
SENDER = Sender("kannel", "secret", ("1234", "1235"), ("127.0.0.0/8",))


@asynccontextmanager
async def running(clock: ManualClock, storage: str = "memory://") -> AsyncIterator[App]:
    """A gateway whose configuration knows the sender."""
    config = load_config(CONFIG, {"USSDGW_STORAGE__URL": storage})
    sender = HttpSenderConfig(
        username="kannel", password="secret", short_codes=SENDER.short_codes, addresses=SENDER.addresses
    )
    app = App(
        config.model_copy(update={"http": config.http.model_copy(update={"senders": (sender,)})}), clock=clock
    )
    await app.start(listen=False)
    try:
        yield app
    finally:
        await app.stop()


@asynccontextmanager
async def sending(app: App) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    application = build(app.services(), host="127.0.0.1", token=None, senders=(SENDER,))
    async with TestClient(TestServer(application)) as client:
        yield client


@pytest.fixture
async def app(clock):
    async with running(clock) as app:
        yield app


@pytest.fixture
async def api(app):
    async with sending(app) as client:
        yield client


class Receiver:
    """Where reports go: what they said, and what they are answered with."""

    def __init__(self) -> None:
        self.seen: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self.status = 200
        self.host = self.url = ""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Receiver"]:
        application = web.Application()
        application.router.add_get("/dlr", self._take)
        async with TestServer(application) as server:
            self.host = f"127.0.0.1:{server.port}"
            self.url = f"http://{self.host}/dlr?status=%d&id=%I"
            yield self

    async def _take(self, request: web.Request) -> web.Response:
        self.seen.put_nowait(dict(request.query))
        return web.Response(status=self.status)

    async def report(self) -> dict[str, str]:
        return await asyncio.wait_for(self.seen.get(), PATIENCE_S)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver().listening() as listening:
        yield listening


async def delivered(phone: EmbeddedPhone) -> list[str]:
    """Texts that have come by now."""
    for _ in range(30):
        await asyncio.sleep(0)
    events = [phone.events.get_nowait() for _ in range(phone.events.qsize())]
    return [event.text for event in events if isinstance(event, SmsArrived)]


async def states(app: App, msisdn: str = ANNA) -> list[str]:
    return [message.state for message in reversed(await app.store.inbox(msisdn, 100))]


async def paused(app: App, receiver: Receiver) -> None:
    """Wait until the reports to this receiver rest, or are over."""
    name = f"http:kannel/{receiver.host}"
    async with asyncio.timeout(PATIENCE_S):
        while name not in app.delivery._resting and await app.store.pending(name):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def ended(app: App, state: str) -> None:
    """Wait until the newest message to Anna has come to this state."""
    async with asyncio.timeout(PATIENCE_S):
        while (await states(app))[-1:] != [state]:  # noqa: ASYNC110  # the store has no event for it
            await asyncio.sleep(0.01)


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
        {"coding": "3"},
        {"charset": "UTF-7"},
        {"priority": "4"},
        {"validity": "soon"},
        {"deferred": "-1"},
        {"dlr_url": "http://127.0.0.1/"},
        {"dlr_url": "file:///etc/passwd", "dlr_mask": "31"},
        {"dlr_url": "http://127.0.0.1/", "dlr_mask": "all"},
    ],
)
async def test_what_cannot_be_sent_is_refused(api, changed):
    status, text = await send(api, **changed)
    assert (status, text.endswith("rejected")) == (400, True)


async def test_reports_go_where_they_are_wanted(api, phone, receiver):
    url = f"{receiver.url}&to=%P&from=%p&again=%F&at=%T&on=%t&is=%25&smsc=%A"
    assert (await send(api, text="Hello", dlr_url=url, dlr_mask="31"))[0] == 202
    reports = [await receiver.report() for _ in range(2)]
    assert sorted(each.pop("status") for each in reports) == ["1", "8"]
    delivered, accepted = sorted(reports, key=lambda each: each.pop("smsc").split("stat:")[1])
    assert delivered.items() >= {"to": f"+{ANNA}", "from": "1234", "is": "%"}.items()
    assert delivered == accepted
    assert delivered["id"] == delivered["again"]


async def test_the_centres_words_are_in_the_report(api, phone, receiver):
    assert (await send(api, text="Hello", dlr_url=f"{receiver.url}&smsc=%A", dlr_mask="3"))[0] == 202
    report = await receiver.report()
    assert report["smsc"].startswith(f"id:{report['id']} sub:001 dlvrd:001 submit date:")
    assert report["smsc"].endswith(" stat:DELIVRD err:000 Text:Hello")


@pytest.mark.parametrize("mask, wanted", [("1", []), ("2", ["2"]), ("4", ["4"]), ("6", ["4", "2"])])
async def test_a_phone_that_stays_away_until_the_message_is_too_old(api, app, clock, receiver, mask, wanted):
    assert await send(api, dlr_url=receiver.url, dlr_mask=mask, validity="5") == (
        202,
        "0: Accepted for delivery",
    )
    clock.advance(5 * MINUTE_MS - 1)
    assert await states(app) == ["queued"]
    clock.advance(1)
    await ended(app, "expired")
    assert [(await receiver.report())["status"] for _ in wanted] == wanted
    assert receiver.seen.empty()


async def test_a_message_that_leaves_later(api, app, phone, clock):
    assert await send(api, text="later", deferred="10", validity="1") == (202, "3: Queued for later delivery")
    assert await send(api, text="now") == (202, "0: Accepted for delivery")
    assert await delivered(phone) == ["now"]
    clock.advance(10 * MINUTE_MS - 1)
    assert await delivered(phone) == []
    clock.advance(1)
    assert await delivered(phone) == ["later"]


async def test_urgent_messages_go_first(api, app):
    await app.delivery.states.switch(ANNA, "off")
    for text, priority in (("low", "0"), ("high", "3"), ("middle", "1"), ("high too", "3")):
        assert (await send(api, text=text, priority=priority))[0] == 202
    phone = EmbeddedPhone(ANNA, app.gateway, app.phones, app.ids)
    await phone.open()
    assert await delivered(phone) == []
    await app.delivery.states.switch(ANNA, "on")
    assert await delivered(phone) == ["high", "high too", "middle", "low"]


async def test_octets_reach_the_store_as_they_came(api, app):
    form = "username=kannel&password=secret&to=79261234567&text=%00%ff&coding=1&udh=%06%05%04%0b%84%23%f0"
    response = await api.get(f"/cgi-bin/sendsms?{form}", allow_redirects=False)
    assert response.status == 202
    [message] = await app.store.inbox(ANNA, 1)
    assert message.terms is not None
    assert message.terms.octets == bytes.fromhex("0605040b8423f000ff")
    assert (message.terms.esm_class, message.terms.data_coding) == (0x40, 0x04)


async def test_a_receiver_that_is_down_hears_of_everything_later(api, app, phone, clock, receiver):
    receiver.status = 503
    for number in range(3):
        url = f"{receiver.url}&n={number}"
        assert (await send(api, text=str(number), dlr_url=url, dlr_mask="1"))[0] == 202
    await receiver.report()
    await ended(app, "acked")  # the messages: reports on them wait for their receiver
    await paused(app, receiver)
    while not receiver.seen.empty():
        receiver.seen.get_nowait()
    receiver.status = 200
    clock.advance(5_000)
    assert {(await receiver.report())["n"] for _ in range(3)} == {"0", "1", "2"}
    clock.advance(3_600_000)
    await asyncio.sleep(0)
    assert receiver.seen.empty()


@pytest.mark.parametrize("status, calls", [(404, 1), (429, 2), (500, 2)])
async def test_what_is_said_again(api, app, phone, clock, receiver, status, calls):
    receiver.status = status
    assert (await send(api, dlr_url=receiver.url, dlr_mask="1"))[0] == 202
    await receiver.report()
    await paused(app, receiver)
    receiver.status = 200
    clock.advance(5_000)
    for _ in range(calls - 1):
        await receiver.report()
    assert receiver.seen.empty()


async def test_an_address_that_may_not_be_called_is_not_tried_again(api, app, phone):
    assert (await send(api, dlr_url="http://10.0.0.1/dlr", dlr_mask="1"))[0] == 202
    await ended(app, "acked")
    async with asyncio.timeout(PATIENCE_S):
        while await app.store.pending("http:kannel/10.0.0.1"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    [report] = await app.store.inbox("http:kannel/10.0.0.1", 9)
    assert report.state == "failed"


async def test_a_report_that_nobody_took_survives_a_restart(tmp_path, clock, receiver):
    url = f"sqlite:///{tmp_path}/gateway.db"
    receiver.status = 503
    async with running(clock, url) as app, sending(app) as api:
        phone = EmbeddedPhone(ANNA, app.gateway, app.phones, app.ids)
        await phone.open()
        assert (await send(api, text="once", dlr_url=receiver.url, dlr_mask="1"))[0] == 202
        first = await receiver.report()
        await ended(app, "acked")
    receiver.status = 200
    async with running(clock, url) as app:
        assert await receiver.report() == first
        phone = EmbeddedPhone(ANNA, app.gateway, app.phones, app.ids)
        await phone.open()
        assert await delivered(phone) == []
    assert first["status"] == "1"
