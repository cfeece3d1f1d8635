"""What a bound peer leaves in `/metrics`."""

import struct

from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.access.wire import Peer, dial, no_peer_left
from tests.world import running_world
from ussd_gateway.smpp.constants import CommandId
from ussd_gateway.smpp.pdus import BindTransceiver
from ussd_gateway.smpp.tally import MAX_KINDS

__all__ = ["no_peer_left"]


async def test_pdus_binds_and_windows():
    async with running_world("memory://", {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}) as world:
        assert world.app.smpp_address
        assert world.app.http_address
        peer = await Peer.bind(world.app.smpp_address)
        await peer.ask(dial("79261234567", "*105#"))
        await peer.screen()
        async with ClientSession() as client:
            host, port = world.app.http_address
            response = await client.get(f"http://{host}:{port}/metrics")
            text = await response.text()
    found = {
        (sample.name, *(label for _, label in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("ussdgw_smpp_")
    }
    assert found["ussdgw_smpp_connections",] == 1
    assert found["ussdgw_smpp_binds", "handset", "bound_trx"] == 1
    assert found["ussdgw_smpp_pdus_total", "bind_transceiver", "in", "ESME_ROK"] == 1
    assert found["ussdgw_smpp_pdus_total", "bind_transceiver_resp", "out", "ESME_ROK"] == 1
    assert found["ussdgw_smpp_pdus_total", "submit_sm", "in", "ESME_ROK"] == 1
    assert found["ussdgw_smpp_pdus_total", "deliver_sm", "out", "ESME_ROK"] == 1
    assert found["ussdgw_smpp_window_free", "handset"] > 0
    assert ("ussdgw_smpp_unanswered", "handset", "in") in found


async def samples(world) -> dict[tuple[str, ...], float]:
    """Value of each series, by its name and its labels."""
    text = (await world.fetch("/metrics")).decode()
    return {
        (sample.name, *(label for _, label in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_nothing_from_outside_makes_names():
    """Whatever is dialled, sent, asked for or put on the wire: the list of series stays short."""
    async with running_world("memory://", {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}) as world:
        assert world.app.smpp_address
        peer = await Peer.bind(world.app.smpp_address)
        before = set(await samples(world))
        for n in range(300):
            peer.writer.write(struct.pack(">IIII", 16, CommandId.ENQUIRE_LINK, 0x9000 + n, n + 2))
            await peer.octets()
        for n in range(30):
            words = {"msisdn": f"7926{n:07}"}
            await world.call("POST", "/api/v1/ussd", {**words, "code": f"*9{n:03}#"})
            await world.call("POST", "/api/v1/sms", {**words, "to": f"88{n:03}", "text": f"word{n}"})
            await world.call("POST", f"/api/v1/subscribers/7926{n:07}/actions/do.thing{n}", {})
            await world.call("POST", "/api/v1/calls", {**words, "to": f"09{n:03}"})
            await world.call("POST", "/api/v1/push", {**words, "text": f"push{n}"})
            stranger = await Peer.connect(world.app.smpp_address)
            stranger.send(BindTransceiver(system_id=f"who{n}", password="x"))
            await stranger.octets()
        after = set(await samples(world)) - before
    pdus = {name for name in after if name[0] == "ussdgw_smpp_pdus_total"}
    assert len(pdus) <= 2 * (MAX_KINDS + 1)
    assert len(after - pdus) < 60, sorted(after - pdus)
    labels = " ".join(label for _, *words in after - pdus for label in words)
    assert not [word for word in ("79260", "*90", "880", "word", "thing", "who", "push1") if word in labels]


async def test_links():
    nowhere = {"name": "mno", "host": "127.0.0.1", "port": 1, "system_id": "us", "password": "x"}
    nowhere |= {"msisdns": ["79*"], "retry_s": [5, 5]}
    async with running_world("memory://", links=[nowhere]) as world:
        found = await samples(world)
    assert found["ussdgw_links", "mno", "down"] == 1
    assert found["ussdgw_link_waiting", "mno"] == 0
