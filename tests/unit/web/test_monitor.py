"""What a monitor is told: dialogues, binds, counters, menus as maps, PDUs as they pass, and no secret."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.unit.access.wire import Peer, dial, no_peer_left, sms
from ussd_gateway.app import App
from ussd_gateway.config import load_config
from ussd_gateway.storage import ScryptHasher
from ussd_gateway.web import pdus

__all__ = ["no_peer_left"]

CONFIG = Path(__file__).parents[3] / "config.yaml"
ANNA = "79261234567"
SECRET = "Secret77"


async def asked(api, path):
    response = await api.get(path)
    return response.status, await response.json()


async def test_open_dialogues(api, clock):
    await api.post("/api/v1/ussd", json={"msisdn": ANNA, "code": "*105*1#"})
    clock.advance(5_000)
    status, state = await asked(api, "/api/v1/monitor")
    assert (status, state["open"]) == (200, 1)
    (dialogue,) = state["dialogues"]
    assert (dialogue["msisdn"], dialogue["service_code"], dialogue["age_ms"]) == (ANNA, "*105#", 5_000)
    assert dialogue["menu"] in [menu["menu"] for menu in (await asked(api, "/api/v1/menus"))[1]["menus"]]
    assert dialogue["left_ms"] == 175_000
    assert state["counts"]["begun"] == 1
    assert sum(state["counts"]["steps"]) == 1
    assert len(state["counts"]["bounds_s"]) + 1 == len(state["counts"]["steps"])


async def test_a_menu_has_a_place_for_every_screen(api):
    await api.post("/api/v1/ussd", json={"msisdn": ANNA, "code": "*105#"})
    (dialogue,) = (await asked(api, "/api/v1/monitor"))[1]["dialogues"]
    status, menu = await asked(api, f"/api/v1/menus/{dialogue['menu']}")
    assert status == 200
    places = {node["name"]: (node["x"], node["y"]) for node in menu["map"]["nodes"]}
    assert dialogue["screen"] in places
    assert {screen["name"] for screen in menu["screens"]} <= places.keys()
    assert len(set(places.values())) == len(places), "none hides another"
    assert all(way["from"] in places and way["to"] in places for way in menu["map"]["ways"])
    assert (await asked(api, "/api/v1/menus/nobody"))[0] == 404


async def test_without_a_capture(api):
    assert (await asked(api, "/api/v1/pdus"))[0] == 409
    assert (await asked(api, "/api/v1/pdus/1"))[0] == 409


@pytest.fixture
async def listening(clock):
    settings = {
        "STORAGE__URL": "memory://",
        "SMPP__PORT": "0",
        "HTTP__PORT": "0",
        "SMPP__DRAIN_TIMEOUT_S": "0.05",
    }
    config = load_config(CONFIG, {f"USSDGW_{name}": value for name, value in settings.items()})
    app = App(config, clock=clock, hasher=ScryptHasher(b"pepper", cost=4))
    await app.start()
    yield app
    await app.stop()


@pytest.fixture
async def monitor(listening):
    async with ClientSession("http://{}:{}".format(*listening.http_address)) as client:
        yield client


async def told(socket, event):
    """The next message of this kind."""
    async with asyncio.timeout(10):
        while (message := await socket.receive_json())["event"] != event:
            continue
        return message


async def state_of(socket, *topics):
    """What a monitor sees when these topics have been looked after, too."""
    for topic in ("monitor", *topics):
        await socket.send_str(json.dumps({"subscribe": topic}))
    return await told(socket, "monitor")


async def test_pdus_as_they_pass(monitor, listening, monkeypatch):
    monkeypatch.setattr(pdus, "LINGER_S", 0.0)
    peer = await Peer.bind(listening.smpp_address)
    async with monitor.ws_connect("/ws") as socket:
        state = await state_of(socket, "pdus")
        assert [(bind["account"], bind["version"]) for bind in state["binds"]] == [("handset", "3.4")]
        assert listening.capture.wire is not None, "it is captured by now"
        await peer.ask(dial(ANNA, "*105#"))
        await peer.screen()
        await peer.ask(sms(ANNA, "000105", f"PAS {SECRET}".encode()))
        rows: list[dict[str, Any]] = []
        while len(rows) < 6:
            rows += (await told(socket, "pdus"))["pdus"]
        begun, answered, shown, _, secret, _ = rows
        assert [row["command"] for row in (begun, answered, shown)] == [
            "submit_sm",
            "submit_sm_resp",
            "deliver_sm",
        ]
        assert (begun["text"], begun["account"], begun["screen"]) == ("*105#", "handset", "root")
        assert begun["dialogue"] == answered["dialogue"] == shown["dialogue"] != ""
        assert "1 Счет" in shown["text"]
        assert set(secret["text"]) == {"*"}
        assert SECRET not in json.dumps(rows)
        status, one = await asked(monitor, f"/api/v1/pdus/{shown['number']}")
        assert status == 200
        fields = {field["name"]: field["value"] for field in one["fields"]}
        assert fields["destination_addr"] == ANNA
        assert fields["short_message"] == shown["text"]
        _, hidden = await asked(monitor, f"/api/v1/pdus/{secret['number']}")
        assert SECRET not in json.dumps(hidden)
        assert SECRET.encode().hex() not in hidden["frame"]
        _, listed = await asked(monitor, f"/api/v1/pdus?after={shown['number']}&limit=1")
        assert [row["number"] for row in listed["pdus"]] == [listed["next"]]
        assert (await asked(monitor, "/api/v1/pdus/999"))[0] == 404
    async with monitor.ws_connect("/ws") as socket:
        await state_of(socket)
        assert listening.capture.wire is None, "nobody looks any more"


async def test_what_was_captured_waits_for_the_next_page(monitor, listening):
    peer = await Peer.bind(listening.smpp_address)
    async with monitor.ws_connect("/ws") as socket:
        await state_of(socket, "pdus")
        await peer.ask(dial(ANNA, "*105#"))
        await peer.screen()
        await told(socket, "pdus")
    async with monitor.ws_connect("/ws") as socket:
        await state_of(socket)
        status, listed = await asked(monitor, "/api/v1/pdus")
        assert (status, listed["pdus"][0]["command"]) == (200, "submit_sm")


async def test_a_flood_is_told_in_part(monitor, listening):
    peer = await Peer.bind(listening.smpp_address)
    async with monitor.ws_connect("/ws") as socket:
        await state_of(socket, "pdus")
        for _ in range(300):
            peer.send(dial(ANNA, "*000#"))
        last = 0
        while last < 600:
            batch = await told(socket, "pdus")
            numbers = [row["number"] for row in batch["pdus"]]
            assert len(numbers) <= 200
            assert numbers == list(range(last + batch["skipped"] + 1, numbers[-1] + 1))
            last = numbers[-1]
