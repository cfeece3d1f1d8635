"""The gateway's way out (`gateway.Outlet`): screens and short messages to whatever stands for a phone.

A phone may be a simulator behind an SMPP bind, a handset in this process (`subscribe`), a program that asks
over HTTP.  A screen goes back the way its dialogue came.  A short message goes to every handset in this
process that listens for the number, and to the simulator that takes it; with neither it waits.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from ussd_gateway.access.delivery import TextDelivery
from ussd_gateway.access.far_screens import FarScreens
from ussd_gateway.access.http_phones import HttpPhones
from ussd_gateway.access.outgoing import deliver_sms
from ussd_gateway.billing.store import OutMessage
from ussd_gateway.sms.concat import Reassembler, read_piece
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.primitives import Ask, MobileTerminated

log = structlog.get_logger(__name__)

Undeliverable = Callable[[str, str], None]


class Access(Protocol):
    """One way in and out, by the name that dialogues carry (`smpp:handset`, `http`, `embedded`)."""

    def screen(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
        """Show it, or keep it; never waits, never fails."""
        ...


class LocalPhone(Protocol):
    """A phone in this process."""

    def screen(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
        """A screen of a dialogue this phone began."""
        ...

    def text(self, message: OutMessage) -> None:
        """A short message, whole."""
        ...


class LocalPhones:
    """Phones in this process, by number: an access for their screens, and where messages are shown."""

    def __init__(self) -> None:
        self._phones: dict[str, list[LocalPhone]] = {}

    def subscribe(self, msisdn: str, phone: LocalPhone) -> Callable[[], None]:
        """Switch a phone on; several may share a number.  The result switches it off."""
        self._phones.setdefault(msisdn, []).append(phone)

        def switch_off() -> None:
            phones = self._phones.get(msisdn, [])
            if phone in phones:
                phones.remove(phone)
            if not phones:
                self._phones.pop(msisdn, None)

        return switch_off

    def screen(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
        for phone in tuple(self._phones.get(dialogue.msisdn, ())):
            phone.screen(dialogue, primitive)

    def numbers(self) -> Sequence[str]:
        """Of all phones that are switched on."""
        return list(self._phones)

    def has(self, msisdn: str) -> bool:
        """Whether a phone with this number is switched on."""
        return msisdn in self._phones

    def text(self, message: OutMessage) -> bool:
        """Show it on every phone with its number; whether there was one."""
        phones = self._phones.get(message.destination)
        if not phones:
            return False
        for phone in tuple(phones):
            phone.text(message)
        return True


class Phones:
    """Implements `gateway.Outlet` over the accesses registered by name."""

    def __init__(
        self,
        delivery: TextDelivery,
        undeliverable: Undeliverable,
        confirm: Callable[[str], None] = lambda msisdn: None,
    ) -> None:
        """`confirm` is told the number of a phone over HTTP that has shown a notification."""
        self.local = LocalPhones()
        self.http = HttpPhones(confirm)
        self._delivery = delivery
        self._parts = Reassembler()
        self._undeliverable = undeliverable
        self._accesses: dict[str, Access] = {"embedded": self.local, "http": self.http}
        delivery.show = self._show
        delivery.shows = lambda msisdn: self.local.has(msisdn) or self.http.has(msisdn)
        self.states = delivery.states
        self.far: FarScreens | None = None
        """The way to phones of other gateways, when there are any."""

    def numbers(self) -> Iterator[tuple[str, str]]:
        """(access, number) of all phones that are switched on."""
        yield from (("embedded", msisdn) for msisdn in self.local.numbers())
        yield from (("http", msisdn) for msisdn in self.http.numbers())

    def register(self, name: str, access: Access) -> None:
        """Let dialogues that came by the access of this name find their way back."""
        self._accesses[name] = access

    def subscribe(self, msisdn: str, phone: LocalPhone) -> Callable[[], None]:
        """Switch on a phone in this process (access `embedded`); the result switches it off."""
        switch_off = self.local.subscribe(msisdn, phone)
        self._delivery.reachable(msisdn)
        return switch_off

    def switch_on_http(self, msisdn: str) -> Callable[[], None]:
        """Somebody listens over HTTP for this phone; the result ends that."""
        switch_off = self.http.switch_on(msisdn)
        self._delivery.reachable(msisdn)
        return switch_off

    def way_to(self, msisdn: str) -> str | None:
        """The access by which the phone can be reached now; see `gateway.Outlet`."""
        if self.states.away(msisdn):
            return None
        if self.local.has(msisdn):
            return "embedded"
        if self.http.has(msisdn):
            return "http"
        return self._delivery.access_to(msisdn)

    def screen(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
        """Show it on the dialogue's phone; see `gateway.Outlet`."""
        if self.far is not None and self.far.concerns(dialogue):
            self.far.send(dialogue, primitive)
        else:
            self.show(dialogue, primitive)

    def show(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
        """Show it on a phone of this gateway."""
        access = self._accesses.get(dialogue.access)
        if access is not None and not self.states.away(dialogue.msisdn):
            access.screen(dialogue, primitive)
            return
        if access is None:
            log.warning("no way back to the phone", access=dialogue.access, dialogue=dialogue.id)
        if type(primitive) is Ask:
            self._undeliverable(dialogue.msisdn, dialogue.id)

    def texts(self, messages: Sequence[OutMessage]) -> None:
        """Deliver committed messages; see `gateway.Outlet`."""
        self._delivery.deliver(messages)

    def _show(self, message: OutMessage) -> bool:
        """Whether a phone in this process, or one over HTTP, has got the message."""
        msisdn = message.destination
        if not self.states.takes_texts(msisdn) or not (self.local.has(msisdn) or self.http.has(msisdn)):
            return False
        whole = self._joined(message)
        if whole is None:
            return True
        shown = self.local.text(whole)
        return self.http.text(whole) or shown

    def _joined(self, message: OutMessage) -> OutMessage | None:
        """The message as a phone shows it, the last part as the whole; None for the other parts."""
        if message.terms is None or message.terms.octets is None:
            return message
        piece = read_piece(deliver_sms(message)[0])
        if piece.key is None:
            return message
        text = self._parts.add(message.destination, piece, message.created_ms)
        return None if text is None else replace(message, text=text)
