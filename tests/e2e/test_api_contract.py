"""What outsiders rely on over HTTP, call by call: names, members and statuses."""

import json
import re

import pytest
from aiohttp import ClientSession

from tests.unit.access.wire import no_peer_left
from tests.world import World, running_world
from ussd_gateway.web.pages import FOLDER
from ussd_gateway.web.routes import ROUTES

__all__ = ["no_peer_left"]

ANNA, BORIS, STRANGER = "79261234567", "79261234568", "79261110001"


@pytest.fixture
async def world():
    async with running_world("memory://") as running:
        yield running


async def test_addresses_for_people_and_machines(world: World) -> None:
    for path, word in (
        ("/", b"<html"),
        ("/monitor", b"<html"),
        ("/lk", b"<html"),
        ("/metrics", b"ussdgw_dialogues_begun_total"),
        ("/healthz", b"ok"),
        ("/readyz", b"ready"),
        ("/api/v1/openapi.json", b'"openapi": "3.1'),
    ):
        assert word in await world.fetch(path), path


async def test_a_phone_over_http(world: World) -> None:
    status, screen = await world.call("POST", "/api/v1/ussd", {"msisdn": "+7 926 123-45-67", "code": "*105#"})
    assert (status, screen["op"]) == (200, "ask")
    assert "Счет" in screen["text"]
    path = f"/api/v1/ussd/{screen['dialogue']}"
    status, screen = await world.call("POST", path, {"input": "1"})
    assert (status, screen["op"]) == (200, "ask")
    status, ended = await world.call("DELETE", path)
    assert (status, ended["hung_up"]) == (200, True)


async def test_messages(world: World) -> None:
    status, sent = await world.call("POST", "/api/v1/sms", {"msisdn": ANNA, "to": BORIS, "text": "Привет"})
    assert (status, set(sent)) == (200, {"message_id"})
    status, inbox = await world.call("GET", f"/api/v1/subscribers/{BORIS}/inbox")
    [message] = inbox["messages"]
    assert (message["from"], message["text"], message["parts"]) == (ANNA, "Привет", 1)


async def test_a_push(world: World) -> None:
    phone = await world.handset(ANNA)
    status, push = await world.call("POST", "/api/v1/push", {"msisdn": ANNA, "text": "Well?", "ask": True})
    assert (status, push["ask"]) == (202, True)
    assert (await phone.screen()).text == "Well?"
    await phone._phone.answer("yes")

    assert (await phone.screen()).op == "end"
    status, shown = await world.call("GET", f"/api/v1/push/{push['push']}")
    assert (status, shown["state"], shown["answer"]) == (200, "answered", "yes")


async def test_accounts(world: World) -> None:
    path = f"/api/v1/subscribers/{STRANGER}"
    status, account = await world.call("GET", path)
    assert (status, account["balance"], account["balance_kop"]) == (200, "100.00", 10_000)
    assert (await world.call("POST", path, {"balance": "5.00", "language": "en"}))[0] == 200
    for _ in range(2):
        headers = {"Idempotency-Key": "once"}
        status, paid = await world.call("POST", f"{path}/topup", {"amount": "10.00"}, **headers)
        assert (status, paid["balance"]) == (200, "15.00")
    assert (await world.call("POST", f"{path}/topup", {"amount": "11.00"}, **headers))[0] == 422
    status, used = await world.call("POST", f"{path}/usage", {"kind": "call", "to": BORIS, "minutes": 2})
    assert status == 200
    status, ledger = await world.call("GET", f"{path}/ledger")
    kinds = [entry["kind"] for entry in ledger["entries"]]
    assert kinds.count("topup") == 1
    assert used["cost_kop"] == -sum(
        entry["amount_kop"] for entry in ledger["entries"] if entry["kind"] == "usage"
    )


async def test_the_login(world: World) -> None:
    await world.call("POST", f"/api/v1/subscribers/{ANNA}", {"password": "Secret77"})
    login = "/api/v1/lk/login"
    assert (await world.call("POST", login, {"login": "8 926 123 45 67", "password": "Secret77"}))[0] == 200
    for left in (5, 4, 3, 2, 1, 0):
        status, refused = await world.call("POST", login, {"login": ANNA, "password": "wrong"})
        assert (status, refused["attempts_left"]) == ((401, left) if left else (423, 0))
    assert (await world.call("POST", login, {"login": ANNA, "password": "Secret77"}))[0] == 423
    await world.call("POST", "/api/v1/lk/otp", {"login": BORIS})
    _, inbox = await world.call("GET", f"/api/v1/subscribers/{BORIS}/inbox")
    [code] = re.findall(r"\b\d{4,6}\b", inbox["messages"][-1]["text"])
    assert (await world.call("POST", login, {"login": BORIS, "code": code}))[0] == 200


async def test_time(world: World) -> None:
    _, before = await world.call("GET", "/api/v1/clock")
    status, after = await world.call("POST", "/api/v1/clock", {"advance": "24h"})
    assert (status, after["now_ms"] - before["now_ms"]) == (200, 86_400_000)


async def test_events(world: World) -> None:
    assert world.app.http_address is not None
    url = "http://{}:{}/ws".format(*world.app.http_address)
    async with ClientSession() as http, http.ws_connect(url) as socket:
        await socket.send_str(json.dumps({"subscribe": {"msisdn": ANNA}}))
        assert (await socket.receive_json(timeout=10))["event"] == "subscribed"
        await world.call("POST", "/api/v1/ussd", {"msisdn": ANNA, "code": "*105#"})
        event = await socket.receive_json(timeout=10)
        assert (event["event"], event["msisdn"], event["asked"]) == ("step", ANNA, "dial")


def test_whatever_a_page_asks_for_is_a_call_of_the_api() -> None:
    served = {(route.method, re.sub(r"{\w+}", "x", route.path)) for route in ROUTES}
    asked = set()
    for file in FOLDER.glob("*.js"):
        # `call` asks the API; the `ask` of the personal account what is below /lk.
        verbs = {"call": "/api/v1"} | ({"ask": "/api/v1/lk"} if file.name.startswith("lk") else {})
        calls = re.findall(
            r"\b(call|ask)\(\s*\"([A-Z]+)\",\s*[`\"](/[^`\"]*)[`\"]", file.read_text(encoding="utf-8")
        )
        for verb, method, path in calls:
            if verb in verbs:
                asked.add((method, verbs[verb] + re.sub(r"\$\{[^}]*\}", "x", path).partition("?")[0]))
    assert len(asked) > 20
    assert asked <= served
