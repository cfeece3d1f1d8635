"""The whole tree of `*105#` through a link: every way that `explore` finds in it, all screens and messages.

The phones are behind a second gateway of ours, whose application the link is, or a centre made of bytes.
"""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.bare_centre import BarePhone, Centre, linked
from tests.e2e.conftest import Explored
from tests.patience import until
from tests.unit.replay.stage import Told
from tests.world import REPOSITORY, World, running_world
from ussd_gateway.phone.base import Phone
from ussd_gateway.phone.smpp import SmppPhone
from ussd_gateway.replay.coverage.meter import Meter
from ussd_gateway.replay.coverage.plan import plan_of
from ussd_gateway.replay.coverage.world import world_of
from ussd_gateway.replay.labs.backroom_http import HttpBackRoom
from ussd_gateway.replay.labs.smpp import SmppLab
from ussd_gateway.replay.loader import load_scripts
from ussd_gateway.replay.player import replay
from ussd_gateway.watch import Happening, StepTaken

MENU = "service_guide"
SENDERS = ("000100", "000105", "000110", "5010")
"""Short numbers that messages of this menu come from."""


class LinkLab(SmppLab):
    """Where scripts are played: phones of somebody else's network, and the gateway's own back room."""

    def __init__(self, world: World, phone_of: Callable[[str], Phone], back_room: HttpBackRoom) -> None:
        super().__init__(phone_of, back_room=back_room)
        self._app = world.app

    async def settle(self) -> None:
        await super().settle()
        await self._app.lanes.drain()
        await until(lambda: self._app.centres.states()[0]["waiting"] == 0)


async def expect_all_green(world: World, phone_of: Callable[[str], Phone], scripts: Path) -> None:
    """All scripts, green, and with that all of the menu exercised."""
    app, told = world.app, Told()
    menu = app.gateway.service.engine.menus.by_name[MENU]
    meter = Meter([plan_of(menu, world_of(app.gateway.service.catalogue, world.clock.now_ms()))], [])
    ways: set[str] = set()

    def listen(happening: Happening) -> None:
        meter(happening)
        if isinstance(happening, StepTaken):
            ways.add(happening.access)

    app.watch.subscribe(listen)
    assert app.http_address is not None
    back_room = HttpBackRoom("http://{}:{}".format(*app.http_address))
    await back_room.open()
    try:
        verdict = await replay(load_scripts([scripts]), LinkLab(world, phone_of, back_room), told)
    finally:
        await back_room.close()
    assert verdict.passed, "\n".join(told.lines)[-5000:]
    assert meter.of_all().percent == 100
    assert ways == {"link:mno"}


@pytest.fixture
def scripts(explored: Callable[[str], Explored]) -> Path:
    return explored(MENU).folder


@asynccontextmanager
async def operator(folder: Path, dialect: str) -> AsyncIterator[World]:
    """A gateway that serves none of the codes and short numbers itself."""
    folders = {"MENUS": folder / "menus", "SMS_COMMANDS": folder / "commands"}
    for empty in folders.values():
        empty.mkdir()
    source = (REPOSITORY / "menus" / f"{MENU}.yaml").read_text(encoding="utf-8")
    dialled = set(re.findall(r'"([*#]+[0-9]+)[^"\n]*#"', source))
    served = {
        "service_codes": tuple(sorted(f"{code}#" for code in dialled)),
        "short_codes": SENDERS,
        "dialect": dialect,
    }
    environment = {f"USSDGW_PATHS__{name}": str(path) for name, path in folders.items()}
    async with running_world("memory://", environment, app=served) as world:
        yield world


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("dialect", ["plain", "its15"])
async def test_behind_a_second_gateway(dialect: str, tmp_path: Path, scripts: Path) -> None:
    async with operator(tmp_path, dialect) as centre:
        assert centre.app.smpp_address is not None
        host, port = centre.app.smpp_address.rsplit(":", 1)
        account = {"system_id": "app", "password": "app", "dialect": dialect}

        def phone(msisdn: str) -> SmppPhone:
            return SmppPhone(msisdn, host=host, port=int(port), system_id="handset", password="handset")

        async with linked(int(port), **account) as world:
            await expect_all_green(world, phone, scripts)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("dialect", ["plain", "its15"])
async def test_behind_a_centre_of_others(dialect: str, scripts: Path) -> None:
    centre = Centre()
    await centre.open()
    try:
        async with linked(centre.port, dialect=dialect, bind="pair") as world:
            numbered = dialect == "its15"
            await expect_all_green(
                world, lambda msisdn: BarePhone(msisdn, centre, numbered=numbered), scripts
            )
    finally:
        await centre.kill()
