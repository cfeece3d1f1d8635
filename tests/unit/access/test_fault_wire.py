"""Faults on the wire of both roles: binds, short messages, receipts, silence, leave-taking."""

import pytest
import pytest_asyncio

from tests.patience import until
from tests.unit.access.wire import Peer, dial, no_peer_left, sms
from tests.world import running_world
from ussd_gateway.access.fault_rules import FaultRule
from ussd_gateway.errors import PduError
from ussd_gateway.smpp.codec import decode
from ussd_gateway.smpp.constants import CommandId, CommandStatus, EsmClass
from ussd_gateway.smpp.pdus import (
    BindReceiver,
    BindTransceiver,
    BindTransceiverResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from ussd_gateway.smpp.tlvs import (
    ITS_SESSION_INFO,
    USER_MESSAGE_REFERENCE,
    USSD_SERVICE_OP,
    VENDOR_USSD_SESSION_ID,
)

__all__ = ["no_peer_left"]

ANNA, BORIS = "79261234567", "79261234568"
NOW = 1


@pytest_asyncio.fixture
async def world(request):
    environment = {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}
    async with running_world("memory://", environment, app=getattr(request, "param", {})) as world:
        yield world


@pytest_asyncio.fixture
async def peer(world):
    return await Peer.bind(world.app.smpp_address)


@pytest_asyncio.fixture
async def application(world):
    return await Peer.bind(world.app.smpp_address, system_id="app", password="app")


def inject(world, fault: str, **members) -> None:
    world.app.faults.add(FaultRule.model_validate({"fault": fault, "times": 1, **members}))


async def knock(world) -> Peer:
    """A connection whose bind has been sent."""
    peer = await Peer.connect(world.app.smpp_address)
    peer.send(BindTransceiver(system_id="handset", password="handset"))
    return peer


async def lives(peer) -> bool:
    """Whether the next thing that comes is the answer to an enquire_link."""
    return isinstance(await peer.ask(EnquireLink()), EnquireLinkResp)


def heard_nothing(peer) -> bool:
    """Whether nothing has come that was not read."""
    return not peer.reader._buffer


def said(op: int, text: str, phone: str = ANNA, **fields) -> SubmitSm:
    """What an application submits as USSD."""
    return SubmitSm(
        service_type="USSD",
        source_addr="*500#",
        dest_addr_ton=1,
        dest_addr_npi=1,
        destination_addr=phone,
        short_message=text.encode("ascii"),
        tlvs=[USSD_SERVICE_OP(op)],
        **fields,
    )


def message(text: str, to: str = ANNA) -> SubmitSm:
    """What an application submits as a short message."""
    return SubmitSm(source_addr="7070", destination_addr=to, short_message=text.encode("ascii"))


# ---------------------------------------------------------------- binds


@pytest.mark.parametrize("status", ["ESME_RBINDFAIL", "ESME_RALYBND", "0x0000040A"])
async def test_a_bind_that_is_refused(world, status):
    inject(world, "status", on="bind", status=status)
    peer = await knock(world)
    response = await peer.read()
    assert isinstance(response, BindTransceiverResp)
    assert response.command_status == FaultRule(fault="status", status=status).status
    assert await peer.ended()
    assert (await (await knock(world)).read()).command_status == 0


async def test_a_bind_that_is_never_answered(world):
    inject(world, "drop_response", on="bind")
    peer = await knock(world)
    other = await Peer.bind(world.app.smpp_address)
    world.clock.advance(600_000)
    assert await lives(other)
    assert heard_nothing(peer), "not a word"


async def test_a_late_bind(world):
    inject(world, "late_response", on="bind", delay="3s")
    peer = await knock(world)
    await until(lambda: not world.app.faults.active)
    world.clock.advance(2_999)
    await world.settle()
    assert heard_nothing(peer), "not yet"
    world.clock.advance(1)
    assert (await peer.read()).command_status == 0
    peer.sequence = NOW
    peer.send(dial(ANNA, "*105#"))
    assert isinstance(await peer.read(), SubmitSmResp)
    await peer.screen()


async def test_a_late_bind_of_a_peer_that_has_left(world):
    inject(world, "late_response", on="bind", delay="3s")
    peer = await knock(world)
    await until(lambda: not world.app.faults.active)
    peer.close()
    await until(lambda: not world.app.smpp.links)
    world.clock.advance(3_000)
    assert await lives(await Peer.bind(world.app.smpp_address))


async def test_a_bind_response_twice(world):
    inject(world, "double_response", on="bind")
    peer = await knock(world)
    first, second = await peer.octets(), await peer.octets()
    assert first == second
    peer.sequence = NOW
    assert await lives(peer)


async def test_a_malformed_bind_response(world):
    inject(world, "malformed_response", on="bind")
    octets = await (await knock(world)).octets()
    assert int.from_bytes(octets[4:8], "big") == CommandId.BIND_TRANSCEIVER_RESP
    with pytest.raises(PduError):
        decode(octets)


async def test_a_bind_response_to_nothing(world):
    inject(world, "wrong_sequence", on="bind")
    peer = await knock(world)
    assert (await peer.read()).sequence_number == NOW ^ 0x40000000


async def test_a_bind_that_is_cut(world):
    inject(world, "close", on="bind")
    assert await (await knock(world)).ended()


async def test_a_bind_that_is_cut_after_a_while(world):
    inject(world, "close", on="bind", after="30s")
    peer = await knock(world)
    assert (await peer.read()).command_status == 0
    peer.sequence = NOW
    world.clock.advance(29_999)
    assert await lives(peer)
    world.clock.advance(1)
    assert await peer.ended()


async def test_a_bind_that_the_gateway_leaves(world):
    inject(world, "unbind", on="bind", after={"uniform": ["1s", "5s"]})
    peer = await knock(world)
    assert (await peer.read()).command_status == 0
    world.clock.advance(5_000)
    request = await peer.read()
    assert isinstance(request, Unbind)
    peer.send(UnbindResp(sequence_number=request.sequence_number))
    assert await peer.ended()


@pytest.mark.parametrize("member", [{"code": "*105#"}, {"msisdn": ANNA}, {"text": "*"}, {"account": "app"}])
async def test_a_bind_has_no_code_and_no_number(world, member):
    inject(world, "status", on="bind", times=0, **member)
    response = await (await knock(world)).read()
    assert response.command_status == (0 if "text" not in member else CommandStatus.RSYSERR)


# ---------------------------------------------------------------- silence, leave-taking, nack


async def test_a_dead_centre(world):
    inject(world, "silence", on="bind")
    peer = await knock(world)
    assert (await peer.read()).command_status == 0
    peer.sequence = NOW
    peer.send(EnquireLink(), dial(ANNA, "*105#"))
    other = await Peer.bind(world.app.smpp_address, "rx")
    world.clock.advance(600_000)
    assert await lives(other)
    assert heard_nothing(peer)
    assert len(world.app.smpp.links) == 2, "the connection stays"
    peer.close()
    await until(lambda: len(world.app.smpp.links) == 1)


async def test_a_silence_that_ends(world, peer):
    inject(world, "silence", lasts="40s")
    peer.send(dial(ANNA, "*105#"))
    await until(lambda: not world.app.faults.active)
    peer.send(EnquireLink())
    await world.settle()
    assert heard_nothing(peer)
    assert await world.app.dialogues.get(ANNA) is None, "it is not done either"
    peer.send(EnquireLink())
    await world.settle()
    world.clock.advance(40_000)
    seen = [await peer.read() for _ in range(4)]
    kinds = sorted(type(each).__name__ for each in seen)
    assert kinds == ["DeliverSm", "EnquireLinkResp", "EnquireLinkResp", "SubmitSmResp"]
    assert await lives(peer)


async def test_what_is_to_be_delivered_waits_for_the_end_of_a_silence(world, peer):
    inject(world, "silence", lasts="10s", after="1s")
    await peer.ask(dial(ANNA, "*105#"))
    await peer.screen()
    world.clock.advance(1_000)
    await world.call("POST", "/api/v1/push", {"msisdn": BORIS, "text": "Hi"})
    await world.settle()
    assert heard_nothing(peer)
    world.clock.advance(10_000)
    assert (await peer.screen()).short_message == b"Hi"


async def test_a_gateway_that_stops_in_silence(world, peer):
    inject(world, "silence")
    peer.send(dial(ANNA, "*105#"))
    await until(lambda: not world.app.faults.active)
    await world.app.stop()
    assert await peer.ended()


async def test_an_answer_and_then_unbind(world, peer):
    inject(world, "unbind")
    assert (await peer.ask(dial(ANNA, "*105#"))).command_status == 0
    assert isinstance(await peer.read(), Unbind)
    other = await Peer.bind(world.app.smpp_address)
    assert (await other.screen()).source_addr == "*105#", "the screen waited for the next bind"


async def test_a_cut_a_while_after_a_good_response(world, peer):
    inject(world, "close", after="2s")
    assert (await peer.ask(dial(ANNA, "*105#"))).command_status == 0
    await peer.screen()
    world.clock.advance(2_000)
    assert await peer.ended()


async def test_a_generic_nack(world, peer):
    inject(world, "nack", status="ESME_RINVCMDID")
    response = await peer.ask(dial(ANNA, "*105#"))
    assert isinstance(response, GenericNack)
    assert response.command_status == CommandStatus.RINVCMDID
    assert response.sequence_number == peer.sequence
    assert await world.app.dialogues.get(ANNA) is None, "it was not carried out"


async def test_a_cut_instead_of_a_screen(world, peer):
    inject(world, "close_screen")
    peer.send(dial(ANNA, "*105#"))
    assert await peer.ended()
    other = await Peer.bind(world.app.smpp_address)
    assert (await other.screen()).source_addr == "*105#"
    assert await lives(other), "once"


# ---------------------------------------------------------------- short messages of phones


async def test_faults_of_short_messages_leave_ussd_alone(world, peer):
    inject(world, "status", on="sms", status="ESME_RMSGQFUL")
    await peer.ask(dial(ANNA, "*105#"))
    await peer.screen()
    response = await peer.ask(sms(ANNA, "000105", b"00"))
    assert response.command_status == CommandStatus.RMSGQFUL
    assert (await peer.ask(sms(ANNA, "000105", b"00"))).command_status == 0


async def test_a_short_message_to_a_phone_twice(world, peer):
    inject(world, "double_screen", on="sms")
    await world.call("POST", "/api/v1/subscribers/79261234567", {"balance": "250.00"})
    assert (await peer.ask(sms(ANNA, "000100", b"B"))).command_status == 0
    await world.settle()
    world.clock.advance(5_000)
    first, second = await peer.screen(), await peer.screen()
    assert first.short_message == second.short_message
    assert first.sequence_number != second.sequence_number
    assert await lives(peer)


async def test_a_lost_short_message_is_tried_again(world, peer):
    inject(world, "no_screen", on="sms")
    assert (await peer.ask(sms(ANNA, "000100", b"B"))).command_status == 0
    await world.settle()
    world.clock.advance(5_000)
    assert await lives(peer), "it is lost"
    world.clock.advance(60_000)
    world.clock.advance(5_000)
    assert isinstance(await peer.read(), DeliverSm)


# ---------------------------------------------------------------- applications


async def open_dialogue(world, peer, application) -> DeliverSm:
    """Anna has dialled `*500#`, the application has heard of it."""
    assert (await peer.ask(dial(ANNA, "*500#"))).command_status == 0
    request = await application.screen()
    assert isinstance(request, DeliverSm)
    assert USSD_SERVICE_OP.get(request) == 1
    return request


@pytest.mark.parametrize(
    "fault, status", [("status", 0x448), ("status", CommandStatus.RTHROTTLED), ("nack", 0xFF)]
)
async def test_an_application_is_refused(world, peer, application, fault, status):
    await open_dialogue(world, peer, application)
    inject(world, fault, account="app", status=status)
    assert (await application.ask(said(2, "Name?"))).command_status == status
    assert await lives(peer), "nothing was shown"
    assert (await application.ask(said(2, "Name?"))).command_status == 0
    assert (await peer.screen()).short_message == b"Name?"


async def test_an_application_hears_nothing(world, peer, application):
    await open_dialogue(world, peer, application)
    inject(world, "drop_response", account="app", code="*500#", msisdn=ANNA)
    application.send(said(2, "Name?"))
    assert (await peer.screen()).short_message == b"Name?", "it was carried out"
    assert await lives(application)


async def test_an_application_hears_of_a_phone_late_and_twice(world, peer, application):
    inject(world, "delay", account="app", delay={"uniform": ["1s", "2s"]})
    assert (await peer.ask(dial(ANNA, "*500#"))).command_status == 0
    await world.settle()
    assert await lives(application)
    inject(world, "double_screen", account="app")
    world.clock.advance(2_000)
    await application.screen()
    await application.ask(said(2, "Name?"))
    await peer.screen()
    assert (await peer.ask(dial(ANNA, "Anna", op=18))).command_status == 0
    answers = [await application.screen(), await application.screen()]
    assert [each.short_message for each in answers] == [b"Anna", b"Anna"]


@pytest.mark.parametrize(
    "world, tlv",
    [
        ({"dialect": "its15"}, ITS_SESSION_INFO),
        ({"dialect": "its8"}, ITS_SESSION_INFO),
        ({"dialect": "user_message_reference"}, USER_MESSAGE_REFERENCE),
        ({"dialect": "session_1501"}, VENDOR_USSD_SESSION_ID),
    ],
    indirect=["world"],
)
async def test_an_application_hears_of_another_dialogue(world, peer, application, tlv):
    first = await open_dialogue(world, peer, application)
    right = tlv.octets(first)
    assert right is not None
    inject(world, "wrong_session", account="app")
    await peer.ask(dial(ANNA, "", op=129))
    wrong = tlv.octets(await application.screen())
    assert wrong is not None
    assert len(wrong) == len(right)
    assert wrong[0] == right[0] ^ 0x55


async def test_messages_of_an_application(world, peer, application):
    inject(world, "status", on="sms", account="app", status="ESME_RSUBMITFAIL", text="*no*")
    assert (await application.ask(message("Yes"))).command_status == 0
    assert (await application.ask(message("Oh no!"))).command_status == CommandStatus.RSUBMITFAIL
    inject(world, "double_response", on="sms", destination="*4568")
    application.send(message("Hi", BORIS))
    assert await application.octets() == await application.octets()


@pytest.mark.parametrize(
    "text, comes",
    [
        ("x fault:system", CommandStatus.RSYSERR),
        ("Fault:Throttled", CommandStatus.RTHROTTLED),
        ("fault:full", CommandStatus.RMSGQFUL),
        ("fault:refused", CommandStatus.RSUBMITFAIL),
        ("fault:nack", CommandStatus.RSYSERR),
        ("fault fault", 0),
    ],
)
async def test_magic_words(world, application, text, comes):
    world.app.faults.use("app", ["magic"])
    assert (await application.ask(message(text))).command_status == comes


@pytest.mark.parametrize(
    "to, comes",
    [("79160000908", 8), ("79160000911", 11), ("79160000920", 20), ("79160000969", 69), ("79160000988", 88),
     ("79160000989", 0)],
)  # fmt: skip
async def test_magic_numbers(world, application, to, comes):
    world.app.faults.use("app", ["magic"])
    assert (await application.ask(message("Hi", to))).command_status == comes


async def test_magic_in_ucs2(world, application):
    world.app.faults.use("app", ["magic"])
    request = message("")
    request.data_coding, request.short_message = 8, "Привет, fault:full".encode("utf-16-be")
    assert (await application.ask(request)).command_status == CommandStatus.RMSGQFUL


async def test_magic_of_a_phone(world, peer):
    """The answer to a screen is a message, too."""
    world.app.faults.use("handset", ["magic"])
    await peer.ask(dial(ANNA, "*105#"))
    await peer.screen()
    assert (await peer.ask(dial(ANNA, "fault:throttled", op=18))).command_status == CommandStatus.RTHROTTLED
    peer.send(dial(ANNA, "fault:close", op=18))
    assert await peer.ended()


async def test_what_is_delivered_as_a_receipt(world):
    """Receipts of other rooms pass the same door: here is one, made by hand."""
    inject(world, "no_screen", on="receipt", times=0)
    peer = await Peer.connect(world.app.smpp_address)
    assert (await peer.ask(BindReceiver(system_id="app", password="app"))).command_status == 0
    (link,) = world.app.smpp.links.values()
    told: list[str] = []

    class Told:
        def answered(self, link, response) -> None:
            told.append("answered")

        def unanswered(self, link) -> None:
            told.append("unanswered")

        def returned(self, link) -> None:
            told.append("returned")

    def receipt(esm_class: int) -> DeliverSm:
        return DeliverSm(
            source_addr=ANNA, destination_addr="7070", esm_class=esm_class, short_message=b"id:1"
        )

    link.deliver(receipt(EsmClass.DELIVERY_RECEIPT), Told())
    link.deliver(receipt(EsmClass.INTERMEDIATE_NOTIFICATION), Told())
    link.deliver(receipt(0), Told())
    request = await peer.read()
    assert isinstance(request, DeliverSm)
    assert request.esm_class == 0
    peer.send(DeliverSmResp(sequence_number=request.sequence_number))
    await until(lambda: told == ["answered"])
    world.clock.advance(60_000)
    assert told == ["answered", "unanswered", "unanswered"]
