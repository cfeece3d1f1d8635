"""A whole gateway on loopback ports with a clock that stands still, and phones that reach it over SMPP.

The names of the steps are those of session scripts: dial, send, expect, expect_sms, login.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import Config, load_config
from ussd_gateway.link_section import LinkConfig
from ussd_gateway.phone.events import Event, Failure, Screen, SmsArrived
from ussd_gateway.phone.smpp import SmppPhone
from ussd_gateway.storage.vault import ScryptHasher

REPOSITORY = Path(__file__).parents[1]
ANSWER_S = 10.0
"""Longest wait for something that must come; far more than it takes."""
SMS_DELAY_MS = 2_000
SMS_PROMISE_MS = 30_000
"""The password is promised within 30 seconds."""


class Handset:
    """A subscriber's phone behind a real SMPP bind, with the expectations of a test."""

    def __init__(self, world: "World", phone: SmppPhone) -> None:
        self._world = world
        self._phone = phone
        self.msisdn = phone.msisdn
        self._seen: list[Event] = []

    async def dial(self, code: str) -> Screen:
        """Dial and return the screen that comes."""
        await self._phone.dial(code)
        return await self.screen()

    async def send(self, text: str) -> Screen:
        """Answer the screen and return the next one."""
        await self._phone.answer(text)
        return await self.screen()

    async def hang_up(self) -> None:
        await self._phone.hang_up()

    async def sms(self, to: str, text: str) -> None:
        await self._phone.send_sms(to, text)

    async def screen(self) -> Screen:
        event = await self._next(Screen)
        assert isinstance(event, Screen)
        return event

    async def refusal(self) -> Failure:
        event = await self._next(Failure)
        assert isinstance(event, Failure)
        return event

    async def expect_sms(self, within_ms: int = SMS_PROMISE_MS) -> SmsArrived:
        """The next short message; the clock is moved as far as the gateway may take."""
        waited_ms = 0
        while not any(isinstance(event, SmsArrived) for event in self._pending()):
            assert waited_ms < within_ms, f"no SMS within {within_ms} ms"
            self._world.clock.advance(1_000)
            waited_ms += 1_000
            await self._world.settle()
        event = await self._next(SmsArrived)
        assert isinstance(event, SmsArrived)
        return event

    async def expect_silence(self, for_ms: int = SMS_PROMISE_MS) -> None:
        """Nothing comes while the clock moves on."""
        self._world.clock.advance(for_ms)
        await self._world.settle()
        assert not self._pending(), f"unexpected: {self._pending()}"

    async def close(self) -> None:
        await self._phone.close()

    def _pending(self) -> list[Event]:
        while not self._phone.events.empty():
            self._seen.append(self._phone.events.get_nowait())
        return self._seen

    async def _next(self, kind: type[Event]) -> Event:
        """The earliest event not yet looked at; it must be of that kind."""
        if not self._pending():
            self._seen.append(await asyncio.wait_for(self._phone.events.get(), ANSWER_S))
        event = self._seen.pop(0)
        assert isinstance(event, kind), f"expected {kind.__name__}, got {event}"
        return event


class World:
    """One gateway under test."""

    def __init__(self, app: App, clock: ManualClock) -> None:
        self.app = app
        self.clock = clock
        self._handsets: list[Handset] = []
        self._http = aiohttp.ClientSession()

    async def handset(self, msisdn: str, *, system_id: str = "handset", password: str = "handset") -> Handset:
        """A phone, switched on."""
        assert self.app.smpp_address is not None
        host, port = self.app.smpp_address.rsplit(":", 1)
        phone = SmppPhone(msisdn, host=host, port=int(port), system_id=system_id, password=password)
        await phone.open()
        handset = Handset(self, phone)
        self._handsets.append(handset)
        return handset

    async def settle(self) -> None:
        """Let everything in flight between gateway and phones arrive: a few round trips over loopback."""
        for _ in range(5):
            await self.call("GET", "/healthz")
        await self.app.lanes.drain()

    async def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """One HTTP request: status and JSON."""
        assert self.app.http_address is not None
        host, port = self.app.http_address
        url = f"http://{host}:{port}{path}"
        async with self._http.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json(content_type=None)

    async def fetch(self, path: str) -> bytes:
        """What a good answer to GET holds."""
        assert self.app.http_address is not None
        host, port = self.app.http_address
        async with self._http.get(f"http://{host}:{port}{path}", raise_for_status=True) as response:
            return await response.read()

    async def login(self, login: str, password: str) -> int:
        """Try the login form; the HTTP status."""
        status, _ = await self.call("POST", "/api/v1/lk/login", {"login": login, "password": password})
        return status

    async def close(self) -> None:
        for handset in self._handsets:
            await handset.close()
        await self._http.close()
        await self.app.stop()


@asynccontextmanager
async def running_world(
    storage: str,
    environment: Mapping[str, str] | None = None,
    app: Mapping[str, object] | None = None,
    links: Sequence[Mapping[str, Any]] = (),
    pcap: Path | None = None,
) -> AsyncIterator[World]:
    """A gateway with the shipped files on free ports; hashing is made cheap, everything else is real.

    `app`: other settings for the account of that name; `links`: centres it binds to; `pcap`: where what
    passes over SMPP is written.
    """
    with TemporaryDirectory() as mailbox:
        async with _running_world(storage, mailbox, environment or {}, app or {}, links, pcap) as world:
            yield world


@asynccontextmanager
async def _running_world(
    storage: str,
    mailbox: str,
    environment: Mapping[str, str],
    application: Mapping[str, object],
    links: Sequence[Mapping[str, Any]],
    pcap: Path | None,
) -> AsyncIterator[World]:
    settings = {
        "USSDGW_STORAGE__URL": storage,
        "USSDGW_STORAGE__MAILBOX": mailbox,
        "USSDGW_SMPP__PORT": "0",
        "USSDGW_HTTP__PORT": "0",
        **environment,
    }
    clock = ManualClock()
    hasher = ScryptHasher(b"a pepper for tests", cost=4)
    config = with_application(load_config(REPOSITORY / "config.yaml", settings), application)
    config = config.model_copy(update={"links": tuple(LinkConfig(**each) for each in links)})
    app = App(config, clock=clock, hasher=hasher)
    app.pcap = pcap
    await app.start()
    world = World(app, clock)
    try:
        yield world
    finally:
        await world.close()


def with_application(config: Config, settings: Mapping[str, object]) -> Config:
    accounts = tuple(
        account.model_copy(update=dict(settings)) if account.system_id == "app" else account
        for account in config.smpp.accounts
    )
    return config.model_copy(update={"smpp": config.smpp.model_copy(update={"accounts": accounts})})
