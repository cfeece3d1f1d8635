"""An application behind SMPP and phones that dial its code: whole dialogues through a running gateway."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.unit.access.wire import Peer, dial, no_peer_left
from tests.world import World, running_world
from ussd_gateway.smpp.pdus import DataSm, DataSmResp, DeliverSm, DeliverSmResp, SubmitSm, SubmitSmResp
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO, MESSAGE_PAYLOAD, USSD_SERVICE_OP, message_octets

__all__ = ["no_peer_left"]

ANNA = "79261234567"
BORIS = "79261234568"
SILENCE = "Сервис временно недоступен. Повторите запрос позже"


@pytest.fixture
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    environment = {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05", **getattr(request, "param", {})}
    async with running_world("memory://", environment, app=environment.pop("app", {})) as running:
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


async def test_a_phone_of_phase_1_is_shown_one_screen(world):
    application, simulator = await bound(world), await Peer.bind(world.app.smpp_address)
    assert (await simulator.ask(dial(ANNA, "*500#", op=0))).command_status == 0
    assert await application.hears() == (0, "*500#")
    assert await application.says(2, "Name?") == 0x448
    assert await application.says(16, "Bye") == 0
    assert (await simulator.screen()).short_message == b"Bye"


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


async def test_phones_over_http_wait_for_the_application(world):
    application = await bound(world)
    dialled = asyncio.create_task(world.call("POST", "/api/v1/ussd", {"msisdn": ANNA, "code": "*500#"}))
    assert await application.hears() == (1, "*500#")
    assert await application.says(2, "Name?") == 0
    status, screen = await dialled
    assert (status, screen["op"], screen["text"]) == (200, "ask", "Name?")
    path = f"/api/v1/ussd/{screen['dialogue']}"
    answered = asyncio.create_task(world.call("POST", path, {"input": "Anna"}))
    assert await application.hears() == (18, "Anna")
    assert await application.says(17, "Bye") == 0
    status, screen = await answered
    assert (status, screen["op"], screen["text"]) == (200, "end", "Bye")


# ---------------------------------------------------------------- several binds


async def test_a_pair_of_transmitter_and_receiver(world):
    receiver, transmitter = await bound(world, "rx"), await bound(world, "tx")
    phone = await world.handset(ANNA)
    await phone._phone.dial("*500#")
    assert await receiver.hears() == (1, "*500#")
    assert await transmitter.says(17, "Bye") == 0
    assert (await phone.screen()).text == "Bye"


async def test_binds_take_turns_and_keep_their_dialogues(world):
    first, second = await bound(world), await bound(world)
    anna, boris = await world.handset(ANNA), await world.handset(BORIS)
    second.phone = BORIS
    await anna._phone.dial("*500#")
    await first.hears()
    await boris._phone.dial("*500#")
    await second.hears()
    await first.says(2, "Name?")
    await second.says(2, "Name?")
    await boris.screen()
    await boris._phone.answer("Boris")
    assert await second.hears() == (18, "Boris")
    # Its bind goes: what follows reaches the other one.
    await anna.screen()
    first.close()
    assert await first.ended()
    await world.settle()
    second.phone = ANNA
    await anna._phone.answer("Anna")
    assert await second.hears() == (18, "Anna")


async def test_pairs_take_turns_too_and_any_transmitter_may_answer(world):
    receivers = [await bound(world, "rx"), await bound(world, "rx")]
    transmitters = [await bound(world, "tx"), await bound(world, "tx")]
    phones = [await world.handset(ANNA), await world.handset(BORIS)]
    for receiver, phone in zip(receivers, phones, strict=True):
        receiver.phone = phone.msisdn
        await phone._phone.dial("*500#")
        assert await receiver.hears() == (1, "*500#")
    # Each speaks through the transmitter of the other pair, and hears through its own receiver.
    for transmitter, phone in zip(transmitters, reversed(phones), strict=True):
        transmitter.phone = phone.msisdn
        assert await transmitter.says(2, "Name?") == 0
        assert (await phone.screen()).text == "Name?"
    for receiver, phone in zip(receivers, phones, strict=True):
        await phone._phone.answer(phone.msisdn)
        assert await receiver.hears() == (18, phone.msisdn)


async def test_a_bind_takes_the_codes_of_its_address_range(world):
    other, mine = await bound(world, address_range="^77"), await bound(world, address_range="500")
    phone = await world.handset(ANNA)
    for _ in range(2):
        await phone._phone.dial("*500#")
        assert await mine.hears() == (1, "*500#")
        await mine.says(17, "Bye")
        await phone.screen()
    mine.close()
    assert await mine.ended()
    await world.settle()
    assert (await phone.dial("*500#")).text == SILENCE
    other.close()


# ---------------------------------------------------------------- the application's own doing


async def test_the_application_gives_up(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    await application.hears()
    assert await application.says(128, "") == 0
    screen = await phone.screen()
    assert (screen.op, screen.text) == ("end", SILENCE)


async def test_a_notification_in_the_middle(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    await application.hears()
    assert await application.says(3, "Wait") == 0
    screen = await phone.screen()
    assert (screen.op, screen.text) == ("notify", "Wait")
    assert await application.hears() == (19, "")
    assert await application.says(17, "Done") == 0
    assert (await phone.screen()).text == "Done"


async def test_a_second_question_waits_for_the_first_answer(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    await application.hears()
    assert await application.says(2, "Name?") == 0
    assert await application.says(2, "Age?") == 0x448
    assert await application.says(17, "Never mind") == 0
    assert [(await phone.screen()).text for _ in range(2)] == ["Name?", "Never mind"]


async def test_the_application_asks_first(world):
    application, phone = await bound(world), await world.handset(ANNA)
    assert await application.says(2, "News?") == 0
    screen = await phone.screen()
    assert (screen.op, screen.text, screen.service_code) == ("ask", "News?", "*500#")
    await phone._phone.answer("yes")
    assert await application.hears() == (18, "yes")
    assert await application.says(2, "All?") == 0
    await phone.screen()
    await phone._phone.answer("")
    assert await application.hears() == (18, "")
    assert await application.says(17, "Bye") == 0
    assert (await phone.screen()).op == "end"


async def test_the_application_notifies(world):
    application, phone = await bound(world), await world.handset(ANNA)
    assert await application.says(3, "News") == 0
    assert (await phone.screen()).op == "notify"
    assert await application.hears() == (19, "")


async def test_a_phone_that_is_busy_or_absent_gets_no_push(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone.dial("*105#")
    assert await application.says(2, "News?") == 0x448
    application.phone = BORIS
    assert await application.says(3, "News") == 0x41B


@pytest.mark.parametrize("world", [{"USSDGW_USSD__PUSH_WHEN_BUSY": "queue"}], indirect=True)
async def test_a_push_may_wait_for_the_phone(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone.dial("*105#")
    assert await application.says(2, "News?") == 0
    await phone.hang_up()
    assert (await phone.screen()).text == "News?"
    await phone._phone.answer("no")
    assert await application.hears() == (18, "no")


@pytest.mark.parametrize(
    "fields, status",
    [
        ({"source_addr": "*600#"}, 0x0A),
        ({"source_addr": "*5001#"}, 0x0A),
        ({"destination_addr": "74951234567"}, 0x0B),
        ({"short_message": b"a" * 183}, 0x01),
        ({"tlvs": []}, 0xC3),
        ({"tlvs": [USSD_SERVICE_OP(1)]}, 0xC4),
    ],
)
async def test_what_cannot_be_is_refused(world, fields, status):
    application = await bound(world)
    request = said(2, "?")
    for name, value in fields.items():
        setattr(request, name, value)
    assert (await application.ask(request)).command_status == status


async def test_dialling_something_else_ends_the_dialogue(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    await application.hears()
    await application.says(2, "Name?")
    await phone.screen()
    assert (await phone.dial("*105#")).op == "ask"
    assert await application.hears() == (129, "")


# ---------------------------------------------------------------- settings of the account


def account(**settings) -> dict[str, object]:
    """Settings of the shipped account `app`, for `world`."""
    return {"app": settings}


@pytest.mark.parametrize("world", [account(acknowledge="late")], indirect=True)
async def test_a_question_may_be_acknowledged_by_its_answer(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    await application.hears()
    application.send(said(2, "Name?"))
    await phone.screen()
    await phone._phone.answer("Anna")
    answered = await application.read()
    assert isinstance(answered, SubmitSmResp)
    assert answered.command_status == 0
    assert await application.hears() == (18, "Anna")
    application.send(said(2, "Age?"))
    await phone.screen()
    await phone.hang_up()
    answered = await application.read()
    assert isinstance(answered, SubmitSmResp)
    assert answered.command_status == 0x400
    assert await application.hears() == (129, "")


@pytest.mark.parametrize("world", [account(acknowledge="late")], indirect=True)
async def test_a_question_that_nobody_answers_is_acknowledged_with_that(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    await application.hears()
    application.send(said(2, "Name?"))
    await phone.screen()
    world.clock.advance(181_000)
    answered = await application.read()
    assert isinstance(answered, SubmitSmResp)
    assert answered.command_status == 0x400
    assert await application.hears() == (129, "")
    assert (await phone.screen()).op == "end"


async def test_it_may_say_things_in_message_payload(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    await application.hears()
    question = said(2, "")
    question.tlvs.append(MESSAGE_PAYLOAD(b"Name?"))
    assert (await application.ask(question)).command_status == 0
    assert (await phone.screen()).text == "Name?"


@pytest.mark.parametrize("world", [account(deliver_as="data_sm")], indirect=True)
async def test_dialogues_may_come_as_data_sm(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    request = await application.read()
    assert isinstance(request, DataSm)
    assert (USSD_SERVICE_OP.get(request), message_octets(request)) == (1, b"*500#")
    application.send(DataSmResp(sequence_number=request.sequence_number))
    answer = DataSm(service_type="USSD", source_addr="*500#", destination_addr=ANNA)
    answer.tlvs = [USSD_SERVICE_OP(17), MESSAGE_PAYLOAD(b"Bye")]
    assert (await application.ask(answer)).command_status == 0
    assert (await phone.screen()).text == "Bye"


@pytest.mark.parametrize("world", [account(text_in="message_payload")], indirect=True)
async def test_texts_may_come_in_message_payload(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    request = await application.screen()
    assert (request.short_message, message_octets(request)) == (b"", b"*500#")
    assert await application.says(17, "") == 0
    assert (await phone.screen()).text == ""


@pytest.mark.parametrize("world", [account(dialect="its15", lenient=True)], indirect=True)
async def test_a_late_answer_is_known_by_its_number(world):
    application, phone = await bound(world), await world.handset(ANNA)
    await phone._phone.dial("*500#")
    request = await application.screen()
    number = ITS_SESSION_INFO.get(request)
    assert number is not None
    asks = said(2, "Name?")
    asks.tlvs.append(ITS_SESSION_INFO(number))
    assert (await application.ask(asks)).command_status == 0
    await phone.screen()
    await phone.hang_up()
    gone = await application.screen()
    assert ITS_SESSION_INFO.get(gone) == bytes([number[0], number[1] | 1])
    asks.sequence_number = 0
    assert (await application.ask(asks)).command_status == 0x400
    # Another number is another dialogue: a push.
    asks.sequence_number = 0
    asks.tlvs[-1] = ITS_SESSION_INFO(b"\x22\x22")
    assert (await application.ask(asks)).command_status == 0
    await phone.screen()
    await phone._phone.answer("Anna")
    assert ITS_SESSION_INFO.get(await application.screen()) == b"\x22\x22"
    ends = said(0x17, "Bye")
    ends.tlvs.append(ITS_SESSION_INFO(b"\x22\x23"))
    assert (await application.ask(ends)).command_status == 0
    assert (await phone.screen()).op == "end"
