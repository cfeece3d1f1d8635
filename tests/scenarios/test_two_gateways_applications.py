"""Applications bound to one of two gateways on one Redis, and phones behind either."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.e2e.test_applications import SILENCE, Application, said
from tests.patience import until
from tests.redis_servers import Running
from tests.scenarios.test_two_gateways import ALICE, settled, wanderer
from tests.two_gateways import TwoGateways, two_gateways
from tests.unit.access.wire import no_peer_left
from ussd_gateway.access.application_dialogues import SmppApplication
from ussd_gateway.smpp.pdus import SubmitSmResp

__all__ = ["no_peer_left"]

QUICK = {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}
GONE = 0x400


@pytest_asyncio.fixture(params=["redis_server", "redis_cluster"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[TwoGateways]:
    redis: Running = request.getfixturevalue(request.param)
    redis.flush()
    async with two_gateways(redis.url, QUICK) as running:
        yield running


@asynccontextmanager
async def late_world(redis: Running) -> AsyncIterator[TwoGateways]:
    """One whose application's questions are acknowledged by their answers."""
    redis.flush()
    async with two_gateways(redis.url, QUICK, {"acknowledge": "late"}) as running:
        yield running


async def bound(world: TwoGateways, at: int, **options: Any) -> Application:
    """An application at one gateway, when the other one has heard of it."""
    address = world.apps[at].smpp_address
    assert address is not None
    peer = await Application.bind(address, system_id="app", password="app", **options)
    assert isinstance(peer, Application)
    peer.phone = ALICE
    await until(lambda: knows(world, 1 - at))
    return peer


def knows(world: TwoGateways, at: int) -> bool:
    """Whether a gateway knows of the application at the other one."""
    application = world.apps[at].applications._known["smpp:app"]
    assert isinstance(application, SmppApplication)
    assert application._far is not None
    return application._far.choose("app", "*500#") is not None


async def gone(world: TwoGateways, application: Application, at: int) -> None:
    """The application's connection breaks; both gateways notice."""
    application.close()
    assert await application.ended()
    await until(lambda: not knows(world, 1 - at))


async def test_a_dialogue_with_an_application_at_the_other_gateway(world: TwoGateways) -> None:
    application, phone = await bound(world, 1), await settled(world, ALICE)
    await phone._phone.dial("*500*7#")
    assert await application.hears() == (1, "*500*7#")
    assert await application.says(2, "Name?") == 0
    assert (await phone.screen()).text == "Name?"
    await phone._phone.answer("")
    assert await application.hears() == (18, "")
    assert await application.says(3, "Wait") == 0
    assert (await phone.screen()).op == "notify"
    assert await application.hears() == (19, "")
    assert await application.says(17, "Bye") == 0
    screen = await phone.screen()
    assert (screen.op, screen.text) == ("end", "Bye")
    assert await world.app.dialogues.get(ALICE) is None


async def test_the_phone_moves_and_the_application_hears_all_of_it(world: TwoGateways) -> None:
    """One bind at each gateway: the one that heard the beginning hears the rest."""
    binds = [await bound(world, 0), await bound(world, 1)]
    phone = await wanderer(world, ALICE)
    await phone.move()
    await phone._phone.dial("*500#")
    application = binds[phone.at]
    assert await application.hears() == (1, "*500#")
    for number in range(3):
        assert await application.says(2, f"Question {number}") == 0
        assert (await phone.screen()).text == f"Question {number}"
        await phone.move()
        await phone._phone.answer(str(number))
        assert await application.hears() == (18, str(number))
    assert await application.says(17, "Bye") == 0
    assert (await phone.screen()).text == "Bye"


async def test_another_bind_takes_over_when_its_own_has_gone(world: TwoGateways) -> None:
    first, second = await bound(world, 1), await bound(world, 0)
    phone = await settled(world, ALICE)
    await gone(world, second, 0)
    await phone._phone.dial("*500#")
    await first.hears()
    await first.says(2, "Name?")
    await phone.screen()
    third = await bound(world, 0)
    await gone(world, first, 1)
    await phone._phone.answer("Anna")
    assert await third.hears() == (18, "Anna")
    assert await third.says(17, "Bye") == 0
    assert (await phone.screen()).text == "Bye"


async def test_nobody_is_bound_anywhere(world: TwoGateways) -> None:
    application, phone = await bound(world, 1), await settled(world, ALICE)
    await gone(world, application, 1)
    screen = await phone.dial("*500#")
    assert (screen.op, screen.text) == ("end", SILENCE)
    assert await world.app.dialogues.get(ALICE) is None


async def test_it_goes_while_the_subscriber_thinks(world: TwoGateways) -> None:
    application, phone = await bound(world, 1), await settled(world, ALICE)
    await phone._phone.dial("*500#")
    await application.hears()
    await application.says(2, "Name?")
    await phone.screen()
    await gone(world, application, 1)
    await phone._phone.answer("Anna")
    assert (await phone.screen()).text == SILENCE


async def test_a_refusal_of_its_comes_back(world: TwoGateways) -> None:
    application, phone = await bound(world, 1), await settled(world, ALICE)
    await phone._phone.dial("*500#")
    await application.screen(status=0x64)
    assert (await phone.screen()).text == SILENCE


async def test_ends_reach_it_and_late_words_are_late(world: TwoGateways) -> None:
    application, phone = await bound(world, 1), await settled(world, ALICE)
    await phone._phone.dial("*500#")
    await application.hears()
    await application.says(2, "Name?")
    await phone.screen()
    await phone.hang_up()
    assert await application.hears() == (129, "")
    assert await application.says(17, "too late") == GONE
    await phone._phone.dial("*500#")
    await application.hears()
    dialogue = await world.app.dialogues.get(ALICE)
    assert dialogue is not None
    world.clock.advance(30_000)
    assert (await phone.screen()).text == SILENCE
    ended = world.apps[1].applications._ended
    await until(lambda: ended["smpp:app", ALICE].dialogue.id == dialogue.id)
    assert await application.says(2, "late") == GONE


async def test_a_question_acknowledged_by_its_answer(redis_server: Running) -> None:
    async with late_world(redis_server) as world:
        application, phone = await bound(world, 1), await settled(world, ALICE)
        await phone._phone.dial("*500#")
        await application.hears()
        application.send(said(2, "Name?", ALICE))
        assert (await phone.screen()).text == "Name?"
        await phone._phone.answer("Anna")
        first, second = [await application.read() for _ in range(2)]
        response = first if isinstance(first, SubmitSmResp) else second
        assert isinstance(response, SubmitSmResp)
        assert response.command_status == 0


async def test_its_own_gateway_ends_and_the_subscriber_is_told(world: TwoGateways) -> None:
    application, phone = await bound(world, 1), await settled(world, ALICE)
    await phone._phone.dial("*500#")
    await application.hears()
    await world.apps[1].stop()
    world.clock.advance(30_000)
    assert (await phone.screen()).text == SILENCE
    assert await world.app.dialogues.get(ALICE) is None


# ---------------------------------------------------------------- screens of menus

MENU = """\
menu: shop
service_codes: ["*384#"]
start: survey
languages: [ru]
screens:
  survey:
    app: {http: "SITE/"}
    on:
      done: {end: "{said}!"}
      failed: {end: Не вышло}
"""


@asynccontextmanager
async def shop(redis: Running, folder: Path, *, silent: bool = False) -> AsyncIterator[TwoGateways]:
    """Both gateways have a menu that a web application shows; `silent`: it never answers."""

    async def answer(request: web.Request) -> web.Response:
        if silent:
            await asyncio.Event().wait()
        fields = await request.post()
        text = str(fields.get("text", ""))
        return web.Response(text="END Спасибо" if "*" in text else f"CON Еще? {text}")

    application = web.Application()
    application.router.add_post("/", answer)
    redis.flush()
    async with TestServer(application) as server:
        source = MENU.replace("SITE", str(server.make_url("")).rstrip("/"))
        (folder / "shop.yaml").write_text(source, encoding="utf-8")
        environment = {**QUICK, "USSDGW_PATHS__MENUS": str(folder)}
        async with two_gateways(redis.url, environment) as world:
            yield world


async def test_a_visit_goes_on_through_the_other_gateway(redis_server: Running, tmp_path: Path) -> None:
    async with shop(redis_server, tmp_path) as world:
        phone = await wanderer(world, ALICE)
        assert (await phone.dial("*384#")).text == "Еще?"
        assert (await phone.send("5")).text == "Еще? 5"
        screen = await phone.send("6")
        assert (screen.op, screen.text) == ("end", "Спасибо!")


async def test_the_menu_goes_on_when_the_gateway_that_asked_has_gone(
    redis_server: Running, tmp_path: Path
) -> None:
    async with shop(redis_server, tmp_path, silent=True) as world:
        phone = await wanderer(world, ALICE)
        await phone.move()
        alone = world.apps[0].together
        assert alone is not None
        await phone._phone.dial("*384#")
        await until(lambda: any(each._tasks for each in world.apps[1].over_http._applications))
        await phone.move()
        await world.apps[1].stop()
        await until(lambda: not alone.exchange.others)
        world.clock.advance(30_000)
        screen = await phone.screen()
        assert (screen.op, screen.text) == ("end", "Не вышло")
        assert await world.app.dialogues.get(ALICE) is None
