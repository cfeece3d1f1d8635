"""A gateway over SMPP, ours or anybody's.

Calls, accounts and time are reached over HTTP, where the gateway is ours.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from ussd_gateway.phone.base import Phone
from ussd_gateway.phone.calls import Caller
from ussd_gateway.phone.http import HttpCaller
from ussd_gateway.phone.smpp import SmppPhone
from ussd_gateway.replay.lab import BackRoom

SETTLE_ROUNDS = 3
"""Round trips in which what the gateway has in hand reaches the phones."""


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """Where the HTTP API of the gateway is."""

    url: str
    token: str | None = None


@asynccontextmanager
async def http_caller(msisdn: str, address: HttpAddress) -> AsyncIterator[Caller]:
    """A phone that makes calls over HTTP."""
    caller = HttpCaller(msisdn, url=address.url, token=address.token)
    try:
        await caller.open()
        yield caller
    finally:
        await caller.close()


async def round_trips(back_room: BackRoom | None) -> None:
    """Let the gateway do what it has in hand; with somebody else's nothing can be known."""
    if back_room is not None:
        for _ in range(SETTLE_ROUNDS):
            await back_room.now_ms()


class SmppLab:
    """`lab.Lab` with a bind for each phone."""

    via = "smpp"
    answer_s = 10.0

    def __init__(
        self,
        host: str,
        port: int,
        *,
        system_id: str,
        password: str,
        back_room: BackRoom | None = None,
        http: HttpAddress | None = None,
    ) -> None:
        """`back_room` and `http` only where the gateway is ours."""
        self.back_room = back_room
        self._host = host
        self._port = port
        self._system_id = system_id
        self._password = password
        self._http = http

    @asynccontextmanager
    async def phone(self, msisdn: str) -> AsyncIterator[Phone]:
        phone = SmppPhone(
            msisdn, host=self._host, port=self._port, system_id=self._system_id, password=self._password
        )
        try:
            await phone.open()
            yield phone
        finally:
            await phone.close()

    def caller(self, msisdn: str) -> AbstractAsyncContextManager[Caller] | None:
        return http_caller(msisdn, self._http) if self._http is not None else None

    async def settle(self) -> None:
        await round_trips(self.back_room)
