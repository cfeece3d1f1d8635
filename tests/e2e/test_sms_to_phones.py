"""Messages of an application to phones: which octets, when, in which order, how long."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.mailing import ANNA, BORIS, CODE, application, phone, submitted, text_of
from tests.unit.access.wire import no_peer_left
from tests.world import World, running_world
from ussd_gateway.smpp.pdus import (
    DataSm,
    DataSmResp,
    DeliverSm,
    DistributionList,
    QuerySm,
    QuerySmResp,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
)
from ussd_gateway.smpp.times import format_absolute, format_relative

__all__ = ["no_peer_left"]

ENVIRONMENT = {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}
HOUR_MS = 3_600_000


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running_world("memory://", ENVIRONMENT) as running:
        yield running


AS_THEY_ARE: list[tuple[bytes, dict[str, Any]]] = [
    (bytes(range(140)), {"data_coding": 4}),
    (b"\x06\x05\x04\x0b\x84\x23\xf0" + bytes(100), {"data_coding": 0xF5, "esm_class": 0x43}),
    (b"\x05\x00\x03\x2a\x02\x01First", {"esm_class": 0x40}),
    (b"flash", {"data_coding": 0x10}),
    ("Öl".encode("latin-1"), {"data_coding": 3}),
    (b"\x00\x1bescape", {}),
    ("Привет".encode("utf-16-be"), {"data_coding": 8}),
    (b"", {}),
    (b"part", {"tlvs": [(0x020C, b"\0\7"), (0x020E, b"\2"), (0x020F, b"\1")]}),
    (b"port", {"tlvs": [(0x020A, b"\0\7"), (0x1501, b"1234"), (0x0204, b"\0\1")]}),
]
"""Octets of a submit, and what else it says."""


async def test_the_octets_reach_the_phone_as_they_are(world: World):
    app, handset = await application(world), await phone(world)
    for octets, fields in AS_THEY_ARE:
        await app.submit(
            octets, source_addr_ton=3, source_addr_npi=8, service_type="CMT", protocol_id=0x40, **fields
        )
        heard = await handset.hear()
        assert heard.short_message == octets
        assert heard.esm_class == fields.get("esm_class", 0) & 0xC0
        assert heard.data_coding == fields.get("data_coding", 0)
        assert (heard.source_addr_ton, heard.source_addr_npi, heard.source_addr) == (3, 8, CODE)
        assert (heard.dest_addr_ton, heard.dest_addr_npi, heard.destination_addr) == (1, 1, ANNA)
        assert (heard.service_type, heard.protocol_id, heard.registered_delivery) == ("CMT", 0x40, 0)
        assert heard.tlvs == [tlv for tlv in fields.get("tlvs", []) if tlv[0] not in (0x1501, 0x0204)]


async def test_a_text_too_long_for_one_message_is_sent_in_parts(world: World):
    app, handset = await application(world), await phone(world)
    await app.submit(b"", tlvs=[(0x0424, b"a" * 300)])
    parts = [await handset.hear(), await handset.hear()]
    assert [part.short_message[:3] for part in parts] == [b"\5\0\3"] * 2
    assert b"".join(part.short_message[6:] for part in parts) == b"a" * 300


async def test_binary_data_too_long_for_short_message_travels_in_message_payload(world: World):
    app, handset = await application(world), await phone(world)
    await app.submit(b"", data_coding=4, tlvs=[(0x0424, bytes(300))])
    heard = await handset.hear()
    assert (heard.short_message, heard.tlvs) == (b"", [(0x0424, bytes(300))])


async def test_data_sm_is_taken_like_submit_sm(world: World):
    app, handset = await application(world), await phone(world)
    request = DataSm(
        source_addr=CODE,
        destination_addr=ANNA,
        registered_delivery=1,
        tlvs=[(0x0424, b"Hello"), (0x0017, (60).to_bytes(4, "big"))],
    )
    answer = await app.ask(request)
    assert isinstance(answer, DataSmResp)
    assert (await handset.hear()).short_message == b"Hello"
    assert text_of(await app.hear()).startswith(f"id:{answer.message_id} ")
    handset.close()
    await world.settle()
    request.sequence_number = 0
    await app.ask(request)
    await world.settle()
    world.clock.advance(60_000)
    assert "stat:EXPIRED" in text_of(await app.hear())


@pytest.mark.parametrize("relative", [True, False])
async def test_a_scheduled_message_leaves_at_its_time(world: World, relative: bool):
    app, handset = await application(world), await phone(world)
    at_ms = world.clock.now_ms() + HOUR_MS
    await app.submit(
        b"later", schedule_delivery_time=format_relative(3600) if relative else format_absolute(at_ms)
    )
    await app.submit(b"now")
    assert text_of(await handset.hear()) == "now"
    world.clock.advance(HOUR_MS - 1_000)
    await world.settle()
    assert not handset.heard
    world.clock.advance(1_000)
    assert text_of(await handset.hear()) == "later"


ILLEGAL: list[tuple[dict[str, Any], int]] = [
    ({"schedule_delivery_time": "269999000000000+"}, 0x61),
    ({"validity_period": "000000010000100R"}, 0x62),
    ({"validity_period": "200101000000000+"}, 0x62),
    ({"validity_period": "000000010000000R", "schedule_delivery_time": "000000020000000R"}, 0x62),
    ({"priority_flag": 4}, 0x06),
    ({"replace_if_present_flag": 2}, 0x54),
    ({"registered_delivery": 0x20}, 0x07),
    ({"source_addr": "7071"}, 0x0A),
    ({"to": "7070"}, 0x0B),
]


async def test_what_cannot_be_asked_for_is_refused(world: World):
    app = await application(world)
    for fields, status in ILLEGAL:
        assert await app.status_of(submitted(**fields)) == status, fields


async def test_without_a_validity_period_it_is_that_of_the_settings_and_none_is_longer():
    environment = {"USSDGW_SMS__DEFAULT_VALIDITY_S": "60", "USSDGW_SMS__MAX_VALIDITY_S": "120"}
    async with running_world("memory://", {**ENVIRONMENT, **environment}) as world:
        app = await application(world)
        brief = await app.submit(registered_delivery=1)
        long = await app.submit(registered_delivery=1, validity_period=format_relative(86_400))
        await world.settle()
        world.clock.advance(60_000)
        assert text_of(await app.hear()).startswith(f"id:{brief} ")
        world.clock.advance(60_000)
        assert text_of(await app.hear()).startswith(f"id:{long} ")


async def test_the_urgent_go_first(world: World):
    app = await application(world)
    for text, priority in ((b"a", 0), (b"b", 1), (b"c", 3), (b"d", 1), (b"e", 0), (b"f", 3)):
        await app.submit(text, priority_flag=priority)
    await world.settle()
    handset = await phone(world)
    heard = [await handset.hear() for _ in range(6)]
    assert "".join(map(text_of, heard)) == "cfbdae"
    assert [pdu.priority_flag for pdu in heard] == [3, 3, 1, 1, 0, 0]


async def test_nothing_overtakes_what_is_under_way(world: World):
    app, handset = await application(world), await phone(world)
    await app.submit(b"slow")
    first = await handset.next_request()
    await app.submit(b"calm")
    await app.submit(b"urgent", priority_flag=2)
    await world.settle()
    assert isinstance(first, DeliverSm)
    handset.answer(first, 0x64)
    await world.settle()
    world.clock.advance(5_000)
    assert [text_of(await handset.hear()) for _ in range(3)] == ["slow", "urgent", "calm"]


async def test_to_many_phones_at_once(world: World):
    """SMPP 3.4 §4.5: one id for all, and a list of those that were refused."""
    app, anna = await application(world), await phone(world)
    request = SubmitMulti(
        source_addr=CODE,
        dest_addresses=[
            SmeAddress(1, 1, ANNA),
            SmeAddress(0, 1, "7070"),
            DistributionList("friends"),
            SmeAddress(1, 1, BORIS),
        ],
        short_message=b"To all",
        registered_delivery=1,
    )
    answer = await app.ask(request)
    assert isinstance(answer, SubmitMultiResp)
    assert answer.command_status == 0
    assert [(each.ton, each.npi, each.address, each.error_status_code) for each in answer.unsuccess_sme] == [
        (0, 1, "7070", 0x0B),
        (0, 0, "friends", 0x34),
    ]
    boris = await phone(world, BORIS)
    assert [text_of(await each.hear()) for each in (anna, boris)] == ["To all"] * 2
    receipts = [await app.hear(), await app.hear()]
    assert {receipt.source_addr for receipt in receipts} == {ANNA, BORIS}
    assert all(text_of(each).startswith(f"id:{answer.message_id} ") for each in receipts)
    assert await app.status_of(QuerySm(message_id=answer.message_id, source_addr=CODE)) == 0


NOT_TO_MANY: list[tuple[dict[str, Any], int]] = [
    ({"replace_if_present_flag": 1}, 0x54),
    ({"source_addr": "911"}, 0x0A),
    ({"validity_period": "200101000000000+"}, 0x62),
    ({"dest_addresses": [DistributionList("friends")]}, 0x45),
]


async def test_what_submit_multi_may_not_say(world: World):
    app = await application(world)
    for fields, status in NOT_TO_MANY:
        given = {"source_addr": CODE, "dest_addresses": [SmeAddress(1, 1, ANNA)], **fields}
        answer = await app.ask(SubmitMulti(**given))
        assert isinstance(answer, SubmitMultiResp)
        assert answer.command_status == status
        assert [each.address for each in answer.unsuccess_sme] == ["friends"] * (status == 0x45)


async def test_all_of_it_survives_a_restart(tmp_path: Path):
    """Waiting, scheduled, expiring, to be told of: the second life goes on where the first one stopped."""
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    async with running_world(url, ENVIRONMENT) as world:
        app, boris = await application(world, "tx"), await phone(world, BORIS)
        started_ms = world.clock.now_ms()
        waits = await app.submit(b"\x01\x02", data_coding=4, registered_delivery=1, priority_flag=1)
        comes = await app.submit(
            b"later", schedule_delivery_time=format_relative(7200), registered_delivery=1
        )
        dies = await app.submit(b"brief", validity_period=format_relative(3600), registered_delivery=2)
        told = await app.submit(b"told", to=BORIS, registered_delivery=1)
        await boris.hear()
        await world.settle()
    async with running_world(url, ENVIRONMENT) as world:
        app = await application(world)
        assert text_of(await app.hear()).startswith(f"id:{told} ")
        world.clock.advance(max(0, started_ms + HOUR_MS - world.clock.now_ms()))
        expired = text_of(await app.hear())
        assert expired.startswith(f"id:{dies} ")
        assert "stat:EXPIRED" in expired
        handset = await phone(world)
        heard = await handset.hear()
        assert (heard.short_message, heard.data_coding, heard.priority_flag) == (b"\x01\x02", 4, 1)
        assert text_of(await app.hear()).startswith(f"id:{waits} ")
        world.clock.advance(HOUR_MS)
        assert text_of(await handset.hear()) == "later"
        assert text_of(await app.hear()).startswith(f"id:{comes} ")
        answer = await app.ask(QuerySm(message_id=dies, source_addr=CODE))
        assert isinstance(answer, QuerySmResp)
        assert (answer.message_state, answer.error_code) == (3, 27)
