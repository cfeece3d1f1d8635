"""Phones over HTTP: their screens wait here until a request asks for them.

What answers a request is taken by it at once; what the network shows by itself (a timeout, a push) stays as
the dialogue's last screen and is told to whoever watches.  A phone counts as switched on, and then receives
short messages and pushes, while somebody listens for it, and a little longer.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ussd_gateway.billing.store import OutMessage
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.primitives import Ask, End, MobileTerminated, Notify

ACCESS = "http"
MAX_SCREENS = 10_000
"""Dialogues whose last screen is remembered."""

Op = Literal["ask", "end", "notify"]
_OPS: dict[type[MobileTerminated], Op] = {Ask: "ask", End: "end", Notify: "notify"}


@dataclass(frozen=True, slots=True)
class HttpScreen:
    """The last screen of a dialogue."""

    msisdn: str
    dialogue: str
    service_code: str
    op: Op
    text: str


class HttpPhones:
    """The access `http` (`phones.Access`)."""

    def __init__(self, confirm: Callable[[str], None]) -> None:
        """`confirm` is told the number of a phone that has shown a notification."""
        self._confirm = confirm
        self._screens: dict[str, HttpScreen] = {}
        self._newest: dict[str, HttpScreen] = {}
        self._listeners: dict[str, int] = {}
        self._waiting: dict[str, asyncio.Future[HttpScreen]] = {}

    def screen(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
        """Keep it; a notification is shown with that."""
        shown = HttpScreen(
            dialogue.msisdn, dialogue.id, dialogue.service_code, _OPS[type(primitive)], primitive.text
        )
        _keep(self._screens, dialogue.id, shown)
        _keep(self._newest, dialogue.msisdn, shown)
        waiting = self._waiting.pop(dialogue.msisdn, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(shown)
        if shown.op == "notify":
            self._confirm(dialogue.msisdn)

    def of(self, dialogue_id: str) -> HttpScreen | None:
        """The last screen of a dialogue; None when it is not, or no longer, known here."""
        return self._screens.get(dialogue_id)

    def newest(self, msisdn: str) -> HttpScreen | None:
        """The last screen of a phone."""
        return self._newest.get(msisdn)

    def next(self, msisdn: str) -> asyncio.Future[HttpScreen]:
        """The screen that this phone will be shown next; many may wait for it."""
        waiting = self._waiting.get(msisdn)
        if waiting is None or waiting.done():
            waiting = self._waiting[msisdn] = asyncio.get_running_loop().create_future()
        return waiting

    # ------------------------------------------------------------ switched on

    def switch_on(self, msisdn: str) -> Callable[[], None]:
        """Somebody listens for this phone; the result ends that."""
        self._listeners[msisdn] = self._listeners.get(msisdn, 0) + 1

        def switch_off() -> None:
            left = self._listeners[msisdn] - 1
            if left:
                self._listeners[msisdn] = left
            else:
                del self._listeners[msisdn]

        return switch_off

    def numbers(self) -> list[str]:
        """Of all phones that are switched on."""
        return list(self._listeners)

    def has(self, msisdn: str) -> bool:
        """Whether the phone is switched on."""
        return msisdn in self._listeners

    def text(self, message: OutMessage) -> bool:
        """Whether somebody who listens hears of the message."""
        return message.destination in self._listeners


def _keep(screens: dict[str, HttpScreen], key: str, shown: HttpScreen) -> None:
    """Newest last; the oldest goes when there are too many."""
    screens.pop(key, None)
    screens[key] = shown
    if len(screens) > MAX_SCREENS:
        del screens[next(iter(screens))]
