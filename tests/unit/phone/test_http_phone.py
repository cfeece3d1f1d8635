"""A phone over HTTP against a whole gateway on real sockets: screens, messages, and what comes by itself."""

import asyncio

import pytest
import pytest_asyncio

from tests.world import ANSWER_S, World, running_world
from ussd_gateway.phone.events import Failure, Screen, SmsArrived
from ussd_gateway.phone.http import HttpPhone, NoGateway

ANNA, BORIS = "79261234567", "79261234568"


@pytest_asyncio.fixture
async def world():
    async with running_world("memory://") as world:
        yield world


def url_of(world: World) -> str:
    assert world.app.http_address is not None
    host, port = world.app.http_address
    return f"http://{host}:{port}"


@pytest_asyncio.fixture
async def phone(world):
    phone = HttpPhone(ANNA, url=url_of(world))
    await phone.open()
    yield phone
    await phone.close()


async def event(phone: HttpPhone) -> object:
    return await asyncio.wait_for(phone.events.get(), ANSWER_S)


async def test_a_dialogue(phone):
    await phone.dial("*105#")
    first = await event(phone)
    assert isinstance(first, Screen)
    assert (first.op, first.service_code) == ("ask", "*105#")
    await phone.answer("1")
    second = await event(phone)
    assert isinstance(second, Screen)
    assert (second.op, second.dialogue) == ("ask", first.dialogue)
    await phone.hang_up()
    await phone.hang_up()
    await phone.answer("1")
    gone = await event(phone)
    assert isinstance(gone, Screen)
    assert gone.op == "end"
    assert phone.events.empty()


async def test_a_timeout_is_shown_by_itself(world, phone):
    await phone.dial("*105#")
    await event(phone)
    world.clock.advance(1_000_000)
    await world.app.gateway.expire(ANNA)
    ended = await event(phone)
    assert isinstance(ended, Screen)
    assert ended.op == "end"
    assert phone.events.empty()


async def test_messages_arrive_even_secret_ones(world, phone):
    await phone.dial("*105*00#")
    assert isinstance(await event(phone), Screen)
    await world.settle()
    world.clock.advance(2_000)
    sms = await event(phone)
    assert isinstance(sms, SmsArrived)
    assert (sms.source, sms.parts) == ("000110", 1)
    password = "".join(filter(str.isdigit, sms.text.split("*")[0]))
    assert await world.login(ANNA, password) == 200
    inbox = (await world.call("GET", f"/api/v1/subscribers/{ANNA}/inbox"))[1]["messages"]
    assert [each["text"] for each in inbox] == [sms.text]


async def test_a_text_to_another_phone(world, phone):
    other = HttpPhone(BORIS, url=url_of(world))
    await other.open()
    await phone.send_sms(BORIS, "Привет")
    assert await event(other) == SmsArrived(ANNA, "Привет", 1)
    await other.close()
    assert world.app.phones.way_to(BORIS) is None


async def test_refusals_are_failures(phone):
    await phone.answer("1")
    assert isinstance(await event(phone), Failure)
    await phone.send_sms("0599123", "x")
    failure = await event(phone)
    assert isinstance(failure, Failure)
    assert "nobody has this number" in failure.reason


async def test_there_is_no_gateway(unused_tcp_port):
    phone = HttpPhone(ANNA, url=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(NoGateway):
        await phone.open()
    await phone.close()


async def test_the_gateway_goes_away(world, phone):
    await world.app.stop()
    failure = await event(phone)
    assert isinstance(failure, Failure)
    assert failure.final


async def test_what_waited_comes_when_the_phone_is_switched_on(world):
    for number in range(3):
        body = {"msisdn": BORIS, "to": ANNA, "text": f"message {number}"}
        assert (await world.call("POST", "/api/v1/sms", body))[0] == 200
    phone = HttpPhone(ANNA, url=url_of(world))
    await phone.open()
    texts = [await event(phone) for _ in range(3)]
    assert [sms.text for sms in texts if isinstance(sms, SmsArrived)] == [f"message {n}" for n in range(3)]
    await phone.close()
