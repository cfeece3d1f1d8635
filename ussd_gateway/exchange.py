"""What gateways that share one store know of each other and tell each other: the port of `access/`.

A gateway that is alone has none.  What is said here may be lost; nothing that must not be lost depends on it:
messages lie in the store, and whoever can reach their phone looks there now and then.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ussd_gateway.billing.store import OutMessage


class Reach(NamedTuple):
    """What one receiving bind, or one phone, of a gateway takes.

    `access` is the way of its screens (`smpp:handset`, `http`); `numbers` are patterns (`79*`) or numbers,
    narrowed by the bind's `address_range`; `since_ms` tells the newest.
    """

    access: str
    numbers: Sequence[str]
    address_range: str
    since_ms: int


class Parcel(NamedTuple):
    """What one gateway tells another about a phone; `body` is JSON-able."""

    kind: str
    msisdn: str
    body: Mapping[str, Any]


class Claim(NamedTuple):
    """Who delivers to a phone now; when that is us, `refs` name its messages under way, as committed."""

    gateway: str
    refs: Sequence[str]


class Exchange(Protocol):
    """What gateways on one store know of each other, and tell each other (`storage.redis_exchange`).

    `others` are the living, each with what it takes, as of the last beat, of which `on_beat` hears; it is
    another object when it has changed.
    `id` is our name among them; when it changes, nothing that was claimed before is ours.
    Methods that wait may raise StoreUnavailable.
    """

    id: str
    on_beat: Callable[[], None]

    @property
    def others(self) -> Mapping[str, Sequence[Reach]]: ...

    async def start(
        self, reach: Callable[[], Sequence[Reach]], receive: Callable[[Parcel], None]
    ) -> None: ...

    async def stop(self) -> None: ...

    def sure(self) -> bool:
        """Whether we count as alive: if not, others may deliver what we had claimed."""
        ...

    def reach_changed(self) -> None:
        """Tell the others soon what we take."""
        ...

    def send(self, gateway: str, parcel: Parcel) -> None:
        """Tell one gateway; it may be lost, with that gateway or with the store."""
        ...

    def heard(self, msisdn: str) -> None:
        """The phone spoke through us."""
        ...

    def is_here(self, msisdn: str) -> bool:
        """Whether the phone spoke through us, and as far as we know through nobody else since."""
        ...

    def left(self, msisdn: str, at_ms: int) -> None:
        """Another gateway has heard the phone, at that instant."""
        ...

    async def where(self, msisdn: str) -> str | None:
        """The living gateway through which the phone last spoke, if that is remembered."""
        ...

    async def claim(self, msisdn: str, takers: Sequence[str], *, in_hand: bool) -> Claim:
        """Ask for the phone, which the `takers` can reach, the preferred first; `in_hand`: we have begun.

        It stays with a living gateway that holds it; else it goes to where the phone last spoke, or to the
        first taker.  With nobody to take it the answer names nobody.
        """
        ...

    async def fetch(self, msisdn: str, refs: Sequence[str]) -> list[OutMessage]:
        """The messages that a claim named, in that order."""
        ...

    async def done(self, msisdn: str, refs: Sequence[str], *, put_down: bool) -> int:
        """These are at their end; with `put_down` the phone is free if that were all.  How many are left."""
        ...
