"""Whatever is sent to the API: no 5xx, and every answer is one that the OpenAPI document promises."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.web.openapi import document
from ussd_gateway.web.routes import ROUTES
from ussd_gateway.web.server import build

CONFIG = Path(__file__).parents[2] / "config.yaml"
EXAMPLES = 12
"""Requests for each call of the API."""
KNOWN = {"msisdn": ["79261234567", "79261110001"], "company": ["romashka"], "list": ["services.mine"]}
"""What makes a random address lead somewhere."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(document(ROUTES))
OPERATIONS = {
    result.ok().label: result.ok() for result in SCHEMA.get_all_operations() if isinstance(result, Ok)
}


async def _serve(started: threading.Event, address: list[str], stop: list[asyncio.Event]) -> None:
    app = App(load_config(CONFIG, {"USSDGW_STORAGE__URL": "memory://"}), clock=ManualClock())
    await app.start(listen=False)
    runner = web.AppRunner(build(app.services(), host="127.0.0.1", token=None), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stop.append(asyncio.Event())
    address.append("http://{}:{}".format(*runner.addresses[0][:2]))
    started.set()
    await stop[0].wait()
    await runner.cleanup()
    await app.stop()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a gateway on a memory store listens, in a thread of its own: the fuzzer's client blocks."""
    loop = asyncio.new_event_loop()
    started, found, stop = threading.Event(), list[str](), list[asyncio.Event]()
    thread = threading.Thread(target=loop.run_until_complete, args=(_serve(started, found, stop),))
    thread.start()
    assert started.wait(30)
    yield found[0]
    loop.call_soon_threadsafe(stop[0].set)
    thread.join(30)
    loop.close()


@pytest.mark.slow
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_every_answer_is_one_of_the_document(label: str, address: str) -> None:
    operation = OPERATIONS[label]

    @seed(20)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), known=st.booleans(), data=st.data())
    def ask(case: schemathesis.Case[Any], known: bool, data: st.DataObject) -> None:
        for name in case.path_parameters or {}:
            if known and name in KNOWN:
                case.path_parameters[name] = data.draw(st.sampled_from(KNOWN[name]))
        response = case.call(base_url=address, timeout=20)
        case.validate_response(response, checks=CHECKS)
        assert response.status_code < 500 or response.status_code == 503

    ask()
