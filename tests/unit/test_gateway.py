"""The gateway's own decisions: who is turned away, what a lost race or a lost store comes to."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.world import REPOSITORY
from ussd_gateway.app import App
from ussd_gateway.billing.store import Commit
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.errors import Conflict, KeyReused, StoreUnavailable
from ussd_gateway.gateway import UnknownSubscriber
from ussd_gateway.phone.embedded import EmbeddedPhone
from ussd_gateway.phone.events import Screen
from ussd_gateway.ports import MoSms, SmsRefused
from ussd_gateway.storage import ScryptHasher
from ussd_gateway.ussd.primitives import Abort, Begin, Continue

IVANOV = "79261234567"
NOBODY = "74951234567"


@pytest_asyncio.fixture
async def app(request: pytest.FixtureRequest) -> AsyncIterator[App]:
    """A gateway without sockets; settings by indirect parametrisation."""
    settings = {"USSDGW_STORAGE__URL": "memory://", **getattr(request, "param", {})}
    app = App(
        load_config(REPOSITORY / "config.yaml", settings),
        clock=ManualClock(),
        hasher=ScryptHasher(b"a pepper for tests", cost=4),
    )
    await app.start(listen=False)
    yield app
    await app.stop()


class Owner:
    """A phone in this process that collects its screens."""

    def __init__(self, app: App, msisdn: str = IVANOV) -> None:
        self.phone = EmbeddedPhone(msisdn, app.gateway, app.phones, app.ids)

    async def switch_on(self) -> "Owner":
        await self.phone.open()
        return self

    def screens(self) -> list[tuple[str, str]]:
        """Operation and first line of every screen not yet looked at."""
        found: list[tuple[str, str]] = []
        while not self.phone.events.empty():
            event = self.phone.events.get_nowait()
            assert isinstance(event, Screen)
            found.append((event.op, event.text.split("\n")[0]))
        return found


def failing(app, *errors: Exception) -> None:
    """Let the store's next commits fail, one error each."""
    commit, left = app.store.commit, list(errors)

    async def failing_commit(what: Commit) -> object:
        if left:
            raise left.pop(0)
        return await commit(what)

    app.store.commit = failing_commit


@pytest.mark.parametrize("app", [{"USSDGW_USSD__SECOND_BEGIN": "busy"}], indirect=True)
async def test_a_second_dial_is_refused_when_so_configured(app):
    owner = await Owner(app).switch_on()
    await owner.phone.dial("*105#")
    await owner.phone.dial("*100#")
    await owner.phone.answer("1")
    shown = owner.screens()
    assert [op for op, _ in shown] == ["ask", "end", "ask"]
    assert shown[2] == ("ask", "1 Баланс")


@pytest.mark.parametrize("app", [{"USSDGW_USSD__MAX_DIALOGUES": "1"}], indirect=True)
async def test_beyond_the_limit_of_dialogues_a_phone_is_told_to_try_later(app):
    first, second = await Owner(app).switch_on(), await Owner(app, "79261234568").switch_on()
    await first.phone.dial("*105#")
    await second.phone.dial("*105#")
    assert second.screens()[0][0] == "end"
    # Dialling anew takes no second place.
    await first.phone.dial("*105#")
    assert first.screens()[-1] == ("ask", "1 Счет")


@pytest.mark.parametrize("app", [{"USSDGW_SUBSCRIBERS__AUTO_PROVISION": "false"}], indirect=True)
async def test_a_number_without_an_account_is_served_nothing(app):
    stranger = await Owner(app, "79990000000").switch_on()
    await stranger.phone.dial("*100#")
    assert stranger.screens()[0][0] == "end"
    refused = await app.gateway.sms(MoSms(1, "79990000000", "000100", "", "embedded"))
    assert refused == SmsRefused("no_subscriber")
    with pytest.raises(UnknownSubscriber):
        await app.gateway.account("79990000000")
    assert await app.store.account("79990000000") is None


async def test_a_landline_never_gets_an_account(app):
    with pytest.raises(UnknownSubscriber):
        await app.gateway.account(NOBODY)
    refused = await app.gateway.sms(MoSms(1, IVANOV, NOBODY, "hello", "embedded"))
    assert refused == SmsRefused("no_service")


@pytest.mark.parametrize(
    "dialled, shown_as",
    [
        ("*999*1*2#", "*999#"),
        ("##002#", "##002#"),
        ("77", "77"),
        ("*" + "9" * 60 + "#", "*" + "9" * 15 + "#"),
    ],
)
async def test_the_sender_of_a_refusal_fits_an_address(app, dialled, shown_as):
    owner = await Owner(app).switch_on()
    await owner.phone.dial(dialled)
    event = owner.phone.events.get_nowait()
    assert isinstance(event, Screen)
    assert (event.op, event.service_code) == ("end", shown_as)


async def test_a_lost_race_is_computed_again(app):
    owner = await Owner(app).switch_on()
    await app.gateway.account(IVANOV)
    failing(app, Conflict("somebody was first"), Conflict("and again"))
    await owner.phone.dial("*558#")
    assert [op for op, _ in owner.screens()] == ["end"]
    assert len(await app.store.inbox(IVANOV, 10)) == 1


@pytest.mark.parametrize("outcome_unknown, text", [(False, "Сервис временно"), (True, "Ваша заявка принята")])
async def test_a_lost_store_is_told_for_what_it_is(app, outcome_unknown, text):
    owner = await Owner(app).switch_on()
    await app.gateway.account(IVANOV)
    await owner.phone.dial("*105#")
    owner.screens()
    failing(app, StoreUnavailable("gone", outcome_unknown=outcome_unknown))
    await owner.phone.answer("0")
    await owner.phone.answer("1")
    assert owner.screens()[-1][1].startswith(text)
    assert await app.dialogues.count() == 0
    # The store is back: everything goes on.
    await owner.phone.dial("*105#")
    assert owner.screens() == [("ask", "1 Счет")]


async def test_an_sms_is_not_accepted_when_it_cannot_be_stored(app):
    await app.gateway.account(IVANOV)
    failing(app, StoreUnavailable("gone"), StoreUnavailable("gone"))
    with pytest.raises(StoreUnavailable):
        await app.gateway.sms(MoSms(1, IVANOV, "000110", "00", "embedded"))
    with pytest.raises(StoreUnavailable):
        await app.gateway.sms(MoSms(2, IVANOV, "79261234568", "hello", "embedded"))
    assert await app.store.undelivered(10) == []


async def test_a_bug_in_a_step_still_shows_the_phone_a_screen(app):
    owner = await Owner(app).switch_on()
    await app.gateway.account(IVANOV)
    failing(app, RuntimeError("a bug"))
    await owner.phone.dial("*558#")
    assert [op for op, _ in owner.screens()] == ["end"]


async def test_an_answer_without_a_dialogue_ends_at_once(app):
    owner = await Owner(app).switch_on()
    await app.gateway.ussd(Continue(IVANOV, "1", "embedded"))
    assert [op for op, _ in owner.screens()] == ["end"]


async def test_a_hang_up_without_a_dialogue_is_nothing(app):
    owner = await Owner(app).switch_on()
    await app.gateway.ussd(Abort(IVANOV, "embedded"))
    assert owner.screens() == []


async def test_the_number_of_a_dialogue_survives_answers_without_it(app):
    await app.gateway.ussd(Begin(IVANOV, "*105#", "embedded", b"\x12\x34"))
    await app.gateway.ussd(Continue(IVANOV, "1", "embedded"))
    dialogue = await app.dialogues.get(IVANOV)
    assert dialogue is not None
    assert dialogue.session_info == b"\x12\x34"


async def test_a_refused_screen_ends_its_own_dialogue_only(app):
    await app.gateway.ussd(Begin(IVANOV, "*105#", "embedded"))
    dialogue = await app.dialogues.get(IVANOV)
    assert dialogue is not None
    await app.gateway.undeliverable(IVANOV, "another")
    assert await app.dialogues.count() == 1
    await app.gateway.undeliverable(IVANOV, dialogue.id)
    assert await app.dialogues.count() == 0


async def test_a_key_means_one_change_however_often_and_however_parallel(app):
    async def pay():
        performed = await app.gateway.perform(
            IVANOV, "account.topup", {"amount_kop": 500}, key="k", request="500"
        )
        assert performed.outcome.params["balance_kop"] == 25_500
        return performed.replayed

    replayed = await asyncio.gather(*(pay() for _ in range(10)))
    assert sorted(replayed) == [False] + [True] * 9
    with pytest.raises(KeyReused):
        await app.gateway.perform(IVANOV, "account.topup", {"amount_kop": 1}, key="k", request="1")
    assert (await app.gateway.account(IVANOV)).balance_kop == 25_500


async def test_a_remembered_refusal_stays_one(app):
    too_much = {"fee_kop": 30_000}
    first = await app.gateway.perform(
        IVANOV, "account.charge", too_much, key="c", request="30000", remember=True
    )
    await app.gateway.perform(IVANOV, "account.topup", {"amount_kop": 10_000}, key="t", request="10000")
    again = await app.gateway.perform(
        IVANOV, "account.charge", too_much, key="c", request="30000", remember=True
    )
    assert first.outcome.name == again.outcome.name == "denied"
    assert again.replayed


async def test_reload_keeps_open_dialogues_on_their_menu_and_bad_files_out(app, tmp_path):
    owner = await Owner(app).switch_on()
    await owner.phone.dial("*105#")
    before = app.gateway.service
    app.reload()
    assert app.gateway.service is not before
    assert app.gateway.service.engine is before.engine
    await owner.phone.answer("1")
    assert owner.screens()[-1] == ("ask", "1 Баланс")
    (tmp_path / "broken.yaml").write_text("menu: [\n")
    app.config = app.config.model_copy(
        update={"paths": app.config.paths.model_copy(update={"menus": tmp_path})}
    )
    served = app.gateway.service
    with pytest.raises(Exception, match=r"broken\.yaml"):
        app.reload()
    assert app.gateway.service is served
    assert replace(served) == served
