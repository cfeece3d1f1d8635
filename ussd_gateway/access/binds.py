"""Which bind a phone is behind: all receiving binds of simulators, and who was heard from where.

A reply goes to the bind its phone last spoke through, when that can receive; else to the newest bind of
the account that takes the number.  A bind takes the numbers its `address_range` names (SMPP 3.4 §5.2.7):
nothing named means all, plain digits mean numbers that begin so, anything else is a simple regular
expression in the manner of the specification's appendix A (`^7926`, `4567$`, `79[0-9]*`).
"""

import re
import time
from collections.abc import Callable

import structlog

from ussd_gateway.access.accounts import SmppAccount
from ussd_gateway.access.link import Link
from ussd_gateway.exchange import Reach

RECENT_NUMBERS = 500_000
"""How many numbers are remembered at least, with the bind they spoke through."""

# A peer's expression runs over every number.  Without groups and with few repetitions it cannot run long.
_MAX_REPETITIONS = 3
_REPETITION = re.compile(r"[*+?{]")
_FORBIDDEN = re.compile(r"[()\\]|\*[*+?]|\+[*+?]|\?[*+?]")

log = structlog.get_logger(__name__)

Takes = Callable[[str], object]
"""Truthy for the numbers a bind takes."""


def _everything(number: str) -> bool:
    return True


def address_range(text: str) -> Takes:
    """What a bind's address_range means; one that cannot be read takes everything and is logged."""
    text = text.strip()
    if text in ("", "*"):
        return _everything
    digits = text.removeprefix("+").removesuffix("*")
    if digits.isdigit():
        return lambda number: number.startswith(digits)
    if not _FORBIDDEN.search(text) and len(_REPETITION.findall(text)) <= _MAX_REPETITIONS:
        try:
            return re.compile(text).search
        except re.error:
            pass
    log.warning("address_range not understood, the bind gets everything", address_range=text)
    return _everything


class _Receiver:
    """A receiving bind, with what decides whether a number is its own at hand."""

    __slots__ = ("link", "owned", "range", "since_ms", "system_id")

    def __init__(self, link: Link, account: SmppAccount) -> None:
        self.link = link
        self.system_id = account.system_id
        self.owned = account.msisdns
        self.range = address_range(link.address_range)
        self.since_ms = time.time_ns() // 1_000_000

    def takes(self, msisdn: str, system_id: str | None) -> bool:
        return bool(
            (system_id is None or system_id == self.system_id) and msisdn in self.owned and self.range(msisdn)
        )


class Binds:
    """The receiving binds of all accounts with role handsets."""

    def __init__(self) -> None:
        self._receivers: dict[int, _Receiver] = {}
        self._newest_first: list[_Receiver] = []
        # MSISDN -> number of a link, in two generations, so that forgetting costs nothing.
        self._recent: dict[str, int] = {}
        self._older: dict[str, int] = {}
        self.on_heard: Callable[[str], None] | None = None
        """Told the number of each request, when other gateways are to know where the phone is."""

    def add(self, link: Link) -> None:
        """A receiving bind was accepted."""
        assert link.account is not None
        receiver = _Receiver(link, link.account)
        self._receivers[link.number] = receiver
        self._newest_first.insert(0, receiver)

    def remove(self, link: Link) -> None:
        """It receives no more; harmless for one that never did."""
        receiver = self._receivers.pop(link.number, None)
        if receiver is not None:
            self._newest_first.remove(receiver)

    def reach(self) -> list[Reach]:
        """What our binds take, for other gateways; of several that take the same, the newest."""
        found: dict[tuple[str, str], Reach] = {}
        for receiver in self._newest_first:
            link = receiver.link
            assert link.account is not None
            reach = Reach(link.account.access, tuple(receiver.owned), link.address_range, receiver.since_ms)
            found.setdefault((reach.access, reach.address_range), reach)
        return list(found.values())

    def used(self, msisdn: str, link: Link) -> None:
        """A request of this number came through `link`."""
        self._recent[msisdn] = link.number
        if self.on_heard is not None:
            self.on_heard(msisdn)
        if len(self._recent) >= RECENT_NUMBERS:
            self._older, self._recent = self._recent, {}

    def takes(self, link: Link, msisdn: str) -> bool:
        """Whether this very bind receives what is meant for the number, now."""
        receiver = self._receivers.get(link.number)
        return receiver is not None and receiver.takes(msisdn, None)

    def choose(self, msisdn: str, system_id: str | None = None) -> Link | None:
        """The bind to deliver through, of one account or of any; None: keep it for the next bind."""
        number = self._recent.get(msisdn) or self._older.get(msisdn)
        if number is not None:
            receiver = self._receivers.get(number)
            if receiver is not None and receiver.takes(msisdn, system_id):
                return receiver.link
        for receiver in self._newest_first:
            if receiver.takes(msisdn, system_id):
                return receiver.link
        return None
