"""The back room of a gateway of ours, over its HTTP API (docs/api.md)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

import aiohttp

from ussd_gateway.phone.http import NoGateway
from ussd_gateway.replay.lab import Login, LoginResult, Refused

TIMEOUT_S = 60.0
"""A year on the virtual clock takes its time."""
MAX_ROWS = 1000

Method = Literal["GET", "POST", "PUT"]

_LOGINS: dict[int, LoginResult] = {200: "ok", 401: "wrong", 423: "locked"}


class HttpBackRoom:
    """`lab.BackRoom` between `open` and `close`."""

    def __init__(
        self, url: str, *, token: str | None = None, connector: aiohttp.BaseConnector | None = None
    ) -> None:
        """`connector` leads to a gateway that listens somewhere else than its `url` says."""
        self._url = url.rstrip("/")
        self._token = token
        self._connector = connector
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Knock; raises NoGateway."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        self._http = aiohttp.ClientSession(
            headers=headers, timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), connector=self._connector
        )
        try:
            await self.now_ms()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Leave."""
        if self._http is not None:
            await self._http.close()

    # ------------------------------------------------------------ time

    async def now_ms(self) -> int:
        return int((await self._get("/clock"))["now_ms"])

    async def can_move_time(self) -> bool:
        return bool((await self._get("/clock"))["clock"] == "virtual")

    async def advance(self, delta_ms: int) -> None:
        seconds, ms = divmod(delta_ms, 1000)
        await self._post("/clock", {"advance": f"{seconds}s{ms}ms"})

    # ------------------------------------------------------------ accounts

    async def account(self, msisdn: str) -> Mapping[str, Any]:
        return await self._get(_subscriber(msisdn))

    async def set_account(self, msisdn: str, values: Mapping[str, Any]) -> None:
        await self._post(_subscriber(msisdn), values)

    async def topup(self, msisdn: str, amount: str) -> None:
        await self._post(_subscriber(msisdn, "/topup"), {"amount": amount})

    async def usage(self, msisdn: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self._post(_subscriber(msisdn, "/usage"), values)

    async def ledger(self, msisdn: str, kind: str | None) -> Sequence[Mapping[str, Any]]:
        kinds = f"&kind={quote(kind)}" if kind else ""
        return await self._pages(_subscriber(msisdn, f"/ledger?limit={MAX_ROWS}{kinds}"), "entries")

    async def inbox(self, msisdn: str, after: int) -> Sequence[Mapping[str, Any]]:
        return await self._pages(_subscriber(msisdn, f"/inbox?limit={MAX_ROWS}"), "messages", after)

    async def login(self, login: str, *, password: str | None, code: str | None) -> Login:
        body = {"login": login} | ({"password": password} if code is None else {"code": code})
        status, answer = await self._ask("POST", "/lk/login", body)
        result = _LOGINS.get(status)
        if result is None:
            raise Refused(_reason(answer, status))
        return Login(result, answer.get("attempts_left"))

    async def login_code(self, login: str) -> None:
        await self._post("/lk/otp", {"login": login})

    async def change_password(self, login: str, old: str, new: str, repeat: str) -> Login:
        body = {"login": login, "old": old, "new": new, "repeat": repeat}
        status, answer = await self._ask("POST", "/lk/password", body)
        result = _LOGINS.get(status)
        if result is None and "reason" in answer:
            return Login("refused", reason=answer["reason"])
        if result is None:
            raise Refused(_reason(answer, status))
        return Login(result, answer.get("attempts_left"))

    async def perform(self, msisdn: str, action: str, values: Mapping[str, Any]) -> None:
        await self._post(_subscriber(msisdn, f"/actions/{quote(action, safe='')}"), values)

    # ------------------------------------------------------------ phones

    async def screen(self, msisdn: str) -> str | None:
        status, answer = await self._ask("GET", _subscriber(msisdn, "/dialogue"))
        if status == 404:
            return None
        _check(status, answer)
        name: str | None = answer.get("screen")
        return name

    async def push(self, msisdn: str, text: str, *, ask: bool) -> None:
        await self._post("/push", {"msisdn": msisdn, "text": text, "ask": ask})

    async def phone_state(self, msisdn: str) -> str:
        return str((await self._get(_subscriber(msisdn, "/phone")))["state"])

    async def switch(self, msisdn: str, state: str) -> None:
        status, answer = await self._ask("PUT", _subscriber(msisdn, "/phone"), {"state": state})
        _check(status, answer)

    async def inject(self, fault: Mapping[str, Any]) -> None:
        await self._post("/faults/profile" if "profile" in fault else "/faults", fault)

    async def events(self, after: int | None, wait: str, msisdn: str | None = None) -> Mapping[str, Any]:
        """What happened after a number, or from now on, to one phone or all; waits for it so long."""
        query = f"?wait={wait}&limit={MAX_ROWS}" + (f"&after={after}" if after is not None else "")
        query += f"&msisdn={quote(msisdn)}" if msisdn is not None else ""
        return await self._get(f"/events{query}")

    # ------------------------------------------------------------ asking

    async def _get(self, path: str) -> dict[str, Any]:
        status, answer = await self._ask("GET", path)
        _check(status, answer)
        return answer

    async def _pages(self, path: str, member: str, after: int | None = None) -> list[Mapping[str, Any]]:
        """All rows of a list, from one on or from its beginning."""
        rows: list[Mapping[str, Any]] = []
        place: object = after
        while True:
            page = await self._get(path if place is None else f"{path}&after={place}")
            rows += page[member]
            place = page["next"]
            if place is None:
                return rows

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        status, answer = await self._ask("POST", path, body)
        _check(status, answer)
        return answer

    async def _ask(
        self, method: Method, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        assert self._http is not None, "the back room is closed"
        try:
            async with self._http.request(method, f"{self._url}/api/v1{path}", json=body) as response:
                status, raw = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NoGateway(f"could not connect to {self._url}: {error}") from None
        try:
            answer = json.loads(raw) if raw else {}
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise NoGateway(f"{self._url} answers, but is no ussd-gateway")
        return status, answer


def _subscriber(msisdn: str, rest: str = "") -> str:
    return f"/subscribers/{quote(msisdn, safe='')}{rest}"


def _check(status: int, answer: Mapping[str, Any]) -> None:
    if status >= 400:
        raise Refused(_reason(answer, status))


def _reason(answer: Mapping[str, Any], status: int) -> str:
    errors = answer.get("errors") or []
    details = "; ".join(f"{error['member']}: {error['message']}" for error in errors)
    return details or str(answer.get("detail") or f"HTTP {status}")
