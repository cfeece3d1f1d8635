"""Messages of phones to the short number of an application: whole or in parts, in order, to which bind."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.mailing import ANNA, BORIS, CODE, Correspondent, application, phone, text_of
from tests.patience import until
from tests.unit.access.wire import no_peer_left, sms
from tests.world import World, running_world
from ussd_gateway.smpp.pdus import CancelSm, DeliverSm, SubmitSmResp
from ussd_gateway.smpp.tlvs import message_octets

__all__ = ["no_peer_left"]

ENVIRONMENT = {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}
LONG = "Слово " * 40
PAYLOAD = 0x0424


@pytest.fixture
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with running_world("memory://", ENVIRONMENT, app=getattr(request, "param", {})) as running:
        yield running


async def write(
    handset: Correspondent, text: bytes, to: str = CODE, msisdn: str = ANNA, **fields: Any
) -> str:
    """A phone sends a message, which is taken; its id."""
    answer = await handset.ask(sms(msisdn, to, text, **fields))
    assert isinstance(answer, SubmitSmResp)
    assert answer.command_status == 0
    return answer.message_id


async def write_long(handset: Correspondent) -> None:
    """The same in parts of 8-bit reference, the last one first."""
    octets = LONG.encode("utf-16-be")
    pieces = [octets[at : at + 134] for at in range(0, len(octets), 134)]
    for n in reversed(range(len(pieces))):
        head = bytes((5, 0, 3, 0x2A, len(pieces), n + 1))
        await write(handset, head + pieces[n], esm_class=0x40, data_coding=8)


async def test_a_message_reaches_the_application(world: World):
    app, handset = await application(world), await phone(world)
    await write(handset, b"STOP please")
    heard = await app.hear()
    assert heard.short_message == b"STOP please"
    assert (heard.source_addr_ton, heard.source_addr_npi, heard.source_addr) == (1, 1, ANNA)
    assert (heard.dest_addr_ton, heard.dest_addr_npi, heard.destination_addr) == (0, 1, CODE)
    assert (heard.service_type, heard.esm_class, heard.data_coding, heard.tlvs) == ("", 0, 0, [])
    await write(handset, b"")
    assert (await app.hear()).short_message == b""
    await write(handset, b"\x01\x02", data_coding=4, registered_delivery=0)
    heard = await app.hear()
    assert (heard.short_message, heard.data_coding) == (b"\x01\x02", 4)
    assert await world.app.store.undelivered(9) == [] or await all_noted(world)


async def all_noted(world: World) -> bool:
    await until(lambda: len(world.app.delivery) == 0)
    return await world.app.store.undelivered(9) == []


async def test_the_longest_number_wins_and_ours_are_ours(world: World):
    app, handset = await application(world), await phone(world)
    await write(handset, b"to a number below it", to=f"{CODE}15")
    assert (await app.hear()).destination_addr == f"{CODE}15"
    assert await handset.status_of(sms(ANNA, "7071", b"to nobody")) == 0x0B
    await write(handset, b"RUS", to="000105")
    await world.settle()
    assert not app.heard


async def test_a_long_message_is_joined_and_sent_in_parts_of_ours(world: World):
    app, handset = await application(world), await phone(world)
    await write_long(handset)
    parts = [await app.hear() for _ in range(4)]
    assert [part.esm_class for part in parts] == [0x40] * 4
    assert [part.short_message[4:6] for part in parts] == [bytes((4, n)) for n in (1, 2, 3, 4)]
    assert b"".join(part.short_message[6:] for part in parts).decode("utf-16-be") == LONG


@pytest.mark.parametrize("world", [{"text_in": "message_payload"}], indirect=True)
async def test_a_long_message_in_message_payload(world: World):
    app, handset = await application(world), await phone(world)
    await write_long(handset)
    heard = await app.hear()
    assert (heard.esm_class, heard.data_coding, heard.short_message) == (0, 8, b"")
    assert message_octets(heard).decode("utf-16-be") == LONG


@pytest.mark.parametrize("world", [{"deliver_as": "data_sm"}], indirect=True)
async def test_a_long_message_in_data_sm(world: World):
    app, handset = await application(world), await phone(world)
    await write_long(handset)
    heard = await app.hear_data()
    assert (heard.source_addr, heard.destination_addr, heard.data_coding) == (ANNA, CODE, 8)
    assert message_octets(heard).decode("utf-16-be") == LONG


@pytest.mark.parametrize("world", [{"long_messages": "parts"}], indirect=True)
async def test_parts_are_passed_on_as_they_came(world: World):
    app, handset = await application(world), await phone(world)
    await write_long(handset)
    heard = [await app.hear() for _ in range(4)]
    assert [(part.esm_class, part.data_coding) for part in heard] == [(0x40, 8)] * 4
    assert [part.short_message[:6] for part in heard] == [bytes((5, 0, 3, 0x2A, 4, n)) for n in (4, 3, 2, 1)]


async def test_binds_take_turns_and_a_senders_messages_keep_their_order(world: World):
    first, second = await application(world, "rx"), await application(world, "rx")
    handsets = {ANNA: await phone(world), BORIS: await phone(world, BORIS)}
    for n in range(3):
        for msisdn, handset in handsets.items():
            await write(handset, b"%d" % n, msisdn=msisdn)
    heard = []
    for _ in range(3):  # one of each sender is under way at a time, one on each bind
        pair = [await each.next_request() for each in (first, second)]
        assert all(isinstance(pdu, DeliverSm) for pdu in pair)
        heard += pair
        await world.settle()
        for each, pdu in zip((first, second), pair, strict=True):
            assert isinstance(pdu, DeliverSm)
            each.answer(pdu)
    for msisdn in handsets:
        of_one = [pdu for pdu in heard if isinstance(pdu, DeliverSm) and pdu.source_addr == msisdn]
        assert [pdu.short_message for pdu in of_one] == [b"0", b"1", b"2"]


async def test_a_refusal_for_good_ends_it_one_for_a_while_does_not(world: World):
    app, handset = await application(world), await phone(world)
    await write(handset, b"1")
    await write(handset, b"2")
    assert text_of(await app.hear(0x64)) == "1"
    await world.settle()
    assert not app.heard
    world.clock.advance(5_000)
    assert text_of(await app.hear(0x65)) == "1"
    assert text_of(await app.hear()) == "2"
    assert await all_noted(world)


async def test_messages_wait_for_the_application_and_survive_a_restart(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    async with running_world(url, ENVIRONMENT) as world:
        handset = await phone(world)
        for n in range(3):
            await write(handset, b"%d" % n)
        transmitter = await application(world, "tx")
        await world.settle()
        assert not transmitter.heard
    async with running_world(url, ENVIRONMENT) as world:
        app = await application(world, "rx")
        assert [text_of(await app.hear()) for _ in range(3)] == ["0", "1", "2"]
        assert await all_noted(world)


async def test_a_phone_hears_whether_the_application_took_it(world: World):
    app, handset = await application(world), await phone(world)
    message_id = await write(handset, b"Yes", registered_delivery=1)
    await app.hear()
    receipt = await handset.hear()
    assert (receipt.source_addr, receipt.destination_addr, receipt.esm_class) == (CODE, ANNA, 0x04)
    assert text_of(receipt).startswith(f"id:{message_id} sub:001 dlvrd:001 ")


async def test_what_phones_send_each_other_keeps_its_terms(world: World):
    anna = await phone(world)
    message_id = await write(
        anna, b"call me", to=BORIS, registered_delivery=1, validity_period="000000000100000R"
    )
    assert await anna.status_of(CancelSm(message_id=message_id, source_addr=ANNA)) == 0x11
    await world.settle()
    world.clock.advance(60_000)
    assert "stat:EXPIRED err:027 Text:call me" in text_of(await anna.hear())
