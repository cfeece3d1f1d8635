"""The Redis behind a gateway goes away and comes back; phones hear so, and nobody restarts anything."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from tests.redis_servers import Server
from tests.world import World, running_world
from ussd_gateway.smpp.constants import CommandStatus

ALICE = "79261234567"
DOWN = "Сервис временно недоступен. Повторите запрос позже"
PATIENCE_S = 20.0


@pytest.fixture
def server(redis_servers: Callable[..., Server]) -> Server:
    return redis_servers()


@pytest_asyncio.fixture
async def world(server: Server) -> AsyncIterator[World]:
    server.start()
    async with running_world(server.url, {"USSDGW_STORAGE__REDIS__TIMEOUT_S": "0.3"}) as running:
        yield running


async def until_ready(world: World, status: int) -> str:
    """Wait for `/readyz` to answer so; what it says."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answered, body = await world.call("GET", "/readyz")
            if answered == status:
                return str(body)
            await asyncio.sleep(0.02)


async def test_a_redis_that_dies_and_is_started_again(world: World, server: Server) -> None:
    phone = await world.handset(ALICE)
    assert "1" in (await phone.dial("*105#")).text
    server.kill()
    gone = await phone.send("1")
    assert (gone.text, gone.op) == (DOWN, "end")
    assert (await phone.dial("*105#")).text == DOWN
    assert "cannot be reached" in await until_ready(world, 503)
    await phone.sms("000105", "PAS Secret77")
    assert (await phone.refusal()).status == CommandStatus.RMSGQFUL
    status, _ = await world.call("GET", f"/api/v1/subscribers/{ALICE}")
    assert status == 503

    server.start()
    await until_ready(world, 200)
    assert "1" in (await phone.dial("*105#")).text
    assert (await phone.send("1")).text != DOWN
    assert (await world.app.store.audit()).problems == ()


async def test_a_redis_that_hangs(world: World, server: Server) -> None:
    phone = await world.handset(ALICE)
    await world.call("GET", "/readyz")
    os.kill(server.pid, signal.SIGSTOP)
    try:
        assert (await phone.dial("*105#")).text == DOWN
        await until_ready(world, 503)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    await until_ready(world, 200)
    assert (await phone.dial("*105#")).text != DOWN
