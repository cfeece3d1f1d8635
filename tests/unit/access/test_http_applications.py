"""A whole gateway whose codes are served by a web application on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.unit.test_gateway import IVANOV, Owner
from tests.world import REPOSITORY
from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import Config, load_config
from ussd_gateway.phone.events import Screen
from ussd_gateway.sections import HttpApplicationConfig, HttpProfileConfig
from ussd_gateway.storage import ScryptHasher
from ussd_gateway.ussd.primitives import Begin, Continue

SILENCE = "Сервис временно недоступен. Повторите запрос позже"
AT_CODE, HUBTEL_CODE, OWN_CODE = "*601#", "*602#", "*603#"
LOOPBACK = ("127.0.0.0/8",)
PATIENCE_S = 10.0

OWN_PROFILE = {
    "begin": {"method": "GET", "carried": "query", "fields": {"who": "{msisdn}", "said": "{last_input}"}},
    "answer": {"method": "GET", "carried": "query", "fields": {"who": "{msisdn}", "said": "{last_input}"}},
    "reply": {"ask": ["MORE"], "end": ["DONE"]},
}


class Site:
    """The web application: it answers by a list, and notes what it was asked."""

    def __init__(self) -> None:
        self.replies: list[web.Response] = []
        self.asked: asyncio.Queue[tuple[str, dict[str, str]]] = asyncio.Queue()
        self.let_go: asyncio.Event | None = None

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.text()
        if request.content_type == "application/json":
            fields = json.loads(body)
        else:
            fields = dict(await request.post()) or dict(request.query)
        self.asked.put_nowait((request.path, fields))
        if request.path == "/events":
            return web.Response()
        if self.let_go is not None:
            await self.let_go.wait()
        return self.replies.pop(0)

    def says(self, *texts: str) -> None:
        self.replies += [web.Response(text=text) for text in texts]

    async def next(self) -> tuple[str, dict[str, str]]:
        return await asyncio.wait_for(self.asked.get(), PATIENCE_S)


def config_for(url: Callable[[str], object]) -> Config:
    config = load_config(REPOSITORY / "config.yaml", {"USSDGW_STORAGE__URL": "memory://"})
    applications = (
        HttpApplicationConfig(
            name="at",
            url=str(url("/at")),
            events_url=str(url("/events")),
            service_codes=(AT_CODE,),
            addresses=LOOPBACK,
        ),
        HttpApplicationConfig(
            name="hubtel",
            url=str(url("/h")),
            profile="hubtel",
            service_codes=(HUBTEL_CODE,),
            addresses=LOOPBACK,
        ),
        HttpApplicationConfig(
            name="own",
            url=str(url("/own")),
            profile="own",
            service_codes=(OWN_CODE,),
            addresses=LOOPBACK,
        ),
    )
    profiles = {"own": HttpProfileConfig.model_validate(OWN_PROFILE)}
    http = config.http.model_copy(update={"applications": applications, "profiles": profiles})
    return config.model_copy(update={"http": http})


@pytest.fixture
def site() -> Site:
    return Site()


@pytest_asyncio.fixture
async def app(site: Site) -> AsyncIterator[App]:
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", site.handle)
    async with TestServer(application) as server:
        clock, hasher = ManualClock(), ScryptHasher(b"a pepper for tests", cost=4)
        app = App(config_for(server.make_url), clock=clock, hasher=hasher)
        await app.start(listen=False)
        yield app
        await app.stop()


class Phone:
    """A phone whose next screen can be waited for."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner

    async def dial(self, code: str) -> tuple[str, str]:
        await self.owner.phone.dial(code)
        return await self.screen()

    async def send(self, text: str) -> tuple[str, str]:
        await self.owner.phone.answer(text)
        return await self.screen()

    async def screen(self) -> tuple[str, str]:
        event = await asyncio.wait_for(self.owner.phone.events.get(), PATIENCE_S)
        assert isinstance(event, Screen)
        return event.op, event.text


@pytest_asyncio.fixture
async def phone(app: App) -> Phone:
    return Phone(await Owner(app).switch_on())


async def test_a_dialogue_with_africas_talking_from_end_to_end(app, phone, site):
    site.says("CON Name?", "CON Age?", "END Hello")
    assert await phone.dial("*601*7#") == ("ask", "Name?")
    assert await phone.send("Ivan") == ("ask", "Age?")
    assert await phone.send("30") == ("end", "Hello")
    first, second, third = [(await site.next())[1] for _ in range(3)]
    assert [each["text"] for each in (first, second, third)] == ["7", "7*Ivan", "7*Ivan*30"]
    assert first["phoneNumber"] == f"+{IVANOV}"
    assert first["serviceCode"] == AT_CODE
    assert first["sessionId"] == second["sessionId"] == third["sessionId"]
    path, ending = await site.next()
    assert path == "/events"
    assert ending["status"] == "Success"
    assert ending["input"] == "7*Ivan*30"
    assert ending["lastAppResponse"] == "Hello"
    assert ending["hopsCount"] == "3"
    assert ending["sessionId"] == first["sessionId"]
    assert await app.dialogues.count() == 0


async def test_the_state_an_application_gives_comes_back(app, phone, site):
    site.replies += [
        web.json_response({"Type": "Response", "Message": "Name?", "ClientState": "step 2"}),
        web.json_response({"Type": "Release", "Message": "Bye"}),
    ]
    assert await phone.dial(HUBTEL_CODE) == ("ask", "Name?")
    assert await phone.send("Ivan") == ("end", "Bye")
    first, second = (await site.next())[1], (await site.next())[1]
    assert (first["Type"], first["Message"], first["Sequence"]) == ("Initiation", HUBTEL_CODE, 1)
    assert (second["Type"], second["Message"], second["Sequence"]) == ("Response", "Ivan", 2)
    assert second["ClientState"] == "step 2"


async def test_a_form_declared_in_the_configuration(app, phone, site):
    site.says("MORE Name?", "DONE Bye")
    assert await phone.dial(OWN_CODE) == ("ask", "Name?")
    assert await phone.send("Иван") == ("end", "Bye")
    asked = [(await site.next())[1], (await site.next())[1]]
    assert asked == [{"who": IVANOV, "said": ""}, {"who": IVANOV, "said": "Иван"}]


@pytest.mark.parametrize(
    "reply",
    [
        web.Response(status=500),
        web.Response(text="Fatal error"),
        web.Response(text="CON " + "я" * 200),
    ],
    ids=["status", "form", "length"],
)
async def test_an_application_that_fails_ends_the_dialogue(app, phone, site, reply):
    site.replies.append(reply)
    assert await phone.dial(AT_CODE) == ("end", SILENCE)
    await site.next()
    path, ending = await site.next()
    assert (path, ending["status"]) == ("/events", "Failed")
    assert ending["errorMessage"]
    assert await app.dialogues.count() == 0


async def test_hanging_up_is_told(app, phone, site):
    site.says("CON Name?")
    assert await phone.dial(AT_CODE) == ("ask", "Name?")
    await site.next()
    await phone.owner.phone.hang_up()
    path, ending = await site.next()
    assert (path, ending["status"]) == ("/events", "Incomplete")


async def test_a_timeout_of_the_subscriber_is_told(app, phone, site):
    site.replies.append(web.json_response({"Type": "Response", "Message": "Name?"}))
    assert await phone.dial(HUBTEL_CODE) == ("ask", "Name?")
    await site.next()
    app.clock.advance(181_000)
    await app._sweep()
    assert (await phone.screen())[0] == "end"
    assert (await site.next())[1]["Type"] == "Timeout"


async def test_a_reply_to_a_dialogue_that_is_over_is_shown_to_nobody(app, phone, site):
    site.let_go = asyncio.Event()
    site.says("CON Name?", "CON Other?")
    await app.gateway.ussd(Begin(IVANOV, AT_CODE, "embedded"))
    first = (await site.next())[1]
    await phone.owner.phone.dial(AT_CODE)  # the first dialogue is replaced while its reply is on the way
    second = (await site.next())[1]
    if second.get("status"):
        second = (await site.next())[1]
    site.let_go.set()
    shown = await phone.screen()
    await app.gateway.ussd(Continue(IVANOV, "1", "embedded"))
    assert shown[0] == "ask"
    assert first["sessionId"] != second["sessionId"]
    stored = await app.dialogues.get(IVANOV)
    assert stored is not None
    assert stored.id == second["sessionId"]
    assert phone.owner.screens() == []


async def test_stopping_gives_up_requests_under_way(app, phone, site):
    site.let_go = asyncio.Event()
    site.says("CON Name?")
    await phone.owner.phone.dial(AT_CODE)
    await site.next()
    await asyncio.wait_for(app.stop(), PATIENCE_S)
    assert phone.owner.screens() == []
    site.let_go.set()
