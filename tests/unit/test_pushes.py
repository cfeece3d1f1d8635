"""Screens of the network's own: on the wire, over HTTP, in the process; busy, absent and lost phones."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from tests.unit.access import wire
from tests.unit.access.wire import no_peer_left  # noqa: F401
from tests.world import ANSWER_S, running_world
from ussd_gateway.access.esme import Esme
from ussd_gateway.phone.embedded import EmbeddedPhone
from ussd_gateway.phone.events import Screen
from ussd_gateway.phone.http import HttpPhone
from ussd_gateway.smpp.constants import CommandStatus, UssdServiceOp
from ussd_gateway.smpp.pdus import DeliverSm, SubmitSm
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO, USSD_SERVICE_OP

ANNA = "79261234567"


@pytest_asyncio.fixture
async def world(request):
    async with running_world("memory://", getattr(request, "param", {})) as world:
        yield world


queueing = pytest.mark.parametrize("world", [{"USSDGW_USSD__PUSH_WHEN_BUSY": "queue"}], indirect=True)


async def push(world, text: str = "Ответьте 1", **more):
    return await world.call("POST", "/api/v1/push", {"msisdn": ANNA, "text": text, **more})


async def state(world, answer):
    return (await world.call("GET", f"/api/v1/push/{answer['push']}"))[1]


# ---------------------------------------------------------------- the wire


class Peer:
    """A bare SMPP peer: what it is sent, octet by octet, and what it answers."""

    def __init__(self, world) -> None:
        host, port = world.app.smpp_address.rsplit(":", 1)
        self.pdus: asyncio.Queue[Any] = asyncio.Queue()
        self.esme = Esme(
            host, int(port), "handset", "handset", on_pdu=self.pdus.put_nowait, on_lost=lambda error: None
        )

    async def deliver(self) -> DeliverSm:
        pdu = await asyncio.wait_for(self.pdus.get(), ANSWER_S)
        assert isinstance(pdu, DeliverSm)
        return pdu

    async def submit(self, op: int, text: bytes = b"", session: bytes = b"") -> int:
        tlvs = [USSD_SERVICE_OP(op)] + ([ITS_SESSION_INFO(session)] if session else [])
        pdu = SubmitSm(
            service_type="USSD",
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr=ANNA,
            destination_addr="*100#",
            short_message=text,
            tlvs=tlvs,
        )
        return (await self.esme.submit(pdu, ANSWER_S)).command_status


@pytest_asyncio.fixture
async def peer(world):
    peer = Peer(world)
    await peer.esme.connect()
    yield peer
    await peer.esme.close()


async def test_a_question_on_the_wire(world, peer):
    status, asked = await push(world, "Reply 1", ask=True)
    assert (status, asked["state"]) == (202, "shown")
    request = await peer.deliver()
    session = ITS_SESSION_INFO.octets(request)
    assert session is not None
    assert len(session) == 2
    assert session[1] & 1 == 0, "the end bit: not over"
    assert (request.source_addr, request.destination_addr, request.service_type) == ("*100#", ANNA, "USSD")
    assert request.tlvs == [(0x0501, b"\x02"), (0x1383, session)]
    assert (request.data_coding, request.short_message, request.dest_addr_ton) == (0, b"Reply 1", 1)
    assert await peer.submit(UssdServiceOp.USSR_CONFIRM, b"1", session) == CommandStatus.ROK
    last = await peer.deliver()
    ended = ITS_SESSION_INFO.octets(last)
    assert ended == bytes([session[0], session[1] | 1]), "the same dialogue, and its end"
    assert last.tlvs[0] == (0x0501, b"\x11")
    assert (await state(world, asked)) | {"created": ""} == {
        "push": asked["push"],
        "msisdn": ANNA,
        "ask": True,
        "state": "answered",
        "answer": "1",
        "reason": None,
        "created": "",
    }


async def test_a_notification_on_the_wire(world, peer):
    waiting = asyncio.create_task(push(world, "News", timeout="30s", sender="*111#"))
    request = await peer.deliver()
    assert (request.source_addr, request.tlvs[0]) == ("*111#", (0x0501, b"\x03"))
    assert await peer.submit(UssdServiceOp.USSN_CONFIRM) == CommandStatus.ROK
    status, answer = await waiting
    assert (status, answer["state"]) == (200, "confirmed")
    assert peer.pdus.empty(), "a confirmation is not answered with a screen"


async def test_a_subscriber_who_hangs_up(world, peer):
    _, asked = await push(world, ask=True)
    await peer.deliver()
    await peer.submit(UssdServiceOp.USER_ABORT)
    found = await state(world, asked)
    assert (found["state"], found["reason"]) == ("failed", "aborted")


async def test_a_subscriber_who_dials_something_else(world, peer):
    _, asked = await push(world, ask=True)
    await peer.deliver()
    await peer.submit(UssdServiceOp.PSSR_INDICATION, b"*105#")
    assert (await peer.deliver()).source_addr == "*105#"
    assert (await state(world, asked))["reason"] == "replaced"


async def test_a_subscriber_who_does_not_answer(world, peer):
    _, asked = await push(world, ask=True)
    await peer.deliver()
    world.clock.advance(180_000)
    await world.app.gateway.expire(ANNA)
    assert (await peer.deliver()).tlvs[0] == (0x0501, b"\x11")
    assert (await state(world, asked))["reason"] == "timeout"


async def test_a_notification_nobody_confirms_keeps_no_phone_busy(world, peer):
    _, first = await push(world, "one")
    _, second = await push(world, "two")
    assert [(await peer.deliver()).short_message for _ in range(2)] == [b"one", b"two"]
    await peer.submit(UssdServiceOp.USSN_CONFIRM)
    assert (await state(world, first))["state"] == "confirmed"
    world.clock.advance(600_000)
    world.app.pushes.expire(world.clock.now_ms())
    assert (await state(world, second))["reason"] == "timeout"


# ---------------------------------------------------------------- busy and absent


async def test_an_absent_phone(world):
    status, problem = await push(world, ask=True)
    assert (status, problem["reason"]) == (409, "absent")
    assert (await state(world, problem))["state"] == "failed"


async def test_a_busy_phone_is_left_alone(world):
    phone = await world.handset(ANNA)
    await phone.dial("*105#")
    status, problem = await push(world, ask=True)
    assert (status, problem["reason"]) == (409, "busy")
    assert (await phone.send("1")).op == "ask", "its own dialogue goes on"


@queueing
async def test_a_push_waits_until_the_phone_is_free(world):
    phone = await world.handset(ANNA)
    await phone.dial("*105#")
    status, asked = await push(world, "Ответьте 1", ask=True)
    assert (status, asked["state"]) == (202, "queued")
    await phone.hang_up()
    screen = await phone.screen()
    assert (screen.op, screen.text) == ("ask", "Ответьте 1")
    await phone.send("да")
    assert (await state(world, asked))["answer"] == "да"


@queueing
async def test_a_push_does_not_wait_for_ever(world):
    phone = await world.handset(ANNA)
    await phone.dial("*105#")
    _, asked = await push(world, ask=True)
    world.clock.advance(600_000)
    world.app.pushes.expire(world.clock.now_ms())
    assert (await state(world, asked))["reason"] == "timeout"


# ---------------------------------------------------------------- other ways to a phone


async def test_a_phone_over_http(world):
    host, port = world.app.http_address
    phone = HttpPhone(ANNA, url=f"http://{host}:{port}")
    await phone.open()
    _, asked = await push(world, ask=True)
    screen = await asyncio.wait_for(phone.events.get(), ANSWER_S)
    assert isinstance(screen, Screen)
    assert (screen.op, screen.text, screen.service_code) == ("ask", "Ответьте 1", "*100#")
    await phone.answer("1")
    assert (await state(world, asked))["answer"] == "1"
    _, told = await push(world, "News", timeout="10s")
    assert told["state"] == "confirmed"
    await phone.close()


async def test_a_phone_in_the_process(world):
    app = world.app
    phone = EmbeddedPhone(ANNA, app.gateway, app.phones, app.ids)
    await phone.open()
    _, told = await push(world, "News", timeout="10s")
    assert told["state"] == "confirmed"
    _, asked = await push(world, ask=True)
    await phone.answer("1")
    assert (await state(world, asked))["answer"] == "1"
    shown = [phone.events.get_nowait() for _ in range(3)]
    assert [screen.op for screen in shown if isinstance(screen, Screen)] == ["notify", "ask", "end"]


async def test_octet_by_octet(world):
    bare = await wire.Peer.bind(world.app.smpp_address)
    await push(world, "Reply 1", ask=True)
    octets = await bare.octets()
    body = (
        b"USSD\0"  # service_type
        b"\0\0*100#\0"  # source: the service code
        b"\1\x0179261234567\0"  # destination: international, E.164
        b"\0\0\0"  # esm_class, protocol_id, priority_flag
        b"\0\0"  # schedule_delivery_time, validity_period
        b"\0\0\0\0"  # registered_delivery, replace_if_present, data_coding, sm_default_msg_id
        b"\x07Reply 1"
        b"\x05\x01\0\1\x02"  # ussd_service_op: USSR request
        b"\x13\x83\0\2"  # its_session_info: 15 bits of a number, and the end bit
    )
    assert octets[16:-2] == body
    assert octets[:8] == len(octets).to_bytes(4, "big") + b"\0\0\0\x05"
    assert octets[-2] < 0x80
    assert octets[-1] & 0x81 == 0
    bare.close()


@pytest.mark.parametrize("ask", [True, False])
async def test_a_screen_that_the_phones_side_refuses(world, ask):
    bare = await wire.Peer.bind(world.app.smpp_address)
    waiting = asyncio.create_task(push(world, ask=ask, timeout="10s"))
    await bare.screen(status=CommandStatus.RX_P_APPN)
    _, answer = await waiting
    assert (answer["state"], answer["reason"]) == ("failed", "undeliverable")
    bare.close()


@pytest.mark.parametrize(
    "body",
    [{"msisdn": "me", "text": "x"}, {"msisdn": ANNA}, {"msisdn": ANNA, "text": "x", "sender": "Bank"},
     {"msisdn": ANNA, "text": "x", "timeout": "soon"}],
)  # fmt: skip
async def test_what_is_no_push(world, body):
    assert (await world.call("POST", "/api/v1/push", body))[0] == 422
    assert (await world.call("GET", "/api/v1/push/nothing"))[0] == 404
