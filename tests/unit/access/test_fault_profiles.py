"""Profiles of faults over real sockets on a clock that stands still: what each does, and twice the same."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import pytest_asyncio

from tests.patience import until
from tests.unit.access.wire import Peer, dial, no_peer_left, sms
from tests.world import World, running_world
from ussd_gateway.access.fault_rules import shipped_profiles
from ussd_gateway.smpp.codec import encode
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import BindTransceiver, EnquireLink, Pdu, SubmitSm
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO, USSD_SERVICE_OP

__all__ = ["no_peer_left"]

ANNA, BORIS = "79261234567", "79261234568"
STEP_MS = 400
LOST = b"(the connection has ended)"


@pytest_asyncio.fixture
async def world():
    async with fresh() as world:
        yield world


def fresh():
    """A gateway of its own."""
    return running_world("memory://", {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"})


class Tape:
    """A peer that sends one request after another and keeps every octet that comes, whatever it is worth."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.turns: list[bytes] = []
        """What came after each request."""
        self._peer: Peer | None = None
        self._marks = 0x7000_0000

    async def bind(self) -> None:
        peer = self._peer = await Peer.connect(self.world.app.smpp_address or "")
        reader: Any = peer.reader
        struck = self._struck()
        peer.send(BindTransceiver(system_id="handset", password="handset", sequence_number=1))
        await until(lambda: reader._buffer or reader.at_eof() or self._struck() > struck)
        self.world.clock.advance(3_000)
        await until(lambda: reader._buffer or reader.at_eof())
        await self._turn(None)

    def _struck(self) -> int:
        return sum(self.world.app.faults.in_use["handset"].hits().values())

    async def say(self, request: Pdu) -> None:
        """Send it, let the clock go on, and keep what has come until then."""
        if self._peer is None:
            await self.bind()
        else:
            await self._turn(request)

    async def _turn(self, request: Pdu | None) -> None:
        peer = self._peer
        assert peer is not None
        seen = b""
        try:
            if request is not None:
                peer.writer.write(encode(request))
            # What was written before the answer to our mark is before it in the stream.
            for advance_ms in (0, STEP_MS):
                seen += await self._until_marked(peer)
                await self.world.settle()
                self.world.clock.advance(advance_ms)
                await self.world.settle()
            seen += await self._until_marked(peer)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            seen += getattr(error, "partial", b"") + LOST
            peer.close()
            self._peer = None
            smpp = self.world.app.smpp
            assert smpp is not None
            await until(lambda: not smpp.links)
        self.turns.append(seen)

    async def _until_marked(self, peer: Peer) -> bytes:
        self._marks += 1
        mark = EnquireLink(sequence_number=self._marks)
        peer.writer.write(encode(mark))
        answer = bytearray(encode(mark))
        answer[4] |= 0x80
        async with asyncio.timeout(5):
            return (await peer.reader.readuntil(bytes(answer)))[:-16]


def requests(count: int) -> Sequence[Pdu]:
    """Dialogues of two phones in turns, with a message now and then."""
    made: list[Pdu] = []
    for number in range(2, count + 2):
        phone, step = (ANNA, BORIS)[number % 2], number // 2 % 3
        session = ITS_SESSION_INFO(bytes([number // 6 & 0x7F, 0]))
        if step == 2:
            request = sms(phone, "000100", b"B")
        elif step == 1:
            request = dial(phone, "1", op=18, tlvs=[USSD_SERVICE_OP(18), session])
        else:
            request = dial(phone, "*105#", tlvs=[USSD_SERVICE_OP(1), session])
        request.sequence_number = number
        made.append(request)
    return made


async def played(names: Sequence[str], seed: int, count: int = 80) -> tuple[list[bytes], dict[str, int]]:
    """What a peer sees of a fresh gateway with these profiles, and which faults struck."""
    async with fresh() as world:
        world.app.faults.use("handset", names, seed)
        tape = Tape(world)
        await tape.bind()
        for request in requests(count):
            await tape.say(request)
        return tape.turns, world.app.faults.in_use["handset"].hits()


async def test_the_same_seed_is_the_same_run_octet_by_octet():
    first, struck = await played(["flaky", "slow"], 7)
    again, struck_again = await played(["flaky", "slow"], 7)
    assert first == again
    assert struck == struck_again
    assert len(struck) >= 5, "this seed is one in which much goes wrong"
    other = (await played(["flaky", "slow"], 8, 20))[0]
    assert first[: len(other)] != other


async def test_healthy_is_nothing():
    struck = (await played(["healthy"], 7, 20))[1]
    assert not struck


# ---------------------------------------------------------------- each by itself


def message(sequence: int, to: str = ANNA) -> SubmitSm:
    """What an application submits."""
    return SubmitSm(source_addr="7070", destination_addr=to, short_message=b"Hi", sequence_number=sequence)


async def application(world) -> Peer:
    return await Peer.bind(world.app.smpp_address, system_id="app", password="app")


async def answers(peer: Peer, count: int) -> Counter[int]:
    """The statuses of the answers to so many messages, one by one."""
    statuses: Counter[int] = Counter()
    for sequence in range(2, count + 2):
        statuses[(await peer.ask(message(sequence))).command_status] += 1
    return statuses


async def test_slow(world):
    world.app.faults.use("app", ["slow"], 1)
    peer = await Peer.connect(world.app.smpp_address)
    peer.send(BindTransceiver(system_id="app", password="app"))
    await until(lambda: world.app.faults.in_use["app"].hits() == {"late_response": 1})
    world.clock.advance(999)
    await world.settle()
    assert not peer.reader._buffer  # type: ignore[attr-defined]
    world.clock.advance(2_001)
    assert (await peer.read()).command_status == 0
    peer.send(*(message(sequence) for sequence in range(2, 42)))
    await until(lambda: world.app.faults.in_use["app"].hits() == {"late_response": 41})
    await world.settle()
    came: list[int] = []
    for at_ms in range(0, 2_000, 100):
        came += [at_ms] * (len(peer.reader._buffer) // 20 - len(came))  # type: ignore[attr-defined]
        world.clock.advance(100)
        await world.settle()
    assert sum(came) / len(came) == pytest.approx(800, abs=150)
    assert len(set(came)) > 5, "a distribution, not a pause"


async def test_flaky(world):
    """Each fault of the profile strikes about as often as it says, in one long run of one seed."""
    world.app.faults.use("app", ["flaky"], 3)
    in_use = world.app.faults.in_use["app"]
    expected = {rule.fault: rule.chance for rule in shipped_profiles()["flaky"].rules if rule.on is None}
    sent = 0
    while sent < 600:
        peer = await Peer.connect(world.app.smpp_address)
        peer.send(BindTransceiver(system_id="app", password="app"))
        if (await peer.read()).command_status:
            continue
        try:
            for sequence in range(2, 602 - sent):
                sent += 1
                peer.send(message(sequence), EnquireLink(sequence_number=sequence))
                while b"\x80\0\0\x15" not in await peer.octets():
                    pass
        except (asyncio.IncompleteReadError, ConnectionError):
            peer.close()
    struck = in_use.hits()
    for fault in ("drop_response", "late_response", "double_response", "malformed_response", "close"):
        assert struck[fault] / sent == pytest.approx(expected[fault], abs=0.025), fault


async def test_throttling(world):
    world.app.faults.use("app", ["throttling"], 5)
    peer = await application(world)
    throttled, full = CommandStatus.RTHROTTLED, CommandStatus.RMSGQFUL
    first = await answers(peer, 15)
    assert first[throttled] == 5, "ten pass a second"
    world.clock.advance(500)
    assert (await answers(peer, 15))[throttled] == 10
    passed: Counter[int] = Counter()
    for _ in range(40):
        world.clock.advance(1_000)
        passed += await answers(peer, 10)
    assert passed[throttled] == 0
    assert 1 <= passed[full] <= 20, "two in a hundred"


async def test_dead(world):
    world.app.faults.use("app", ["dead"])
    peer = await application(world)
    peer.send(EnquireLink(), message(9))
    other = await Peer.bind(world.app.smpp_address)
    world.clock.advance(86_400_000)
    await world.settle()
    assert (await other.ask(dial(ANNA, "*105#"))).command_status == 0, "another account is served"
    assert not peer.reader._buffer  # type: ignore[attr-defined]


async def test_profiles_of_the_configuration_and_over_the_api():
    async with running_world("memory://", app={"faults": ("throttling",)}) as world:
        status, told = await world.call("GET", "/api/v1/faults/profiles")
        assert status == 200
        assert {each["profile"] for each in told["profiles"]} == set(shipped_profiles())
        assert told["profiles"][4]["rules"] == [{"fault": "silence", "on": "bind"}]
        assert told["accounts"] == [
            {"account": "handset", "profiles": [], "seed": 0, "hits": {}},
            {"account": "app", "profiles": ["throttling"], "seed": 0, "hits": {}},
        ]
        peer = await application(world)
        assert (await answers(peer, 12))[CommandStatus.RTHROTTLED] == 2
        body = {"profile": ["magic", "healthy"], "account": "app", "seed": 4}
        status, told = await world.call("POST", "/api/v1/faults/profile", body)
        assert status == 200
        assert told["accounts"][1] == {
            "account": "app", "profiles": ["magic", "healthy"], "seed": 4, "hits": {}
        }  # fmt: skip
        assert (await peer.ask(message(99, "79160000920"))).command_status == CommandStatus.RMSGQFUL
        status, told = await world.call("POST", "/api/v1/faults/profile", {"profile": "healthy"})
        assert [each["profiles"] for each in told["accounts"]] == [["healthy"], ["healthy"]]
        assert (await peer.ask(message(100, "79160000920"))).command_status == 0
        peer.close()


@pytest.mark.parametrize(
    "body", [{}, {"profile": "sleepy"}, {"profile": 5}, {"profile": "slow", "account": "nobody"},
             {"profile": "slow", "phone": ANNA}],
)  # fmt: skip
async def test_what_is_no_profile(world, body):
    status, told = await world.call("POST", "/api/v1/faults/profile", body)
    assert status == 422, told
