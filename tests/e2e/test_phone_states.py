"""Phones that are off, out of coverage or full: what the whole gateway does with them, by every way in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.test_applications import bound, said
from tests.patience import until
from tests.unit.access.wire import Peer, dial, no_peer_left, sms
from tests.world import World, running_world
from ussd_gateway.phone_states import PhoneState
from ussd_gateway.smpp.pdus import SubmitSmResp

__all__ = ["no_peer_left"]

ANNA = "79261234567"
BORIS = "79261234568"
ABSENT = 0x41B
"""0x400 and the MAP error 27, absent subscriber."""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running_world("memory://", {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}) as running:
        yield running


async def switch(world: World, state: str, msisdn: str = ANNA) -> dict[str, object]:
    status, answer = await world.call("PUT", f"/api/v1/subscribers/{msisdn}/phone", {"state": state})
    assert status == 200, answer
    return answer


async def simulator(world: World, **options: str) -> Peer:
    assert world.app.smpp_address is not None
    return await Peer.bind(world.app.smpp_address, **options)  # type: ignore[arg-type]


async def status_of(peer: Peer, pdu: object) -> int:
    answer = await peer.ask(pdu)  # type: ignore[arg-type]
    assert isinstance(answer, SubmitSmResp)
    return answer.command_status


async def test_a_state_is_shown_and_set(world: World) -> None:
    path = f"/api/v1/subscribers/{ANNA}/phone"
    states = ["on", "off", "out_of_coverage", "memory_full"]
    _, shown = await world.call("GET", path)
    assert shown == {"msisdn": ANNA, "state": "on", "reachable": False, "states": states}
    await simulator(world, address_range=ANNA)
    assert (await switch(world, "memory_full")).items() >= {"state": "memory_full", "reachable": True}.items()
    assert (await switch(world, "off")).items() >= {"state": "off", "reachable": False}.items()
    assert (await world.call("GET", path))[1]["state"] == "off"
    status, problem = await world.call("PUT", path, {"state": "broken"})
    assert (status, problem["errors"][0]["member"]) == (422, "state")


@pytest.mark.parametrize("state", ["off", "out_of_coverage", "memory_full"])
async def test_messages_wait_until_the_phone_takes_them_and_keep_their_order(
    world: World, state: PhoneState
) -> None:
    phone = await simulator(world)
    await switch(world, state)
    for number in range(3):
        assert await status_of(phone, sms(BORIS, ANNA, b"%d" % number)) == 0
    # What waits for Anna keeps nobody else waiting.
    assert await status_of(phone, sms(BORIS, BORIS, b"to myself")) == 0
    assert (await phone.screen()).short_message == b"to myself"
    _, inbox = await world.call("GET", f"/api/v1/subscribers/{ANNA}/inbox")
    assert [message["state"] for message in inbox["messages"]] == ["queued"] * 3
    await switch(world, "on")
    assert [(await phone.screen()).short_message for _ in range(3)] == [b"0", b"1", b"2"]


async def test_a_phone_that_is_away_can_ask_for_nothing(world: World) -> None:
    phone = await simulator(world)
    await switch(world, "out_of_coverage")
    assert await status_of(phone, dial(ANNA, "*100#")) == ABSENT
    assert await status_of(phone, sms(ANNA, BORIS, b"hello")) == ABSENT
    for path, body in (
        ("ussd", {"msisdn": ANNA, "code": "*100#"}),
        ("sms", {"msisdn": ANNA, "to": BORIS, "text": "hello"}),
        ("calls", {"msisdn": ANNA, "to": "0505"}),
        ("push", {"msisdn": ANNA, "text": "hello"}),
    ):
        status, problem = await world.call("POST", f"/api/v1/{path}", body)
        assert (status, problem["reason"]) == (409, "absent"), path
    await switch(world, "memory_full")
    assert await status_of(phone, dial(ANNA, "*100#")) == 0
    assert "100" in (await phone.screen()).source_addr


async def test_a_lost_phone_leaves_its_dialogue_and_its_call(world: World) -> None:
    application = await bound(world)
    phone = await simulator(world)
    assert await status_of(phone, dial(ANNA, "*500#")) == 0
    assert await application.hears() == (1, "*500#")
    assert await application.says(2, "Who are you?") == 0
    assert (await phone.screen()).short_message == b"Who are you?"
    _, call = await world.call("POST", "/api/v1/calls", {"msisdn": ANNA, "to": "0505"})
    await switch(world, "off")
    assert await application.hears() == (129, "")
    await until(lambda: world.app.calls.of_phone(ANNA) is None)
    assert (await world.call("GET", f"/api/v1/calls/{call['call']}"))[0] == 404
    assert await application.says(17, "too late") != 0
    assert await status_of(application, said(2, "Are you there?")) == ABSENT


async def test_a_restart_keeps_the_state_and_what_waits(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gateway.db"
    async with running_world(url, {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}) as first:
        phone = await simulator(first)
        await switch(first, "off")
        assert await status_of(phone, sms(BORIS, ANNA, b"are you there?")) == 0
    async with running_world(url, {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}) as second:
        phone = await simulator(second)
        assert await status_of(phone, sms(ANNA, BORIS, b"not yet")) == ABSENT
        assert await status_of(phone, sms(BORIS, BORIS, b"to myself")) == 0
        assert (await phone.screen()).short_message == b"to myself"
        await switch(second, "on")
        assert (await phone.screen()).short_message == b"are you there?"


async def test_a_pause_after_a_refusal_ends_with_the_phone_being_switched(world: World) -> None:
    phone = await simulator(world)
    assert await status_of(phone, sms(BORIS, ANNA, b"hello")) == 0
    await phone.screen(status=0x14)  # its own memory is full: tried again after a while
    await switch(world, "memory_full")
    await switch(world, "on")
    assert (await phone.screen()).short_message == b"hello"
