"""What two gateways on one Redis do for each other's phones."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.mailing import application
from tests.patience import until
from tests.redis_servers import Running
from tests.two_gateways import TwoGateways, Wanderer, address, two_gateways
from tests.world import ANSWER_S, Handset
from ussd_gateway.errors import Conflict
from ussd_gateway.phone.events import SmsArrived
from ussd_gateway.phone.smpp import SmppPhone
from ussd_gateway.smpp.pdus import AlertNotification

ALICE = "79261234567"
BORIS = "79261234568"
ANSWER_TIMER_MS = 180_000


@pytest_asyncio.fixture(params=["redis_server", "redis_cluster"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[TwoGateways]:
    redis: Running = request.getfixturevalue(request.param)
    redis.flush()
    async with two_gateways(redis.url) as running:
        yield running


async def wanderer(world: TwoGateways, msisdn: str) -> Wanderer:
    handset = await world.handset(msisdn)
    assert isinstance(handset, Wanderer)
    return handset


async def settled(world: TwoGateways, msisdn: str, at: int = 0) -> Handset:
    """A phone that stays with one gateway."""
    host, port = address(world.apps[at])
    phone = SmppPhone(msisdn, host=host, port=port, system_id="handset", password="handset")
    await phone.open()
    handset = Handset(world, phone)
    world._handsets.append(handset)
    return handset


async def next_text(phone: Handset) -> str:
    event = await asyncio.wait_for(phone._phone.events.get(), ANSWER_S)
    assert isinstance(event, SmsArrived)
    return event.text


async def test_messages_follow_a_phone_in_their_order_and_come_once(world: TwoGateways) -> None:
    alice, boris = await wanderer(world, ALICE), await settled(world, BORIS)
    for first in range(0, 24, 4):
        texts = [f"message {n}" for n in range(first, first + 4)]
        for text in texts:
            await boris.sms(ALICE, text)
        assert [await next_text(alice) for _ in texts] == texts
        await world.settle()  # the last one is acknowledged
        await alice.move()
    assert not await alice._sms_within_a_moment()
    assert await world.app.store.undelivered(10) == []


async def test_a_phone_that_leaves_while_messages_come_loses_none(world: TwoGateways) -> None:
    """What it did not acknowledge comes again, but never before what was sent earlier."""
    alice, boris = await wanderer(world, ALICE), await settled(world, BORIS)
    texts = [f"message {n}" for n in range(24)]
    received: dict[str, None] = {}
    for number, text in enumerate(texts):
        await boris.sms(ALICE, text)
        if number % 3 == 1:
            await alice.move()
        if number % 4 == 3:
            while text not in received:
                received.setdefault(await next_text(alice))
    assert list(received) == texts
    await world.settle()
    assert not await alice._sms_within_a_moment()
    assert await world.app.store.undelivered(10) == []


async def test_what_came_while_the_phone_was_off_comes_through_either_gateway(world: TwoGateways) -> None:
    alice, boris = await wanderer(world, ALICE), await settled(world, BORIS)
    await alice._phone._esme.close()
    for n in range(3):
        await boris.sms(ALICE, f"while you were off {n}")
    await alice.move()
    assert alice.at == 1
    assert [await next_text(alice) for _ in range(3)] == [f"while you were off {n}" for n in range(3)]


async def test_a_phone_switched_through_one_gateway_is_switched_for_the_other(world: TwoGateways) -> None:
    alice, boris = await settled(world, ALICE), await settled(world, BORIS)
    here, there = (app.delivery.states for app in world.apps)
    await there.switch(ALICE, "off")
    await until(lambda: here.of(ALICE) == "off")
    assert world.app.phones.way_to(ALICE) is None
    await boris.sms(ALICE, "are you there?")
    assert (await world.call("POST", "/api/v1/ussd", {"msisdn": ALICE, "code": "*100#"}))[0] == 409
    assert [message.state for message in await world.app.store.inbox(ALICE, 9)] == ["queued"]
    await there.switch(ALICE, "on")
    assert await next_text(alice) == "are you there?"


async def test_an_application_hears_of_a_phone_that_comes_back_to_another_gateway(world: TwoGateways) -> None:
    peer = await application(world)
    await peer.submit(to=ALICE)
    await until(lambda: bool(world.app.delivery._late))  # it has found nobody there
    alice = await settled(world, ALICE, at=1)
    assert await next_text(alice) == "Hello"
    alert = await peer.read()
    assert isinstance(alert, AlertNotification)
    assert (alert.source_addr, alert.esme_addr) == (ALICE, "7070")
    peer.close()


async def test_a_gateway_that_was_told_nothing_looks_into_the_store(world: TwoGateways) -> None:
    here, there = (app.delivery.states for app in world.apps)
    there.tell = lambda msisdn, state: None
    await there.switch(ALICE, "memory_full")
    assert here.of(ALICE) == "on"
    await here.load()
    assert here.of(ALICE) == "memory_full"


async def test_a_dialogue_whose_gateway_has_gone_times_out_through_the_other(world: TwoGateways) -> None:
    alice = await wanderer(world, ALICE)
    await alice.dial("*105#")  # it moved to the second gateway and dialled there
    await alice.move()
    alone = world.app.together
    assert alone is not None
    await world.apps[1].stop()
    await until(lambda: not alone.exchange.others)
    world.clock.advance(ANSWER_TIMER_MS)
    assert (await alice.screen()).op == "end"
    assert await world.app.dialogues.get(ALICE) is None


async def test_a_push_asked_of_one_gateway_reaches_a_phone_of_the_other(world: TwoGateways) -> None:
    alice = await wanderer(world, ALICE)
    await alice.move()
    await until(lambda: world.app.phones.way_to(ALICE) is not None)
    body = {"msisdn": ALICE, "text": "Привет", "ask": True}
    status, push = await world.call("POST", "/api/v1/push", body)
    assert status == 202
    assert (await alice.screen()).text == "Привет"
    await alice._phone.answer("да")  # where it is: whoever asked hears of it nevertheless
    await until(lambda: world.app.pushes._known[push["push"]].state == "answered")
    assert world.app.pushes._known[push["push"]].answer == "да"


async def test_a_step_through_one_gateway_is_no_second_step_through_the_other(world: TwoGateways) -> None:
    """The version in Redis fences a gateway that was paused with an old state in its hand."""
    alice = await wanderer(world, ALICE)
    await alice.dial("*105#")
    old = await world.app.dialogues.get(ALICE)
    assert old is not None
    await alice.send("1")
    with pytest.raises(Conflict):
        await world.app.dialogues.save(old)


async def test_jobs_are_shared_out_and_shared_anew(world: TwoGateways) -> None:
    numbers = [f"7926{n:07}" for n in range(200)]

    def shares() -> list[int]:
        return [sum(map(app.together.share, numbers)) for app in world.apps if app.together is not None]

    await until(lambda: sum(shares()) == 200 and min(shares()) > 0)
    await world.apps[1].stop()
    await until(lambda: shares()[0] == 200)
    assert shares() == [200, 0]
