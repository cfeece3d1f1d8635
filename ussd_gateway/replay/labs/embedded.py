"""A gateway inside this process, already started: phones are objects, nothing is on the wire."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.phones import Phones
from ussd_gateway.calls import Calls
from ussd_gateway.gateway import Gateway
from ussd_gateway.jobs import Jobs
from ussd_gateway.phone.base import Phone
from ussd_gateway.phone.calls import Caller, EmbeddedCaller
from ussd_gateway.phone.embedded import EmbeddedPhone
from ussd_gateway.ports import Ids
from ussd_gateway.replay.lab import BackRoom
from ussd_gateway.replay.labs.over_http import switched_on

SETTLE_ROUNDS = 3
"""A request may leave work to the next turn of the loop (messages), and that again (an order)."""


class WebApplications(Protocol):
    """Those that serve codes, or screens of menus (`access.http_applications.HttpApplications`)."""

    async def settle(self) -> None:
        """Wait until no request is under way."""
        ...


class Inside(Protocol):
    """What the lab uses of a started gateway (`app.App` has it all)."""

    gateway: Gateway
    phones: Phones
    calls: Calls
    lanes: Lanes
    jobs: Jobs

    @property
    def over_http(self) -> WebApplications: ...

    @property
    def ids(self) -> Ids:
        """Numbers that are never given twice."""
        ...


class EmbeddedLab:
    """`lab.Lab` over the gateway object."""

    via = "embedded"
    answer_s = 2.0
    """What a phone did has been answered when its call returns; only another phone may still be at work."""

    def __init__(self, inside: Inside, back_room: BackRoom | None) -> None:
        self.back_room = back_room
        self._inside = inside

    @asynccontextmanager
    async def phone(self, msisdn: str) -> AsyncIterator[Phone]:
        inside = self._inside
        phone = EmbeddedPhone(msisdn, inside.gateway, inside.phones, inside.ids)
        async with switched_on(phone):
            yield phone

    def caller(self, msisdn: str) -> AbstractAsyncContextManager[Caller]:
        return self._caller(msisdn)

    @asynccontextmanager
    async def _caller(self, msisdn: str) -> AsyncIterator[Caller]:
        async with switched_on(EmbeddedCaller(msisdn, self._inside.calls, self._inside.phones)) as caller:
            yield caller

    async def settle(self) -> None:
        for _ in range(SETTLE_ROUNDS):
            await asyncio.sleep(0)
            await self._inside.over_http.settle()
            await self._inside.lanes.drain()
            await self._inside.jobs.catch_up()
