"""A session, recorded by what a gateway tells and by the phone itself, replays green; no secret is in it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.unit.replay.stage import laboratory, play_all
from ussd_gateway.laboratory import Laboratory
from ussd_gateway.phone.base import Phone
from ussd_gateway.phone.calls import Caller
from ussd_gateway.phone.events import SmsArrived
from ussd_gateway.replay.recorder.from_phone import recording
from ussd_gateway.replay.recorder.live import Follower
from ussd_gateway.replay.recorder.recorder import Recorder

ANNA, POOR, EMPLOYEE = "79261234567", "79261234569", "79260000001"
OWN, OTHER, DIGITS, BEFORE = "Secret77", "Another88", "482193", "Before55"
MADE = "Recorded now"
DAY_MS = 86_400_000


class Hand:
    """Somebody with a phone, and an operator beside."""

    def __init__(self, laboratory: Laboratory, phone: Phone, caller: Caller) -> None:
        self.laboratory, self.phone, self.caller = laboratory, phone, caller
        self.secrets: list[str] = []

    async def dial(self, code: str, *answers: str) -> None:
        await self.phone.dial(code)
        await self.settle()
        for answer in answers:
            await self.phone.answer(answer)
            await self.settle()

    async def sms(self, to: str, text: str) -> None:
        await self.phone.send_sms(to, text)
        await self.settle()

    async def call(self, number: str, *keys: str) -> None:
        await self.caller.call(number)
        for each in keys:
            await (self.caller.press(each) if each else self.caller.be_silent())
            await self.settle()
        await self.caller.hang_up()

    async def later(self, delta_ms: int = 3_000) -> list[str]:
        """Time goes by; the messages that have come."""
        back_room = self.laboratory.lab.back_room
        assert back_room is not None
        await back_room.advance(delta_ms)
        await self.settle()
        texts = []
        while not self.phone.events.empty():
            event = self.phone.events.get_nowait()
            if isinstance(event, SmsArrived):
                texts.append(event.text)
        return texts

    async def settle(self) -> None:
        await self.laboratory.lab.settle()
        await asyncio.sleep(0.01)  # a phone that records asks the gateway its time over a socket


class Recorded:
    """The recorders of a session: by events, and by the phone."""

    def __init__(self, live: Recorder, own: Recorder, secrets: list[str]) -> None:
        self.scripts = {"live": live.script("test", made=MADE), "own": own.script("test", made=MADE)}
        self.secrets = secrets


@asynccontextmanager
async def session(
    msisdn: str, password: str | None = None
) -> AsyncIterator[tuple[Hand, Callable[[], Recorded]]]:
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(laboratory())
        back_room = opened.lab.back_room
        assert back_room is not None
        if password is not None:
            await back_room.set_account(msisdn, {"password": password})
        account = await back_room.account(msisdn)
        live, own = Recorder(msisdn, account=account), Recorder(msisdn, account=account)
        phone = await stack.enter_async_context(opened.lab.phone(msisdn))
        caller = await stack.enter_async_context(opened.lab.caller(msisdn))
        taking = await stack.enter_async_context(recording(phone, own, back_room))
        follower = Follower(back_room, live, lambda note: None)  # type: ignore[arg-type]
        await follower.begin()
        enough = asyncio.Event()
        following = asyncio.create_task(follower.follow(enough))
        hand = Hand(opened, taking, caller)

        def recorded() -> Recorded:
            return Recorded(live, own, hand.secrets)

        yield hand, recorded
        for recorder in (live, own):
            recorder.ended(await back_room.account(msisdn))
        enough.set()
        await following
        assert not follower.missed


async def password_life(hand: Hand) -> None:
    await hand.dial("*105*00#")
    (text,) = await hand.later()
    first = text.split(": ")[1][:6]
    await hand.dial("*105*01#", OWN, OWN)
    await hand.later()
    await hand.sms("000105", f"PAS {OTHER}")
    await hand.later()
    await hand.sms("000105", "PAS no")
    await hand.later()
    await hand.dial("*105*01#", DIGITS, "111222")
    hand.secrets += [first, OWN, OTHER, DIGITS]


async def password_of_a_call(hand: Hand) -> None:
    await hand.call("0505", "2", "4", "1")
    (text,) = await hand.later()
    first = text.split(": ")[1][:6]
    await hand.call("0505", "2 4 2", f"{DIGITS}#", f"{DIGITS}#", "0")
    await hand.later()
    hand.secrets += [first, DIGITS]


async def present_password(hand: Hand) -> None:
    await hand.call("0505", "2 4 2", f"{DIGITS}#", f"{DIGITS}#", f"{DIGITS}#")
    await hand.later()
    await hand.dial("*105*01#", OWN, OWN)
    await hand.later()
    hand.secrets += [BEFORE, DIGITS, OWN]


async def walk(hand: Hand) -> None:
    for path in (["1", "1"], ["1", "6"], ["2", "1"], ["4"], ["8", "0", "7"], ["x"], [""]):
        await hand.dial("*105#", *path)
        await hand.phone.hang_up()
    await hand.dial("*105*1*2#")
    await hand.later()
    await hand.dial("*999#")


async def promised(hand: Hand) -> None:
    await hand.dial("*105*4#", "1", "1")
    await hand.later()
    await hand.dial("*100#")
    await hand.later(4 * DAY_MS)
    await hand.dial("*100#")


async def messages(hand: Hand) -> None:
    for text in ("10", "18", "PAS", "nonsense", ""):
        await hand.sms("000105", text)
        await hand.later()
    await hand.sms("79261234568", "hello")
    await hand.sms("4040", "nobody")


async def calls(hand: Hand) -> None:
    await hand.call("0505", "1", "1", "", "*", "9")
    await hand.call("0505")
    await hand.later()


async def pushes(hand: Hand) -> None:
    back_room = hand.laboratory.lab.back_room
    assert back_room is not None
    await back_room.push(ANNA, "Привет", ask=False)
    await hand.settle()
    asking = asyncio.create_task(back_room.push(ANNA, "1 {да}\n2 {{нет}}", ask=True))
    await asyncio.sleep(0.05)
    await hand.phone.answer("1 {{")
    await asking
    await hand.dial("*105#")
    await hand.later(DAY_MS)


SESSIONS = {
    "password life": (ANNA, password_life),
    "password of a call": (ANNA, password_of_a_call),
    "a call where a password was set": (ANNA, present_password),
    "walk": (ANNA, walk),
    "promised payment": (POOR, promised),
    "messages": (ANNA, messages),
    "calls": (ANNA, calls),
    "pushes": (ANNA, pushes),
    "corporate": (EMPLOYEE, walk),
}


async def record(name: str) -> Recorded:
    msisdn, doing = SESSIONS[name]
    async with session(msisdn, BEFORE if doing is present_password else None) as (hand, recorded):
        await doing(hand)
    return recorded()


@pytest.mark.parametrize("name", SESSIONS)
async def test_what_was_recorded_replays_green_on_a_fresh_gateway(name):
    recorded = await record(name)
    if "call" in name:
        del recorded.scripts["own"]  # the phone itself tells nothing of calls
    for script in sorted(set(recorded.scripts.values())):
        for secret in recorded.secrets:
            assert secret not in script, script
        async with laboratory() as fresh:
            verdict = await play_all(fresh.lab, script)
        (run,) = verdict.runs
        assert run.status == "passed", (script, run.outcomes[-1])
        assert not run.not_checked


async def test_the_same_session_is_the_same_script():
    once, again = await record("password life"), await record("password life")
    assert once.scripts == again.scripts
