"""The whole gateway over a memory store and a clock that stands still, asked over HTTP."""

from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.web.server import build
from ussd_gateway.web.services import Services

CONFIG = Path(__file__).parents[3] / "config.yaml"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def app(clock):
    app = App(load_config(CONFIG, {"USSDGW_STORAGE__URL": "memory://"}), clock=clock)
    await app.start(listen=False)
    yield app
    await app.stop()


@pytest.fixture
async def api(app):
    """A client of the API: `await api.get(path)`, `await api.post(path, json=...)`."""
    services = Services(
        gateway=app.gateway,
        calls=app.calls,
        jobs=app.jobs,
        lanes=app.lanes,
        store=app.store,
        clock=app.clock,
        plan=app.plan,
        hasher=app.hasher,
        not_ready=lambda: app.not_ready,
    )
    async with TestClient(TestServer(build(services, host="127.0.0.1", token=None))) as client:
        yield client
