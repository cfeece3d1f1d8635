"""Messages between phones and an application that are behind different gateways on one Redis."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.mailing import ANNA, BORIS, CODE, Correspondent, submitted, text_of
from tests.patience import once_there, until
from tests.redis_servers import Running
from tests.two_gateways import TwoGateways, two_gateways
from tests.unit.access.wire import no_peer_left, sms
from ussd_gateway.app import App
from ussd_gateway.smpp.pdus import CancelSm, QuerySm, QuerySmResp
from ussd_gateway.smpp.times import format_relative

__all__ = ["no_peer_left"]


@pytest_asyncio.fixture(params=["redis_server", "redis_cluster"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[TwoGateways]:
    redis: Running = request.getfixturevalue(request.param)
    redis.flush()
    async with two_gateways(redis.url) as running:
        yield running
        for peer in Correspondent.everyone:
            peer.close()  # else the gateways wait for their leave


async def bound(app: App, mode: str = "trx", **options: Any) -> Correspondent:
    assert app.smpp_address is not None
    peer = await Correspondent.bind(app.smpp_address, mode, **options)
    assert isinstance(peer, Correspondent)
    return peer


APP = {"system_id": "app", "password": "app"}


async def test_a_receipt_crosses_both_gateways(world: TwoGateways) -> None:
    here, there = world.apps
    sender = await bound(here, "tx", **APP)
    phone = await bound(there, address_range=ANNA)
    receiver = await bound(there, "rx", **APP)
    message_id = await sender.submit(registered_delivery=1)
    assert text_of(await phone.hear()) == "Hello"
    assert text_of(await receiver.hear()).startswith(f"id:{message_id} sub:001 dlvrd:001 ")
    await until(lambda: not any(len(app.delivery) for app in world.apps))
    assert await world.app.store.undelivered(9) == []


async def test_a_phones_message_reaches_the_application_behind_the_other_gateway(world: TwoGateways) -> None:
    here, there = world.apps
    receiver, phone = await bound(there, **APP), await bound(here, address_range=ANNA)
    for n in range(3):
        assert await phone.status_of(sms(ANNA, CODE, b"%d" % n)) == 0
    assert [text_of(await receiver.hear()) for _ in range(3)] == ["0", "1", "2"]


async def test_a_message_nobody_fetches_expires_and_its_sender_hears_of_it(world: TwoGateways) -> None:
    sender = await bound(world.apps[1], **APP)
    message_id = await sender.submit(registered_delivery=1, validity_period=format_relative(60))
    world.clock.advance(60_000)
    expired = text_of(await sender.hear())
    assert expired.startswith(f"id:{message_id} ")
    assert "stat:EXPIRED err:027" in expired


async def test_a_cancelled_message_is_delivered_by_nobody(world: TwoGateways) -> None:
    here, there = world.apps
    sender = await bound(here, **APP)
    message_id = await sender.submit()
    kept = await sender.submit(to=BORIS, schedule_delivery_time=format_relative(60))
    assert await sender.status_of(CancelSm(message_id=message_id, source_addr=CODE)) == 0

    async def told() -> int:
        answer = await sender.ask(QuerySm(message_id=message_id, source_addr=CODE))
        assert isinstance(answer, QuerySmResp)
        return answer.message_state

    await until_is(4, told)
    phone = await bound(there, address_range=ANNA)
    assert await sender.status_of(submitted(b"after it")) == 0
    assert text_of(await phone.hear()) == "after it"
    boris = await bound(there, address_range=BORIS)
    world.clock.advance(60_000)
    assert text_of(await boris.hear()) == "Hello"
    assert kept != message_id


async def test_a_cancelled_message_leaves_the_hands_of_the_other_gateway(world: TwoGateways) -> None:
    """The phone is full for a while: the message is held by the gateway that the phone is behind."""
    here, there = world.apps
    sender, phone = await bound(here, **APP), await bound(there, address_range=ANNA)
    message_id = await sender.submit()
    await phone.hear(0x64)
    await until(lambda: bool(there.delivery._resting))
    assert await sender.status_of(CancelSm(message_id=message_id, source_addr=CODE)) == 0
    await until(lambda: not there.delivery._resting)
    world.clock.advance(5_000)
    await world.settle()
    assert await phone.status_of(sms(ANNA, BORIS, b"still there")) == 0
    assert not phone.heard


async def until_is(wanted: int, ask: Callable[[], Awaitable[int]]) -> None:
    while await once_there(ask) != wanted:
        pass
