"""Failed receipts on purpose: the phone hears nothing, and the receipt says why; percentages by a seed."""

import pytest
import pytest_asyncio

from tests.unit.access.wire import Peer, no_peer_left
from tests.world import running_world
from ussd_gateway.access.fault_rules import FaultRule
from ussd_gateway.smpp.constants import EsmClass
from ussd_gateway.smpp.pdus import (
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    SubmitSm,
    SubmitSmResp,
)
from ussd_gateway.smpp.tlvs import MESSAGE_STATE, NETWORK_ERROR_CODE

__all__ = ["no_peer_left"]

ANNA = "79261234567"


@pytest_asyncio.fixture
async def world():
    async with running_world("memory://", {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}) as world:
        yield world


@pytest_asyncio.fixture
async def phone(world):
    return await Peer.bind(world.app.smpp_address)


@pytest_asyncio.fixture
async def application(world):
    return await Peer.bind(world.app.smpp_address, system_id="app", password="app")


async def sent(application, text: str = "Hi", to: str = ANNA, registered: int = 1) -> str:
    """Submit a message; the id it got."""
    application.send(
        SubmitSm(
            source_addr="7070",
            destination_addr=to,
            short_message=text.encode("ascii"),
            registered_delivery=registered,
        )
    )
    response = await application.read()
    assert isinstance(response, SubmitSmResp)
    assert response.command_status == 0
    return response.message_id


async def receipt(application) -> DeliverSm:
    request = await application.screen()
    assert isinstance(request, DeliverSm)
    assert request.esm_class == EsmClass.DELIVERY_RECEIPT
    return request


@pytest.mark.parametrize(
    "state, number",
    [("UNDELIV", 5), ("EXPIRED", 3), ("REJECTD", 8), ("DELETED", 4), ("UNKNOWN", 7)],
)
async def test_a_message_that_is_not_to_arrive(world, phone, application, state, number):
    world.app.faults.add(FaultRule(fault="failed_receipt", state=state, error=27, times=1))
    message_id = await sent(application)
    told = await receipt(application)
    assert f"id:{message_id} ".encode() in told.short_message
    assert f"stat:{state} err:027 ".encode() in told.short_message
    assert b"dlvrd:000" in told.short_message
    assert MESSAGE_STATE.get(told) == number
    assert (NETWORK_ERROR_CODE.octets(told) or b"")[-2:] == b"\0\x1b"
    assert isinstance(await phone.ask(EnquireLink()), EnquireLinkResp), "the phone has heard nothing"
    await sent(application)
    await phone.screen()
    assert b"stat:DELIVRD err:000" in (await receipt(application)).short_message


async def test_magic_words_and_numbers(world, application):
    world.app.faults.use("app", ["magic"])
    phone = await Peer.bind(world.app.smpp_address)
    await sent(application, "fault:rejected")
    assert b"stat:REJECTD" in (await receipt(application)).short_message
    await sent(application, to="79160000992")
    assert b"stat:EXPIRED" in (await receipt(application)).short_message
    assert isinstance(await phone.ask(EnquireLink()), EnquireLinkResp)


async def ends(world, seed: int) -> str:
    """How twenty-five messages to one phone end, a fifth of them badly, a third of the receipts twice."""
    world.app.faults.clear()
    world.app.faults.add(FaultRule(fault="failed_receipt", chance=0.2, seed=seed))
    world.app.faults.add(FaultRule(fault="double_screen", on="receipt", chance=0.3, seed=seed))
    phone = await Peer.bind(world.app.smpp_address)
    application = await Peer.bind(world.app.smpp_address, system_id="app", password="app")
    run = ""
    for _ in range(25):
        await sent(application)
        for peer in (phone, application):
            await world.settle()
            peer.send(EnquireLink(sequence_number=99))
            while not isinstance(pdu := await peer.read(), EnquireLinkResp):
                assert isinstance(pdu, DeliverSm)
                peer.send(DeliverSmResp(sequence_number=pdu.sequence_number))
                run += "!" if peer is phone else "f" if b"UNDELIV" in pdu.short_message else "d"
            await world.settle()
    phone.close()
    application.close()
    await world.settle()
    return run


async def test_percentages_of_receipts_are_those_of_the_seed(world):
    run = await ends(world, 5)
    assert 2 <= 25 - run.count("!") <= 9, "a fifth did not arrive"
    assert run == await ends(world, 5)
    assert run != await ends(world, 6)
