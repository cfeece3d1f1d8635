"""The turns of a phone and an application: whose word it is, for how long, and which codes lead there."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.unit.test_gateway import IVANOV, Owner
from tests.world import REPOSITORY
from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import Config, load_config
from ussd_gateway.errors import ConfigError
from ussd_gateway.storage import ScryptHasher
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.primitives import Ask, End
from ussd_gateway.watch import Happening, StepTaken

NAME = "smpp:app"
SILENCE = "Сервис временно недоступен. Повторите запрос позже"


class Listening:
    """An application in this process (`ports.Application`): it notes what phones do."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.there = True

    def begin(self, dialogue: Dialogue, dialled: str) -> bool:
        self.heard.append(("begin", dialled))
        return self.there

    def answer(self, dialogue: Dialogue, text: str) -> bool:
        self.heard.append(("answer", text))
        return self.there

    def confirm(self, dialogue: Dialogue) -> None:
        self.heard.append(("confirm", ""))

    def overtaken(self, dialogue: Dialogue) -> None:
        """It learns that when it speaks."""

    def over(self, dialogue: Dialogue, how: str) -> None:
        self.heard.append(("over", how))


def config_with(*codes: str) -> Config:
    config = load_config(REPOSITORY / "config.yaml", {"USSDGW_STORAGE__URL": "memory://"})
    accounts = tuple(
        account.model_copy(update={"service_codes": codes}) if account.system_id == "app" else account
        for account in config.smpp.accounts
    )
    return config.model_copy(update={"smpp": config.smpp.model_copy(update={"accounts": accounts})})


def an_app(config: Config) -> App:
    return App(config, clock=ManualClock(), hasher=ScryptHasher(b"a pepper for tests", cost=4))


@pytest_asyncio.fixture
async def app() -> AsyncIterator[App]:
    app = an_app(config_with("*500#", "*105*77#"))
    await app.start(listen=False)
    yield app
    await app.stop()


@pytest_asyncio.fixture
async def owner(app: App) -> Owner:
    return await Owner(app).switch_on()


@pytest.fixture
def application(app: App) -> Listening:
    listening = Listening()
    app.applications.register(NAME, listening)
    return listening


async def later(app: App, seconds: int) -> None:
    """Move the clock and sweep, as the scheduler would."""
    assert isinstance(app.clock, ManualClock)
    app.clock.advance(seconds * 1000)
    await app._sweep()
    await app.lanes.drain()


async def test_the_longest_code_wins_whoever_serves_it(app, owner, application):
    await owner.phone.dial("*105*77*1#")
    assert application.heard == [("begin", "*105*77*1#")]
    assert await app.applications.says(NAME, IVANOV, End("Bye")) == "taken"
    await owner.phone.dial("*105#")
    assert owner.screens() == [("end", "Bye"), ("ask", "1 Счет")]


async def test_a_code_of_a_menu_cannot_be_an_applications_too():
    with pytest.raises(ConfigError) as caught:
        await an_app(config_with("*105#")).start(listen=False)
    assert "taken twice" in str(caught.value.problems[0])


async def test_each_side_has_its_own_time(app, owner, application):
    await owner.phone.dial("*500#")
    assert await app.applications.says(NAME, IVANOV, Ask("Name?")) == "taken"
    # The subscriber may think for long; then the application has its 30 seconds, which is earlier.
    await later(app, 100)
    await owner.phone.answer("Ivan")
    await later(app, 29)
    assert owner.screens() == [("ask", "Name?")]
    await later(app, 2)
    assert owner.screens() == [("end", SILENCE)]
    assert application.heard == [("begin", "*500#"), ("answer", "Ivan")]
    assert await app.applications.says(NAME, IVANOV, Ask("Age?")) == "gone"


async def test_the_whole_dialogue_has_its_time_too(app, owner, application):
    await owner.phone.dial("*500#")
    for _ in range(4):
        await app.applications.says(NAME, IVANOV, Ask("More?"))
        await later(app, 170)
        await owner.phone.answer("yes")
    assert owner.screens()[-1][0] == "end"
    assert ("over", "timeout") in application.heard


async def test_an_application_that_goes_away_costs_only_its_dialogues(app, owner, application):
    await owner.phone.dial("*500#")
    await app.applications.says(NAME, IVANOV, Ask("Name?"))
    application.there = False
    await owner.phone.answer("Ivan")
    assert owner.screens() == [("ask", "Name?"), ("end", SILENCE)]
    assert await app.dialogues.count() == 0


async def test_a_key_pressed_twice_is_no_second_answer(app, owner, application):
    await owner.phone.dial("*500#")
    await owner.phone.answer("too early")
    assert application.heard == [("begin", "*500#")]
    assert owner.screens() == []


async def test_whoever_watches_sees_the_screen_with_what_led_to_it(app, owner, application):
    seen: list[Happening] = []
    app.watch.subscribe(seen.append)
    await owner.phone.dial("*500#")
    await app.applications.says(NAME, IVANOV, Ask("Name?"))
    await owner.phone.answer("Ivan")
    await app.applications.says(NAME, IVANOV, End("Hello"))
    steps = [step for step in seen if isinstance(step, StepTaken)]
    assert [(step.asked, step.text, step.op, step.shown) for step in steps] == [
        ("dial", "*500#", "ask", "Name?"),
        ("answer", "Ivan", "end", "Hello"),
    ]
