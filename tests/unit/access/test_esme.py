"""The ESME adapter against a centre made of frames: what the library alone gets wrong, and lost links."""

import asyncio
import logging

import pytest
import structlog

from tests.unit.phone.centre import Centre
from ussd_gateway.access.esme import Esme, LinkError, NotSentError
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import (
    AlertNotification,
    BindReceiver,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Outbind,
    Pdu,
    QuerySm,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)

USSD_OP = 0x0501


class Peer:
    """An Esme with what it received."""

    def __init__(self, centre: Centre, **settings) -> None:
        self.pdus: asyncio.Queue[Pdu] = asyncio.Queue()
        self.lost: list[LinkError] = []
        self.esme = Esme(
            "127.0.0.1",
            centre.port,
            "handset",
            "handset",
            on_pdu=self.pdus.put_nowait,
            on_lost=self.lost.append,
            **settings,
        )


@pytest.fixture
async def centre():
    async with Centre() as centre:
        yield centre


@pytest.fixture
async def peer(centre):
    peer = Peer(centre)
    await peer.esme.connect()
    await centre.next(BindTransceiver)
    yield peer
    await peer.esme.close()


async def test_bind_carries_credentials_and_address_range(centre):
    peer = Peer(centre, address_range="79261234567")
    await peer.esme.connect()
    bind = await centre.next()
    await peer.esme.close()
    assert isinstance(bind, BindTransceiver)
    assert (bind.system_id, bind.password, bind.address_range) == ("handset", "handset", "79261234567")
    assert (bind.addr_ton, bind.addr_npi, bind.interface_version) == (1, 1, 0x34)


@pytest.mark.parametrize("mode, kind", [("tx", BindTransmitter), ("rx", BindReceiver)])
async def test_bind_as_transmitter_or_receiver(centre, mode, kind):
    peer = Peer(centre, mode=mode)
    await peer.esme.connect()
    assert isinstance(await centre.next(), kind)
    await peer.esme.close()
    assert isinstance(await centre.next(Unbind), Unbind)


@pytest.mark.parametrize(
    "status", [CommandStatus.RINVPASWD, CommandStatus.RBINDFAIL, 0x40A], ids=["password", "bind", "vendor"]
)
@pytest.mark.parametrize("whole", [True, False], ids=["body", "header-only"])
async def test_a_refused_bind_tells_its_status(centre, status, whole):
    refusal = bytes.fromhex("0000001180000009") + status.to_bytes(4, "big") + bytes.fromhex("0000000100")
    centre.bind_answer = lambda bind: refusal if whole else b"\0\0\0\x10" + refusal[4:16]
    with pytest.raises(LinkError) as error:
        await Peer(centre).esme.connect()
    assert error.value.status == status
    assert "refused" in error.value.reason


async def test_a_bind_answered_with_something_else_is_an_error(centre):
    centre.bind_answer = lambda bind: DeliverSm(sequence_number=1)
    with pytest.raises(LinkError, match="answered by deliver_sm"):
        await Peer(centre).esme.connect()


async def test_a_bind_answer_with_odd_parameters_is_taken(centre):
    centre.bind_answer = lambda bind: BindTransceiverResp(
        sequence_number=bind.sequence_number,
        system_id="SMSC",
        tlvs=[(0x0210, b"\x34"), (0x1501, b"\xff")],
    )
    peer = Peer(centre)
    await peer.esme.connect()
    assert (await peer.esme.submit(SubmitSm(short_message=b"x"))).command_status == 0
    await peer.esme.close()


async def test_nobody_listens(centre):
    await centre.__aexit__()
    with pytest.raises(LinkError, match="connection refused") as error:
        await Peer(centre).esme.connect()
    assert error.value.status is None


async def test_a_peer_that_hangs_up_during_the_bind(centre):
    centre.bind_answer = lambda bind: centre.hang_up()
    with pytest.raises(LinkError, match="the peer closed the connection"):
        await Peer(centre).esme.connect()


async def test_a_silent_peer_times_out(centre):
    centre.bind_answer = lambda bind: None
    with pytest.raises(LinkError, match="no answer"):
        await Peer(centre, connect_timeout_s=0.05).esme.connect()


def test_credentials_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="password"):
        Esme("127.0.0.1", 1, "handset", "far-too-long", on_pdu=lambda pdu: None)


@pytest.mark.parametrize(
    "pdu",
    [
        SubmitSm(short_message=b"", tlvs=[(USSD_OP, b"\x81")]),
        SubmitSm(short_message=b"\x1b", data_coding=0x0F, source_addr_ton=7),
        SubmitSm(tlvs=[(0x0424, b"long" * 100), (0x1383, b"\x80\x01"), (0x1501, b"\x00\xab\xcd\xef")]),
        DataSm(source_addr="79261234567", tlvs=[(0x0424, b"")]),
    ],
    ids=["empty text", "odd coding", "binary parameters", "data_sm"],
)
async def test_octets_go_out_as_our_codec_made_them(centre, peer, pdu):
    answer = await peer.esme.submit(pdu)
    arrived = await centre.next(type(pdu))
    arrived.sequence_number = 0
    assert arrived == pdu
    assert isinstance(answer, SubmitSmResp | DataSmResp)
    assert answer.message_id == "1"


@pytest.mark.parametrize(
    "pdu",
    [
        DeliverSm(tlvs=[(USSD_OP, b"\x11")]),
        DeliverSm(tlvs=[(USSD_OP, b"\x81"), (0x1383, b"\x80\x01")], short_message=b"bye"),
        DeliverSm(data_coding=0x48, short_message="Счет".encode("utf-16-be")),
        DeliverSm(esm_class=0x40, short_message=b"\x05\x00\x03\x01\x02\x01"),
        DeliverSm(esm_class=0x04, short_message=b"id:1 submit date:2601010000 err:0A1"),
        DeliverSm(source_addr_ton=255, dest_addr_npi=255, source_addr="\xef"),
        DataSm(tlvs=[(0x130C, b"\x01"), (0x0424, b"")]),
    ],
    ids=["empty", "abort", "cbs", "bare udh", "receipt", "odd address", "data_sm"],
)
async def test_octets_come_in_through_our_codec_and_are_answered_ok(centre, peer, pdu):
    centre.send(pdu)
    assert await peer.pdus.get() == pdu
    answer = await centre.next()
    assert isinstance(answer, DeliverSmResp | DataSmResp)
    assert (answer.command_status, answer.sequence_number) == (0, pdu.sequence_number)


async def test_alert_notification_is_heard_and_not_answered(centre, peer):
    centre.send(AlertNotification(source_addr="79261234567"))
    centre.send(EnquireLink(sequence_number=77))
    assert isinstance(await peer.pdus.get(), AlertNotification)
    answer = await centre.next()
    assert isinstance(answer, EnquireLinkResp)
    assert answer.sequence_number == 77


@pytest.mark.parametrize(
    "frame, status",
    [
        ("0000001000000005 0000000000000009", CommandStatus.RINVCMDLEN),
        ("0000001000000003 0000000000000009", None),
        ("00000010000200FF 0000000000000009", CommandStatus.RINVCMDID),
    ],
    ids=["cut short", "not for an ESME", "unknown"],
)
async def test_what_cannot_be_taken_is_refused_and_the_link_stays(centre, peer, frame, status):
    centre.send(bytes.fromhex(frame))
    answer = await centre.next()
    assert answer.sequence_number == 9
    assert answer.command_status != 0
    assert status is None or answer.command_status == status
    assert (await peer.esme.submit(SubmitSm(short_message=b"x"))).command_status == 0


async def test_a_request_an_esme_does_not_serve_is_nacked(centre, peer):
    centre.send(QuerySm(message_id="1", sequence_number=9))
    centre.send(Outbind(sequence_number=10))
    for number in (9, 10):
        answer = await centre.next()
        assert isinstance(answer, GenericNack)
        assert (answer.command_status, answer.sequence_number) == (CommandStatus.RINVCMDID, number)


@pytest.mark.parametrize("status", [CommandStatus.RTHROTTLED, CommandStatus.RSYSERR, 0x400, 0x10F])
async def test_any_status_of_an_answer_comes_back(centre, peer, status):
    centre.submit_answer = lambda pdu: SubmitSmResp(
        command_status=status, sequence_number=pdu.sequence_number
    )
    assert (await peer.esme.submit(SubmitSm(short_message=b"x"))).command_status == status


async def test_a_generic_nack_is_an_answer(centre, peer):
    centre.submit_answer = lambda pdu: GenericNack(command_status=3, sequence_number=pdu.sequence_number)
    answer = await peer.esme.submit(SubmitSm(short_message=b"x"))
    assert isinstance(answer, GenericNack)
    assert answer.command_status == 3


async def test_answers_find_their_requests_in_any_order(centre, peer):
    held: list[Pdu] = []
    centre.submit_answer = held.append
    first = asyncio.create_task(peer.esme.submit(SubmitSm(short_message=b"1")))
    second = asyncio.create_task(peer.esme.submit(SubmitSm(short_message=b"2")))
    await centre.next(SubmitSm)
    await centre.next(SubmitSm)
    centre.send(SubmitSmResp(sequence_number=9999, message_id="stray"))
    for pdu in reversed(held):
        assert isinstance(pdu, SubmitSm)
        text = pdu.short_message.decode()
        centre.send(SubmitSmResp(sequence_number=pdu.sequence_number, message_id=text))
    answers = await asyncio.gather(first, second)
    assert [answer.message_id for answer in answers if isinstance(answer, SubmitSmResp)] == ["1", "2"]


async def test_the_window_holds_back_what_does_not_fit(centre):
    peer = Peer(centre, window=2)
    await peer.esme.connect()
    centre.submit_answer = lambda pdu: None
    tasks = [asyncio.create_task(peer.esme.submit(SubmitSm(short_message=b"x"))) for _ in range(3)]
    first = await centre.next(SubmitSm)
    await centre.next(SubmitSm)
    centre.send(EnquireLink(sequence_number=5))
    assert isinstance(await centre.next(), EnquireLinkResp)  # and no third submit before it
    centre.send(SubmitSmResp(sequence_number=first.sequence_number))
    third = await centre.next(SubmitSm)
    centre.send(SubmitSmResp(sequence_number=third.sequence_number))
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert done
    await peer.esme.close()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_no_answer_is_an_error_and_frees_the_window(centre):
    peer = Peer(centre, window=1)
    await peer.esme.connect()
    centre.submit_answer = lambda pdu: None
    with pytest.raises(LinkError, match="no answer to submit_sm within"):
        await peer.esme.submit(SubmitSm(short_message=b"x"), timeout_s=0.02)
    centre.submit_answer = lambda pdu: SubmitSmResp(sequence_number=pdu.sequence_number)
    assert (await peer.esme.submit(SubmitSm(short_message=b"x"))).command_status == 0
    await peer.esme.close()


async def test_a_dropped_connection_ends_every_wait(centre, peer):
    centre.submit_answer = lambda pdu: centre.hang_up()
    with pytest.raises(LinkError, match="the peer closed the connection"):
        await peer.esme.submit(SubmitSm(short_message=b"x"))
    assert len(peer.lost) == 1
    with pytest.raises(LinkError, match="the peer closed the connection"):
        await peer.esme.submit(SubmitSm(short_message=b"x"))


async def test_the_peer_may_unbind(centre, peer):
    centre.send(Unbind(sequence_number=3))
    assert isinstance(await centre.next(), UnbindResp)
    with pytest.raises(LinkError, match="has unbound"):
        await peer.esme.submit(SubmitSm(short_message=b"x"))
    assert len(peer.lost) == 1


async def test_an_illegal_length_ends_the_link(centre, peer):
    centre.send(b"HTTP/1.1 400 Bad")
    with pytest.raises(LinkError, match="illegal command_length"):
        await peer.esme.submit(SubmitSm(short_message=b"x"))


async def test_close_unbinds_and_does_not_wait_for_a_timer(centre):
    peer = Peer(centre)
    await peer.esme.connect()
    async with asyncio.timeout(5):
        await peer.esme.close()
    assert isinstance(await centre.next(Unbind), Unbind)
    assert peer.lost == []


async def test_close_without_a_connection_is_harmless(centre):
    peer = Peer(centre)
    await peer.esme.close()
    assert centre.received.empty()


async def test_nothing_of_a_message_reaches_a_log(centre, peer, caplog):
    with structlog.testing.capture_logs() as events, caplog.at_level(logging.DEBUG):
        centre.send(DeliverSm(short_message=b"Canary77", destination_addr="79261234567"))
        await peer.pdus.get()
        await peer.esme.submit(SubmitSm(short_message=b"Canary77"))
        centre.hang_up()
        await peer.esme.close()
    assert "Canary77" not in str(events) + caplog.text
    assert "79261234567" not in str(events) + caplog.text


async def test_the_owner_says_when_and_how_a_message_is_answered(centre):
    verdicts: dict[str, asyncio.Future[int]] = {}

    def take(pdu: Pdu) -> asyncio.Future[int]:
        assert isinstance(pdu, DeliverSm)
        verdict = verdicts[pdu.source_addr] = asyncio.get_running_loop().create_future()
        return verdict

    peer = Esme("127.0.0.1", centre.port, "handset", "handset", on_pdu=take)
    await peer.connect()
    centre.send(DeliverSm(source_addr="1"))
    centre.send(DeliverSm(source_addr="2"))
    centre.send(EnquireLink())
    await centre.next(EnquireLinkResp)
    assert list(verdicts) == ["1", "2"]
    verdicts["2"].set_result(CommandStatus.RX_T_APPN)
    second = await centre.next(DeliverSmResp)
    verdicts["1"].set_exception(RuntimeError("a bug of the owner"))
    first = await centre.next(DeliverSmResp)
    await peer.close()
    assert (second.sequence_number, second.command_status) == (2, CommandStatus.RX_T_APPN)
    assert (first.sequence_number, first.command_status) == (1, CommandStatus.RSYSERR)


async def test_what_never_left_is_told_from_what_may_have(centre):
    peer = Peer(centre)
    with pytest.raises(NotSentError):
        await peer.esme.submit(SubmitSm())
    await peer.esme.connect()
    centre.submit_answer = lambda request: None
    waiting = asyncio.create_task(peer.esme.submit(SubmitSm()))
    await centre.next(SubmitSm)
    centre.hang_up()
    with pytest.raises(LinkError) as lost:
        await waiting
    assert not isinstance(lost.value, NotSentError)
    with pytest.raises(NotSentError):
        await peer.esme.submit(SubmitSm())
    await peer.esme.close()
