"""One call of a web application: which addresses it may go to, how much it may take, how it is signed."""

import hashlib
import hmac
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from ussd_gateway.access.http_calls import (
    MAX_REPLY_OCTETS,
    Caller,
    CallFailed,
    CallSettings,
    Network,
    permitted,
)
from ussd_gateway.ussd.http_profiles import HttpRequest

LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"),)
POST = HttpRequest("POST", "", (), b"a=1", "application/x-www-form-urlencoded")
Start = Callable[..., Awaitable[TestServer]]


class Names(AbstractResolver):
    """Resolves every name to these addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=0)
            for each in self.addresses
        ]

    async def close(self) -> None:
        pass


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Start]:
    """Start a web application that answers every request with this handler."""
    servers = []

    async def start(handler) -> TestServer:
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", handler)
        server = TestServer(application)
        await server.start_server()
        servers.append(server)
        return server

    yield start
    for server in servers:
        await server.close()


async def outcome(caller: Caller, request: HttpRequest = POST) -> bytes | str:
    """The body, or why there is none."""
    try:
        return await caller.call(request)
    except CallFailed as error:
        return str(error)
    finally:
        await caller.close()


def calling(url: object, *networks: Network, secret: str | None = None, resolver=None) -> Caller:
    settings = CallSettings(str(url), 5.0, networks, secret)
    return Caller(settings, lambda: 1_700_000_000_000, resolver=resolver)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%lo",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "example.com",
    ],
)
def test_private_addresses_are_not_permitted_unless_listed(address: str):
    assert not permitted(address, ())


def test_public_addresses_are_permitted_and_a_list_replaces_the_rule():
    assert permitted("8.8.8.8", ())
    assert permitted("2001:4860:4860::8888", ())
    assert permitted("127.0.0.1", LOOPBACK)
    assert permitted("::ffff:127.0.0.1", LOOPBACK)
    assert not permitted("8.8.8.8", LOOPBACK)


async def test_nothing_is_sent_to_an_address_that_is_not_permitted(serve):
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(text="CON secret")

    server = await serve(handler)
    assert await outcome(calling(server.make_url("/"))) == "its address is not permitted"
    assert await outcome(calling(f"http://localhost:{server.port}/")) == "its address is not permitted"
    for spelling in ("2130706433", "127.1", "[::ffff:127.0.0.1]"):
        assert isinstance(await outcome(calling(f"http://{spelling}:{server.port}/")), str)
    assert asked == []


async def test_the_connection_goes_to_the_address_that_was_checked(serve):
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=request.host)

    server = await serve(handler)
    names = Names("169.254.169.254", "127.0.0.1")
    url = f"http://application.example:{server.port}/"
    assert (
        await outcome(calling(url, *LOOPBACK, resolver=names))
        == f"application.example:{server.port}".encode()
    )
    assert names.asked == 1


async def test_redirects_errors_and_floods_are_no_replies(serve):
    async def handler(request: web.Request) -> web.Response:
        match request.path:
            case "/redirect":
                return web.Response(status=302, headers={"Location": "/good"})
            case "/error":
                return web.Response(status=500, text="CON trace")
            case "/flood":
                return web.Response(text="x" * (MAX_REPLY_OCTETS + 1))
            case "/full":
                return web.Response(text="x" * MAX_REPLY_OCTETS)
            case "/packed":
                return web.Response(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
        return web.Response(text="good")

    server = await serve(handler)
    found = {
        path: await outcome(calling(server.make_url(path), *LOOPBACK))
        for path in ("/redirect", "/error", "/flood", "/full", "/packed", "/good")
    }
    assert found == {
        "/redirect": "HTTP status 302",
        "/error": "HTTP status 500",
        "/flood": "more than 65536 octets",
        "/full": b"x" * MAX_REPLY_OCTETS,
        "/packed": "the reply is compressed, which was not asked for",
        "/good": b"good",
    }


async def test_a_closed_port_is_told_without_the_address(unused_tcp_port):
    said = await outcome(calling(f"http://127.0.0.1:{unused_tcp_port}/?token=hidden", *LOOPBACK))
    assert isinstance(said, str)
    assert "127.0.0.1" not in said
    assert "hidden" not in said


async def test_a_request_is_signed(serve):
    seen = []

    async def handler(request: web.Request) -> web.Response:
        body = await request.read()
        seen.append((request.headers["X-Ussd-Signature"], request.raw_path, body))
        return web.Response(text="good")

    server = await serve(handler)
    url = server.make_url("/ussd?key=1")
    await outcome(calling(url, *LOOPBACK, secret="a secret"))
    await outcome(
        calling(url, *LOOPBACK, secret="a secret"), HttpRequest("GET", "/more", (("input", "*1 я"),))
    )
    for (given, target, body), method in zip(seen, ("POST", "GET"), strict=True):
        signed = f"1700000000.{method}.{target}.".encode() + body
        expected = hmac.new(b"a secret", signed, hashlib.sha256).hexdigest()
        assert given == f"t=1700000000,v1={expected}"
    assert seen[0][1:] == ("/ussd?key=1", b"a=1")
    assert seen[1][1].startswith("/ussd/more?key=1&input=")
