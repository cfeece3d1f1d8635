"""A caller that reaches a running gateway over its HTTP API (`/api/v1/calls`).

Two things happen by themselves while it is switched on: the gateway notices silence and says a prompt
again, and messages arrive.  Both are asked for in turns.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp

from ussd_gateway.errors import GatewayError
from ussd_gateway.phone.events import Event, Failure, SmsArrived, Voice

POLL_S = 0.25
TIMEOUT_S = 10.0


class NoGateway(GatewayError):
    """There is no gateway at the address, or it went away."""


class HttpCaller:
    """`calls.Caller` over HTTP."""

    def __init__(self, msisdn: str, *, url: str, token: str | None = None) -> None:
        self.msisdn = msisdn
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._url = url.rstrip("/")
        self._token = token
        self._call: str | None = None
        self._last_message = 0
        self._watcher: asyncio.Task[None] | None = None
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Switch on; raises NoGateway."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        # No proxy from the environment: the gateway is on this machine or near it.
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        self._http = aiohttp.ClientSession(headers=headers, timeout=timeout)
        for message in await self._inbox():
            self._last_message = message["message_id"]
        self._watcher = asyncio.create_task(self._watch())

    async def close(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait([self._watcher])
        if self._http is not None:
            await self._http.close()

    async def call(self, number: str) -> None:
        status, answer = await self._ask("POST", "/api/v1/calls", {"msisdn": self.msisdn, "to": number})
        if status != 200:
            self.events.put_nowait(Failure(_reason(answer, status)))
            return
        self._call = answer["call"]
        self._hear(answer)

    async def press(self, keys: str) -> str:
        if self._call is None:
            return keys
        return await self._press(self._call, keys)

    async def be_silent(self) -> None:
        if self._call is not None:
            await self._press(self._call, "")

    async def hang_up(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            await self._ask("DELETE", f"/api/v1/calls/{call}")

    # ------------------------------------------------------------ asking

    async def _press(self, call: str, keys: str) -> str:
        status, answer = await self._ask("POST", f"/api/v1/calls/{call}/keys", {"keys": keys})
        if status != 200:
            self.events.put_nowait(Failure(_reason(answer, status)))
            self._call = None
            return keys
        self._hear(answer)
        left: str = answer["left"]
        return left

    def _hear(self, answer: Mapping[str, Any]) -> None:
        for utterance in answer["heard"]:
            self.events.put_nowait(Voice(utterance["text"], utterance["state"]))
        if answer["state"] == "end":
            self._call = None

    async def _watch(self) -> None:
        try:
            while True:
                await asyncio.sleep(POLL_S)
                await self._listen()
                await self._look_at_messages()
        except NoGateway as error:
            self.events.put_nowait(Failure(str(error), final=True))

    async def _listen(self) -> None:
        call = self._call
        if call is not None:
            status, answer = await self._ask("GET", f"/api/v1/calls/{call}")
            if status == 200:
                self._hear(answer)

    async def _look_at_messages(self) -> None:
        """New messages that are due by the gateway's clock; what is delayed comes another time."""
        _, clock = await self._ask("GET", "/api/v1/clock")
        for message in await self._inbox():
            if message["not_before"] > clock["now"]:
                break
            self._last_message = message["message_id"]
            self.events.put_nowait(SmsArrived(message["from"], message["text"], message["parts"]))

    async def _inbox(self) -> list[dict[str, Any]]:
        path = f"/api/v1/subscribers/{self.msisdn}/inbox?after={self._last_message}&limit=1000"
        status, answer = await self._ask("GET", path)
        messages: list[dict[str, Any]] = answer.get("messages", []) if status == 200 else []
        return messages

    async def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> tuple[int, dict[str, Any]]:
        assert self._http is not None, "the phone is switched off"
        try:
            async with self._http.request(method, self._url + path, json=body) as response:
                answer = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NoGateway(f"could not connect to {self._url}: {error}") from None
        except ValueError:
            raise NoGateway(f"{self._url} answers, but is no ussd-gateway") from None
        if not isinstance(answer, dict):
            raise NoGateway(f"{self._url} answers, but is no ussd-gateway")
        return response.status, answer


def _reason(answer: Mapping[str, Any], status: int) -> str:
    errors = answer.get("errors") or []
    details = "; ".join(f"{error['member']}: {error['message']}" for error in errors)
    return details or str(answer.get("detail") or f"HTTP {status}")
