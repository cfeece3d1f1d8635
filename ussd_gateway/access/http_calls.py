"""One request to a web application, within bounds: which address, how long, how much, in whose name.

An application's address is given by whoever writes the configuration, but what its name resolves to may
change: the addresses are checked each time, and the connection goes to one that was.  Without a list only
public addresses are taken, so that a name cannot lead into the network the gateway stands in.
"""

import hashlib
import hmac
import ipaddress
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from ussd_gateway.ussd.http_profiles import HttpRequest

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_REPLY_OCTETS = 65_536
NOT_PERMITTED = "its address is not permitted"
_CHUNK_OCTETS = 8_192
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class CallFailed(Exception):
    """The application gave no reply that could be used; the text says why, without the address.

    `status` is that of a reply, 0 without one; `for_good`: the address may not be called at all.
    """

    def __init__(self, reason: str, *, status: int = 0, for_good: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.for_good = for_good


class NotPermitted(OSError):
    """All addresses of a name are such as may not be called."""


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Where an application is and how it is called.  `networks` empty: public addresses only, and those
    `besides`.

    `secret`: requests carry `header: t=SECONDS,v1=HEX`, see `signature`.
    """

    url: str
    timeout_s: float
    networks: tuple[Network, ...] = ()
    secret: str | None = None
    header: str = "X-Ussd-Signature"
    besides: tuple[Network, ...] = ()

    def permits(self, host: str) -> bool:
        """Whether a connection may go to the address `host`."""
        return permitted(host, self.networks) or bool(self.besides and permitted(host, self.besides))


def permitted(host: str, networks: Sequence[Network]) -> bool:
    """Whether the address `host` is in one of these networks; without any, whether it is a public one."""
    try:
        address: Address = ipaddress.ip_address(host)
    except ValueError:
        return False
    address = _meant(address)
    if networks:
        return any(address in network for network in networks)
    return address.is_global and not address.is_multicast


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it stands for one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def signature(secret: str, at_s: int, method: str, target: str, body: bytes) -> str:
    """HMAC-SHA256 over instant, method, path with query, and body; each but the last ends with a dot."""
    signed = f"{at_s}.{method}.{target}.".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class CheckedResolver(AbstractResolver):
    """Finds the addresses of a name, and passes on those that are permitted."""

    def __init__(self, permits: Callable[[str], bool], resolver: AbstractResolver | None = None) -> None:
        self._permits = permits
        self._resolver = resolver or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """NotPermitted when no address is left."""
        found = await self._resolver.resolve(host, port, family)
        good = [each for each in found if self._permits(each["host"])]
        if not good:
            raise NotPermitted
        return good

    async def close(self) -> None:
        await self._resolver.close()


class Caller:
    """Calls one application; connections are kept open between its requests."""

    def __init__(
        self,
        settings: CallSettings,
        now_ms: Callable[[], int],
        *,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._settings = settings
        self._now_ms = now_ms
        self._resolver = resolver
        self._url = URL(settings.url)
        self._session: aiohttp.ClientSession | None = None

    async def call(self, request: HttpRequest, url: str | None = None) -> bytes:
        """The body of the reply; CallFailed.  `url`: another address than the application's own."""
        address = _complete(self._url if url is None else URL(url), request)
        host = address.host or ""
        if _is_literal(host) and not self._settings.permits(host):
            raise CallFailed(NOT_PERMITTED, for_good=True)
        try:
            return await self._exchange(address, request)
        except TimeoutError:
            raise CallFailed(f"no reply within {self._settings.timeout_s:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            reason = _without_address(error)
            raise CallFailed(reason, for_good=reason == NOT_PERMITTED) from None

    async def close(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()

    async def _exchange(self, address: URL, request: HttpRequest) -> bytes:
        async with self._open().request(
            request.method,
            address,
            data=request.body or None,
            headers=self._headers(address, request),
            allow_redirects=False,
        ) as response:
            if not 200 <= response.status < 300:
                raise CallFailed(f"HTTP status {response.status}", status=response.status)
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise CallFailed("the reply is compressed, which was not asked for")
            body = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK_OCTETS):
                body += chunk
                if len(body) > MAX_REPLY_OCTETS:
                    response.close()
                    raise CallFailed(f"more than {MAX_REPLY_OCTETS} octets")
            return bytes(body)

    def _headers(self, address: URL, request: HttpRequest) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity", "User-Agent": "ussd-gateway"}
        if request.content_type:
            headers["Content-Type"] = request.content_type
        if self._settings.secret is not None:
            at_s = self._now_ms() // 1000
            signed = signature(self._settings.secret, at_s, request.method, address.raw_path_qs, request.body)
            headers[self._settings.header] = f"t={at_s},v1={signed}"
        return headers

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = CheckedResolver(self._settings.permits, self._resolver)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session


def _complete(base: URL, request: HttpRequest) -> URL:
    address = base
    if request.path:
        address = base.with_path(base.path.rstrip("/") + request.path).with_query(base.query)
    return address.extend_query(request.query) if request.query else address


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _without_address(error: Exception) -> str:
    """What went wrong; the texts of most of these errors hold the whole address, with what stands in it."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, NotPermitted):
        return NOT_PERMITTED
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name has no address"
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno)
    return type(error).__name__
