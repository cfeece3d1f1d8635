"""Screens of dialogues -> deliver_sm to the simulator behind which the phone is.

A screen written to a bind counts as shown: a dialogue is talk, not post, and a phone that lost one screen
dials again.  What no bind can take now is kept, in order, for the next one, as long as a dialogue may last.
"""

from collections import deque
from collections.abc import Callable

import structlog

from ussd_gateway.access.binds import Binds
from ussd_gateway.access.link import Link
from ussd_gateway.clock import Clock
from ussd_gateway.smpp.constants import CommandStatus, status_name
from ussd_gateway.smpp.pdus import DeliverSm, GenericNack, Pdu
from ussd_gateway.ussd.dialects import Dialect
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.primitives import End, MobileTerminated

log = structlog.get_logger(__name__)

Undeliverable = Callable[[str, str], None]
"""Told the MSISDN and the dialogue whose question or notification the phone's side refused."""


class _Screen:
    """One screen on its way (`roles.Delivery`)."""

    __slots__ = ("dialogue_id", "expects", "keep_until_ms", "msisdn", "request", "screens", "shown")

    def __init__(
        self,
        screens: "SmppScreens",
        request: DeliverSm,
        dialogue: Dialogue,
        expects: bool,
        keep_until_ms: int,
        shown: tuple[Dialogue, MobileTerminated],
    ) -> None:
        self.screens = screens
        self.shown = shown
        self.request = request
        self.msisdn = dialogue.msisdn
        self.dialogue_id = dialogue.id
        self.expects = expects  # something of the phone in return
        self.keep_until_ms = keep_until_ms

    def answered(self, link: Link, response: Pdu) -> None:
        if response.command_status or type(response) is GenericNack:
            self.screens.refused(self, response.command_status or CommandStatus.RUNKNOWNERR)

    def unanswered(self, link: Link) -> None:
        """Shown, as far as we know; the dialogue's own timers decide."""

    def returned(self, link: Link) -> None:
        self.screens.send(self)


class SmppScreens:
    """The way of screens to the phones of one account (`phones.Access`)."""

    def __init__(
        self,
        system_id: str,
        dialect: Dialect,
        binds: Binds,
        clock: Clock,
        undeliverable: Undeliverable,
        *,
        keep_ms: int = 600_000,
        max_kept: int = 10_000,
    ) -> None:
        self._system_id = system_id
        self._dialect = dialect
        self._binds = binds
        self._clock = clock
        self._undeliverable = undeliverable
        self._keep_ms = keep_ms
        self._max_kept = max_kept
        self._kept: deque[_Screen] = deque()

    def __len__(self) -> int:
        """How many screens are kept for the next bind."""
        return len(self._kept)

    def screen(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
        """Send it, or keep it for the next bind; never waits, never fails."""
        request = self._dialect.deliver(dialogue, primitive)
        keep_until_ms = self._clock.now_ms() + self._keep_ms
        expects = type(primitive) is not End
        self.send(_Screen(self, request, dialogue, expects, keep_until_ms, (dialogue, primitive)))

    def send(self, screen: _Screen) -> None:
        link = self._binds.choose(screen.msisdn, self._system_id)
        if link is not None:
            if link.has_room:
                link.deliver(screen.request, screen)
            else:
                self._drop(screen, "too many deliveries wait for the bind")
            return
        self._drop_expired()
        if len(self._kept) >= self._max_kept:
            self._drop(self._kept.popleft(), "too many screens wait for a bind")
        self._kept.append(screen)

    def refused(self, screen: _Screen, command_status: int) -> None:
        self._drop(screen, status_name(command_status))

    def bound(self, link: Link) -> None:
        """A bind came: what was kept for its numbers goes out, oldest first."""
        self._drop_expired()
        kept, self._kept = self._kept, deque()
        for screen in kept:
            if self._binds.takes(link, screen.msisdn):
                self.send(screen)
            else:
                self._kept.append(screen)

    def take_back(self, takes: Callable[[str, str], bool]) -> list[tuple[Dialogue, MobileTerminated]]:
        """Give up those that are kept for phones (number, access) which another gateway takes."""
        kept, self._kept = self._kept, deque()
        given = []
        for screen in kept:
            if takes(screen.msisdn, f"smpp:{self._system_id}"):
                given.append(screen.shown)
            else:
                self._kept.append(screen)
        return given

    def _drop_expired(self) -> None:
        now_ms = self._clock.now_ms()
        while self._kept and self._kept[0].keep_until_ms <= now_ms:
            self._drop(self._kept.popleft(), "no bind came for it")

    def _drop(self, screen: _Screen, reason: str) -> None:
        log.info("screen not delivered", msisdn=screen.msisdn, dialogue=screen.dialogue_id, reason=reason)
        if screen.expects:
            self._undeliverable(screen.msisdn, screen.dialogue_id)
