"""Role handsets on the wire, byte by byte: a bare socket against the whole gateway.

Each row of the table "what the peer sends, what we take it as", every refusal, and where replies go when
binds come, go and stay silent.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.access.wire import Peer, dial, no_peer_left, sms
from tests.world import World, running_world
from ussd_gateway.smpp.pdus import (
    CancelSm,
    CancelSmResp,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    Pdu,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    ReplaceSmResp,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from ussd_gateway.smpp.text import decode_text
from ussd_gateway.smpp.tlvs import (
    ITS_SESSION_INFO,
    MESSAGE_PAYLOAD,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    USSD_SERVICE_OP,
)

__all__ = ["no_peer_left"]

ANNA = "79261234567"
ENGLISH = "79261234568"
POOR = "79261234569"
HELP = b"HELP"


@asynccontextmanager
async def gateway(storage: str = "memory://", **settings: str) -> AsyncIterator[World]:
    """A gateway that does not wait long for peers that a test leaves hanging."""
    environment = {f"USSDGW_SMPP__{name.upper()}": value for name, value in settings.items()}
    environment.setdefault("USSDGW_SMPP__DRAIN_TIMEOUT_S", "0.05")
    async with running_world(storage, environment) as running:
        yield running


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with gateway() as running:
        yield running


def address(world: World) -> str:
    assert world.app.smpp_address is not None
    return world.app.smpp_address


@pytest.fixture
async def peer(world: World) -> Peer:
    return await Peer.bind(address(world))


def text(pdu: DeliverSm) -> str:
    return decode_text(pdu.short_message, pdu.data_coding)


def op(pdu: DeliverSm) -> int | None:
    return USSD_SERVICE_OP.get(pdu)


async def accepted(peer: Peer, request: Pdu) -> str:
    """Submit it; it must be accepted.  The message_id."""
    response = await peer.ask(request)
    assert isinstance(response, SubmitSmResp | DataSmResp), response
    assert response.command_status == 0
    return response.message_id


async def refused(peer: Peer, request: Pdu) -> int:
    response = await peer.ask(request)
    assert response.command_id == request.command_id | 0x80000000
    return response.command_status


async def open_menu(peer: Peer, msisdn: str = ANNA) -> DeliverSm:
    """Dial *105# and take the first screen."""
    await accepted(peer, dial(msisdn, "*105#"))
    screen = await peer.screen()
    assert op(screen) == 2
    return screen


async def nothing_comes(peer: Peer) -> None:
    assert isinstance(await peer.ask(EnquireLink()), EnquireLinkResp)


# ---------------------------------------------------------------- dialogues


async def test_begin_is_answered_at_once_and_then_shown(world, peer):
    message_id = await accepted(peer, dial(ANNA, "*105#"))
    screen = await peer.screen()
    assert message_id.isdigit()
    assert (screen.source_addr, screen.destination_addr) == ("*105#", ANNA)
    assert (screen.dest_addr_ton, screen.dest_addr_npi) == (1, 1)
    assert screen.service_type == "USSD"
    assert op(screen) == 2
    assert "1 Счет" in text(screen)


async def test_pssd_indication_is_a_begin_too(peer):
    await accepted(peer, dial(ANNA, "*105#", op=0))
    assert op(await peer.screen()) == 2


async def test_an_answer_moves_the_menu_on_and_the_last_screen_says_so(peer):
    await open_menu(peer)
    await accepted(peer, dial(ANNA, "1", op=18))
    assert op(await peer.screen()) == 2
    await accepted(peer, dial(ANNA, "1", op=18))
    assert op(await peer.screen()) in (2, 17)


async def test_service_type_alone_dials_first_and_answers_then(peer):
    await accepted(peer, dial(ANNA, "*105#", tlvs=[]))
    assert "1 Счет" in text(await peer.screen())
    await accepted(peer, dial(ANNA, "1", tlvs=[]))
    assert "1 Баланс" in text(await peer.screen())


async def test_an_answer_is_never_taken_for_a_code(peer):
    await open_menu(peer)
    await accepted(peer, dial(ANNA, "*105*00#", op=18))
    assert op(await peer.screen()) == 2  # a wrong choice: the menu again


async def test_an_answer_may_be_empty(peer):
    await open_menu(peer)
    await accepted(peer, dial(ANNA, "", op=18))
    assert op(await peer.screen()) == 2


async def test_hanging_up_ends_the_dialogue_in_silence(world, peer):
    await open_menu(peer)
    await accepted(peer, dial(ANNA, "", op=129))
    await nothing_comes(peer)
    assert await world.app.dialogues.count() == 0


async def test_a_confirm_is_taken_in_silence(peer):
    assert await accepted(peer, dial(ANNA, "", op=19))
    await nothing_comes(peer)


async def test_the_dialled_string_may_stand_in_the_destination(peer):
    request = dial(ANNA, "")
    request.destination_addr = "*100#"
    await accepted(peer, request)
    assert op(await peer.screen()) == 17


@pytest.mark.parametrize("dialled", ["*123*" + "4" * 100 + "#", "привет", "*105#*105#", "1" * 120])
async def test_whatever_is_dialled_gets_an_answer(peer, dialled):
    request = dial(ANNA, "")
    request.data_coding, request.short_message = 8, dialled.encode("utf-16-be")
    await accepted(peer, request)
    assert op(await peer.screen()) in (2, 17)


async def test_data_sm_carries_ussd_too(peer):
    request = DataSm(
        service_type="USSD",
        source_addr=ANNA,
        destination_addr="*105#",
        tlvs=[USSD_SERVICE_OP(1), MESSAGE_PAYLOAD(b"*105#")],
    )
    response = await peer.ask(request)
    assert isinstance(response, DataSmResp)
    assert response.command_status == 0
    assert op(await peer.screen()) == 2


async def test_session_info_is_echoed_and_ends_with_its_bit(peer):
    info = ITS_SESSION_INFO(b"\x12\x34")
    await accepted(peer, dial(ANNA, "*105#", tlvs=[USSD_SERVICE_OP(1), info]))
    assert ITS_SESSION_INFO.get(await peer.screen()) == b"\x12\x34"
    await accepted(peer, dial(ENGLISH, "*100#", tlvs=[USSD_SERVICE_OP(1), info]))
    assert ITS_SESSION_INFO.get(await peer.screen()) == b"\x12\x35"


async def test_an_answer_to_a_dialogue_that_is_gone_is_accepted_and_explained(peer):
    await accepted(peer, dial(ANNA, "1", op=18))
    assert op(await peer.screen()) == 17


async def test_an_answer_to_a_dialogue_that_is_gone_may_get_a_status_instead():
    async with gateway(no_dialogue_status="1024") as world:
        peer = await Peer.bind(address(world))
        assert await refused(peer, dial(ANNA, "1", op=18)) == 0x400
        await open_menu(peer)
        await accepted(peer, dial(ANNA, "1", op=18))
        assert op(await peer.screen()) == 2


async def test_every_message_id_is_another(peer):
    for _ in range(50):
        peer.send(sms(ANNA, "000105", b"HELP"), dial(ANNA, "*100#"))
    ids: list[str] = []
    while len(ids) < 100:
        pdu = await peer.read()
        if isinstance(pdu, SubmitSmResp):
            ids.append(pdu.message_id)
        else:
            peer.send(DeliverSmResp(sequence_number=pdu.sequence_number))
    assert len(set(ids)) == 100


async def test_a_3_3_peer_gets_short_ids_and_no_tlvs(world):
    peer = await Peer.bind(address(world), version=0x33)
    request = dial(ANNA, "*105#", tlvs=[])
    message_id = await accepted(peer, request)
    assert len(message_id) == 8
    assert int(message_id, 16) > 0
    screen = await peer.screen()
    assert screen.tlvs == []
    assert screen.service_type == "USSD"


# ---------------------------------------------------------------- refusals

BEGIN = dial(ANNA, "*105#")
SMS = sms(ANNA, "000105", HELP)
REFUSALS = [
    ("a number of somebody else", replace(SMS, source_addr="12025550123"), 0x0A),
    ("no source", replace(SMS, source_addr=""), 0x0A),
    ("a source that is no number", replace(BEGIN, source_addr="Anna"), 0x0A),
    ("no destination", replace(SMS, destination_addr=""), 0x0B),
    ("a destination that is no number", replace(SMS, destination_addr="friend"), 0x0B),
    ("a short number nobody has", replace(SMS, destination_addr="999999"), 0x0B),
    ("a landline", replace(SMS, destination_addr="74951234567"), 0x0B),
    ("nothing dialled", replace(BEGIN, destination_addr="", short_message=b""), 0x0B),
    ("a receipt from a phone", replace(SMS, esm_class=0x04), 0x43),
    ("a header without a text", replace(SMS, esm_class=0x40, short_message=b""), 0x43),
    ("priority", replace(SMS, priority_flag=4), 0x06),
    ("registered_delivery", replace(SMS, registered_delivery=0x20), 0x07),
    ("success-only receipts from a 3.4 peer", replace(SMS, registered_delivery=3), 0x07),
    ("replace flag", replace(SMS, replace_if_present_flag=2), 0x54),
    ("schedule", replace(SMS, schedule_delivery_time="261399000000000+"), 0x61),
    ("validity", replace(SMS, validity_period="0000xx000000000R"), 0x62),
    ("canned message", replace(SMS, sm_default_msg_id=1), 0x63),
    ("an application's operation", replace(BEGIN, tlvs=[USSD_SERVICE_OP(2)]), 0xC4),
    ("an operation of two octets", replace(BEGIN, tlvs=[(0x0501, b"\0\1")]), 0xC2),
    ("session info of one octet", replace(BEGIN, tlvs=[USSD_SERVICE_OP(1), (0x1383, b"\0")]), 0xC2),
    ("a known TLV of wrong length", replace(SMS, tlvs=[(0x0204, b"\0")]), 0xC2),
]  # fmt: skip


@pytest.mark.parametrize("request_pdu, status", [case[1:] for case in REFUSALS], ids=[c[0] for c in REFUSALS])
async def test_refusals(peer, request_pdu, status):
    assert await refused(peer, replace(request_pdu, sequence_number=0)) == status
    await nothing_comes(peer)


@pytest.mark.parametrize(
    "request_pdu, response_type, status",
    [
        (QuerySm(message_id="1", source_addr=ANNA), QuerySmResp, 0x67),
        (CancelSm(message_id="1", source_addr=ANNA), CancelSmResp, 0x11),
        (ReplaceSm(message_id="1", source_addr=ANNA), ReplaceSmResp, 0x13),
        (SubmitMulti(source_addr=ANNA, dest_addresses=[SmeAddress(1, 1, POOR)]), SubmitMultiResp, 0x45),
    ],
)
async def test_operations_that_phones_do_not_have(peer, request_pdu, response_type, status):
    response = await peer.ask(request_pdu)
    assert type(response) is response_type
    assert response.command_status == status


async def test_unknown_tlvs_types_and_codings_are_no_reason_to_refuse(peer):
    request = replace(SMS, sequence_number=0, tlvs=[(0x1401, b"vendor"), (0x3FFF, b"")], source_addr_ton=200)
    await accepted(peer, request)
    assert (await peer.screen()).source_addr == "000105"


# ---------------------------------------------------------------- short messages from phones


async def test_a_command_is_answered_by_an_sms(peer):
    await accepted(peer, sms(ANNA, "000105", HELP))
    reply = await peer.screen()
    assert (reply.source_addr, reply.destination_addr) == ("000105", ANNA)
    assert (reply.source_addr_ton, reply.source_addr_npi) == (0, 1)
    assert (reply.dest_addr_ton, reply.dest_addr_npi) == (1, 1)
    assert reply.service_type == ""
    assert op(reply) is None


async def test_an_empty_text_is_legal(world, peer):
    await accepted(peer, sms(ANNA, "000110", b""))
    await nothing_comes(peer)
    world.clock.advance(2_000)
    assert (await peer.screen()).source_addr == "000110"


@pytest.mark.parametrize("written", ["79261234567", "+79261234567", "89261234567", "9261234567"])
async def test_a_number_may_be_written_in_every_usual_form(peer, written):
    await accepted(peer, sms(written, "000105", HELP))
    assert (await peer.screen()).destination_addr == ANNA


async def test_a_message_to_another_phone_is_delivered_there(world, peer):
    friend = await Peer.bind(address(world), address_range=POOR)
    await accepted(peer, replace(sms(ANNA, POOR, "Привет".encode("utf-16-be")), data_coding=8))
    message = await friend.screen()
    assert (message.source_addr, message.destination_addr) == (ANNA, POOR)
    assert (message.source_addr_ton, message.source_addr_npi) == (1, 1)
    assert text(message) == "Привет"
    await nothing_comes(peer)


def udh_parts(*texts: bytes, wide: bool = False) -> list[SubmitSm]:
    head = b"\x06\x08\x04\x01\x42" if wide else b"\x05\x00\x03\x42"
    return [
        replace(sms(ANNA, POOR, head + bytes((len(texts), number)) + part), esm_class=0x40)
        for number, part in enumerate(texts, start=1)
    ]


def sar_parts(*texts: bytes) -> list[SubmitSm]:
    return [
        sms(
            ANNA, POOR, part,
            tlvs=[SAR_MSG_REF_NUM(0x4242), SAR_TOTAL_SEGMENTS(len(texts)), SAR_SEGMENT_SEQNUM(number)],
        )
        for number, part in enumerate(texts, start=1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "parts",
    [udh_parts(b"one ", b"two ", b"three"), udh_parts(b"one ", b"two ", b"three", wide=True),
     sar_parts(b"one ", b"two ", b"three")],
    ids=["8-bit reference", "16-bit reference", "sar"],
)  # fmt: skip
async def test_parts_are_acknowledged_one_by_one_and_joined(peer, parts):
    first, second, third = parts
    for part in (third, first, replace(first), second):
        part.sequence_number = 0
        await accepted(peer, part)
    assert text(await peer.screen()) == "one two three"


async def test_a_payload_is_a_text_too(peer):
    await accepted(peer, sms(ANNA, POOR, b"", tlvs=[MESSAGE_PAYLOAD(b"x" * 300)]))
    parts = [await peer.screen() for _ in range(2)]
    assert [len(part.short_message) for part in parts] == [6 + 153, 6 + 147]
    assert {part.esm_class for part in parts} == {0x40}
    assert [part.short_message[:6] for part in parts] == [
        b"\x05\x00\x03" + parts[0].short_message[3:4] + b"\x02" + number for number in (b"\x01", b"\x02")
    ]


# ---------------------------------------------------------------- where replies go


async def test_a_transmitter_is_answered_through_the_receiver_of_its_account(world):
    receiver, transmitter = await Peer.bind(address(world), "rx"), await Peer.bind(address(world), "tx")
    await accepted(transmitter, dial(ANNA, "*105#"))
    assert op(await receiver.screen()) == 2
    await nothing_comes(transmitter)


async def test_each_of_several_binds_gets_the_replies_to_its_own_phones(world):
    first, second = await Peer.bind(address(world)), await Peer.bind(address(world))
    for _ in range(2):
        await accepted(first, dial(ANNA, "*105#"))
        await accepted(second, dial(POOR, "*105#"))
        assert (await first.screen()).destination_addr == ANNA
        assert (await second.screen()).destination_addr == POOR
    await accepted(first, sms(ANNA, "000105", HELP))
    assert (await first.screen()).source_addr == "000105"


async def test_a_dialogue_follows_its_phone_to_another_bind(world):
    first, second = await Peer.bind(address(world)), await Peer.bind(address(world))
    await open_menu(first)
    await accepted(second, dial(ANNA, "1", op=18))
    assert op(await second.screen()) == 2


async def test_address_range_chooses_among_receivers(world):
    mine = await Peer.bind(address(world), "rx", address_range="7926123456[78]")
    await Peer.bind(address(world), "rx", address_range="^7903")
    transmitter = await Peer.bind(address(world), "tx")
    await accepted(transmitter, dial(ANNA, "*105#"))
    assert (await mine.screen()).destination_addr == ANNA


async def test_replies_without_a_bind_are_kept_in_order_for_the_next(world):
    transmitter = await Peer.bind(address(world), "tx")
    await accepted(transmitter, dial(ANNA, "*105#"))
    await accepted(transmitter, dial(ANNA, "1", op=18))
    await accepted(transmitter, sms(ANNA, "000105", HELP))
    await accepted(transmitter, sms(ANNA, POOR, b"hello"))
    receiver = await Peer.bind(address(world), "rx")
    screens = [await receiver.screen() for _ in range(4)]
    assert [op(screen) for screen in screens] == [2, 2, None, None]
    assert ["1 Счет" in text(screens[0]), "1 Баланс" in text(screens[1])] == [True, True]


async def test_kept_screens_do_not_outlive_their_dialogue(world):
    transmitter = await Peer.bind(address(world), "tx")
    await accepted(transmitter, dial(ANNA, "*105#"))
    world.clock.advance(3_600_000)
    await world.settle()
    receiver = await Peer.bind(address(world), "rx")
    assert op(await receiver.screen()) == 17  # only the notice that the time was over
    await nothing_comes(receiver)


async def test_a_refused_screen_ends_the_dialogue(world, peer):
    await accepted(peer, dial(ANNA, "*105#"))
    await peer.screen(status=0x45)
    await nothing_comes(peer)
    assert await world.app.dialogues.count() == 0


async def test_unbind_in_the_middle_keeps_the_reply_for_the_next_bind(world, peer):
    peer.send(dial(ANNA, "*105#"), Unbind())
    assert isinstance(await peer.read(), SubmitSmResp)
    pdu = await peer.read()
    assert isinstance(pdu, UnbindResp), pdu
    assert await peer.ended()
    again = await Peer.bind(address(world))
    assert op(await again.screen()) == 2


async def test_a_slow_reader_costs_the_others_nothing(world):
    slow, quick = await Peer.bind(address(world)), await Peer.bind(address(world))
    for _ in range(20):
        slow.send(*(dial(ANNA, "*105#") for _ in range(200)))
    for _ in range(10):
        assert op(await open_menu(quick, POOR)) == 2


# ---------------------------------------------------------------- delivery of short messages


async def states(world: World, msisdn: str) -> list[str]:
    return [message.state for message in await world.app.store.inbox(msisdn, 10)]


async def test_an_acknowledged_message_is_noted(world, peer):
    await accepted(peer, sms(ANNA, POOR, b"hello"))
    assert await states(world, POOR) == ["queued"]
    await peer.screen()
    await nothing_comes(peer)
    await world.settle()
    assert await states(world, POOR) == ["acked"]


async def test_messages_of_one_phone_arrive_one_by_one_in_order(world, peer):
    for number in range(5):
        await accepted(peer, sms(POOR, ANNA, b"%d" % number))
        if number == 0:
            held = await peer.read()
    await nothing_comes(peer)  # the others wait for the first to be acknowledged
    peer.send(DeliverSmResp(sequence_number=held.sequence_number))
    assert [text(await peer.screen()) for _ in range(4)] == ["1", "2", "3", "4"]


async def test_a_temporary_refusal_is_repeated_after_a_pause(world, peer):
    await accepted(peer, sms(ANNA, POOR, b"hello"))
    for pause_ms in (5_000, 30_000):
        assert text(await peer.screen(status=0x64)) == "hello"
        await nothing_comes(peer)  # and the refusal has arrived
        world.clock.advance(pause_ms - 1)
        await nothing_comes(peer)
        world.clock.advance(1)
    assert text(await peer.screen()) == "hello"
    await world.settle()
    assert await states(world, POOR) == ["acked"]


async def test_a_final_refusal_is_final(world, peer):
    await accepted(peer, sms(ANNA, POOR, b"hello"))
    assert text(await peer.screen(status=0x65)) == "hello"
    await accepted(peer, sms(ANNA, POOR, b"again"))
    assert text(await peer.screen()) == "again"
    await world.settle()
    assert await states(world, POOR) == ["acked", "failed"]


async def test_a_message_that_a_lost_link_left_open_is_delivered_again(world, peer):
    await accepted(peer, sms(ANNA, POOR, b"hello"))
    assert isinstance(await peer.read(), DeliverSm)
    peer.close()
    again = await Peer.bind(address(world))
    assert text(await again.screen()) == "hello"


async def test_undelivered_messages_outlive_the_gateway(tmp_path: Path):
    storage = f"sqlite:///{tmp_path}/gateway.db"
    async with gateway(storage) as world:
        transmitter = await Peer.bind(address(world), "tx")
        for number in range(3):
            await accepted(transmitter, sms(ANNA, POOR, b"%d" % number))
        await accepted(transmitter, sms(ANNA, "000110", b"00"))  # comes two seconds later
    async with gateway(storage) as world:
        receiver = await Peer.bind(address(world), "rx")
        assert [text(await receiver.screen()) for _ in range(3)] == ["0", "1", "2"]
        world.clock.advance(5_000)
        assert (await receiver.screen()).source_addr == "000110"
        await world.settle()
    async with gateway(storage) as world:
        receiver = await Peer.bind(address(world), "rx")
        await nothing_comes(receiver)


# ---------------------------------------------------------------- role application


async def test_an_application_sends_from_its_own_short_number_only(world, peer):
    application = await Peer.bind(address(world), system_id="app", password="app")
    await accepted(application, sms("7070", ANNA, b"news"))
    message = await peer.screen()
    assert (message.source_addr, text(message)) == ("7070", "news")
    assert await refused(application, sms("000105", ANNA, b"news")) == 0x0A
    assert await refused(application, sms(ANNA, POOR, b"news")) == 0x0A
    assert await refused(application, sms("7070", "000105", b"news")) == 0x0B
    assert await refused(application, sms("7070", "nobody", b"news")) == 0x0B
    assert await refused(application, dial("7070", "hello", op=2)) == 0x0B
    assert await refused(application, QuerySm(message_id="999999", source_addr="7070")) == 0x0C


async def test_many_phones_at_once(world):
    """A burst over four binds: every request is answered, every screen finds its own bind."""
    peers = [await Peer.bind(address(world)) for _ in range(4)]

    async def load(peer: Peer, first: int) -> None:
        numbers = [f"7926100{first + offset:04d}" for offset in range(100)]
        peer.send(*(dial(number, "*105#") for number in numbers))
        answered = 0
        shown: list[str] = []
        while answered < 100 or len(shown) < 100:
            pdu = await peer.read()
            if isinstance(pdu, DeliverSm):
                shown.append(pdu.destination_addr)
                peer.send(DeliverSmResp(sequence_number=pdu.sequence_number))
            else:
                assert pdu.command_status == 0
                answered += 1
        assert shown == numbers

    await asyncio.gather(*(load(peer, index * 1000) for index, peer in enumerate(peers)))
