"""Refusals are problems whatever went wrong; what changes money takes an Idempotency-Key."""

import gzip

import pytest

from ussd_gateway.web.bodies import MAX_BODY_OCTETS
from ussd_gateway.web.routes import ROUTES

PATH = "/api/v1/subscribers/79261234567"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("GET", "/static/nothing.js", 404),
        ("GET", "/api/v1/subscribers/79261234567/", 404),
        ("GET", "/api/v1/subscribers/anna", 404),
        ("GET", "/api/v1/subscribers/79261234567/lists/%00", 404),
        ("PUT", PATH, 405),
        ("DELETE", "/healthz", 405),
        ("POST", "/", 405),
        ("POST", "/metrics", 405),
        ("GET", "/ws", 400),
        ("GET", f"{PATH}/ledger?limit=x", 400),
    ],
)
async def test_addresses(api, method, path, status):
    async with api.request(method, path) as response:
        assert response.status == status
        assert response.content_type == "application/problem+json"
        problem = await response.json()
        assert problem["status"] == status
        assert problem["title"]
        assert problem["detail"]
        assert ("Allow" in response.headers) == (status == 405)


BODIES = [
    (b"", JSON, 400),
    (b"{", JSON, 400),
    (b"[" * 60_000, JSON, 400),
    (b'{"amount": NaN}', JSON, 422),
    (b"\xff\xfe", JSON, 400),
    (b"[]", JSON, 422),
    (b"null", JSON, 422),
    (b'{"amount": "1", "tip": "2"}', JSON, 422),
    (b'{"amount": "1"}' + b" " * MAX_BODY_OCTETS, JSON, 413),
    (b'{"amount": "1"}', {**JSON, "Content-Encoding": "gzip"}, 400),
    (gzip.compress(b" " * 10 * MAX_BODY_OCTETS), {**JSON, "Content-Encoding": "gzip"}, 413),
]


@pytest.mark.parametrize("data, headers, status", BODIES)
async def test_bodies(api, data, headers, status):
    async with api.post(f"{PATH}/topup", data=data, headers=headers) as response:
        assert response.status == status
        assert response.content_type == "application/problem+json"
        assert (await response.json())["status"] == status


@pytest.mark.parametrize("path", ["/api/v1/africastalking", "/cgi-bin/sendsms"])
@pytest.mark.parametrize(
    "data, headers",
    [
        (b"text=%ff%fe&sessionId=%00", FORM),
        (b"a=1", {"Content-Type": "multipart/form-data"}),
        (b"a=1", {"Content-Type": "multipart/form-data; boundary=x"}),
        (b"text=1", {"Content-Type": "application/x-www-form-urlencoded; charset=klingon"}),
        (b"text=1" + b"1" * MAX_BODY_OCTETS, FORM),
        (b"text=1", {**FORM, "Content-Encoding": "gzip"}),
    ],
)
async def test_forms(api, path, data, headers):
    async with api.post(path, data=data, headers=headers) as response:
        assert 400 <= response.status < 500


UNKEYED = {
    ("POST", "/api/v1/faults"),
    ("POST", "/api/v1/faults/profile"),
    ("POST", "/api/v1/recordings"),
    ("POST", "/api/v1/africastalking"),  # its requests say themselves which step they are
    ("POST", "/cgi-bin/sendsms"),  # Kannel has no such thing
    *(("POST", f"/api/v1/lk/{name}") for name in ("login", "logout", "otp", "password")),
}
"""Calls that change something but no money."""


def test_what_changes_money_takes_a_key():
    unkeyed = {(route.method, route.path) for route in ROUTES if route.method == "POST" and not route.keyed}
    assert unkeyed == UNKEYED


async def test_a_repeat_moves_the_clock_once(api, clock):
    before_ms, headers = clock.now_ms(), {"Idempotency-Key": "k"}
    for replayed in (None, "true"):
        async with api.post("/api/v1/clock", json={"advance": "1h"}, headers=headers) as response:
            assert response.headers.get("Idempotency-Replayed") == replayed
            assert (await response.json())["now_ms"] == before_ms + 3_600_000


async def test_a_repeat_presses_keys_once(api):
    dialled = {"Idempotency-Key": "dial"}
    body = {"msisdn": "79261234567", "to": "0500"}
    calls = [await (await api.post("/api/v1/calls", json=body, headers=dialled)).json() for _ in range(2)]
    assert calls[0] == calls[1]
    path = f"/api/v1/calls/{calls[0]['call']}/keys"
    pressed = {"Idempotency-Key": "press"}
    heard = [await (await api.post(path, json={"keys": "9"}, headers=pressed)).json() for _ in range(2)]
    assert heard[0] == heard[1]
    assert heard[0]["heard"]
    async with api.post(path, json={"keys": "8"}, headers=pressed) as response:
        assert response.status == 422
