"""query_sm, cancel_sm, replace_sm, replace_if_present_flag: what a sender may do about what it has sent."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.e2e.mailing import ANNA, BORIS, CODE, Correspondent, application, phone, text_of
from tests.unit.access.wire import no_peer_left
from tests.world import World, running_world
from ussd_gateway.smpp.pdus import (
    CancelSm,
    DeliverSm,
    Pdu,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
)
from ussd_gateway.smpp.times import format_relative

__all__ = ["no_peer_left"]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running_world("memory://", {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}) as running:
        yield running


async def state(app: Correspondent, message_id: str) -> int:
    """The message_state that query_sm tells."""
    answer = await app.ask(QuerySm(message_id=message_id, source_addr=CODE))
    assert isinstance(answer, QuerySmResp)
    return answer.message_state


def questions(message_id: str, source: str) -> list[Pdu]:
    """Each of the three about a message."""
    return [
        QuerySm(message_id=message_id, source_addr=source),
        CancelSm(message_id=message_id, source_addr=source),
        ReplaceSm(message_id=message_id, source_addr=source, short_message=b"Other"),
    ]


async def test_what_is_not_known_to_the_sender(world: World):
    """ESME_RINVMSGID for ids never given, other source addresses, and things that are no id."""
    app = await application(world)
    message_id = await app.submit()
    for wrong, source in (
        ("999999", CODE),
        (message_id, "7071"),
        (message_id, ""),
        ("x" * 64, CODE),
        ("9" * 64, CODE),
        ("-1", CODE),
        ("0", CODE),
    ):
        for question in questions(wrong, source):
            assert await app.status_of(question) == 0x0C, (wrong, question)
    assert await state(app, message_id) == 1


async def test_the_same_of_phones_is_refused(world: World):
    handset = await phone(world)
    assert [await handset.status_of(question) for question in questions("1", ANNA)] == [0x67, 0x11, 0x13]


async def test_cancelling_what_waits(world: World):
    app = await application(world)
    message_id = await app.submit(b"never")
    later = await app.submit(b"never either", schedule_delivery_time=format_relative(3600))
    await world.settle()
    for each in (message_id, later):
        assert await app.status_of(CancelSm(message_id=each, source_addr=CODE, destination_addr=ANNA)) == 0
        assert await app.status_of(CancelSm(message_id=each, source_addr=CODE)) == 0x11
    assert await state(app, message_id) == 4
    handset = await phone(world)
    await app.submit(b"comes")
    assert text_of(await handset.hear()) == "comes"
    world.clock.advance(3_600_000)
    await world.settle()
    assert not handset.heard


async def test_what_is_under_way_or_over_can_neither_be_cancelled_nor_replaced(world: World):
    app, handset = await application(world), await phone(world)
    message_id = await app.submit(b"gone")
    request = await handset.next_request()
    assert isinstance(request, DeliverSm)
    for _ in range(2):
        assert await app.status_of(CancelSm(message_id=message_id, source_addr=CODE)) == 0x11
        replaced = ReplaceSm(message_id=message_id, source_addr=CODE, short_message=b"Other")
        assert await app.status_of(replaced) == 0x13
        handset.answer(request)
        await world.settle()
    assert await state(app, message_id) == 2


async def test_cancelling_all_that_match(world: World):
    """SMPP 3.4 §4.9: an empty id means source, destination and service_type."""
    app = await application(world)
    kept = [
        await app.submit(service_type="WAP"),
        await app.submit(to=BORIS, service_type="CMT"),
    ]
    gone = [await app.submit(service_type="CMT") for _ in range(3)]
    await world.settle()
    cancel: dict[str, Any] = {"service_type": "CMT", "source_addr": CODE, "destination_addr": f"+{ANNA}"}
    assert await app.status_of(CancelSm(**cancel)) == 0
    assert [await state(app, each) for each in gone] == [4, 4, 4]
    assert [await state(app, each) for each in kept] == [1, 1]
    assert await app.status_of(CancelSm(**cancel)) == 0x11
    assert await app.status_of(CancelSm(**{**cancel, "destination_addr": ""})) == 0x0B
    assert await app.status_of(CancelSm(**{**cancel, "destination_addr": "someone"})) == 0x0B


async def test_replacing_what_waits(world: World):
    app = await application(world)
    message_id = await app.submit(b"old", registered_delivery=1)
    kept = await app.submit(b"second")
    await world.settle()
    replaced = ReplaceSm(message_id=message_id, source_addr=CODE, short_message=b"new", registered_delivery=0)
    assert await app.status_of(replaced) == 0
    handset = await phone(world)
    assert sorted([text_of(await handset.hear()), text_of(await handset.hear())]) == ["new", "second"]
    await world.settle()
    assert await state(app, message_id) == await state(app, kept) == 2
    assert not app.heard


async def test_replacing_keeps_the_coding_and_changes_the_times(world: World):
    app, handset = await application(world), await phone(world)
    message_id = await app.submit(
        b"\x01\x02", data_coding=4, schedule_delivery_time=format_relative(60), priority_flag=2
    )
    replaced = ReplaceSm(
        message_id=message_id,
        source_addr=CODE,
        short_message=b"\x03",
        schedule_delivery_time=format_relative(120),
        validity_period=format_relative(180),
        registered_delivery=1,
    )
    assert await app.status_of(replaced) == 0
    world.clock.advance(119_000)
    await world.settle()
    assert not handset.heard
    world.clock.advance(1_000)
    heard = await handset.hear()
    assert (heard.data_coding, heard.short_message, heard.priority_flag) == (4, b"\x03", 2)
    assert text_of(await app.hear()).startswith(f"id:{message_id} ")


async def test_what_a_replacement_may_not_say(world: World):
    app = await application(world)
    message_id = await app.submit(b"old")
    await world.settle()
    for fields, status in (
        ({"schedule_delivery_time": "000000010000100R"}, 0x61),
        ({"validity_period": "200101000000000+"}, 0x62),
        ({"sm_default_msg_id": 1}, 0x63),
    ):
        replaced = ReplaceSm(message_id=message_id, source_addr=CODE, short_message=b"new", **fields)
        assert await app.status_of(replaced) == status
    handset = await phone(world)
    assert text_of(await handset.hear()) == "old"


async def test_replace_if_present(world: World):
    """SMPP 3.4 §5.2.18: same source, destination and service_type, and still waiting."""
    app = await application(world)
    other = await app.submit(b"other service", service_type="WAP")
    first = await app.submit(b"1", service_type="CMT", registered_delivery=1)
    await world.settle()
    assert await app.submit(b"2", service_type="CMT", replace_if_present_flag=1) == first
    third = await app.submit(b"3", service_type="VMN", replace_if_present_flag=1)
    assert third not in (other, first)
    handset = await phone(world)
    assert sorted([text_of(await handset.hear()) for _ in range(3)]) == ["2", "3", "other service"]
    await world.settle()
    assert await app.submit(b"4", service_type="CMT", replace_if_present_flag=1) != first
    assert text_of(await handset.hear()) == "4"
    assert not app.heard


async def test_a_message_to_many_is_cancelled_phone_by_phone(world: World):
    app = await application(world)
    answer = await app.ask(
        SubmitMulti(
            source_addr=CODE,
            dest_addresses=[SmeAddress(1, 1, ANNA), SmeAddress(1, 1, BORIS)],
            short_message=b"To both",
        )
    )
    assert isinstance(answer, SubmitMultiResp)
    cancel: dict[str, Any] = {"message_id": answer.message_id, "source_addr": CODE, "destination_addr": BORIS}
    await world.settle()
    assert await app.status_of(CancelSm(**cancel)) == 0
    assert await app.status_of(CancelSm(**cancel)) == 0x0C
    anna, boris = await phone(world), await phone(world, BORIS)
    assert text_of(await anna.hear()) == "To both"
    await app.submit(b"alone", to=BORIS)
    assert text_of(await boris.hear()) == "alone"
