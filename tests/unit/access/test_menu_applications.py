"""Menus whose screens web applications show: a whole gateway, and the application on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from tests.unit.access.test_http_applications import PATIENCE_S, SILENCE, Site
from tests.unit.access.test_http_applications import Phone as PhoneOfBefore
from tests.unit.test_gateway import IVANOV, Owner
from tests.world import REPOSITORY
from ussd_gateway.access.http_calls import signature
from ussd_gateway.app import App
from ussd_gateway.applications import place_of
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.phone.events import Screen
from ussd_gateway.sections import HttpMenusConfig
from ussd_gateway.storage import ScryptHasher
from ussd_gateway.ussd.primitives import Begin, Continue
from ussd_gateway.watch import Happening, StepTaken

MENU = """\
menu: shop
service_codes: ["*384#"]
start: root
languages: [ru]
screens:
  root:
    choices:
      1: {label: Опрос, to: survey}
      2: {label: Ключ, to: key}
      3: {label: Списать, to: charge}
  survey:
    app: {http: "SITE/ussd", timeout: 5s}
    on:
      done: {to: thanks}
      failed: {to: sorry, sms: "Опрос не удался"}
  sorry:
    text: "Не вышло\\n{choices}"
    choices: {1: {label: Еще раз, to: survey}}
  thanks:
    text: "{said}\\n{choices}"
    choices:
      1: {label: Еще раз, to: survey}
      2: {label: Списать, to: charge}
  charge:
    action: account.charge
    with: {fee_kop: 500, note: "опрос"}
    on: {done: {to: last}, denied: {end: "{reason}"}}
  last:
    app: {http: "SITE/last"}
    on: {done: {to: charge_again}}
  charge_again:
    action: account.charge
    with: {fee_kop: 500, note: "еще"}
    on: {done: {end: "{said}, и все"}, denied: {end: "{reason}"}}
  key:
    text: Ключ?
    input: {name: word, secret: true}
    to: plain
  plain:
    app: {http: "SITE/plain", profile: generic-get}
"""


SORRY = ("ask", "Не вышло\n1 Еще раз")


@asynccontextmanager
async def gateway(
    folder: Path, url: Callable[[str], object], menu: str = MENU, **menus: Any
) -> AsyncIterator[App]:
    (folder / "menus").mkdir(exist_ok=True)
    source = menu.replace("SITE", str(url("/")).rstrip("/"))
    (folder / "menus" / "shop.yaml").write_text(source, encoding="utf-8")
    settings = {"USSDGW_STORAGE__URL": "memory://", "USSDGW_PATHS__MENUS": str(folder / "menus")}
    config = load_config(REPOSITORY / "config.yaml", settings)
    http = config.http.model_copy(update={"menus": HttpMenusConfig(**menus)})
    config = config.model_copy(update={"http": http})
    app = App(config, clock=ManualClock(), hasher=ScryptHasher(b"a pepper for tests", cost=4))
    await app.start(listen=False)
    try:
        yield app
    finally:
        await app.stop()


class Phone(PhoneOfBefore):
    """It shows messages, too; nobody looks at them here."""

    async def screen(self) -> tuple[str, str]:
        while True:
            event = await asyncio.wait_for(self.owner.phone.events.get(), PATIENCE_S)
            if isinstance(event, Screen):
                return event.op, event.text

    def screens_left(self) -> bool:
        events = self.owner.phone.events
        return any(isinstance(events.get_nowait(), Screen) for _ in range(events.qsize()))


@pytest.fixture
def site() -> Site:
    return Site()


@pytest_asyncio.fixture
async def server(site: Site) -> AsyncIterator[BaseTestServer]:
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", site.handle)
    async with TestServer(application) as server:
        yield server


@pytest_asyncio.fixture
async def app(server: BaseTestServer, tmp_path: Path) -> AsyncIterator[App]:
    async with gateway(tmp_path, server.make_url) as app:
        yield app


@pytest_asyncio.fixture
async def phone(app: App) -> Phone:
    return Phone(await Owner(app).switch_on())


async def asked(site: Site) -> tuple[str, str, str]:
    """Path, session and inputs of the next request."""
    path, fields = await site.next()
    return path, fields["sessionId"], fields["text"]


async def test_the_dialogue_goes_over_and_comes_back(app, phone, site):
    site.says("CON Сколько?", "CON Точно?", "END Спасибо")
    await phone.dial("*384#")
    assert await phone.send("1") == ("ask", "Сколько?")
    dialogue = await app.dialogues.get(IVANOV)
    assert place_of(dialogue) == ("shop", "survey")
    assert await asked(site) == ("/ussd", f"{dialogue.id}-2", "")
    assert await phone.send("5") == ("ask", "Точно?")
    assert (await asked(site))[2] == "5"
    assert await phone.send("1") == ("ask", "Спасибо\n1 Еще раз\n2 Списать")
    assert (await asked(site))[2] == "5*1"
    path, fields = await site.next()
    assert (path, fields["status"], fields["lastAppResponse"]) == ("/ussd", "Success", "Спасибо")
    # A second visit in the same dialogue is a session of its own.
    site.says("END Хватит")
    assert await phone.send("1") == ("ask", "Хватит\n1 Еще раз\n2 Списать")
    assert await asked(site) == ("/ussd", f"{dialogue.id}-6", "")
    assert (await app.dialogues.get(IVANOV)).state == "menu"


async def test_what_was_dialled_behind_it_comes_along(app, phone, site):
    site.says("CON Сколько?")
    assert await phone.dial("*384*1*7*8#") == ("ask", "Сколько?")
    assert (await asked(site))[2] == "7*8"


async def test_money_before_and_after_it_is_charged_once_each(app, phone, site):
    site.says("END Все")
    before = await app.store.account(IVANOV)
    assert await phone.dial("*384*3#") == ("end", "Все, и все")
    account = await app.store.account(IVANOV)
    assert before.balance_kop - account.balance_kop == 1000
    assert await app.dialogues.get(IVANOV) is None


@pytest.mark.parametrize(
    "reply",
    [
        lambda: web.Response(status=500),
        lambda: web.Response(text="what?"),
        lambda: web.Response(text="CON " + "Ж" * 81),
        lambda: web.Response(status=302, headers={"Location": "/elsewhere"}),
    ],
    ids=["error", "another form", "too long", "redirect"],
)
async def test_a_failure_takes_its_branch(app, phone, site, reply):
    site.replies.append(reply())
    await phone.dial("*384#")
    assert await phone.send("1") == SORRY
    messages = await app.store.inbox(IVANOV, 10)
    assert [each.text for each in messages] == ["Опрос не удался"]


async def test_without_a_branch_the_phone_is_told(app, phone, site):
    site.replies.append(web.Response(status=500))
    assert await phone.dial("*384*2*secret#") == ("end", SILENCE)


async def test_an_application_that_keeps_silent_fails(app, phone, site):
    site.let_go = asyncio.Event()
    site.says("CON Сколько?")
    await phone.owner.phone.dial("*384*1#")
    await site.next()
    app.clock.advance(30_000)
    assert await phone.screen() == SORRY
    site.let_go.set()
    await app.over_http.settle()
    await app.lanes.drain()
    assert not phone.screens_left()


async def test_a_late_reply_is_not_taken_for_that_of_the_next_visit(app, phone, site):
    site.let_go = asyncio.Event()
    site.says("CON Старый", "CON Новый")
    await phone.owner.phone.dial("*384*1#")
    _, first, _ = await asked(site)
    app.clock.advance(30_000)
    assert await phone.screen() == SORRY
    await phone.owner.phone.answer("1")
    while (await site.next())[1]["sessionId"] == first:
        pass  # it is told that its time is over
    site.let_go.set()
    assert await phone.screen() == ("ask", "Новый")
    await app.over_http.settle()
    await app.lanes.drain()
    assert not phone.screens_left()
    assert (await app.dialogues.get(IVANOV)).state == "application"


async def test_hanging_up_in_the_middle_is_told_to_the_application(app, phone, site):
    site.says("CON Сколько?")
    await phone.dial("*384*1#")
    await site.next()
    await phone.owner.phone.hang_up()
    _, fields = await site.next()
    assert (fields["status"], fields["lastAppResponse"]) == ("Incomplete", "Сколько?")
    assert await app.dialogues.get(IVANOV) is None


async def test_the_subscriber_who_keeps_silent_ends_the_dialogue(app, phone, site):
    site.says("CON Сколько?")
    await phone.dial("*384*1#")
    app.clock.advance(180_000)
    op, _ = await phone.screen()
    assert op == "end"


async def test_a_phone_of_phase_1_cannot_be_asked(app, phone, site):
    site.says("CON Сколько?")
    await app.gateway.ussd(Begin(IVANOV, "*384*1#", "embedded", one_shot=True))
    assert await phone.screen() == SORRY


async def test_whoever_watches_sees_the_ways_through_the_menu(app, phone, site):
    told: list[Happening] = []
    app.watch.subscribe(told.append)
    site.says("CON Сколько?", "END Спасибо")
    await phone.dial("*384*1#")
    await phone.send("5")
    first, second = [each for each in told if isinstance(each, StepTaken)]
    assert (first.menu, first.screen, first.op, first.shown) == ("shop", "survey", "ask", "Сколько?")
    assert (first.asked, first.text) == ("dial", "*384*1#")
    assert first.moves == (("_start", "code:*384#", "root"), ("root", "key:1", "survey"))
    assert (second.asked, second.text, second.screen) == ("answer", "5", "thanks")
    assert second.moves == (("survey", "done", "thanks"),)


async def test_a_secret_that_led_to_it_is_not_told(app, phone, site):
    told: list[Happening] = []
    app.watch.subscribe(told.append)
    site.says("CON Еще?", "END Все")
    await phone.dial("*384*2#")
    assert await phone.send("hush") == ("ask", "Еще?")
    assert "hush" not in repr((await app.dialogues.get(IVANOV)).position["text"])
    assert await phone.send("нет") == ("end", "Все")
    assert "hush" not in repr(told)
    _, fields = await site.next()
    assert (fields["event"], fields["code"], fields["input"]) == ("begin", "*384#", "*384#")


async def test_an_open_visit_goes_on_with_the_menu_it_began_with(app, phone, site, tmp_path):
    site.says("CON Сколько?")
    await phone.dial("*384*1#")
    path = tmp_path / "menus" / "shop.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("/ussd", "/new").replace("Еще раз", "Снова"), encoding="utf-8")
    app.reload()
    site.says("END Спасибо")
    assert await phone.send("5") == ("ask", "Спасибо\n1 Еще раз\n2 Списать")
    assert {(await site.next())[0], (await site.next())[0]} == {"/ussd"}


async def test_phones_over_http_wait_for_it_too(app, site):
    site.says("END Спасибо")
    phones = app.phones.http
    await app.gateway.ussd(Begin(IVANOV, "*384*1#", "http"))
    shown = await asyncio.wait_for(phones.next(IVANOV), 10)
    assert (shown.op, shown.text) == ("ask", "Спасибо\n1 Еще раз\n2 Списать")
    await app.gateway.ussd(Continue(IVANOV, "0", "http"))
    assert phones.newest(IVANOV).text == "1 Опрос\n2 Ключ\n3 Списать"


async def test_requests_are_signed_when_the_configuration_says_so(server, site, tmp_path):
    signed: list[bool] = []
    handle = site.handle

    async def checked(request: web.Request) -> web.Response:
        given = dict(part.split("=", 1) for part in request.headers["X-Shop"].split(","))
        expected = signature("hush", int(given["t"]), request.method, request.raw_path, await request.read())
        signed.append(given["v1"] == expected)
        reply: web.Response = await handle(request)
        return reply

    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", checked)
    async with (
        TestServer(application) as own,
        gateway(tmp_path, own.make_url, secret="hush", signature_header="X-Shop") as app,
    ):
        phone = Phone(await Owner(app).switch_on())
        site.says("CON Сколько?")
        assert await phone.dial("*384*1#") == ("ask", "Сколько?")
    assert signed == [True]


async def test_addresses_that_are_not_permitted_fail(server, site, tmp_path):
    async with gateway(tmp_path, server.make_url, addresses=()) as app:
        phone = Phone(await Owner(app).switch_on())
        assert await phone.dial("*384*1#") == SORRY
    assert site.asked.empty()


async def test_too_many_requests_fail_at_once(app, phone, site, monkeypatch):
    monkeypatch.setattr("ussd_gateway.access.http_applications.MAX_CALLS", 0)
    assert await phone.dial("*384*1#") == SORRY


async def test_a_store_that_is_lost_is_told_to_the_phone(app, phone, site):
    site.says("CON Сколько?", "END Спасибо")
    await phone.dial("*384*1#")

    async def lost(*arguments: object) -> None:
        raise StoreUnavailable("gone")

    app.gateway._subscribers.account = lost
    assert await phone.send("5") == ("end", SILENCE)
    assert await app.dialogues.get(IVANOV) is None
