"""`Gateway`: a gateway for tests that know no loop.  `AsyncGateway` says what each call does, exactly."""

import weakref
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from ussd_gateway.replay.lab import Login
from ussd_gateway.replay.verdict import Verdict
from ussd_gateway.testing.asynchronous import DEFAULT_MSISDN, AsyncGateway
from ussd_gateway.testing.background import Background
from ussd_gateway.testing.options import Options

if TYPE_CHECKING:
    from ussd_gateway.testing.phone import Phone

T = TypeVar("T")


class Gateway:
    """A gateway under test: `with Gateway() as gateway:`, or until `close`, at the latest the process's end.

    It starts with the first thing asked of it.  The options are those of `Options`.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        """Nothing happens yet; TypeError and ValueError for options that make no sense."""
        self._inner = AsyncGateway(**options)
        self._running: tuple[Background, weakref.finalize[..., Any]] | None = None

    # ------------------------------------------------------------ life

    def start(self) -> Self:
        """Start it, if it is not; ConfigError for files that are not valid, GatewayError."""
        if self._running is None:
            background = Background()
            try:
                background.run(self._inner.start())
            except BaseException:
                _stop(background, self._inner)
                raise
            # Made last, so that at the end of the process it comes before those of what it closes.
            self._running = background, weakref.finalize(self, _stop, background, self._inner)
        return self

    def close(self) -> None:
        """Switch the phones off and stop it; a gateway that ran before goes on running."""
        if self._running is not None:
            _, stop = self._running
            self._running = None
            stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.close()

    # ------------------------------------------------------------ phones, scripts

    def phone(self, msisdn: str = DEFAULT_MSISDN) -> "Phone":
        """The phone with this number, switched on."""
        from ussd_gateway.testing.phone import Phone  # noqa: PLC0415  # each needs the other

        return Phone(self.run(self.started.phone(msisdn)).msisdn, self)

    def replay(self, *paths: str | Path) -> Verdict:
        """Play session scripts, files or folders; what fails is an AssertionError with its transcript."""
        return self.run(self.started.replay(*paths))

    # ------------------------------------------------------------ time

    def advance(self, time: str) -> None:
        """Let time pass, `24h`, or until `next day` or `next month`; returns when all due has been done."""
        self.run(self.started.advance(time))

    def now(self) -> datetime:
        """The gateway's time."""
        return self.run(self.started.now())

    # ------------------------------------------------------------ accounts

    def balance(self, msisdn: str = DEFAULT_MSISDN) -> Decimal:
        """Money of a subscriber, in roubles."""
        return self.run(self.started.balance(msisdn))

    def account(self, msisdn: str = DEFAULT_MSISDN) -> Mapping[str, Any]:
        """The account as `GET /api/v1/subscribers/{msisdn}` tells it."""
        return self.run(self.started.account(msisdn))

    def set_account(self, msisdn: str = DEFAULT_MSISDN, **values: Any) -> None:
        """Bring an account into a state: members of `POST /api/v1/subscribers/{msisdn}`."""
        self.run(self.started.set_account(msisdn, **values))

    def expect_account(self, msisdn: str = DEFAULT_MSISDN, **wanted: Any) -> None:
        """How the account stands: `balance`, `tariff`, `password_set` ..., or any member of it."""
        self.run(self.started.expect_account(msisdn, **wanted))

    def topup(self, msisdn: str, amount: str | int | Decimal) -> None:
        """Money comes in, in roubles."""
        self.run(self.started.topup(msisdn, amount))

    def usage(self, msisdn: str = DEFAULT_MSISDN, **used: Any) -> Mapping[str, Any]:
        """Charge what the network would report: `kind`, and `to`, `minutes`, `direction` or `mb`."""
        return self.run(self.started.usage(msisdn, **used))

    def perform(self, msisdn: str, action: str, **arguments: Any) -> None:
        """Any operation of docs/actions.md."""
        self.run(self.started.perform(msisdn, action, **arguments))

    def ledger(self, msisdn: str = DEFAULT_MSISDN, kind: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Lines of the ledger, newest first."""
        return self.run(self.started.ledger(msisdn, kind))

    def login(self, login: str, password: str | None = None, code: str | None = None) -> Login:
        """Try the login form of the personal account: `result` is `ok`, `wrong` or `locked`."""
        return self.run(self.started.login(login, password, code))

    def push(self, msisdn: str, text: str, ask: bool = False) -> None:
        """A USSD message of the network's own; the phone expects its screen."""
        self.run(self.started.push(msisdn, text, ask))

    def switch(self, msisdn: str, state: str) -> None:
        """The network state of a phone: `on`, `off`, `out_of_coverage`, `memory_full`."""
        self.run(self.started.switch(msisdn, state))

    def inject(self, fault: str | None = None, **members: Any) -> None:
        """Have the gateway misbehave: a fault with its members, or `profile` (docs/faults.md)."""
        self.run(self.started.inject(fault, **members))

    # ------------------------------------------------------------ inside

    @property
    def story(self) -> str:
        """What happened lately, a line or a few for each thing."""
        return self._inner.story

    @property
    def started(self) -> AsyncGateway:
        """The gateway in its loop; for this package."""
        self.start()
        return self._inner

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run in the gateway's loop; for this package."""
        assert self._running is not None, "whoever made the coroutine has started it"
        background, _ = self._running
        return background.run(work)


def _stop(background: Background, gateway: AsyncGateway) -> None:
    """Knows nothing of `Gateway`, which may have been forgotten by whoever made it."""
    try:
        background.run(gateway.close())
    finally:
        background.close()
