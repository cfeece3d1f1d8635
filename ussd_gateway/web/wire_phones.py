"""Phones of the API that reach the gateway over SMPP, so that all they do can be seen on the wire.

    /api/v1/ussd {"via": "smpp"}  ->  WirePhones  --a bind to our own listener-->  as from any peer

A page that shows PDUs beside its phones dials this way.  The bind is that of an account with the role
`handsets` that speaks for the number, and asks for this number's traffic only; it ends a while after the
phone's last doing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web

from ussd_gateway.access.accounts import SmppAccount
from ussd_gateway.access.esme import LinkError
from ussd_gateway.access.smpp_listener import SmppListener
from ussd_gateway.errors import LocalProtocolError
from ussd_gateway.phone.events import Failure, Screen
from ussd_gateway.phone.smpp import SmppPhone
from ussd_gateway.web.problems import ProblemError

MAX_PHONES = 50
LINGER_S = 120.0
"""How long a bind outlives its phone's last doing: messages that a dialogue causes come over it, too."""
SCREEN_S = 60.0
"""Longest wait for a screen; applications have timers of their own."""
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Addresses a listener may have that nobody can connect to, and what reaches it on this machine."""


class WirePhone:
    """One phone and its bind."""

    def __init__(self, phone: SmppPhone) -> None:
        self.phone = phone
        self.dialogue = ""
        """The dialogue whose screen was shown last."""
        self.used_s = asyncio.get_running_loop().time()
        self.lost = False
        self._one_by_one = asyncio.Lock()
        self._waiting: asyncio.Future[Screen] | None = None
        self._refusal: ProblemError | None = None
        self._reading = asyncio.create_task(self._read())

    async def screen_after(self, work: Callable[[], Awaitable[None]]) -> Screen:
        """Do it; the screen that follows.  ProblemError when it is refused, or none comes."""
        loop = asyncio.get_running_loop()
        async with self._one_by_one:
            self._waiting = loop.create_future()
            try:
                self.used_s = loop.time()
                await work()
                async with asyncio.timeout(SCREEN_S):
                    return await self._waiting
            except LocalProtocolError as error:
                raise ProblemError(422, f"that fits no PDU: {error}") from None
            except TimeoutError:
                raise ProblemError(504, "no screen comes") from None
            finally:
                self._waiting = None
                self.used_s = loop.time()

    async def send_sms(self, to: str, text: str) -> None:
        """Send a message; ProblemError when the gateway refuses it."""
        self.used_s = asyncio.get_running_loop().time()
        self._refusal = None
        try:
            await self.phone.send_sms(to, text)
        except LocalProtocolError as error:
            raise ProblemError(422, f"that fits no PDU: {error}") from None
        await self.phone.events.join()
        if self._refusal is not None:
            raise self._refusal

    async def close(self) -> None:
        """Unbind."""
        self._reading.cancel()
        with suppress(LinkError):
            await self.phone.close()

    async def _read(self) -> None:
        """Screens the network shows by itself are told to whoever watches; here they answer nothing."""
        while not self.lost:
            event = await self.phone.events.get()
            waiting = self._waiting if self._waiting and not self._waiting.done() else None
            if isinstance(event, Failure):
                self.lost = event.final
                self._refusal = ProblemError(409, event.reason, reason="refused")
                if waiting:
                    waiting.set_exception(self._refusal)
            elif isinstance(event, Screen) and event.op != "notify" and waiting:
                waiting.set_result(event)
            self.phone.events.task_done()


class WirePhones:
    """All of them, by number."""

    def __init__(self, listener: Callable[[], SmppListener | None]) -> None:
        self._listener = listener
        self._phones: dict[str, WirePhone] = {}
        self._opening = asyncio.Lock()
        self._sweeping: asyncio.Task[None] | None = None

    async def phone(self, msisdn: str) -> WirePhone:
        """The phone of a number, bound by now; ProblemError when that cannot be."""
        async with self._opening:
            known = self._phones.get(msisdn)
            if known is not None and not known.lost:
                return known
            if known is not None:
                await self._forget(msisdn)
            if len(self._phones) >= MAX_PHONES:
                raise ProblemError(429, f"more than {MAX_PHONES} phones over SMPP")
            opened = self._phones[msisdn] = WirePhone(await self._bound(msisdn))
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.create_task(self._sweep())
        return opened

    def all(self) -> dict[str, WirePhone]:
        """Number -> phone."""
        return dict(self._phones)

    async def close(self, application: web.Application) -> None:
        """The server stops."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for msisdn in tuple(self._phones):
            await self._forget(msisdn)

    async def _bound(self, msisdn: str) -> SmppPhone:
        listener = self._listener()
        if listener is None or not listener.addresses:
            raise ProblemError(409, "this gateway does not listen for SMPP")
        account = _account(listener, msisdn)
        host, _, port = listener.addresses[0].rpartition(":")
        host = host.strip("[]")
        try:
            phone = SmppPhone(
                msisdn,
                host=_EVERYWHERE.get(host, host),
                port=int(port),
                system_id=account.system_id,
                password=account.password,
            )
            await phone.open()
        except (LinkError, ValueError) as error:
            raise ProblemError(503, f"cannot bind: {error}") from None
        return phone

    async def _forget(self, msisdn: str) -> None:
        # It is let go of last: a sweep that is cancelled in between leaves it to `close`.
        phone = self._phones[msisdn]
        phone.lost = True
        await phone.close()
        if self._phones.get(msisdn) is phone:
            del self._phones[msisdn]

    async def _sweep(self) -> None:
        """Close what nobody uses any more, until none is left."""
        while self._phones:
            await asyncio.sleep(LINGER_S / 4)
            now_s = asyncio.get_running_loop().time()
            for msisdn, phone in self.all().items():
                if phone.lost or now_s - phone.used_s > LINGER_S:
                    await self._forget(msisdn)


def _account(listener: SmppListener, msisdn: str) -> SmppAccount:
    """An account that may speak for the number as our own phones do; ProblemError."""
    for account in listener.accounts:
        able = account.role == "handsets" and account.enabled and account.dialect == "plain"
        if able and msisdn in account.msisdns:
            return account
    raise ProblemError(
        409, "no account with the role `handsets` and the plain dialect speaks for this number"
    )


WIRE_PHONES = web.AppKey("wire phones", WirePhones)
