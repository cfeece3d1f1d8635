"""Whatever is sent to the API: no 5xx, and every answer is one that the OpenAPI document promises.

The gateway listens with everything it has: phones have dialled over SMPP, PDUs are captured, a centre is
linked that is not there, a sender of messages is known, and whoever the personal account is for is logged in.
"""

import asyncio
import multiprocessing
import re
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import Config, load_config
from ussd_gateway.link_section import LinkConfig
from ussd_gateway.phone.smpp import SmppPhone
from ussd_gateway.sections import HttpSenderConfig
from ussd_gateway.storage import ScryptHasher
from ussd_gateway.web.lk_sessions import COOKIE
from ussd_gateway.web.openapi import document
from ussd_gateway.web.routes import ROUTES

CONFIG = Path(__file__).parents[2] / "config.yaml"
EXAMPLES = 12
"""Requests for each call of the API, good ones and bad ones each."""
ANNA, EMPLOYEE, CONTROL, PASSWORD = "79261234567", "79260000001", "79260000002", "Secret77"
CONTRACT = "10052733"
KNOWN = {
    "company": ["romashka"],
    "list": ["services.mine", "tariffs.available"],
    "menu": ["service_guide"],
    "msisdn": [ANNA, EMPLOYEE, "79261110001"],
    "number": [EMPLOYEE],
    "pdu": ["1", "2", "3"],
}
"""What makes a random address lead somewhere; the names of what the API makes are added at the start."""
SENDER = {"username": "kannel", "password": "secret", "to": ANNA, "from": "1234"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(document(ROUTES))
OPERATIONS = {
    result.ok().label: result.ok() for result in SCHEMA.get_all_operations() if isinstance(result, Ok)
}


def _config() -> Config:
    names = ("STORAGE__URL=memory://", "SMPP__PORT=0", "HTTP__PORT=0", "SMPP__DRAIN_TIMEOUT_S=0.05")
    config = load_config(CONFIG, dict(f"USSDGW_{each}".split("=") for each in names))
    sender = HttpSenderConfig(username="kannel", password="secret", short_codes=("1234",))
    nowhere = LinkConfig(
        name="mno", host="127.0.0.1", port=1, system_id="us", password="x", msisdns=("79*",), retry_s=(5, 5)
    )
    http = config.http.model_copy(update={"senders": (sender,)})
    return config.model_copy(update={"http": http, "links": (nowhere,)})


async def _serve(pcap: Path, test: Connection) -> None:
    app = App(_config(), clock=ManualClock(), hasher=ScryptHasher(b"pepper", cost=4))
    app.pcap = pcap
    await app.start()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_reader(test.fileno(), stopping.set)
    assert app.smpp_address is not None
    assert app.http_address is not None
    host, port = app.smpp_address.rsplit(":", 1)
    phone = SmppPhone("79261234568", host=host, port=int(port), system_id="handset", password="handset")
    try:
        await phone.open()
        await phone.dial("*105#")
        test.send("http://{}:{}".format(*app.http_address))
        await stopping.wait()
    finally:
        asyncio.get_running_loop().remove_reader(test.fileno())
        await phone.close()
        await app.stop()


def _live(pcap: Path, test: Connection) -> None:
    asyncio.run(_serve(pcap, test))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a gateway listens, in a process of its own.

    In a thread it would share one parser of Python with the fuzzer, which some interpreters cannot bear
    (CPython gh-106905).
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_live, args=(tmp_path_factory.mktemp("pcap") / "all.pcap", theirs))
    process.start()
    theirs.close()
    try:
        assert ours.poll(60), "no gateway"
        yield ours.recv()
    finally:
        ours.close()
        process.join(30)
        assert process.exitcode == 0


@pytest.fixture(scope="module")
def known(address: str) -> dict[str, list[str]]:
    """Parts of addresses that lead somewhere."""

    def made(path: str, member: str, **body: Any) -> list[str]:
        answer = requests.post(f"{address}/api/v1/{path}", json=body, timeout=20).json()
        return [str(answer[member])]

    return {
        **KNOWN,
        "call": made("calls", "call", msisdn=ANNA, to="0500"),
        "dialogue": made("ussd", "dialogue", msisdn=ANNA, code="*105#"),
        "fault": made("faults", "id", fault="no_screen"),
        "push": made("push", "push", msisdn="79261234568", text="Well?", ask=True),
        "recording": made("recordings", "recording", msisdn=ANNA),
        "replay": made("replays", "replay", script='{script: s, steps: [{dial: "*100#"}]}'),
        "action": ["balance.show", "svc.status", "pay.promised", "tariff.change"],
    }


@pytest.fixture
def session(request: pytest.FixtureRequest, address: str) -> Mapping[str, str]:
    """The cookie of whoever a call of the personal account is for; none for other calls."""
    label: str = request.node.callspec.params["label"]
    if "/lk/" not in label or "/lk/login" in label:
        return {}
    if "/lk/company" in label:
        requests.post(f"{address}/api/v1/companies/romashka/password", json={}, timeout=20)
        inbox = requests.get(f"{address}/api/v1/subscribers/{CONTROL}/inbox", timeout=20).json()
        [password] = re.findall(r"\b\d{6}\b", inbox["messages"][-1]["text"])
        form = {"login": CONTRACT, "password": password}
    else:
        state: dict[str, Any] = {"password": PASSWORD, "locked": False, "wrong": 0, "blocked": False}
        requests.post(f"{address}/api/v1/subscribers/{ANNA}", json=state, timeout=20)
        form = {"login": ANNA, "password": PASSWORD}
    response = requests.post(f"{address}/api/v1/lk/login", json=form, timeout=20)
    assert response.status_code == 200, response.text
    return {COOKIE: str(response.cookies[COOKIE])}


GOOD = [pytest.param(label, GenerationMode.POSITIVE, id=label) for label in sorted(OPERATIONS)]
BAD = [
    pytest.param(label, GenerationMode.NEGATIVE, id=f"bad {label}")
    for label, route in ((f"{each.method} {each.path}", each) for each in ROUTES)
    # Any text will do for other parameters, so nothing is wrong about it.
    if route.body or any(each.kind != "string" for each in route.query)
]


@pytest.mark.slow
# The fuzzer draws from `random` where it makes bad requests.
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize("label, mode", GOOD + BAD)
def test_every_answer_is_one_of_the_document(label, mode, address, known, session) -> None:
    operation = OPERATIONS[label]

    @seed(20)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans(), data=st.data())
    def ask(case: schemathesis.Case[Any], real: bool, data: st.DataObject) -> None:
        for name in case.path_parameters or {}:
            if real and name in known:
                case.path_parameters[name] = data.draw(st.sampled_from(known[name]))
        if real and "sendsms" in label:
            fields = case.query if case.method == "GET" else case.body
            if isinstance(fields, dict):
                fields.update(SENDER)
        response = case.call(base_url=address, timeout=20, cookies=dict(session))
        case.validate_response(response, checks=CHECKS)
        # A body that is too large is refused for that alone, which this check does not know.
        if mode is GenerationMode.NEGATIVE and response.status_code != 413:
            case.validate_response(response, checks=[negative_data_rejection])
        assert response.status_code < 500 or response.status_code == 503

    ask()
