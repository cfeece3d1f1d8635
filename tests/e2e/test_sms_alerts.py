"""alert_notification over sockets: phones that come back, and the applications that hear of it."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.mailing import ANNA, BORIS, CODE, Correspondent, application, phone, submitted
from tests.unit.access.wire import no_peer_left
from tests.world import World, running_world
from ussd_gateway.smpp.pdus import AlertNotification, DataSm, DataSmResp
from ussd_gateway.smpp.tlvs import DPF_RESULT, MESSAGE_PAYLOAD, MS_AVAILABILITY_STATUS, SET_DPF

__all__ = ["no_peer_left"]

MINUTE_MS = 60_000


@pytest.fixture
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    settings = getattr(request, "param", {})
    async with running_world("memory://", {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}, app=settings) as running:
        yield running


async def alert(peer: Correspondent) -> AlertNotification:
    """The next alert, which must be what comes next."""
    if peer.alerts:
        return peer.alerts.pop(0)
    pdu = await peer.read()
    assert isinstance(pdu, AlertNotification), pdu
    return pdu


async def switch(world: World, state: str, msisdn: str = ANNA) -> None:
    status, _ = await world.call("PUT", f"/api/v1/subscribers/{msisdn}/phone", {"state": state})
    assert status == 200


def data(dpf: int | None) -> DataSm:
    asked = [] if dpf is None else [SET_DPF(dpf)]
    return DataSm(
        source_addr=CODE, source_addr_npi=9, destination_addr=ANNA, tlvs=[MESSAGE_PAYLOAD(b"Hello"), *asked]
    )


@pytest.mark.parametrize("state", ["off", "out_of_coverage", "memory_full"])
async def test_a_phone_that_comes_back_is_told_of_and_gets_its_message(world: World, state: str) -> None:
    peer, anna = await application(world), await phone(world)
    await switch(world, state)
    await peer.submit(source_addr_ton=3)
    await peer.submit(b"again", source_addr_ton=3)
    await switch(world, "on")
    told = await alert(peer)
    assert (told.source_addr_ton, told.source_addr_npi, told.source_addr) == (1, 1, ANNA)
    assert (told.esme_addr_ton, told.esme_addr_npi, told.esme_addr) == (3, 0, CODE)
    assert MS_AVAILABILITY_STATUS.get(told) == 0
    assert [(await anna.hear()).short_message for _ in range(2)] == [b"Hello", b"again"]
    # There was one alert, and nothing follows it.
    assert (await peer.ask(submitted())).command_status == 0
    assert peer.alerts == []


async def test_a_bind_that_comes_is_a_phone_that_comes_back(world: World) -> None:
    peer = await application(world)
    await peer.submit()
    await peer.submit(to=BORIS)
    anna = await phone(world)
    assert (await alert(peer)).source_addr == ANNA
    assert (await anna.hear()).short_message == b"Hello"
    await phone(world, BORIS)
    assert (await alert(peer)).source_addr == BORIS


async def test_a_message_that_was_given_up_leaves_its_flag(world: World) -> None:
    peer = await application(world)
    await peer.submit(validity_period="000000000100000R")
    world.clock.advance(MINUTE_MS)
    await world.settle()
    await phone(world)
    assert (await alert(peer)).source_addr == ANNA


async def test_a_phone_that_refuses_for_a_while_is_not_away(world: World) -> None:
    peer, anna = await application(world), await phone(world)
    await peer.submit()
    await anna.hear(status=0x14)
    await world.settle()
    world.clock.advance(MINUTE_MS)
    await anna.hear()
    await phone(world)  # another bind that takes it
    assert (await peer.ask(submitted())).command_status == 0
    assert peer.alerts == []


@pytest.mark.parametrize(
    "world, dpf, alerted",
    [
        ({"alerts": "pending"}, None, True),
        ({"alerts": "pending"}, 0, False),
        ({"alerts": "asked"}, None, False),
        ({"alerts": "asked"}, 1, True),
        ({"alerts": "never"}, 1, False),
    ],
    indirect=["world"],
)
async def test_who_asked_and_what_data_sm_is_told(world: World, dpf: int | None, alerted: bool) -> None:
    peer = await application(world)
    answer = await peer.ask(data(dpf))
    assert isinstance(answer, DataSmResp)
    assert DPF_RESULT.get(answer) == (None if dpf is None else int(alerted))
    await world.settle()
    await phone(world)
    await world.settle()
    answer = await peer.ask(data(1))  # the phone is there now: no flag
    assert DPF_RESULT.get(answer) == 0
    assert len(peer.alerts) == alerted
