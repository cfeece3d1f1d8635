"""What the labs share that reach a gateway of ours over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ussd_gateway.phone.calls import Caller
from ussd_gateway.phone.http import HttpCaller
from ussd_gateway.replay.lab import BackRoom

SETTLE_ROUNDS = 3
"""Round trips in which what the gateway has in hand reaches the phones."""


class Switch(Protocol):
    """What can be switched on and off."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...


SwitchT = TypeVar("SwitchT", bound=Switch)


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """Where the HTTP API of a gateway is."""

    url: str
    token: str | None = None


@asynccontextmanager
async def switched_on(phone: SwitchT) -> AsyncIterator[SwitchT]:
    """A phone that is on inside the block; raises GatewayError."""
    try:
        await phone.open()
        yield phone
    finally:
        await phone.close()


@asynccontextmanager
async def http_caller(msisdn: str, address: HttpAddress) -> AsyncIterator[Caller]:
    """A phone that makes calls."""
    async with switched_on(HttpCaller(msisdn, url=address.url, token=address.token)) as caller:
        yield caller


async def round_trips(back_room: BackRoom | None) -> None:
    """Let the gateway do what it has in hand; with somebody else's nothing can be known."""
    if back_room is not None:
        for _ in range(SETTLE_ROUNDS):
            await back_room.now_ms()
