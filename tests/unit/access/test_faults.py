"""Faults asked for over HTTP and met on a real SMPP connection, octet by octet."""

import pytest
import pytest_asyncio

from tests.unit.access.wire import Peer, dial, no_peer_left  # noqa: F401
from tests.world import running_world
from ussd_gateway.access.fault_rules import FaultRule
from ussd_gateway.access.faults import Faults, Occasion
from ussd_gateway.errors import PduError
from ussd_gateway.smpp.codec import decode
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import EnquireLink, EnquireLinkResp, SubmitSmResp
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO

ANNA, BORIS = "79261234567", "79261234568"


@pytest_asyncio.fixture
async def world():
    async with running_world("memory://") as world:
        yield world


@pytest_asyncio.fixture
async def peer(world):
    peer = await Peer.bind(world.app.smpp_address)
    yield peer
    peer.close()  # or the gateway would wait for its goodbye to be answered


async def inject(world, fault: str, **more):
    status, answer = await world.call("POST", "/api/v1/faults", {"fault": fault, **more})
    assert status == 200, answer
    return answer


async def answered(peer) -> SubmitSmResp:
    response = await peer.read()
    assert isinstance(response, SubmitSmResp), response
    return response


async def good_dialogue(peer) -> None:
    """The next dialogue is as it should be."""
    response = await peer.ask(dial(ANNA, "*105#"))
    assert (type(response), response.command_status) == (SubmitSmResp, 0)
    await peer.screen()


async def test_a_response_that_never_comes(world, peer):
    await inject(world, "drop_response")
    peer.send(dial(ANNA, "*105#"))
    assert (await peer.screen()).source_addr == "*105#", "the request was carried out"
    await good_dialogue(peer)


async def test_a_late_response(world, peer):
    await inject(world, "late_response", delay="2s")
    peer.send(dial(ANNA, "*105#"))
    await peer.screen()
    world.clock.advance(1_999)
    assert isinstance(await peer.ask(EnquireLink(sequence_number=99)), EnquireLinkResp)
    world.clock.advance(1)
    assert (await answered(peer)).sequence_number == peer.sequence


async def test_a_response_twice(world, peer):
    await inject(world, "double_response")
    peer.send(dial(ANNA, "*105#"))
    first, second = await peer.octets(), await peer.octets()
    assert first == second
    await peer.screen()


async def test_a_response_to_nothing(world, peer):
    await inject(world, "wrong_sequence")
    response = await peer.ask(dial(ANNA, "*105#"))
    assert response.sequence_number == peer.sequence ^ 0x40000000
    await peer.screen()


async def test_a_malformed_response(world, peer):
    await inject(world, "malformed_response")
    peer.send(dial(ANNA, "*105#"))
    octets = await peer.octets()
    assert octets[4:8] == b"\x80\0\0\x04"
    with pytest.raises(PduError):
        decode(octets)
    await peer.screen()
    await good_dialogue(peer)


async def test_a_response_cut_off(world, peer):
    await inject(world, "truncated_response")
    peer.send(dial(ANNA, "*105#"))
    length = int.from_bytes(await peer.reader.readexactly(4), "big")
    rest = await peer.reader.readexactly(length // 2 - 4 + 16)
    assert rest[length // 2 :].find(b"\0\0\0\x05") >= 0, "the next PDU begins in the middle of this one"


@pytest.mark.parametrize("status", ["ESME_RTHROTTLED", "0x58", 88])
async def test_a_refusal(world, peer, status):
    assert (await inject(world, "status", status=status))["status"] == "ESME_RTHROTTLED"
    response = await peer.ask(dial(ANNA, "*105#"))
    assert response.command_status == CommandStatus.RTHROTTLED
    assert await world.app.dialogues.get(ANNA) is None, "it was not carried out"
    await good_dialogue(peer)


async def test_a_connection_that_is_cut(world, peer):
    await inject(world, "close")
    peer.send(dial(ANNA, "*105#"))
    assert await peer.ended()
    other = await Peer.bind(world.app.smpp_address)
    try:
        assert (await other.screen()).source_addr == "*105#", "the screen waited for the next bind"
    finally:
        other.close()


async def test_a_lost_screen(world, peer):
    await inject(world, "no_screen")
    assert (await peer.ask(dial(ANNA, "*105#"))).command_status == 0
    assert isinstance(await peer.ask(EnquireLink()), EnquireLinkResp), "nothing came in between"
    peer.send(dial(ANNA, "1", op=18))
    await answered(peer)
    assert "Баланс" in (await peer.screen()).short_message.decode("utf-16-be"), "the dialogue goes on"


async def test_a_late_screen(world, peer):
    await inject(world, "delay", delay="50ms")
    await peer.ask(dial(ANNA, "*105#"))
    await world.settle()
    assert isinstance(await peer.ask(EnquireLink()), EnquireLinkResp)
    world.clock.advance(50)
    await peer.screen()


async def test_a_screen_twice(world, peer):
    await inject(world, "double_screen")
    await peer.ask(dial(ANNA, "*105#"))
    first, second = await peer.screen(), await peer.screen()
    assert first.short_message == second.short_message
    assert first.sequence_number != second.sequence_number


async def test_a_screen_of_another_dialogue(world, peer):
    await peer.ask(dial(ANNA, "*105#"))
    right = ITS_SESSION_INFO.octets(await peer.screen())
    await inject(world, "wrong_session")
    peer.send(dial(ANNA, "1", op=18))
    await answered(peer)
    wrong = ITS_SESSION_INFO.octets(await peer.screen())
    assert right is not None
    assert wrong is not None
    assert wrong != right
    assert wrong[1] & 1 == 0


async def test_a_malformed_screen(world, peer):
    await inject(world, "malformed_screen")
    await peer.ask(dial(ANNA, "*105#"))
    octets = await peer.octets()
    assert octets[4:8] == b"\0\0\0\x05"
    with pytest.raises(PduError):
        decode(octets)
    assert isinstance(await peer.ask(EnquireLink()), EnquireLinkResp)


async def test_a_screen_cut_off(world, peer):
    await inject(world, "truncated_screen")
    await peer.ask(dial(ANNA, "*105#"))
    length = int.from_bytes(await peer.reader.readexactly(4), "big")
    half = await peer.reader.readexactly(length // 2 - 4)
    assert half[:4] == b"\0\0\0\x05"


# ---------------------------------------------------------------- which, and how often


@pytest.mark.parametrize("filters", [{"msisdn": BORIS}, {"code": "*100#"}, {"account": "other"}])
async def test_a_fault_waits_for_its_occasion(world, peer, filters):
    fault = await inject(world, "status", **filters)
    await good_dialogue(peer)
    assert (await world.call("GET", "/api/v1/faults"))[1]["faults"] == [fault]


async def test_a_fault_by_code_takes_what_is_dialled_below_it(world, peer):
    await inject(world, "status", code="*105#", times=2)
    assert (await peer.ask(dial(ANNA, "*105*1#"))).command_status == CommandStatus.RSYSERR
    (fault,) = (await world.call("GET", "/api/v1/faults"))[1]["faults"]
    assert fault["hits"] == 1
    assert (await peer.ask(dial(ANNA, "*105#"))).command_status == CommandStatus.RSYSERR
    await good_dialogue(peer)
    assert not world.app.faults.active


async def test_faults_are_removed(world, peer):
    fault = await inject(world, "status", times=0)
    await inject(world, "drop_response", msisdn=BORIS)
    for _ in range(3):
        assert (await peer.ask(dial(ANNA, "*105#"))).command_status
    assert (await world.call("DELETE", f"/api/v1/faults/{fault['id']}"))[0] == 200
    assert (await world.call("DELETE", f"/api/v1/faults/{fault['id']}"))[0] == 404
    assert (await world.call("DELETE", "/api/v1/faults/x"))[0] == 404
    assert (await world.call("DELETE", "/api/v1/faults"))[1] == {"removed": 1}
    await good_dialogue(peer)


def hits(seed: int) -> list[bool]:
    faults = Faults()
    faults.add(FaultRule(fault="no_screen", chance=0.5, seed=seed))
    return [faults.for_screen(Occasion("handset", "ussd", ANNA)) is not None for _ in range(64)]


def test_a_seed_draws_the_same():
    assert hits(1) == hits(1)
    assert hits(1) != hits(2)
    assert 16 < sum(hits(1)) < 48


@pytest.mark.parametrize(
    "body",
    [{"fault": "earthquake"}, {}, {"fault": "status", "status": "ESME_RNOTHING"},
     {"fault": "delay", "delay": "1h"}, {"fault": "delay", "msisdn": "me"}, {"fault": "close", "times": -1}],
)  # fmt: skip
async def test_what_is_no_fault(world, body):
    assert (await world.call("POST", "/api/v1/faults", body))[0] == 422
