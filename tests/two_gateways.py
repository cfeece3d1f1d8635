"""Two gateways on one Redis, and phones whose bind moves to the other gateway before each step."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.world import REPOSITORY, SMS_PROMISE_MS, Handset, World, with_application
from ussd_gateway.access.esme import Esme
from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.phone.events import Screen, SmsArrived
from ussd_gateway.phone.smpp import SmppPhone
from ussd_gateway.replay.labs.backroom_http import HttpBackRoom
from ussd_gateway.replay.labs.over_http import HttpAddress
from ussd_gateway.replay.labs.smpp import SmppLab
from ussd_gateway.smpp.pdus import SubmitSm
from ussd_gateway.storage.vault import ScryptHasher

SHORT_MS = 1_000
"""No matter when within it an order is carried out."""
MOMENT_S = 0.1
"""How long a message may take from one gateway over the other to the phone, before the clock is moved on."""


async def rebind(phone: SmppPhone, app: App, system_id: str = "handset", password: str = "handset") -> None:
    """Take the bind of a phone to another gateway."""
    await phone._esme.close()
    host, port = address(app)
    phone._esme = Esme(
        host,
        port,
        system_id,
        password,
        on_pdu=phone._received,
        on_lost=phone._link_lost,
        address_range=phone.msisdn,
    )
    await phone.open()


class Wanderer(Handset):
    """A phone that is behind the other gateway whenever it speaks."""

    def __init__(self, world: "TwoGateways", phone: SmppPhone, system_id: str, password: str) -> None:
        super().__init__(world, phone)
        self._apps = world.apps
        self._login = (system_id, password)
        self.at = 0

    async def move(self) -> None:
        """Take the bind to the other gateway; what the phone knows of its dialogue goes along."""
        self.at = 1 - self.at
        await rebind(self._phone, self._apps[self.at], *self._login)

    async def dial(self, code: str) -> Screen:
        await self.move()
        return await super().dial(code)

    async def send(self, text: str) -> Screen:
        await self.move()
        return await super().send(text)

    async def hang_up(self) -> None:
        await self.move()
        await super().hang_up()

    async def sms(self, to: str, text: str) -> None:
        await self.move()
        await super().sms(to, text)

    async def expect_sms(self, within_ms: int = SMS_PROMISE_MS) -> SmsArrived:
        waited_ms = 0
        while not await self._sms_within_a_moment():
            assert waited_ms < within_ms, f"no SMS within {within_ms} ms"
            self._world.clock.advance(1_000)
            waited_ms += 1_000
            await self._world.settle()
        return await super().expect_sms(within_ms)

    async def expect_silence(self, for_ms: int = SMS_PROMISE_MS) -> None:
        await super().expect_silence(for_ms)
        assert not await self._sms_within_a_moment()

    async def _sms_within_a_moment(self) -> bool:
        if not any(isinstance(event, SmsArrived) for event in self._pending()):
            try:
                self._seen.append(await asyncio.wait_for(self._phone.events.get(), MOMENT_S))
            except TimeoutError:
                return False
        return any(isinstance(event, SmsArrived) for event in self._pending())


class TwoGateways(World):
    """Two gateways under test; HTTP asks the first."""

    def __init__(self, apps: list[App], clock: ManualClock) -> None:
        super().__init__(apps[0], clock)
        self.apps = apps

    async def handset(self, msisdn: str, *, system_id: str = "handset", password: str = "handset") -> Handset:
        host, port = address(self.apps[0])
        phone = SmppPhone(msisdn, host=host, port=port, system_id=system_id, password=password)
        await phone.open()
        handset = Wanderer(self, phone, system_id, password)
        self._handsets.append(handset)
        return handset

    async def settle(self) -> None:
        await super().settle()
        await self.apps[1].jobs.catch_up()
        await self.apps[1].lanes.drain()

    async def close(self) -> None:
        await super().close()
        await self.apps[1].stop()


def address(app: App) -> tuple[str, int]:
    assert app.smpp_address is not None
    host, port = app.smpp_address.rsplit(":", 1)
    return host, int(port)


@asynccontextmanager
async def two_gateways(
    storage: str, environment: Mapping[str, str] | None = None, app: Mapping[str, object] | None = None
) -> AsyncIterator[TwoGateways]:
    """Both with the shipped files, on free ports, with one clock that stands still.

    `environment`: settings of both; `app`: other settings for the account of that name.
    """
    other = app or {}
    clock = ManualClock()
    hasher = ScryptHasher(b"a pepper for tests", cost=4)
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory()))
        apps = []
        for name in ("a", "b"):
            settings = {
                "USSDGW_STORAGE__URL": storage,
                "USSDGW_STORAGE__MAILBOX": str(folder / "mailbox"),
                "USSDGW_STORAGE__PEPPER_FILE": str(folder / f"{name}.pepper"),
                "USSDGW_SMPP__PORT": "0",
                "USSDGW_HTTP__PORT": "0",
                **(environment or {}),
            }
            config = with_application(load_config(REPOSITORY / "config.yaml", settings), other)
            gateway = App(config, clock=clock, hasher=hasher)
            await gateway.start()
            apps.append(gateway)
        world = TwoGateways(apps, clock)
        opened.push_async_callback(world.close)
        yield world


# ---------------------------------------------------------------- scripts


class WanderingPhone(SmppPhone):
    """The phone of a script: whatever it does, it does through the other gateway."""

    def __init__(self, msisdn: str, apps: list[App]) -> None:
        host, port = address(apps[0])
        super().__init__(msisdn, host=host, port=port, system_id="handset", password="handset")
        self._apps = apps
        self.moves = 0

    async def _deliver(self, pdu: SubmitSm) -> None:
        self.moves += 1
        await rebind(self, self._apps[self.moves % 2])
        await super()._deliver(pdu)


class BothBackRooms(HttpBackRoom):
    """The API of the first gateway; time passes for both."""

    def __init__(self, url: str, world: TwoGateways) -> None:
        super().__init__(url)
        self._world = world

    async def advance(self, delta_ms: int) -> None:
        """Halts where an order waits for its time, as a gateway does that is alone with its clock."""
        clock, apps = self._world.clock, self._world.apps
        if delta_ms <= SHORT_MS:
            clock.advance(delta_ms)
            await apps[0].jobs.catch_up()
            return
        until_ms = clock.now_ms() + delta_ms
        while clock.now_ms() < until_ms:
            waiting = await apps[0].store.orders_pending(until_ms, 1000)
            halts = [order.not_before_ms for order in waiting if order.not_before_ms > clock.now_ms()]
            clock.advance(min(halts, default=until_ms) - clock.now_ms())
            await apps[0].jobs.catch_up()  # does what is due, whoever's share it is


class WanderingLab(SmppLab):
    """A lab whose phones wander."""

    def __init__(self, world: TwoGateways, back_room: HttpBackRoom, url: str) -> None:
        self.phones: list[WanderingPhone] = []
        self._world = world
        super().__init__(self._new, back_room=back_room, http=HttpAddress(url))

    def _new(self, msisdn: str) -> SmppPhone:
        phone = WanderingPhone(msisdn, self._world.apps)
        self.phones.append(phone)
        return phone

    async def settle(self) -> None:
        await super().settle()
        for app in self._world.apps:
            await app.lanes.drain()


@asynccontextmanager
async def wandering_lab(world: TwoGateways) -> AsyncIterator[WanderingLab]:
    """Where session scripts are played on both."""
    assert world.app.http_address is not None
    url = "http://{}:{}".format(*world.app.http_address)
    back_room = BothBackRooms(url, world)
    await back_room.open()
    try:
        yield WanderingLab(world, back_room, url)
    finally:
        await back_room.close()
