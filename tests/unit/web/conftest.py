"""The whole gateway over a memory store and a clock that stands still, asked over HTTP."""

from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.web.server import build

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
    async with TestClient(TestServer(build(app.services(), host="127.0.0.1", token=None))) as client:
        yield client
