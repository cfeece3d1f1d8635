"""`/ws`: subscriptions, phones that are on while somebody is connected, slow readers, tokens, other sites."""

import base64
import json

import pytest
from aiohttp import WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from ussd_gateway.watch import SmsSent, Watch
from ussd_gateway.web.live import HUB, MAX_QUEUED, MAX_TOPICS, Client, Hub
from ussd_gateway.web.server import build

ANNA, BORIS = "79261234567", "79261234568"


async def said(socket, wish):
    """What is answered to a wish."""
    await socket.send_str(wish if isinstance(wish, str) else json.dumps(wish))
    return await socket.receive_json(timeout=5)


def off(msisdn: str):
    return lambda: None


async def test_one_number(api):
    async with api.ws_connect("/ws") as socket:
        answer = await said(socket, {"subscribe": {"msisdn": "8 926 123-45-67"}})
        assert answer == {"event": "subscribed", "topic": ANNA, "phone": False}
        for msisdn in (BORIS, ANNA):
            await api.post("/api/v1/ussd", json={"msisdn": msisdn, "code": "*105#"})
        step = await socket.receive_json(timeout=5)
        assert (step["event"], step["msisdn"], step["asked"], step["op"]) == ("step", ANNA, "dial", "ask")


async def test_everything_once(api):
    async with api.ws_connect("/ws") as socket:
        await said(socket, {"subscribe": "events"})
        await said(socket, {"subscribe": {"msisdn": ANNA}})
        for msisdn in (ANNA, BORIS):
            await api.post("/api/v1/ussd", json={"msisdn": msisdn, "code": "*105#"})
        steps = [await socket.receive_json(timeout=5) for _ in range(2)]
        assert [step["msisdn"] for step in steps] == [ANNA, BORIS]


async def test_a_phone_is_on_while_somebody_is_connected(api, app):
    push = {"msisdn": ANNA, "text": "Hi"}
    async with api.ws_connect("/ws") as socket:
        await said(socket, {"subscribe": {"msisdn": ANNA, "phone": True}})
        assert (await api.post("/api/v1/push", json=push)).status in (200, 202)
        assert (await socket.receive_json(timeout=5))["shown"] == "Hi"
        await api.post("/api/v1/sms", json={"msisdn": BORIS, "to": ANNA, "text": "Hello"})
        while (event := await socket.receive_json(timeout=5))["event"] != "sms":
            continue
        assert (event["from"], event["text"]) == (BORIS, "Hello")
        answer = await said(socket, {"unsubscribe": {"msisdn": ANNA}})
        assert answer == {"event": "unsubscribed", "topic": ANNA, "phone": False}
        assert (await api.post("/api/v1/push", json=push)).status == 409
        await said(socket, {"subscribe": {"msisdn": ANNA, "phone": True}})
        assert app.watch.active
    assert (await api.post("/api/v1/push", json=push)).status == 409
    assert not app.watch.active


@pytest.mark.parametrize(
    "wish",
    ["{", "[]", "[" * 4000, '"x"', {"subscribe": "x"}, {"subscribe": {"msisdn": "x"}}, {"x": "events"},
     {"subscribe": {"msisdn": ANNA, "more": 1}}, {"subscribe": "events", "unsubscribe": "events"}],
    ids=str,
)  # fmt: skip
async def test_what_is_no_wish_is_refused(api, wish):
    async with api.ws_connect("/ws") as socket:
        assert (await said(socket, wish))["event"] == "refused"
        assert (await said(socket, {"subscribe": "events"}))["event"] == "subscribed"


async def test_too_many_topics(api):
    async with api.ws_connect("/ws") as socket:
        for number in range(MAX_TOPICS):
            await said(socket, {"subscribe": {"msisdn": str(79260000000 + number)}})
        assert (await said(socket, {"subscribe": "events"}))["event"] == "refused"


async def test_a_slow_reader_misses_the_newest():
    watch, client = Watch(), Client()
    hub = Hub(watch, off)
    hub.subscribe(client, ANNA)
    for number in range(MAX_QUEUED + 3):
        watch.tell(SmsSent(0, ANNA, number, "000105", "x", False, 1))
    told = [json.loads(text) for text in client.take()]
    assert [each["message_id"] for each in told[:-1]] == list(range(MAX_QUEUED))
    assert told[-1] == {"event": "missed", "messages": 3}
    assert client.take() == []


async def test_the_server_stops_though_somebody_is_connected(app):
    server = TestServer(build(app.services(), host="127.0.0.1", token=None))
    async with TestClient(server) as client:
        socket = await client.ws_connect("/ws")
        await said(socket, {"subscribe": "events"})
        await server.app[HUB].close(server.app)
        assert (await socket.receive(timeout=5)).data == 1001


async def test_no_websocket_and_another_site(api):
    assert (await api.get("/ws")).status == 400
    with pytest.raises(WSServerHandshakeError) as refused:
        await api.ws_connect("/ws", headers={"Origin": "http://evil.example"})
    assert refused.value.status == 403


@pytest.mark.parametrize("given, status", [("Secret", 101), ("wrong", 401), (None, 401), ("!", 401)])
async def test_a_token_among_the_subprotocols(app, given, status):
    protocols = ["ussd-gateway"]
    if given is not None:
        text = base64.urlsafe_b64encode(given.encode()).decode().rstrip("=") if given != "!" else "!"
        protocols.append(f"token.{text}")
    async with TestClient(TestServer(build(app.services(), host="127.0.0.1", token="Secret"))) as client:
        if status == 101:
            async with client.ws_connect("/ws", protocols=protocols) as socket:
                assert socket.protocol == "ussd-gateway"
            return
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect("/ws", protocols=protocols)
        assert refused.value.status == status
