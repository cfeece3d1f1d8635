"""Who may ask: tokens, names of this host, pages of other sites; and one form for every refusal."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from ussd_gateway.errors import Conflict, KeyReused, StoreUnavailable
from ussd_gateway.web.guard import Guard, is_loopback
from ussd_gateway.web.problems import ProblemError, problems

ERRORS: dict[str, Exception] = {
    "problem": ProblemError(409, "not now", hint="later"),
    "conflict": Conflict("lost"),
    "key": KeyReused("reused"),
    "store": StoreUnavailable("gone", outcome_unknown=True),
    "bug": RuntimeError("Canary77"),
}


async def answer(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name in ERRORS:
        raise ERRORS[name]
    return web.json_response({"body": (await request.read()).decode()})


@pytest.fixture
async def ask():
    """`await ask(path, ...)` against a listener on `host` with `token`; returns (status, headers, body)."""
    clients: list[TestClient[web.Request, web.Application]] = []

    async def ask(path="/x", *, host="127.0.0.1", token=None, method="GET", **kwargs):
        guard = Guard(host, token)
        application = web.Application(client_max_size=100, middlewares=[problems, guard.middleware])
        application.router.add_route("GET", "/{name}", answer)
        application.router.add_route("POST", "/{name}", answer)
        client = TestClient(TestServer(application))
        clients.append(client)
        await client.start_server()
        async with client.request(method, path, **kwargs) as response:
            return response.status, response.headers, await response.json()

    yield ask
    for client in clients:
        await client.close()


async def test_loopback_needs_no_token(ask):
    status, headers, body = await ask()
    assert (status, body) == (200, {"body": ""})
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "given", [None, "Bearer wrong", "Basic secret", "Bearer секрет", "bearer secret", ""]
)
async def test_a_wrong_token_is_refused(ask, given):
    headers = {} if given is None else {"Authorization": given}
    status, _, body = await ask(host="10.0.0.1", token="secret", headers=headers)
    assert status == 401
    assert body["title"] == "Unauthorized"
    assert "secret" not in str(body)


async def test_the_right_token_passes(ask):
    status, _, _ = await ask(host="10.0.0.1", token="secret", headers={"Authorization": "Bearer secret"})
    assert status == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_health_needs_no_token(ask, path):
    status, _, _ = await ask(path, host="10.0.0.1", token="secret")
    assert status == 200


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:80"])
async def test_on_loopback_other_host_names_are_refused(ask, name):
    status, _, body = await ask(headers={"Host": name})
    assert status == 421
    assert "localhost" in body["detail"]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1:8080", "[::1]:8080"])
async def test_on_loopback_its_own_names_pass(ask, name):
    status, _, _ = await ask(headers={"Host": name})
    assert status == 200


async def test_off_loopback_any_host_name_passes(ask):
    status, _, _ = await ask(host="0.0.0.0", token="t", headers={"Host": "gw", "Authorization": "Bearer t"})
    assert status == 200


@pytest.mark.parametrize(
    "origin, status", [("https://evil.example", 403), ("null", 403), ("http://localhost:8080", 200)]
)
async def test_pages_of_other_sites_are_refused(ask, origin, status):
    got, _, _ = await ask(method="POST", headers={"Host": "localhost:8080", "Origin": origin})
    assert got == status


@pytest.mark.parametrize(
    "name, status, members",
    [
        ("problem", 409, {"detail": "not now", "hint": "later", "title": "Conflict"}),
        ("conflict", 503, {}),
        ("key", 422, {}),
        ("store", 503, {"outcome_unknown": True}),
        ("bug", 500, {}),
    ],
)
async def test_every_error_is_a_problem(ask, name, status, members):
    got, headers, body = await ask(f"/{name}")
    assert got == status
    assert headers["Content-Type"].startswith("application/problem+json")
    assert members.items() <= body.items()
    assert "Canary77" not in str(body)
    assert headers["Cache-Control"] == "no-store"


async def test_unknown_paths_and_methods_and_large_bodies(ask):
    assert (await ask("/no/such/path"))[0] == 404
    status, headers, _ = await ask(method="DELETE")
    assert (status, headers["Allow"]) == (405, "GET, POST")
    status, _, body = await ask(method="POST", data=b"x" * 101)
    assert (status, body["detail"]) == (413, "the body is too large")


@pytest.mark.parametrize(
    "host, loopback",
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),
     ("10.0.0.1", False), ("example.org", False), ("", False)],
)  # fmt: skip
def test_loopback(host, loopback):
    assert is_loopback(host) is loopback
