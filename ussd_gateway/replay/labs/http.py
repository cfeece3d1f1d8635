"""A gateway of ours over HTTP alone."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from ussd_gateway.phone.base import Phone
from ussd_gateway.phone.calls import Caller
from ussd_gateway.phone.http import HttpPhone
from ussd_gateway.replay.lab import BackRoom
from ussd_gateway.replay.labs.over_http import HttpAddress, http_caller, round_trips, switched_on


class HttpLab:
    """`lab.Lab` over the HTTP API."""

    via = "http"
    answer_s = 10.0

    def __init__(self, address: HttpAddress, back_room: BackRoom) -> None:
        self.back_room: BackRoom | None = back_room
        self._address = address

    @asynccontextmanager
    async def phone(self, msisdn: str) -> AsyncIterator[Phone]:
        phone = HttpPhone(msisdn, url=self._address.url, token=self._address.token)
        async with switched_on(phone):
            yield phone

    def caller(self, msisdn: str) -> AbstractAsyncContextManager[Caller]:
        return http_caller(msisdn, self._address)

    async def settle(self) -> None:
        await round_trips(self.back_room)
