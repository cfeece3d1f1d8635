"""What the player needs of the world: phones that reach a gateway, and, where it is ours, its back room."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ussd_gateway.errors import GatewayError
from ussd_gateway.phone.base import Phone
from ussd_gateway.phone.calls import Caller

LoginResult = Literal["ok", "wrong", "locked", "refused"]


class Refused(GatewayError):
    """The gateway understood, and said no; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Login:
    """What the login form answered, or the one that changes the password: it alone refuses with a reason."""

    result: LoginResult
    attempts_left: int | None = None
    reason: str | None = None


class BackRoom(Protocol):
    """What only the operator sees: accounts, the ledger, the clock.  Values are those of docs/api.md.

    Every method raises `GatewayError` when the gateway is gone and `Refused` when it says no.
    """

    async def now_ms(self) -> int:
        """The gateway's time."""
        ...

    async def can_move_time(self) -> bool:
        """Whether its clock is ours to move."""
        ...

    async def advance(self, delta_ms: int) -> None:
        """Move its clock; returns when all that was due has been done."""
        ...

    async def account(self, msisdn: str) -> Mapping[str, Any]:
        """`GET /api/v1/subscribers/{msisdn}`."""
        ...

    async def set_account(self, msisdn: str, values: Mapping[str, Any]) -> None:
        """Bring the account into this state: balance, language, tariff, password, services ..."""
        ...

    async def topup(self, msisdn: str, amount: str) -> None:
        """Add money of the subscriber's own, in roubles."""
        ...

    async def ledger(self, msisdn: str, kind: str | None) -> Sequence[Mapping[str, Any]]:
        """Lines of the ledger, newest first."""
        ...

    async def inbox(self, msisdn: str, after: int) -> Sequence[Mapping[str, Any]]:
        """Messages with an id above `after`, oldest first."""
        ...

    async def login(self, login: str, *, password: str | None, code: str | None) -> Login:
        """Try the login form."""
        ...

    async def login_code(self, login: str) -> None:
        """Ask the login form for a one-time code by SMS."""
        ...

    async def change_password(self, login: str, old: str, new: str, repeat: str) -> Login:
        """Fill in the form that changes the password."""
        ...

    async def screen(self, msisdn: str) -> str | None:
        """Name of the screen the subscriber was shown last."""
        ...

    async def usage(self, msisdn: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Charge what the network would report."""
        ...

    async def perform(self, msisdn: str, action: str, values: Mapping[str, Any]) -> None:
        """Any operation of docs/actions.md, with its arguments."""
        ...

    async def push(self, msisdn: str, text: str, *, ask: bool) -> None:
        """A USSD message of the network's own."""
        ...

    async def phone_state(self, msisdn: str) -> str:
        """The network state of a phone."""
        ...

    async def switch(self, msisdn: str, state: str) -> None:
        """The network state of a phone: `on`, `off`, `out_of_coverage`, `memory_full`."""
        ...

    async def inject(self, fault: Mapping[str, Any]) -> None:
        """Have the gateway misbehave: a fault, or a profile for its accounts."""
        ...


class Lab(Protocol):
    """One gateway under test, between `__aenter__` and `__aexit__` of whoever made it."""

    via: str
    answer_s: float
    """How long to wait for what must come, when a script names no time: real seconds."""
    back_room: BackRoom | None
    """None when the gateway is somebody else's: what needs it is not checked."""

    def phone(self, msisdn: str) -> AbstractAsyncContextManager[Phone]:
        """A phone, switched on inside the block."""
        ...

    def caller(self, msisdn: str) -> AbstractAsyncContextManager[Caller] | None:
        """The voice part of a phone; None when nothing carries voice to this gateway."""
        ...

    async def settle(self) -> None:
        """Wait until what is under way inside the gateway has been done, where that can be known."""
        ...
