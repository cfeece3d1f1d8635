"""What a bound peer leaves in `/metrics`."""

from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.access.wire import Peer, dial, no_peer_left
from tests.world import running_world

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
