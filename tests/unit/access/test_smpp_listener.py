"""The listener's side of every connection: limits, timers, order, leave-taking; the peer is a bare socket."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.access.wire import PATIENCE_S, Peer, no_peer_left, sms
from ussd_gateway.access.accounts import Accounts, NumberPatterns, SmppAccount
from ussd_gateway.access.link import Link
from ussd_gateway.access.roles import LinkSettings
from ussd_gateway.access.smpp_listener import ListenerSettings, SmppListener, TlsSettings
from ussd_gateway.errors import ConfigError
from ussd_gateway.smpp.codec import encode
from ussd_gateway.smpp.pdus import (
    BindReceiver,
    BindReceiverResp,
    BindTransceiver,
    BindTransceiverResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Pdu,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from ussd_gateway.smpp.session import SessionConfig
from ussd_gateway.smpp.timers import TimerConfig

__all__ = ["no_peer_left"]

ACCOUNT = SmppAccount("handset", "handset", msisdns=NumberPatterns(["79*"]))
QUICK = LinkSettings(refusal_delay_s=0.05, linger_s=0.2)


class Role:
    """Keeps requests until the test answers them, and notes what became of deliveries."""

    def __init__(self) -> None:
        self.requests: list[tuple[Link, Pdu]] = []
        self.links: list[Link] = []
        self.fates: list[tuple[object, ...]] = []
        self.changed = asyncio.Event()

    def bound(self, link: Link) -> None:
        self.links.append(link)
        self.changed.set()

    def unbound(self, link: Link) -> None:
        self.links.remove(link)
        self.changed.set()

    def request(self, link: Link, request: Pdu) -> None:
        self.requests.append((link, request))
        self.changed.set()

    def answer_all(self) -> None:
        for link, request in self.requests:
            link.respond(request, SubmitSmResp(message_id="1"))
        self.requests.clear()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


class Note:
    """A delivery that writes down its fate."""

    def __init__(self, role: Role, name: object) -> None:
        self.role, self.name = role, name

    def answered(self, link: Link, response: Pdu) -> None:
        self._note("answered", response.command_status)

    def unanswered(self, link: Link) -> None:
        self._note("unanswered")

    def returned(self, link: Link) -> None:
        self._note("returned")

    def _note(self, *fate: object) -> None:
        self.role.fates.append((self.name, *fate))
        self.role.changed.set()


Start = Callable[..., Coroutine[object, object, str]]


@pytest.fixture
def role() -> Role:
    return Role()


@pytest.fixture
async def start(role: Role) -> AsyncIterator[Start]:
    """Starts a listener on a free port; its address is returned."""
    listeners: list[SmppListener] = []

    async def start(
        link: LinkSettings = QUICK, *, account: SmppAccount = ACCOUNT, exact: bool = False, **settings
    ) -> str:
        settings = {"port": 0, "drain_timeout_s": 0.05, **settings}
        accounts = Accounts([account], exact_errors=exact)
        listener = SmppListener(ListenerSettings(link=link, **settings), accounts, {"handsets": role})
        await listener.start()
        listeners.append(listener)
        role.listener = listener  # type: ignore[attr-defined]
        return listener.addresses[0]

    yield start
    for listener in listeners:
        await listener.stop()


def timers(**seconds: float) -> LinkSettings:
    return replace(QUICK, session=SessionConfig(timers=replace(TimerConfig(), **seconds)))


# ---------------------------------------------------------------- binding


@pytest.mark.parametrize("mode", ["tx", "rx", "trx"])
async def test_binds_as_transmitter_receiver_and_transceiver(start, role, mode):
    peer = await Peer.bind(await start(), mode)
    await role.until(lambda: role.links)
    assert role.links[0].receiving == (mode != "tx")
    peer.close()


@pytest.mark.parametrize(
    "system_id, password, exact_status", [("nobody", "handset", 0x0F), ("handset", "wrong", 0x0E)]
)
async def test_a_refused_bind_is_answered_late_and_alike(start, system_id, password, exact_status):
    bind = BindTransceiver(system_id=system_id, password=password)
    for exact, status in ((False, 0x0E), (True, exact_status)):
        peer = await Peer.connect(await start(exact=exact))
        began_s = asyncio.get_running_loop().time()
        response = await peer.ask(replace(bind))
        assert asyncio.get_running_loop().time() - began_s >= 0.9 * QUICK.refusal_delay_s
        assert isinstance(response, BindTransceiverResp)
        assert response.command_status == status
        assert await peer.ended()


async def test_the_bind_response_is_the_first_pdu_even_when_deliveries_wait(start, role):
    class Eager(Role):
        def bound(self, link: Link) -> None:
            super().bound(link)
            link.deliver(DeliverSm(destination_addr="79261234567"), Note(self, "kept"))

    eager = Eager()
    address = await start()
    role.listener._roles = {"handsets": eager}
    peer = await Peer.connect(address)
    peer.send(EnquireLink(), BindReceiver(system_id="handset", password="handset"))
    assert isinstance(await peer.read(), EnquireLinkResp)
    assert isinstance(await peer.read(), BindReceiverResp)
    assert isinstance(await peer.read(), DeliverSm)


async def test_what_is_submitted_behind_the_bind_is_taken(start, role):
    peer = await Peer.connect(await start())
    peer.send(BindTransceiver(system_id="handset", password="handset"), sms("79261234567", "100", b"x"))
    assert isinstance(await peer.read(), BindTransceiverResp)
    await role.until(lambda: role.requests)
    role.answer_all()
    assert isinstance(await peer.read(), SubmitSmResp)


async def test_the_number_of_binds_of_an_account_is_limited(start):
    address = await start(account=replace(ACCOUNT, max_binds=1))
    first = await Peer.bind(address)
    second = await Peer.connect(address)
    response = await second.ask(BindTransceiver(system_id="handset", password="handset"))
    assert response.command_status == 0x0D
    first.send(Unbind())
    assert isinstance(await first.read(), UnbindResp)
    await Peer.bind(address)


async def test_connections_are_limited_per_address(start):
    address = await start(max_connections_per_address=2)
    peers = [await Peer.bind(address) for _ in range(2)]
    third = await Peer.connect(address)
    assert await third.ended()
    for peer in peers:
        assert isinstance(await peer.ask(EnquireLink()), EnquireLinkResp)


# ---------------------------------------------------------------- input of every shape


async def test_octets_may_come_one_by_one(start, role):
    peer = await Peer.bind(await start())
    for octet in encode(replace(sms("79261234567", "100", b"slow"), sequence_number=9)):
        peer.writer.write(bytes([octet]))
        await peer.writer.drain()
    await role.until(lambda: role.requests)
    assert role.requests[0][1].short_message == b"slow"


async def test_a_peer_that_speaks_http_is_nacked_and_closed(start):
    peer = await Peer.connect(await start())
    peer.writer.write(b"GET / HTTP/1.1\r\nHost: example\r\n\r\n")
    response = await peer.read()
    assert isinstance(response, GenericNack)
    assert response.command_status == 0x02
    assert await peer.ended()


async def test_a_broken_pdu_costs_no_other_connection_anything(start):
    address = await start()
    good, bad = await Peer.bind(address), await Peer.bind(address)
    bad.writer.write((8).to_bytes(4, "big") + b"\0" * 12)
    assert isinstance(await bad.read(), GenericNack)
    assert await bad.ended()
    assert isinstance(await good.ask(EnquireLink()), EnquireLinkResp)


async def test_requests_over_the_window_are_throttled_not_queued(start, role):
    peer = await Peer.bind(await start(account=replace(ACCOUNT, window=3)))
    peer.send(*(sms("79261234567", "100", b"x") for _ in range(5)))
    assert [(await peer.read()).command_status for _ in range(2)] == [0x58, 0x58]
    role.answer_all()
    assert [(await peer.read()).command_status for _ in range(3)] == [0, 0, 0]
    peer.send(sms("79261234567", "100", b"x"))
    await role.until(lambda: role.requests)


async def test_a_sequence_number_in_flight_twice_gets_two_answers(start, role):
    peer = await Peer.bind(await start())
    peer.send(*(replace(sms("79261234567", "100", text), sequence_number=7) for text in (b"a", b"b")))
    await role.until(lambda: len(role.requests) == 2)
    role.answer_all()
    assert [(await peer.read()).sequence_number for _ in range(2)] == [7, 7]


# ---------------------------------------------------------------- output


async def test_output_of_one_input_leaves_in_one_segment(start, role):
    peer = await Peer.bind(await start())
    peer.send(*(EnquireLink() for _ in range(20)))
    data = await asyncio.wait_for(peer.reader.read(10_000), PATIENCE_S)
    assert len(data) == 20 * 16


async def test_deliveries_over_the_window_wait_their_turn(start, role):
    account = replace(ACCOUNT, window=2)
    peer = await Peer.bind(await start(account=account))
    await role.until(lambda: role.links)
    for number in range(5):
        role.links[0].deliver(DeliverSm(short_message=b"%d" % number), Note(role, number))
    first = [await peer.read() for _ in range(2)]
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(peer.reader.read(1), 0.1)
    for request in first:
        peer.send(DeliverSmResp(sequence_number=request.sequence_number))
    texts = [(await peer.screen(status=8)).short_message for _ in range(3)]
    assert texts == [b"2", b"3", b"4"]
    await role.until(lambda: len(role.fates) == 5)
    assert role.fates == [
        (0, "answered", 0), (1, "answered", 0), (2, "answered", 8), (3, "answered", 8), (4, "answered", 8),
    ]  # fmt: skip


async def test_a_peer_that_does_not_read_gets_no_more_and_is_cut_off(start, role):
    settings = replace(QUICK, max_unsent_bytes=65_536, slow_reader_timer_s=1.5)
    account = replace(ACCOUNT, window=100_000)
    peer = await Peer.connect(await start(settings, account=account), limit=1024)
    peer.send(BindTransceiver(system_id="handset", password="handset"))
    await role.until(lambda: role.links)
    (link,) = role.links
    for number in range(30_000):
        link.deliver(DeliverSm(short_message=b"x" * 200), Note(role, number))
        if number % 1000 == 0:
            await asyncio.sleep(0)
    # What fits the kernel's buffers went out; of the rest only the cap and one turn's output is held.
    assert link._transport.get_write_buffer_size() < 1_000_000
    assert link._waiting
    await role.until(lambda: len(role.fates) == 30_000)
    fates = {fate for _, fate in role.fates}
    assert fates == {"returned", "unanswered"}
    assert not role.links
    peer.close()


async def test_a_peer_that_sends_without_reading_is_not_read_either(start, role):
    settings = replace(QUICK, max_unsent_bytes=65_536, slow_reader_timer_s=30)
    peer = await Peer.connect(await start(settings), limit=1024)
    peer.send(BindTransceiver(system_id="handset", password="handset"))
    await role.until(lambda: role.links)
    (link,) = role.links
    flood = encode(EnquireLink(sequence_number=1)) * 10_000

    async def send_for_ever() -> None:
        while True:
            peer.writer.write(flood)
            await peer.writer.drain()

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(send_for_ever(), 0.5)
    assert link._transport.get_write_buffer_size() < 1_000_000
    peer.close()


async def test_a_fault_of_ours_costs_one_request_and_no_bind(start, role):
    class Faulty(Role):
        def request(self, link: Link, request: Pdu) -> None:
            if request.short_message == b"answered":  # type: ignore[attr-defined]
                link.respond(request, SubmitSmResp(message_id="1"))
            raise ZeroDivisionError

    address = await start()
    role.listener._roles = {"handsets": Faulty()}
    peer = await Peer.bind(address)
    peer.send(*(sms("79261234567", "100", text) for text in (b"x", b"answered")), EnquireLink())
    statuses = {type(pdu): pdu.command_status for pdu in [await peer.read() for _ in range(2)]}
    assert statuses == {EnquireLinkResp: 0, SubmitSmResp: 8}
    assert (await peer.read()).command_status == 0


async def test_a_delivery_that_no_pdu_can_hold_counts_as_refused(start, role):
    peer = await Peer.bind(await start())
    await role.until(lambda: role.links)
    role.links[0].deliver(DeliverSm(source_addr="1" * 30), Note(role, "too long"))
    role.links[0].deliver(DeliverSm(source_addr="Привет"), Note(role, "not Latin-1"))
    await role.until(lambda: len(role.fates) == 2)
    assert {fate[1:] for fate in role.fates} == {("answered", 0xFF)}
    assert isinstance(await peer.ask(EnquireLink()), EnquireLinkResp)


# ---------------------------------------------------------------- timers


async def test_a_connection_that_does_not_bind_is_closed(start):
    peer = await Peer.connect(await start(timers(session_init_timer_s=0.1)))
    assert await peer.ended()


async def test_a_pdu_must_be_finished_in_time(start):
    peer = await Peer.bind(await start(timers(read_timer_s=0.1)))
    peer.writer.write(b"\0\0\0")
    assert await peer.ended()


async def test_a_silent_peer_is_asked_and_then_closed(start):
    settings = timers(enquire_link_timer_s=0.1, enquire_link_response_timer_s=0.2)
    address = await start(settings)
    alive, dead = await Peer.bind(address), await Peer.bind(address)
    for _ in range(3):
        question = await alive.read()
        assert isinstance(question, EnquireLink)
        alive.send(EnquireLinkResp(sequence_number=question.sequence_number))
    assert isinstance(await dead.read(), EnquireLink)
    assert await dead.ended()


async def test_an_idle_bind_is_unbound(start):
    peer = await Peer.bind(await start(timers(inactivity_timer_s=0.1)))
    farewell = await peer.read()
    assert isinstance(farewell, Unbind)
    peer.send(UnbindResp(sequence_number=farewell.sequence_number))
    assert await peer.ended()


async def test_a_delivery_without_an_answer_times_out_and_frees_the_window(start, role):
    settings = timers(response_timer_s=0.1)
    peer = await Peer.bind(await start(settings, account=replace(ACCOUNT, window=1)))
    await role.until(lambda: role.links)
    for name in ("first", "second"):
        role.links[0].deliver(DeliverSm(), Note(role, name))
    assert isinstance(await peer.read(), DeliverSm)
    assert isinstance(await peer.read(), DeliverSm)
    assert role.fates[0] == ("first", "unanswered")


# ---------------------------------------------------------------- leaving


async def test_unbind_with_work_in_flight_answers_the_work_first(start, role):
    peer = await Peer.bind(await start())
    peer.send(sms("79261234567", "100", b"x"), Unbind())
    await role.until(lambda: role.requests)
    await role.until(lambda: not role.links)
    role.answer_all()
    assert isinstance(await peer.read(), SubmitSmResp)
    assert isinstance(await peer.read(), UnbindResp)
    assert await peer.ended()


async def test_a_delivery_caused_by_what_came_before_an_unbind_is_given_back(start, role):
    class Replies(Role):
        def request(self, link: Link, request: Pdu) -> None:
            link.respond(request, SubmitSmResp(message_id="1"))
            link.deliver(DeliverSm(), Note(self, "reply"))

    address, replies = await start(), Replies()
    role.listener._roles = {"handsets": replies}
    peer = await Peer.bind(address)
    peer.send(sms("79261234567", "100", b"x"), Unbind())
    assert isinstance(await peer.read(), SubmitSmResp)
    assert isinstance(await peer.read(), UnbindResp)
    assert replies.fates == [("reply", "returned")]


async def test_a_lost_connection_gives_back_what_was_not_written(start, role):
    peer = await Peer.bind(await start(account=replace(ACCOUNT, window=1)))
    await role.until(lambda: role.links)
    for name in ("written", "waiting"):
        role.links[0].deliver(DeliverSm(), Note(role, name))
    assert isinstance(await peer.read(), DeliverSm)
    peer.close()
    await role.until(lambda: len(role.fates) == 2)
    assert set(role.fates) == {("waiting", "returned"), ("written", "unanswered")}


async def test_stop_lets_work_finish_unbinds_and_closes(start, role):
    address = await start(drain_timeout_s=5)
    peer, idle = await Peer.bind(address), await Peer.connect(address)
    peer.send(sms("79261234567", "100", b"x"))
    await role.until(lambda: role.requests)
    stopping = asyncio.ensure_future(role.listener.stop())
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="Connect"):
        await Peer.connect(address)
    role.answer_all()
    assert isinstance(await peer.read(), SubmitSmResp)
    farewell = await peer.read()
    assert isinstance(farewell, Unbind)
    peer.send(UnbindResp(sequence_number=farewell.sequence_number))
    assert await peer.ended()
    assert await idle.ended()
    peer.close()
    idle.close()
    await asyncio.wait_for(stopping, PATIENCE_S)


async def test_stop_does_not_wait_for_ever(start, role):
    peer = await Peer.bind(await start(drain_timeout_s=0.1))
    await asyncio.wait_for(role.listener.stop(), PATIENCE_S)
    assert not role.listener.links
    peer.close()


# ---------------------------------------------------------------- TLS, exposure, the tap


# A self-signed certificate for localhost, good for tests only.
CERTIFICATE, KEY = (Path(__file__).parent / "tls" / name for name in ("cert.pem", "key.pem"))


def tls_settings(certificate: Path = CERTIFICATE, host: str = "127.0.0.1") -> TlsSettings:
    return TlsSettings(host, 0, certificate, KEY)


async def test_tls_beside_plain_text(start, role):
    await start(tls=tls_settings())
    plain, tls = role.listener.addresses
    context = ssl.create_default_context(cafile=CERTIFICATE)
    peer = await Peer.connect(tls, ssl=context)
    response = await peer.ask(BindTransceiver(system_id="handset", password="handset"))
    assert response.command_status == 0
    await Peer.bind(plain)
    assert isinstance(await peer.ask(EnquireLink()), EnquireLinkResp)
    assert isinstance(await peer.ask(Unbind()), UnbindResp)
    assert await peer.ended()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_tls_older_than_1_2_is_refused(start, role):
    await start(tls=tls_settings())
    context = ssl.create_default_context(cafile=CERTIFICATE)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await Peer.connect(role.listener.addresses[1], ssl=context)


async def test_a_certificate_that_cannot_be_read_is_said_plainly(start):
    with pytest.raises(ConfigError, match="cannot use"):
        await start(tls=tls_settings(Path("nowhere.pem")))


async def test_plaintext_stays_on_the_loopback_interface_unless_allowed(start):
    with pytest.raises(ConfigError, match="allow_plaintext"):
        await start(host="0.0.0.0")
    assert await start(host="0.0.0.0", allow_plaintext=True)
    assert await start(host="localhost")


async def test_an_address_in_use_is_said_plainly(start):
    port = int((await start()).rpartition(":")[2])
    with pytest.raises(ConfigError, match="cannot listen"):
        await start(port=port)


async def test_a_watcher_sees_every_pdu_both_ways(start, role):
    seen: list[tuple[str, int]] = []
    settings = replace(QUICK, on_pdu=lambda link, way, frame: seen.append((way, frame[7])))
    peer = await Peer.bind(await start(settings))
    await peer.ask(EnquireLink())
    assert seen == [("in", 9), ("out", 9), ("in", 0x15), ("out", 0x15)]
