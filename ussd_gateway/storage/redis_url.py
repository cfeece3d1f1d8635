"""Where Redis is: the URL of a store, taken apart.

    redis://[user:password@]host[:port][/db]             one server; rediss:// with TLS
    redis+sentinel://[user:password@]host[:port],.../service[/db]     the master that the sentinels name
    redis+cluster://[user:password@]host[:port],...      the masters of a cluster, found through any node

`rediss+sentinel://` and `rediss+cluster://` use TLS.  Options, as of any URL: `ssl_ca_certs=FILE`,
`ssl_certfile`, `ssl_keyfile`, `ssl_check_hostname=false`; for sentinels that want a password of their own
`sentinel_username`, `sentinel_password`.
"""

import ssl
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from ussd_gateway.errors import ConfigError

Address = tuple[str, int]
Kind = Literal["single", "sentinel", "cluster"]
PORTS: dict[Kind, int] = {"single": 6379, "sentinel": 26379, "cluster": 6379}
_TLS_OPTIONS = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"})
_SENTINEL_OPTIONS = frozenset({"sentinel_username", "sentinel_password"})


@dataclass(frozen=True, slots=True)
class Place:
    """One or more addresses, and how to connect; `login` and `sentinel_login` hold secrets."""

    kind: Kind
    addresses: tuple[Address, ...]
    service: str = ""
    login: dict[str, Any] = field(default_factory=dict, repr=False)
    sentinel_login: dict[str, Any] = field(default_factory=dict, repr=False)
    tls: dict[str, Any] | None = None


def parse(url: str) -> Place:
    """ConfigError, which never repeats the URL, for it may hold a password."""
    parts = urlsplit(url)
    base, _, kind_name = parts.scheme.partition("+")
    kinds: dict[str, Kind] = {"": "single", "sentinel": "sentinel", "cluster": "cluster"}
    if base not in ("redis", "rediss") or kind_name not in kinds:
        raise ConfigError(f"storage.url: {parts.scheme!r} names no store")
    kind = kinds[kind_name]
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    path = [part for part in parts.path.split("/") if part]
    service = ""
    if kind == "sentinel":
        if not path:
            raise ConfigError("storage.url: a sentinel URL ends with the name of the service: …/mymaster")
        service = unquote(path.pop(0))
    addresses = tuple(_address(host, PORTS[kind]) for host in hosts.split(","))
    if kind == "single" and len(addresses) > 1:
        raise ConfigError("storage.url: several hosts need redis+sentinel:// or redis+cluster://")
    login: dict[str, Any] = {"db": _db(path, kind)}
    if user:
        login["username"] = unquote(user)
    if password:
        login["password"] = unquote(password)
    options = dict(parse_qsl(parts.query))
    unknown = options.keys() - _TLS_OPTIONS - _SENTINEL_OPTIONS
    if unknown:
        raise ConfigError(f"storage.url: unknown option {min(unknown)!r}")
    tls = _tls(options) if base == "rediss" else None
    sentinel_login = {
        name.removeprefix("sentinel_"): options[name] for name in _SENTINEL_OPTIONS & options.keys()
    }
    return Place(kind, addresses, service, login, sentinel_login, tls)


def _address(text: str, default_port: int) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(default_port)
    host = host.strip("[]")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ConfigError("storage.url: expected host or host:port, or several separated by commas")
    return host, int(port)


def _db(path: list[str], kind: Kind) -> int:
    if not path:
        return 0
    if len(path) > 1 or not path[0].isdigit() or (kind == "cluster" and path[0] != "0"):
        raise ConfigError("storage.url: the path is the number of a database (a cluster has only 0)")
    return int(path[0])


def _tls(options: dict[str, str]) -> dict[str, Any]:
    """Arguments of the client library's TLS connection: TLS 1.2 or newer, certificates checked."""
    tls: dict[str, Any] = {name: options[name] for name in _TLS_OPTIONS & options.keys()}
    tls["ssl_check_hostname"] = options.get("ssl_check_hostname", "true") not in ("false", "no", "0")
    tls["ssl_cert_reqs"] = "required"
    tls["ssl_min_version"] = ssl.TLSVersion.TLSv1_2
    return tls
