"""kill -9 of a gateway on Redis amid the dialogue of an application: the phone is told, or it goes on."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.running import Gateway
from tests.e2e.test_applications import SILENCE, Application
from tests.redis_servers import Running
from tests.unit.access.wire import Peer, dial, no_peer_left
from ussd_gateway.smpp.pdus import DeliverSm, SubmitSm
from ussd_gateway.smpp.text import decode_text
from ussd_gateway.smpp.tlvs import USSD_SERVICE_OP

__all__ = ["no_peer_left"]

ALICE = "79261234567"
PACE_S = 0.1
TIMER_S = "3"
"""ussd.application_timer_s: longer than it takes a gateway to hear of the other's binds."""


@pytest.fixture
def gateways(redis_server: Running, tmp_path: Path) -> Iterator[list[Gateway]]:
    """Two processes on one Redis."""
    redis_server.flush()
    started: list[Gateway] = []
    try:
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            settings = {
                "STORAGE__URL": redis_server.url,
                "STORAGE__PEPPER_FILE": str(tmp_path / "pepper"),
                "STORAGE__MAILBOX": str(tmp_path / "mailbox"),
                "USSD__APPLICATION_TIMER_S": TIMER_S,
                "CLOCK": "system",
            }
            started.append(Gateway(tmp_path / name, **settings))
        yield started
    finally:
        for gateway in started:
            gateway.stop(signal.SIGKILL)


async def application_at(gateway: Gateway) -> Application:
    peer = await Application.bind(f"127.0.0.1:{gateway.smpp_port}", system_id="app", password="app")
    assert isinstance(peer, Application)
    peer.phone = ALICE
    return peer


@asynccontextmanager
async def phone_at(gateway: Gateway) -> AsyncIterator[Peer]:
    phone = await Peer.bind(f"127.0.0.1:{gateway.smpp_port}", address_range=ALICE)
    yield phone
    phone.close()


async def reached(phone: Peer, application: Application) -> None:
    """Dial until the application at the other gateway is known there; it has the word then."""
    while True:
        assert (await phone.ask(dial(ALICE, "*500#"))).command_status == 0
        heard, told = asyncio.create_task(application.hears()), asyncio.create_task(phone.screen())
        _, idle = await asyncio.wait((heard, told), return_when=asyncio.FIRST_COMPLETED)
        for task in idle:
            task.cancel()
        await asyncio.gather(*idle, return_exceptions=True)
        if not heard.cancelled():
            assert heard.result() == (1, "*500#")
            return
        assert shown(told.result()) == SILENCE
        await asyncio.sleep(PACE_S)


def shown(screen: DeliverSm) -> str:
    return decode_text(screen.short_message, screen.data_coding, ussd=True)


async def test_the_application_s_gateway_is_killed_and_the_phone_is_told(gateways: list[Gateway]) -> None:
    application = await application_at(gateways[1])
    async with phone_at(gateways[0]) as phone:
        await reached(phone, application)
        gateways[1].stop(signal.SIGKILL)
        assert shown(await phone.screen()) == SILENCE


async def test_the_phone_s_gateway_is_killed_and_the_dialogue_goes_on(gateways: list[Gateway]) -> None:
    application = await application_at(gateways[1])
    async with phone_at(gateways[0]) as phone:
        await reached(phone, application)
        assert await application.says(2, "Name?") == 0
        assert shown(await phone.screen()) == "Name?"
        gateways[0].stop(signal.SIGKILL)
    async with phone_at(gateways[1]) as phone:
        answer = SubmitSm(
            service_type="USSD",
            source_addr=ALICE,
            destination_addr="*500#",
            short_message=b"Anna",
            tlvs=[USSD_SERVICE_OP(18)],
        )
        assert (await phone.ask(answer)).command_status == 0
        assert await application.hears() == (18, "Anna")
        assert await application.says(17, "Bye") == 0
        assert shown(await phone.screen()) == "Bye"
