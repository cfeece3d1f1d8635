"""What an application hears of the messages it has submitted, byte by byte."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.e2e.mailing import ANNA, CODE, Correspondent, application, phone, submitted, text_of
from tests.patience import until
from tests.unit.access.wire import no_peer_left
from tests.world import World, running_world
from ussd_gateway.clock import ManualClock
from ussd_gateway.smpp.pdus import CancelSm, DeliverSm, QuerySm, QuerySmResp
from ussd_gateway.smpp.times import format_absolute, format_relative

__all__ = ["no_peer_left"]

DAY_MS = 86_400_000


@pytest.fixture
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    options = getattr(request, "param", {})
    environment = {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}
    async with running_world("memory://", environment, app=options) as running:
        yield running


def stamp(clock: ManualClock) -> str:
    """The present minute as receipts write it."""
    return format_absolute(clock.now_ms())[:10]


async def deliver(world: World, app: Correspondent, **fields) -> tuple[str, str]:
    """A message that its phone takes; its id, and when it was."""
    handset = await phone(world)
    message_id = await app.submit(**fields)
    await handset.hear()
    return message_id, stamp(world.clock)


async def refuse(world: World, app: Correspondent, **fields) -> tuple[str, str]:
    """A message that its phone refuses for good."""
    handset = await phone(world)
    message_id = await app.submit(**fields)
    await handset.hear(0x65)
    return message_id, stamp(world.clock)


async def grow_old(world: World, app: Correspondent, **fields) -> tuple[str, str]:
    """A message whose phone does not come in time."""
    message_id = await app.submit(validity_period=format_relative(3600), **fields)
    await world.settle()
    world.clock.advance(3_599_000)
    await world.settle()
    world.clock.advance(1_000)
    return message_id, stamp(world.clock)


async def cancel(world: World, app: Correspondent, **fields) -> tuple[str, str]:
    """A message that the application takes back."""
    message_id = await app.submit(**fields)
    await world.settle()
    world.clock.advance(120_000)
    assert await app.status_of(CancelSm(message_id=message_id, source_addr=CODE)) == 0
    return message_id, stamp(world.clock)


async def ended(app: Correspondent, message_id: str) -> None:
    """Wait until the centre says that the message has come to its end."""
    async with asyncio.timeout(10):
        while True:
            answer = await app.ask(QuerySm(message_id=message_id, source_addr=CODE))
            assert isinstance(answer, QuerySmResp)
            if answer.message_state > 1:
                return


async def all_heard(world: World, app: Correspondent) -> list[DeliverSm]:
    """All that comes until nothing more does, answered."""
    heard: list[DeliverSm] = []
    while True:
        await world.settle()
        await app.status_of(QuerySm(message_id="1", source_addr=CODE))  # what was sent is here before that
        if not app.heard:
            return heard
        while app.heard:
            receipt = app.heard.popleft()
            assert isinstance(receipt, DeliverSm)
            app.answer(receipt)
            heard.append(receipt)


ENDS = {
    "DELIVRD": (deliver, 2, 0),
    "UNDELIV": (refuse, 5, 0x65),
    "EXPIRED": (grow_old, 3, 27),
    "DELETED": (cancel, 4, 0),
}


@pytest.mark.parametrize("stat", ENDS)
async def test_a_receipt_for_each_end(world: World, stat: str):
    """SMPP 3.4 appendix B, §5.3.2.12, §5.3.2.31, §5.3.2.35."""
    app = await application(world)
    submitted_at = stamp(world.clock)
    end, state, error = ENDS[stat]
    reference = (0x0204, b"\x12\x34")
    message_id, done_at = await end(
        world,
        app,
        text=b"Dear customer, your parcel has come",
        source_addr_ton=3,
        source_addr_npi=9,
        service_type="CMT",
        registered_delivery=1,
        tlvs=[reference],
    )
    receipt = await app.hear()
    assert text_of(receipt) == (
        f"id:{message_id} sub:001 dlvrd:{int(state == 2):03d} submit date:{submitted_at} "
        f"done date:{done_at} stat:{stat} err:{error:03d} Text:Dear customer, your "
    )
    assert (receipt.esm_class, receipt.data_coding, receipt.registered_delivery) == (0x04, 0, 0)
    assert (receipt.source_addr_ton, receipt.source_addr_npi, receipt.source_addr) == (1, 1, ANNA)
    assert (receipt.dest_addr_ton, receipt.dest_addr_npi, receipt.destination_addr) == (3, 9, CODE)
    assert receipt.service_type == "CMT"
    expected = [(0x001E, message_id.encode() + b"\0"), (0x0427, bytes([state]))]
    expected += [(0x0423, bytes([3, 0, error]))] * bool(error)
    assert receipt.tlvs == [*expected, reference]
    answer = await app.ask(QuerySm(message_id=message_id, source_addr=CODE))
    assert isinstance(answer, QuerySmResp)
    assert (answer.message_state, answer.error_code) == (state, error)
    assert answer.final_date[:10] == done_at
    assert len(answer.final_date) == 16
    await world.settle()
    assert not app.heard


@pytest.mark.parametrize(
    "asked, told",
    [
        (0x00, []),
        (0x01, ["DELIVRD", "UNDELIV", "EXPIRED", "DELETED"]),
        (0x02, ["UNDELIV", "EXPIRED", "DELETED"]),
        (0x0C, []),
        (0x10, ["ENROUTE of EXPIRED", "ENROUTE of DELETED"]),
        (0x11, ["DELIVRD", "UNDELIV", "ENROUTE of EXPIRED", "EXPIRED", "ENROUTE of DELETED", "DELETED"]),
        (0x12, ["UNDELIV", "ENROUTE of EXPIRED", "EXPIRED", "ENROUTE of DELETED", "DELETED"]),
    ],
)
async def test_every_form_of_registered_delivery_for_every_end(world: World, asked: int, told: list[str]):
    """SMPP 3.4 §5.2.17; intermediate ones when the first attempt failed."""
    app = await application(world)
    heard = []
    for stat, (end, _, _) in ENDS.items():
        for peer in Correspondent.everyone[1:]:
            peer.close()
        await until(lambda: world.app.binds.choose(ANNA) is None)
        message_id, _ = await end(world, app, registered_delivery=asked)
        await ended(app, message_id)
        for receipt in await all_heard(world, app):
            word = text_of(receipt).partition("stat:")[2].partition(" ")[0]
            assert text_of(receipt).startswith(f"id:{message_id} ")
            assert receipt.esm_class == (0x20 if word == "ENROUTE" else 0x04)
            heard.append(f"ENROUTE of {stat}" if word == "ENROUTE" else word)
    assert heard == told


async def test_success_only_is_of_version_5(world: World):
    app = await application(world, version=0x50)
    assert (await deliver(world, app, registered_delivery=3))[0] in text_of(await app.hear())
    Correspondent.everyone[-1].close()
    await refuse(world, app, registered_delivery=3)
    await world.settle()
    assert not app.heard
    old = await application(world)
    assert await old.status_of(submitted(registered_delivery=3)) == 0x07


async def test_a_peer_of_version_3_3_knows_its_id_in_the_receipt(world: World):
    app = await application(world, "tx", version=0x33)
    receiver = await application(world, "rx", version=0x33)
    message_id, _ = await deliver(world, app, registered_delivery=1)
    assert len(message_id) == 8
    receipt = await receiver.hear()
    assert text_of(receipt).startswith(f"id:{message_id} ")
    assert receipt.tlvs == []
    assert await app.status_of(QuerySm(message_id=message_id, source_addr=CODE)) == 0


@pytest.mark.parametrize("world", [{"deliver_as": "data_sm"}], indirect=True)
async def test_receipts_in_data_sm(world: World):
    app = await application(world)
    message_id, _ = await deliver(world, app, registered_delivery=1)
    receipt = await app.hear_data()
    assert receipt.esm_class == 0x04
    assert text_of(receipt).startswith(f"id:{message_id} sub:001 dlvrd:001 ")
    assert (receipt.source_addr, receipt.destination_addr) == (ANNA, CODE)


async def test_receipts_wait_until_somebody_receives(world: World):
    app = await application(world, "tx")
    message_ids = []
    handset = await phone(world)
    for _ in range(3):
        message_ids.append(await app.submit(registered_delivery=1))
        await handset.hear()
    await world.settle()
    receiver = await application(world, "rx")
    told = [text_of(await receiver.hear()) for _ in range(3)]
    assert [text.partition(" ")[0] for text in told] == [f"id:{each}" for each in message_ids]


async def test_a_receipt_that_is_refused_for_a_while_comes_again(world: World):
    app = await application(world)
    message_id, _ = await deliver(world, app, registered_delivery=1)
    await app.hear(status=0x64)
    await world.settle()
    assert not app.heard
    world.clock.advance(5_000)
    assert text_of(await app.hear()).startswith(f"id:{message_id} ")
    await until(lambda: len(world.app.delivery) == 0)


async def test_a_receipt_not_answered_comes_again_after_a_rebind(world: World):
    app = await application(world)
    await deliver(world, app, registered_delivery=1)
    first = await app.next_request()
    app.close()
    again = await application(world)
    second = await again.hear()
    assert isinstance(first, DeliverSm)
    assert text_of(second) == text_of(first)


async def test_a_secret_of_ours_needs_no_receipt_and_binary_is_not_quoted(world: World):
    app = await application(world)
    await deliver(world, app, text=b"\x01\x02\x03", data_coding=4, registered_delivery=1)
    assert text_of(await app.hear()).endswith("err:000 Text:")


async def test_what_the_state_is_before_the_end(world: World):
    app = await application(world)
    now_ms = world.clock.now_ms()
    message_id = await app.submit(schedule_delivery_time=format_absolute(now_ms + DAY_MS))
    modern = await application(world, version=0x50)
    for peer, state in ((app, 1), (modern, 0)):
        answer = await peer.ask(QuerySm(message_id=message_id, source_addr=CODE))
        assert isinstance(answer, QuerySmResp)
        assert (answer.message_id, answer.message_state) == (message_id, state)
        assert (answer.final_date, answer.error_code) == ("", 0)


@pytest.mark.parametrize("stat, state", [("UNDELIV", 5), ("EXPIRED", 3), ("REJECTD", 8)])
async def test_an_end_that_a_tester_asked_for(world: World, stat: str, state: int):
    app, handset = await application(world), await phone(world)
    fault = {"fault": "failed_receipt", "state": stat, "error": 31, "times": 1}
    assert (await world.call("POST", "/api/v1/faults", fault))[0] in (200, 201)
    message_id = await app.submit(registered_delivery=1)
    receipt = await app.hear()
    assert text_of(receipt).startswith(f"id:{message_id} sub:001 dlvrd:000 ")
    assert f"stat:{stat} err:031 " in text_of(receipt)
    assert receipt.tlvs[1:] == [(0x0427, bytes([state])), (0x0423, b"\x03\x00\x1f")]
    await app.submit(b"the next one")
    assert text_of(await handset.hear()) == "the next one"
