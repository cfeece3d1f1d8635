"""`Phone`: a phone for tests that know no loop.  `AsyncPhone` says what each call does, exactly."""

from collections.abc import Coroutine, Sequence
from decimal import Decimal
from typing import Any, Self, TypeVar, Unpack

from ussd_gateway.testing.asynchronous import DEFAULT_MSISDN, AsyncPhone
from ussd_gateway.testing.gateway import Gateway
from ussd_gateway.testing.options import Options
from ussd_gateway.testing.texts import Heard, Screen, ShortMessage

T = TypeVar("T")


class Phone:
    """A subscriber's handset; also a library for Robot Framework, where each method is a keyword.

    Without a `gateway` it has one to itself, made of the options, until `close`.  What is not as expected
    is an AssertionError that tells what was seen.
    """

    def __init__(
        self, msisdn: str = DEFAULT_MSISDN, gateway: Gateway | None = None, **options: Unpack[Options]
    ) -> None:
        """A number in any form; nothing happens yet."""
        if gateway is not None and options:
            raise TypeError("either a gateway or options for one")
        self.msisdn = msisdn
        self.gateway = gateway or Gateway(**options)
        self._owns_gateway = gateway is None
        self._inner: AsyncPhone | None = None

    def __enter__(self) -> Self:
        self.gateway.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Switch it off, and its gateway if it has one to itself."""
        if self._owns_gateway:
            self._inner = None
            self.gateway.close()
        elif self._inner is not None:
            self._run(self._inner.close())

    # ------------------------------------------------------------ USSD

    def dial(self, code: str) -> Screen:
        """Dial a USSD string and return the screen that comes; NetworkRefused."""
        return self._run(self._phone().dial(code))

    def send(self, text: str) -> Screen:
        """Answer the screen, with the text as it is, and return the next one; NetworkRefused."""
        return self._run(self._phone().send(text))

    def cancel(self) -> None:
        """Hang up: the dialogue, the call."""
        self._run(self._phone().cancel())

    def expect(self, contains: str | Sequence[str] | None = None, **wanted: Any) -> Screen:
        """A screen that comes by itself (a push, a timeout), else another look at the last one.

        `text`, `not_contains`, `regex`, `op`, `screen`, `fits`, `within`, `service_code`: as in scripts.
        """
        return self._run(self._phone().expect(contains, **wanted))

    # ------------------------------------------------------------ short messages

    def sms(self, to: str, text: str = "") -> None:
        """Send a short message; NetworkRefused."""
        self._run(self._phone().sms(to, text))

    def expect_sms(
        self,
        contains: str | Sequence[str] | None = None,
        *,
        sender: str | None = None,
        within: str = "30s",
        **wanted: Any,
    ) -> ShortMessage:
        """The earliest message not yet looked at, of this `sender` if one is named.

        `text`, `not_contains`, `regex`, `parts`: as in scripts.
        """
        return self._run(self._phone().expect_sms(contains, sender=sender, within=within, **wanted))

    def no_sms(self, within: str = "30s", *, sender: str | None = None) -> None:
        """No message comes that was not looked at before, for so long."""
        self._run(self._phone().no_sms(within, sender=sender))

    # ------------------------------------------------------------ calls

    def call(self, number: str) -> Heard:
        """Call a voice menu and return what is heard; NetworkRefused."""
        return self._run(self._phone().call(number))

    def press(self, keys: str) -> Heard:
        """Press keys one after another, `2 4 2`, and return what is heard at last."""
        return self._run(self._phone().press(keys))

    def silence(self) -> Heard:
        """Let the time pass in which nobody presses a key."""
        return self._run(self._phone().silence())

    def expect_voice(self, contains: str | Sequence[str] | None = None, **wanted: Any) -> Heard:
        """Another look at what was said last: `text`, `not_contains`, `regex`, `state`, `within`."""
        return self._run(self._phone().expect_voice(contains, **wanted))

    # ------------------------------------------------------------ its account, its gateway's time

    def balance(self) -> Decimal:
        """Its money, in roubles."""
        return self._run(self._phone().balance())

    def topup(self, amount: str | int | Decimal) -> None:
        """Money comes in, in roubles."""
        self._run(self._phone().topup(amount))

    def switch(self, state: str) -> None:
        """Its network state: `on`, `off`, `out_of_coverage`, `memory_full`."""
        self._run(self._phone().switch(state))

    def advance(self, time: str) -> None:
        """Let time pass for everybody, `24h`."""
        self.gateway.advance(time)

    # ------------------------------------------------------------ inside

    def _phone(self) -> AsyncPhone:
        if self._inner is None:
            self._inner = self.gateway.run(self.gateway.started.phone(self.msisdn))
            self.msisdn = self._inner.msisdn
        return self._inner

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.gateway.run(work)
