"""Phones that reach a running gateway over its HTTP API: dialogues, messages, calls.

What the network does by itself while they are switched on is asked for in turns: a phone listens to
`/api/v1/events`, a caller asks whether silence was noticed and which messages have come.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import aiohttp

from ussd_gateway.errors import GatewayError
from ussd_gateway.phone.events import Event, Failure, Screen, ScreenOp, SmsArrived, Voice

POLL_S = 0.25
WAIT_S = 20
"""How long one question for events may wait."""
TIMEOUT_S = 10.0


class NoGateway(GatewayError):
    """There is no gateway at the address, or it went away."""


class _Api:
    """The HTTP API, between `open` and `close`."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        # No proxy from the environment: the gateway is on this machine or near it.
        self._http = aiohttp.ClientSession(headers=headers)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON; raises NoGateway."""
        assert self._http is not None, "the phone is switched off"
        url, timeout = self._url + path, aiohttp.ClientTimeout(total=timeout_s)
        try:
            async with self._http.request(method, url, json=body, timeout=timeout) as response:
                answer = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NoGateway(f"could not connect to {self._url}: {error}") from None
        except ValueError:
            raise NoGateway(f"{self._url} answers, but is no ussd-gateway") from None
        if not isinstance(answer, dict):
            raise NoGateway(f"{self._url} answers, but is no ussd-gateway")
        return response.status, answer


class HttpPhone:
    """`base.Phone` over HTTP: what answers a request comes with its response, the rest as events."""

    def __init__(self, msisdn: str, *, url: str, token: str | None = None) -> None:
        self.msisdn = msisdn
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._api = _Api(url, token)
        self._dialogue: str | None = None
        self._open = False
        self._after = 0
        self._listener: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Switch on; raises NoGateway."""
        await self._api.open()
        status, answer = await self._api.ask("GET", f"{self._events}&phone=true")
        if status != 200:
            raise NoGateway(_reason(answer, status))
        self._after = answer["next"]
        for event in answer["events"]:
            await self._happened(event)  # what waited for the phone comes as soon as it is on
        self._listener = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Switch off; a dialogue that is open stays so, as with a phone whose battery is taken out."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.wait([self._listener])
            with suppress(NoGateway):
                await self._api.ask("GET", f"{self._events}&phone=false")
        await self._api.close()

    async def dial(self, code: str) -> None:
        await self._step("/api/v1/ussd", {"msisdn": self.msisdn, "code": code})

    async def answer(self, text: str) -> None:
        if self._dialogue is None:
            self.events.put_nowait(Failure("no dialogue was begun"))
            return
        await self._step(f"/api/v1/ussd/{self._dialogue}", {"input": text})

    async def hang_up(self) -> None:
        if self._open and self._dialogue is not None:
            self._open = False
            await self._api.ask("DELETE", f"/api/v1/ussd/{self._dialogue}")

    async def send_sms(self, to: str, text: str) -> None:
        body = {"msisdn": self.msisdn, "to": to, "text": text}
        status, answer = await self._api.ask("POST", "/api/v1/sms", body)
        if status != 200:
            self.events.put_nowait(Failure(_reason(answer, status)))

    async def _step(self, path: str, body: Mapping[str, object]) -> None:
        """Do something in a dialogue; the screen that comes of it is the response."""
        status, answer = await self._api.ask("POST", path, body)
        if status != 200:
            self.events.put_nowait(Failure(_reason(answer, status)))
            return
        self._show(answer["op"], answer["text"], answer["service_code"], answer["dialogue"])

    def _show(self, op: str, text: str, service_code: str, dialogue: str) -> None:
        kind = _OPS[op]
        if kind != "notify":
            self._dialogue, self._open = dialogue, kind == "ask"
        self.events.put_nowait(Screen(kind, text, service_code, dialogue))

    # ------------------------------------------------------------ what comes by itself

    @property
    def _events(self) -> str:
        return f"/api/v1/events?msisdn={self.msisdn}"

    async def _listen(self) -> None:
        try:
            while True:
                path = f"{self._events}&phone=true&after={self._after}&wait={WAIT_S}s"
                status, answer = await self._api.ask("GET", path, timeout_s=WAIT_S + TIMEOUT_S)
                if status != 200:
                    raise NoGateway(_reason(answer, status))
                self._after = answer["next"]
                for event in answer["events"]:
                    await self._happened(event)
        except NoGateway as error:
            self.events.put_nowait(Failure(str(error), final=True))

    async def _happened(self, event: Mapping[str, Any]) -> None:
        """Messages, and screens that no request of ours is answered with."""
        if event["event"] == "sms":
            text = await self._secret(event["message_id"]) if event["secret"] else event["text"]
            self.events.put_nowait(SmsArrived(event["from"], text, event["parts"]))
        elif event["event"] == "step" and event["access"] == "http" and event["asked"] in _UNASKED:
            self._show(event["op"], event["shown"], event["service_code"], event["dialogue"])

    async def _secret(self, message_id: int) -> str:
        """The text of a message that nobody is told but its addressee."""
        path = f"/api/v1/subscribers/{self.msisdn}/inbox?after={message_id - 1}&limit=1"
        status, answer = await self._api.ask("GET", path)
        messages = answer["messages"] if status == 200 else []
        return next((each["text"] for each in messages if each["message_id"] == message_id), "")


_UNASKED = frozenset({"timeout", "push"})
_OPS: Mapping[str, ScreenOp] = {"ask": "ask", "end": "end", "notify": "notify"}


class HttpCaller:
    """`calls.Caller` over HTTP."""

    def __init__(self, msisdn: str, *, url: str, token: str | None = None) -> None:
        self.msisdn = msisdn
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._api = _Api(url, token)
        self._call: str | None = None
        self._last_message = 0
        self._watcher: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Switch on; raises NoGateway."""
        await self._api.open()
        for message in await self._inbox("limit=1"):
            self._last_message = message["message_id"]
        self._watcher = asyncio.create_task(self._watch())

    async def close(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait([self._watcher])
        await self._api.close()

    async def call(self, number: str) -> None:
        status, answer = await self._api.ask("POST", "/api/v1/calls", {"msisdn": self.msisdn, "to": number})
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
            await self._api.ask("DELETE", f"/api/v1/calls/{call}")

    # ------------------------------------------------------------ asking

    async def _press(self, call: str, keys: str) -> str:
        status, answer = await self._api.ask("POST", f"/api/v1/calls/{call}/keys", {"keys": keys})
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
            status, answer = await self._api.ask("GET", f"/api/v1/calls/{call}")
            if status == 200:
                self._hear(answer)

    async def _look_at_messages(self) -> None:
        """New messages that are due by the gateway's clock; what is delayed comes another time."""
        _, clock = await self._api.ask("GET", "/api/v1/clock")
        for message in await self._inbox(f"after={self._last_message}&limit=1000"):
            if message["not_before"] > clock["now"]:
                break
            self._last_message = message["message_id"]
            self.events.put_nowait(SmsArrived(message["from"], message["text"], message["parts"]))

    async def _inbox(self, page: str) -> list[dict[str, Any]]:
        path = f"/api/v1/subscribers/{self.msisdn}/inbox?{page}"
        status, answer = await self._api.ask("GET", path)
        messages: list[dict[str, Any]] = answer.get("messages", []) if status == 200 else []
        return messages


def _reason(answer: Mapping[str, Any], status: int) -> str:
    errors = answer.get("errors") or []
    details = "; ".join(f"{error['member']}: {error['message']}" for error in errors)
    return details or str(answer.get("detail") or f"HTTP {status}")
