"""An application behind SMPP and phones that dial its code: whole dialogues through a running gateway."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.access.wire import Peer, no_peer_left
from tests.world import World, running_world
from ussd_gateway.smpp.pdus import DeliverSm, DeliverSmResp, SubmitSm, SubmitSmResp
from ussd_gateway.smpp.tlvs import USSD_SERVICE_OP

__all__ = ["no_peer_left"]

ANNA = "79261234567"
BORIS = "79261234568"
SILENCE = "Сервис временно недоступен. Повторите запрос позже"


@pytest.fixture
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    environment = {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05", **getattr(request, "param", {})}
    async with running_world("memory://", environment) as running:
        yield running


class Application(Peer):
    """An application in a few words: it hears operations and texts, and says some."""

    async def hears(self) -> tuple[int, str]:
        """The next deliver_sm, acknowledged: its operation and text."""
        request = await self.screen()
        assert (request.source_addr, request.destination_addr) == (self.phone, "*500#")
        op = USSD_SERVICE_OP.get(request)
        assert op is not None
        return op, request.short_message.decode("ascii")

    async def says(self, op: int, text: str, **fields) -> int:
        """Submit; the status of the answer."""
        answer = await self.ask(said(op, text, self.phone, **fields))
        assert isinstance(answer, SubmitSmResp)
        return answer.command_status

    phone = ANNA


def said(op: int, text: str, phone: str = ANNA, **fields) -> SubmitSm:
    return SubmitSm(
        service_type="USSD",
        source_addr="*500#",
        dest_addr_ton=1,
        dest_addr_npi=1,
        destination_addr=phone,
        short_message=text.encode("ascii"),
        tlvs=[USSD_SERVICE_OP(op)],
        **fields,
    )


async def bound(world: World, mode: str = "trx", **options) -> Application:
    assert world.app.smpp_address is not None
    peer = await Application.bind(world.app.smpp_address, mode, system_id="app", password="app", **options)
    assert isinstance(peer, Application)
    return peer


async def test_a_dialogue_of_three_steps(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500*7#")
    assert await application.hears() == (1, "*500*7#")
    assert await application.says(2, "Name?") == 0
    assert (screen := await phone.screen()).op == "ask"
    assert screen.text == "Name?"
    assert screen.service_code == "*500#"
    await phone._phone.answer("")
    assert await application.hears() == (18, "")
    assert await application.says(2, "") == 0
    assert (await phone.screen()).text == ""
    await phone._phone.answer("*1#")
    assert await application.hears() == (18, "*1#")
    assert await application.says(17, "Bye") == 0
    screen = await phone.screen()
    assert (screen.op, screen.text) == ("end", "Bye")
    assert await world.app.dialogues.count() == 0
    assert await application.says(17, "and again") == 0x400


async def test_the_phone_hangs_up(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    await application.hears()
    await application.says(2, "Name?")
    await phone.screen()
    await phone.hang_up()
    assert await application.hears() == (129, "")
    assert await application.says(17, "too late") == 0x400


async def test_nobody_serves_the_code(world):
    phone = await world.handset(ANNA)
    screen = await phone.dial("*500#")
    assert (screen.op, screen.text) == ("end", SILENCE)
    assert await world.app.dialogues.count() == 0


async def test_the_application_keeps_silent(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    await application.hears()
    world.clock.advance(29_000)
    await phone.expect_silence(for_ms=0)
    world.clock.advance(2_000)
    screen = await phone.screen()
    assert (screen.op, screen.text) == ("end", SILENCE)
    assert await application.says(2, "late") == 0x400
    # What it says after that, it says unasked.
    assert await application.says(2, "New?") == 0
    assert (await phone.screen()).text == "New?"


async def test_the_subscriber_keeps_silent(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    await application.hears()
    await application.says(2, "Name?")
    await phone.screen()
    world.clock.advance(181_000)
    assert await application.hears() == (129, "")
    assert (await phone.screen()).op == "end"


async def test_a_deliver_sm_that_is_refused_ends_the_dialogue(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    await application.screen(status=0x64)
    assert (await phone.screen()).text == SILENCE


async def test_it_may_submit_before_it_has_answered_the_deliver_sm(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    request = await application.read()
    assert isinstance(request, DeliverSm)
    assert await application.says(17, "Bye") == 0
    application.send(DeliverSmResp(sequence_number=request.sequence_number))
    assert (await phone.screen()).text == "Bye"
