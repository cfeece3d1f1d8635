"""The acceptance scenarios run over each store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.two_gateways import two_gateways
from tests.world import World, running_world


@pytest_asyncio.fixture(params=["sqlite", "memory", "two gateways"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A gateway with the demo data and a clock that stands still; or two on one
    Redis, between which the phones wander."""
    if request.param == "two gateways":
        running = request.getfixturevalue("redis_server")
        running.flush()
        async with two_gateways(running.url) as both:
            yield both
        return
    storage = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/gateway.db"
    async with running_world(storage) as running:
        yield running
