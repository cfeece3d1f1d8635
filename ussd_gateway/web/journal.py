"""What happened lately, kept for whoever asks over HTTP.

The gateway tells nobody unless somebody watches; so this listens from the first question on and goes on for
a while after the last.  Of what happened meanwhile the newest are kept, each with a number.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import islice

from aiohttp import web

from ussd_gateway.watch import Happening, Watch

MAX_KEPT = 10_000
LISTEN_S = 120.0
"""How long it listens after the last question."""
PHONE_S = 15.0
"""How long a phone stays switched on after the last question about it."""

Numbered = tuple[int, Happening]


class HeldPhone:
    """A phone that is on because somebody listens for it: in `questions` now, or until a timer runs out."""

    __slots__ = ("msisdn", "questions", "switch_off", "timer")

    def __init__(self, msisdn: str, switch_off: Callable[[], None]) -> None:
        self.msisdn = msisdn
        self.switch_off = switch_off
        self.questions = 0
        self.timer: asyncio.TimerHandle | None = None

    def stay(self) -> None:
        """No timer ends it now."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Journal:
    """The newest happenings, numbered from 1, and the phones somebody listens for."""

    def __init__(self, watch: Watch, switch_on: Callable[[str], Callable[[], None]]) -> None:
        """`switch_on` switches on the phone over HTTP with a number; its result switches it off."""
        self._watch = watch
        self._switch_on = switch_on
        self._kept: deque[Numbered] = deque(maxlen=MAX_KEPT)
        self.last = 0
        """The number of the newest happening."""
        self._first_known = 1
        self._stop_listening: Callable[[], None] | None = None
        self._lease: asyncio.TimerHandle | None = None
        self._phones: dict[str, HeldPhone] = {}
        self._news: asyncio.Future[None] | None = None
        self._closed = False

    def listen(self) -> None:
        """Somebody asks: listen now, and for a while."""
        if self._stop_listening is None:
            # What happened while nobody asked is not known.
            self.last += 1
            self._first_known = self.last + 1
            self._kept.clear()
            self._stop_listening = self._watch.subscribe(self._take)
        if self._lease is not None:
            self._lease.cancel()
        self._lease = asyncio.get_running_loop().call_later(LISTEN_S, self._sleep)

    def hold_phone(self, msisdn: str) -> HeldPhone:
        """Somebody listens for this phone: it is on as long as the question takes."""
        held = self._phones.get(msisdn)
        if held is None:
            held = self._phones[msisdn] = HeldPhone(msisdn, self._switch_on(msisdn))
        held.stay()
        held.questions += 1
        return held

    def let_go(self, held: HeldPhone) -> None:
        """The question was answered: the phone stays on for a while."""
        held.questions -= 1
        if not held.questions and self._phones.get(held.msisdn) is held:
            loop = asyncio.get_running_loop()
            held.timer = loop.call_later(PHONE_S, partial(self.switch_off, held.msisdn))

    def switch_off(self, msisdn: str) -> None:
        """Nobody listens for this phone any more."""
        held = self._phones.pop(msisdn, None)
        if held is not None:
            held.stay()
            held.switch_off()

    def since(self, after: int, msisdn: str | None, limit: int) -> tuple[list[Numbered], bool]:
        """The oldest happenings after a number; whether some before them are not known any more."""
        oldest = self._kept[0][0] if self._kept else self.last + 1
        missed = after > self.last or (after + 1 < max(oldest, self._first_known))
        if after > self.last:
            after = 0  # a number of another run
        # Their numbers follow each other.
        fresh = islice(self._kept, max(0, after + 1 - oldest), None)
        theirs = (each for each in fresh if msisdn is None or each[1].msisdn == msisdn)
        return list(islice(theirs, limit)), missed

    async def wait(self, timeout_s: float) -> bool:
        """Wait for the next happening; False when none came in time."""
        if self._closed:
            return False
        if self._news is None:
            self._news = asyncio.get_running_loop().create_future()
        done, _ = await asyncio.wait([self._news], timeout=timeout_s)
        return bool(done) and not self._closed

    async def close(self, application: web.Application) -> None:
        """The server stops: whoever waits is answered."""
        self._closed = True
        self._wake()
        self._sleep()
        for msisdn in tuple(self._phones):
            self.switch_off(msisdn)

    def _take(self, happening: Happening) -> None:
        self.last += 1
        self._kept.append((self.last, happening))
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, None
        if news is not None and not news.done():
            news.set_result(None)

    def _sleep(self) -> None:
        if self._lease is not None:
            self._lease.cancel()
            self._lease = None
        if self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None


JOURNAL = web.AppKey("journal", Journal)
