"""A lab whose phones take their time, so that somebody who watches can follow."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from ussd_gateway.phone.base import Phone
from ussd_gateway.phone.calls import Caller
from ussd_gateway.phone.events import Event
from ussd_gateway.replay.lab import BackRoom, Lab


class PacedPhone:
    """`base.Phone` that waits before whatever it does."""

    def __init__(self, phone: Phone, pause_s: float) -> None:
        self.msisdn = phone.msisdn
        self.events: asyncio.Queue[Event] = phone.events
        self._phone = phone
        self._pause_s = pause_s

    async def open(self) -> None:
        await self._phone.open()

    async def dial(self, code: str) -> None:
        await asyncio.sleep(self._pause_s)
        await self._phone.dial(code)

    async def answer(self, text: str) -> None:
        await asyncio.sleep(self._pause_s)
        await self._phone.answer(text)

    async def hang_up(self) -> None:
        await self._phone.hang_up()

    async def send_sms(self, to: str, text: str) -> None:
        await asyncio.sleep(self._pause_s)
        await self._phone.send_sms(to, text)

    async def close(self) -> None:
        await self._phone.close()


class PacedLab:
    """`lab.Lab` around another one."""

    def __init__(self, lab: Lab, pause_s: float, on_phone: Callable[[str], None]) -> None:
        """Each phone waits `pause_s` before what it does; `on_phone` is told before one is switched on."""
        self.via = lab.via
        self.answer_s = lab.answer_s
        self.back_room: BackRoom | None = lab.back_room
        self._lab = lab
        self._pause_s = pause_s
        self._on_phone = on_phone

    @asynccontextmanager
    async def phone(self, msisdn: str) -> AsyncIterator[Phone]:
        self._on_phone(msisdn)
        async with self._lab.phone(msisdn) as phone:
            yield PacedPhone(phone, self._pause_s)

    def caller(self, msisdn: str) -> AbstractAsyncContextManager[Caller] | None:
        return self._lab.caller(msisdn)

    async def settle(self) -> None:
        await self._lab.settle()
