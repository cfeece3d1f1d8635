"""Asking the running gateway over HTTP, with the standard library: commands start fast."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import click

from ussd_gateway.cli.codes import EXIT_FAILED, EXIT_UNABLE, EXIT_USAGE, CommandFailed
from ussd_gateway.cli.phones import reachable

if TYPE_CHECKING:
    from ussd_gateway.config import Config

TIMEOUT_S = 10.0

url_option = click.option(
    "--url", metavar="URL", help="The gateway's HTTP address (default: from the configuration)."
)


class Api:
    """The HTTP API of one gateway."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._token = token

    @classmethod
    def of(cls, config: "Config", url: str | None) -> "Api":
        """The gateway at `url`, or the one the configuration describes."""
        return cls(url or address(config), config.http.token)

    def get(self, path: str, **query: object) -> dict[str, Any]:
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path, None)

    def post(self, path: str, body: Mapping[str, object], *, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
        return self._ask("POST", path, body, timeout_s)

    def put(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        return self._ask("PUT", path, body)

    def delete(self, path: str, **query: object) -> dict[str, Any]:
        return self._ask("DELETE", f"{path}?{urlencode(query)}" if query else path, None)

    def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None, timeout_s: float = TIMEOUT_S
    ) -> dict[str, Any]:
        """The answer's JSON; raises CommandFailed for a refusal and when nobody answers."""
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.request import ProxyHandler, Request, build_opener

        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        # No proxy: the gateway is on this machine or near it.
        opener = build_opener(ProxyHandler({}))
        try:
            request = Request(self._url + path, data=data, headers=headers, method=method)  # noqa: S310
            with opener.open(request, timeout=timeout_s) as response:
                status, raw = response.status, response.read()
        except HTTPError as error:
            status, raw = error.code, error.read()
        except ValueError:
            raise CommandFailed(f"{self._url} is not an HTTP address", EXIT_USAGE) from None
        except (OSError, HTTPException) as error:
            raise CommandFailed(_unreachable(self._url, error), EXIT_UNABLE) from None
        return _judged(self._url, status, raw)


def address(config: "Config") -> str:
    """The HTTP address of the gateway the configuration describes."""
    host = reachable(config.http.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{config.http.port}"


def subscriber_path(msisdn: str, rest: str = "") -> str:
    """Where the API keeps a subscriber."""
    return f"/api/v1/subscribers/{quote(msisdn, safe='')}{rest}"


def _unreachable(url: str, error: Exception) -> str:
    reason = getattr(error, "reason", error)  # urllib wraps what the socket said
    text = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)
    return f"could not connect to {url}: {text}; is the gateway running? Start it with `make run`"


def _judged(url: str, status: int, raw: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise CommandFailed(f"{url} answers, but is no ussd-gateway (HTTP {status})", EXIT_UNABLE)
    if status < 400:
        return answer
    errors = answer.get("errors") or []
    details = "; ".join(f"{error['member']}: {error['message']}" for error in errors)
    message = details or str(answer.get("detail") or f"HTTP {status}")
    raise CommandFailed(message, EXIT_UNABLE if status >= 500 or status in (401, 403, 421) else EXIT_FAILED)
