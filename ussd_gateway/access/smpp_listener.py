"""The SMPP listener: we are the centre, peers dial in (plain on 2775, TLS on 3550).

Owns the server sockets, every link, and one sweep timer for all of them.  Timers of links run on the
loop's clock, never on the movable one: moving the gateway's time by a month must not time a peer out.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path

import structlog

from ussd_gateway.access.accounts import Accounts, Refusal, SmppAccount
from ussd_gateway.access.faults import Faults
from ussd_gateway.access.link import Link
from ussd_gateway.access.roles import LinkSettings, RoleHandler
from ussd_gateway.access.tap import Direction
from ussd_gateway.errors import ConfigError
from ussd_gateway.smpp.constants import CommandStatus, command_name, status_name
from ussd_gateway.smpp.pdus import Bind

TLS_HANDSHAKE_S = 5.0
SWEEP_S = 1.0
SHORTEST_SWEEP_S = 0.02

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """The TLS listener beside the plain one: PEM files of the certificate chain and its key."""

    host: str
    port: int
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Where to listen, and how many may come.

    `drain_timeout_s`: how long `stop` waits for requests in flight and for peers to take their leave.
    `reuse_port`: other processes listen on the same ports, and the kernel deals out the connections.
    """

    host: str = "127.0.0.1"
    port: int = 2775
    allow_plaintext: bool = False
    tls: TlsSettings | None = None
    max_connections: int = 1000
    max_connections_per_address: int = 200
    drain_timeout_s: float = 10.0
    reuse_port: bool = False
    link: LinkSettings = field(default_factory=LinkSettings)


class SmppListener:
    """Accepts connections, decides on binds, and hands each bound link to the handler of its role."""

    def __init__(
        self,
        settings: ListenerSettings,
        accounts: Accounts,
        roles: Mapping[str, RoleHandler],
        faults: Faults | None = None,
    ) -> None:
        self.settings = settings.link
        self.faults = faults or Faults()
        self.accounts = accounts
        self.links: dict[int, Link] = {}
        self._listener_settings = settings
        self._roles = roles
        self._servers: list[asyncio.Server] = []
        self._next_number = 0
        self._per_host: Counter[str] = Counter()
        self._binds: Counter[str] = Counter()
        self._turned_away = 0
        self._stopping = False
        self._sweep_period_s = self._choose_sweep_period()
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._all_gone = asyncio.Event()
        self._all_gone.set()

    async def start(self) -> None:
        """Open the sockets; ConfigError for an address or a certificate that cannot be used."""
        settings = self._listener_settings
        loop = asyncio.get_running_loop()
        if not settings.allow_plaintext and not await _is_loopback(settings.host):
            raise ConfigError(
                f"smpp.host {settings.host} is reachable from outside: configure smpp.tls, "
                "or set smpp.allow_plaintext to accept passwords in clear text"
            )
        context = _tls_context(settings.tls) if settings.tls else None
        shared = True if settings.reuse_port else None
        try:
            plain = await loop.create_server(self._accept, settings.host, settings.port, reuse_port=shared)
            self._servers.append(plain)
            log.info("smpp listening", addresses=self.addresses)
            if settings.tls and context:
                server = await loop.create_server(
                    self._accept,
                    settings.tls.host,
                    settings.tls.port,
                    ssl=context,
                    ssl_handshake_timeout=TLS_HANDSHAKE_S,
                    reuse_port=shared,
                )
                self._servers.append(server)
                log.info("smpp listening with TLS", addresses=_addresses(server))
        except OSError as error:
            self._close_servers()
            raise ConfigError(f"cannot listen for SMPP: {error.strerror or error}") from error

    async def stop(self) -> None:
        """Accept nobody new, let every peer finish what is in flight, unbind, close; bounded in time."""
        self._stopping = True
        self._close_servers()
        for link in list(self.links.values()):
            link.unbind()
        try:
            async with asyncio.timeout(self._listener_settings.drain_timeout_s):
                await self._all_gone.wait()
        except TimeoutError:
            for link in list(self.links.values()):
                link.cut("did not leave in time")
            await self._all_gone.wait()
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
            self._sweep_timer = None

    @property
    def addresses(self) -> list[str]:
        """`host:port` of each socket, the plain listener's first."""
        return [address for server in self._servers for address in _addresses(server)]

    def listen(self, on_pdu: Callable[[Link, Direction, bytes], None] | None) -> None:
        """Hand on each PDU that passes on any link, those to come too; with None no more."""
        self.settings = replace(self.settings, on_pdu=on_pdu)
        for link in self.links.values():
            link.listen(on_pdu)

    # ------------------------------------------------------------ what links call (roles.Hub)

    def connected(self, link: Link) -> bool:
        """Count a connection in, unless there are too many in all or from its address."""
        limits = self._listener_settings
        if (
            len(self.links) >= limits.max_connections
            or self._per_host[link.host] >= limits.max_connections_per_address
            or self._stopping
        ):
            self._turned_away += 1
            self._plan_sweep()
            return False
        link.counted = True
        self.links[link.number] = link
        self._per_host[link.host] += 1
        self._all_gone.clear()
        self._plan_sweep()
        return True

    def admit(self, link: Link, request: Bind) -> tuple[SmppAccount, RoleHandler] | Refusal:
        """Decide on a bind; the reason of a refusal goes to the log, the peer gets a status."""
        now_s = asyncio.get_running_loop().time()
        answer = self.accounts.authenticate(request.system_id, request.password, link.host, now_s)
        if isinstance(answer, SmppAccount) and self._binds[answer.system_id] >= answer.max_binds:
            # The password was right, so there is nothing to hide.
            answer = Refusal(CommandStatus.RBINDFAIL, "too many binds")
        if isinstance(answer, Refusal):
            log.warning(
                "bind refused",
                bind=link.number,
                host=link.host,
                system_id=request.system_id,
                reason=answer.reason,
                status=status_name(answer.status),
            )
            return answer
        return answer, self._roles[answer.role]

    def bound(self, link: Link, request: Bind) -> None:
        """A bind was accepted."""
        self._binds[request.system_id] += 1
        log.info(
            "bound",
            bind=link.number,
            host=link.host,
            account=request.system_id,
            how=command_name(request.command_id),
            version=f"{link.version:#x}",
            address_range=request.address_range,
        )

    def unbound(self, link: Link) -> None:
        """Its place among the binds of its account is free again."""
        if link.account is not None:
            self._count_down(self._binds, link.account.system_id)

    def disconnected(self, link: Link, reason: str) -> None:
        """The connection has gone."""
        if not link.counted:
            return
        del self.links[link.number]
        self._count_down(self._per_host, link.host)
        counters = link.session.counters
        log.info(
            "disconnected",
            bind=link.number,
            host=link.host,
            account=link.account.system_id if link.account else None,
            reason=reason,
            received=counters.received,
            violations=counters.violations,
        )
        if not self.links:
            self._all_gone.set()

    # ------------------------------------------------------------ inside

    def _accept(self) -> Link:
        self._next_number += 1
        return Link(self, self._next_number, asyncio.get_running_loop())

    def _close_servers(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()

    def _choose_sweep_period(self) -> float:
        """A fraction of the shortest timer, so that none rings noticeably late."""
        link, timers = self.settings, self.settings.session.timers
        shortest_s = min(
            link.slow_reader_timer_s,
            link.linger_s,
            timers.enquire_link_response_timer_s,
            timers.response_timer_s,
            timers.session_init_timer_s or SWEEP_S,
            timers.enquire_link_timer_s or SWEEP_S,
            timers.inactivity_timer_s or SWEEP_S,
            timers.read_timer_s or SWEEP_S,
        )
        return max(SHORTEST_SWEEP_S, min(SWEEP_S, shortest_s / 5))

    def _plan_sweep(self) -> None:
        if self._sweep_timer is None:
            loop = asyncio.get_running_loop()
            self._sweep_timer = loop.call_later(self._sweep_period_s, self._sweep)

    def _sweep(self) -> None:
        """Let the timers of all links act; goes on as long as there are links."""
        self._sweep_timer = None
        now_s = asyncio.get_running_loop().time()
        for link in list(self.links.values()):
            link.tick(now_s)
        if self._turned_away:
            log.warning("connections turned away", count=self._turned_away, open=len(self.links))
            self._turned_away = 0
        if self.links:
            self._plan_sweep()

    @staticmethod
    def _count_down(counter: Counter[str], key: str) -> None:
        counter[key] -= 1
        if not counter[key]:
            del counter[key]


def _addresses(server: asyncio.Server) -> list[str]:
    names = (socket.getsockname() for socket in server.sockets)
    return [f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}" for name in names]


async def _is_loopback(host: str) -> bool:
    """Whether everything `host` stands for is this machine only; the empty host means every interface."""
    if not host:
        return False
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except OSError as error:
        raise ConfigError(f"smpp.host {host}: {error.strerror or error}") from error
    return all(ip_address(str(address[4][0]).partition("%")[0]).is_loopback for address in found)


def _tls_context(settings: TlsSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"smpp.tls: cannot use {settings.certificate} with {settings.key}: {error}"
        ) from error
    return context
