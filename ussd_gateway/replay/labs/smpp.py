"""A gateway over SMPP, ours or anybody's.

Calls, accounts and time are reached over HTTP, where the gateway is ours.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from ussd_gateway.phone.base import Phone
from ussd_gateway.phone.calls import Caller
from ussd_gateway.replay.lab import BackRoom
from ussd_gateway.replay.labs.over_http import HttpAddress, http_caller, round_trips, switched_on


class SmppLab:
    """`lab.Lab` with a bind for each phone."""

    via = "smpp"
    answer_s = 10.0

    def __init__(
        self,
        phone_of: Callable[[str], Phone],
        *,
        back_room: BackRoom | None = None,
        http: HttpAddress | None = None,
    ) -> None:
        """`phone_of` a number: a phone not yet bound; `back_room` and `http` where the gateway is ours."""
        self.back_room = back_room
        self._phone_of = phone_of
        self._http = http

    @asynccontextmanager
    async def phone(self, msisdn: str) -> AsyncIterator[Phone]:
        async with switched_on(self._phone_of(msisdn)) as phone:
            yield phone

    def caller(self, msisdn: str) -> AbstractAsyncContextManager[Caller] | None:
        return http_caller(msisdn, self._http) if self._http is not None else None

    async def settle(self) -> None:
        await round_trips(self.back_room)
