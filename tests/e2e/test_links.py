"""Our menus behind somebody else's centre: links to a second gateway and to a centre made of frames."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.bare_centre import (
    ANNA,
    BIND_RX,
    BIND_TRX,
    BIND_TX,
    GONE,
    PATIENCE_S,
    QUEUE_FULL,
    ROK,
    THROTTLED,
    Centre,
    delivered,
    link,
    linked,
)
from tests.patience import until
from tests.world import REPOSITORY, Handset, World, running_world


@pytest.fixture
async def centre() -> AsyncIterator[Centre]:
    centre = Centre()
    await centre.open()
    yield centre
    await centre.kill()


# ---------------------------------------------------------------- an independent centre


async def test_a_dialogue_with_a_phone_behind_a_centre(centre):
    async with linked(centre.port) as world:
        assert await centre.deliver(delivered("*105#", "*105#", op=1)) == ROK
        menu = await centre.submitted()
        assert (menu.service_type, menu.op) == ("USSD", 2)
        assert (menu.source, menu.destination) == ("*105#", ANNA)
        assert menu.registered_delivery == 0
        assert 0x1383 not in menu.tlvs
        dialogue = await world.app.dialogues.get(ANNA)
        assert dialogue is not None
        assert dialogue.access == "link:mno"
        assert await centre.deliver(delivered("1", "*105#", op=18)) == ROK
        assert (await centre.submitted()).text != menu.text
        assert await centre.deliver(delivered("", "*105#", op=129)) == ROK
        assert await world.app.dialogues.get(ANNA) is None


async def test_a_dialect_with_numbered_dialogues_and_an_end_bit(centre):
    async with linked(centre.port, dialect="its15", bind="pair"):
        assert sorted(centre.binds) == [BIND_RX, BIND_TX]
        assert await centre.deliver(delivered("*105#", "*105#", op=1, session=b"\x12\x34")) == ROK
        assert (await centre.submitted()).tlvs[0x1383] == b"\x12\x34"
        assert await centre.deliver(delivered("*100#", "*100#", op=1, session=b"\x22\x44")) == ROK
        balance = await centre.submitted()
        assert (balance.op, balance.tlvs[0x1383]) == (17, b"\x22\x45")


async def test_a_message_is_acknowledged_when_it_is_stored(centre, monkeypatch):
    async with linked(centre.port) as world:
        may_commit = asyncio.Event()
        commit: Callable[..., Awaitable[Any]] = world.app.store.commit

        async def slow(*arguments: Any) -> Any:
            await may_commit.wait()
            return await commit(*arguments)

        monkeypatch.setattr(world.app.store, "commit", slow)
        answer = centre.begin_delivery(delivered("B", "000100"))
        for _ in range(5):
            await world.call("GET", "/healthz")
        assert not answer.done()
        may_commit.set()
        assert await asyncio.wait_for(answer, PATIENCE_S) == ROK


async def test_a_message_in_parts_is_joined_and_answered(centre):
    async with linked(centre.port) as world:
        for number, text in ((1, "any"), (2, "thing")):
            header = bytes([5, 0, 3, 7, 2, number]).decode("latin-1")
            assert await centre.deliver(delivered(header + text, "000100", esm_class=0x40)) == ROK
        world.clock.advance(2_000)
        reply = await centre.submitted()
        assert (reply.source, reply.destination, reply.registered_delivery) == ("000100", ANNA, 1)
        assert reply.op is None
        receipt = (
            "id:m1 sub:001 dlvrd:001 submit date:2611222030 done date:2611222031 stat:DELIVRD err:000 Text:"
        )
        assert await centre.deliver(delivered(receipt, "000100", esm_class=4)) == ROK
        assert await world.call("GET", "/readyz") == (200, {"status": "ready", "links": {"mno": "bound"}})
        _, told = await world.call("GET", "/api/v1/links")
        assert told["links"] == [{"name": "mno", "state": "bound", "waiting": 0, "receipts": {"DELIVRD": 1}}]


@pytest.mark.parametrize(
    "body, status",
    [
        (delivered("*105#", "*105#", op=1, source="4412345678901"), 0x0A),
        (delivered("text", "", op=None), 0x0B),
        (delivered("text", "000777", op=None), 0x0B),
        (delivered("*105#", "*105#", op=77), 0xC4),
    ],
    ids=["a number of others", "no address", "no such service", "no such operation"],
)
async def test_what_is_refused(centre, body, status):
    async with linked(centre.port):
        assert await centre.deliver(body) == status
        assert centre.submits.empty()


async def test_a_centre_that_has_forgotten_the_dialogue_ends_it(centre):
    async with linked(centre.port) as world:
        centre.statuses = [GONE]
        assert await centre.deliver(delivered("*105#", "*105#", op=1)) == ROK
        await centre.submitted()
        await until(lambda: world.app.centres.states()[0]["waiting"] == 0)
        await world.app.lanes.drain()
        assert await world.app.dialogues.get(ANNA) is None


async def test_no_more_than_a_window_is_without_an_answer(centre):
    async with linked(centre.port, window=2) as world:
        centre.answers = False
        for number in range(5):
            source = f"7926123456{number}"
            assert await centre.deliver(delivered("*105#", "*105#", op=1, source=source)) == ROK
        await until(lambda: world.app.centres.states()[0]["waiting"] == 5)
        await world.settle()
        assert centre.submits.qsize() == 2
        centre.answer_one()
        assert len({(await centre.submitted()).destination for _ in range(3)}) == 3
        assert centre.submits.empty()
        centre.answers = True
        centre.answer_one()
        centre.answer_one()
        assert len({(await centre.submitted()).destination for _ in range(2)}) == 2
        await until(lambda: world.app.centres.states()[0]["waiting"] == 0)


async def test_a_whole_command_by_message_and_its_answer(centre):
    async with linked(centre.port, bind="pair") as world:
        assert await centre.deliver(delivered("PAS Secret77", "000105")) == ROK
        world.clock.advance(2_000)
        reply = await centre.submitted()
        assert (reply.source, reply.destination, reply.op) == ("000110", ANNA, None)
        assert await world.login(ANNA, "Secret77") == 200
        assert await centre.deliver(delivered("nonsense", "000105")) == ROK
        world.clock.advance(2_000)
        assert (await centre.submitted()).source == "000105"


async def test_a_centre_that_throttles_gets_the_same_message_later(centre):
    async with linked(centre.port) as world:
        centre.statuses = [THROTTLED, QUEUE_FULL]
        assert await centre.deliver(delivered("*105#", "*105#", op=1)) == ROK
        screens = [await centre.submitted() for _ in range(3)]
        assert len({screen.text for screen in screens}) == 1
        await until(lambda: world.app.centres.states()[0]["waiting"] == 0)
        assert await world.app.dialogues.get(ANNA) is not None
        assert await centre.deliver(delivered("1", "*105#", op=18)) == ROK
        assert (await centre.submitted()).text != screens[0].text


async def test_a_centre_that_throttles_for_too_long_loses_no_message(centre):
    async with linked(centre.port, throttled_s=0.01) as world:
        centre.statuses = [THROTTLED, THROTTLED]
        assert await centre.deliver(delivered("any", "000100")) == ROK
        world.clock.advance(2_000)
        first = await centre.submitted()
        await centre.submitted()
        await until(lambda: world.app.centres.states()[0]["waiting"] == 0)
        world.clock.advance(5_000)
        assert (await centre.submitted()).text == first.text


@pytest.mark.parametrize("bind", ["transceiver", "pair"])
async def test_a_centre_that_dies_is_bound_again(centre, bind):
    async with linked(centre.port, bind=bind) as world:
        assert await centre.deliver(delivered("any", "000100")) == ROK
        await centre.kill()
        await until(lambda: world.app.centres.states()[0]["state"] == "down")
        assert await world.call("GET", "/readyz") == (200, {"status": "ready", "links": {"mno": "down"}})
        _, told = await world.call("GET", "/api/v1/links")
        assert told["links"][0]["reason"]
        world.clock.advance(2_000)  # the reply is due while there is no way
        await world.settle()
        await centre.open()
        reply = await centre.submitted()
        assert reply.destination == ANNA
        await until(lambda: world.app.centres.states()[0]["state"] == "bound")
        assert await centre.deliver(delivered("*100#", "*100#", op=1)) == ROK
        assert (await centre.submitted()).op == 17


async def test_a_centre_that_refuses_the_bind_is_asked_again(centre):
    centre.bind_status = 0x0E
    async with running_world("memory://", links=[link(centre.port)]) as world:
        await until(lambda: "RINVPASWD" in world.app.centres.states()[0]["reason"])
        centre.bind_status = ROK
        await until(lambda: world.app.centres.states()[0]["state"] == "bound")
        assert centre.binds == [BIND_TRX]


async def test_a_phone_behind_a_centre_can_be_asked(centre):
    async with linked(centre.port) as world:
        status, push = await world.call(
            "POST", "/api/v1/push", {"msisdn": ANNA, "text": "Well?", "ask": True}
        )
        assert status in (200, 201, 202), push
        question = await centre.submitted()
        assert (question.op, question.text) == (2, "Well?")
        assert await centre.deliver(delivered("yes", question.source, op=18)) == ROK


# ---------------------------------------------------------------- a second gateway of ours


@pytest.fixture
async def operator(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A gateway without the menus, whose `*105#` an application serves."""
    (tmp_path / "menus").mkdir()
    shutil.copy(REPOSITORY / "menus" / "balance.yaml", tmp_path / "menus")
    environment = {"USSDGW_PATHS__MENUS": str(tmp_path / "menus")}
    dialect = request.node.callspec.params["dialect"]
    served = {"service_codes": ("*105#",), "dialect": dialect}
    async with running_world("memory://", environment, app=served) as world:
        yield world


async def walk(phone: Handset, depth: int) -> dict[str, tuple[str, str]]:
    """Every screen that digits lead to from `*105#`, by the keys pressed: what kind it is, and its text."""
    seen: dict[str, tuple[str, str]] = {}
    ways = [""]
    while ways:
        way = ways.pop(0)
        screen = await phone.dial("*105#")
        for key in way:
            screen = await phone.send(key)
        seen[way] = (screen.op, screen.text)
        if screen.op == "ask":
            await phone.hang_up()
            if len(way) < depth:
                ways += [way + key for key in re.findall(r"^([1-9]) ", screen.text, re.MULTILINE)]
    return seen


@pytest.mark.parametrize("dialect", ["tata", "user_message_reference"])
async def test_the_first_screens_through_an_operators_gateway(operator, dialect):
    assert operator.app.smpp_address is not None
    port = int(operator.app.smpp_address.rsplit(":", 1)[1])
    account = {"system_id": "app", "password": "app", "dialect": dialect}
    async with running_world("memory://") as alone:
        expected = await walk(await alone.handset(ANNA), 2)
    assert len(expected) > 8
    async with linked(port, **account):
        assert await walk(await operator.handset(ANNA), 2) == expected
