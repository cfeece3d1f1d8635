"""`/ws`: what happens, told as it happens to pages and programs that stay connected.

    Watch --Hub--> the clients of a topic --queue of each--> its WebSocket

A client says what it wants: `{"subscribe": "events"}` for everything, `{"subscribe": {"msisdn": ...}}` for
one number; with `"phone": true` the phone is switched on while the connection lasts.  A client that reads
too slowly loses the newest messages and is told so (`missed`): nobody waits for it, and no memory grows.
"""

import asyncio
import base64
import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, hdrs, web

from ussd_gateway.watch import Happening, Watch
from ussd_gateway.web.events import as_json
from ussd_gateway.web.numbers import msisdn_of
from ussd_gateway.web.problems import ProblemError

PROTOCOL = "ussd-gateway"
"""The subprotocol; a browser, which cannot send headers, puts `token.<base64url of the token>` beside it."""
MAX_CLIENTS = 5_000
MAX_QUEUED = 1_000
"""Messages that wait for a slow reader."""
MAX_TOPICS = 100
"""What one client may be subscribed to at a time."""
MAX_MESSAGE_OCTETS = 4096
HEARTBEAT_S = 30.0

EVENTS = "events"
REPLAYS = "replays"
MONITOR = "monitor"
PDUS = "pdus"
TOPICS = {EVENTS, REPLAYS, MONITOR, PDUS}
"""Topics with a name; the others are numbers."""


class Client:
    """One connection: its topics, the phones it keeps switched on, and what waits to be sent."""

    __slots__ = ("missed", "phones", "queue", "topics", "woken")

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.phones: dict[str, Callable[[], None]] = {}
        self.queue: deque[str] = deque()
        self.missed = 0
        self.woken = asyncio.Event()

    def put(self, text: str) -> None:
        """Send it soon; a message too many is counted instead."""
        if len(self.queue) >= MAX_QUEUED:
            self.missed += 1
        else:
            self.queue.append(text)
        self.woken.set()

    def take(self) -> list[str]:
        """What waits, and that something is missing."""
        texts = list(self.queue)
        self.queue.clear()
        self.woken.clear()
        if self.missed:
            texts.append(json.dumps({"event": "missed", "messages": self.missed}))
            self.missed = 0
        return texts


class Hub:
    """All clients by topic.  It listens to the gateway only while somebody wants to know."""

    def __init__(self, watch: Watch, switch_on: Callable[[str], Callable[[], None]]) -> None:
        """`switch_on` switches on the phone over HTTP with a number; its result switches it off."""
        self._watch = watch
        self._switch_on = switch_on
        self._topics: dict[str, set[Client]] = {}
        self._sockets: set[web.WebSocketResponse] = set()
        self._stop_listening: Callable[[], None] | None = None
        self._number = 0

    def subscribe(self, client: Client, topic: str, *, phone: bool = False) -> None:
        """Tell the client of a topic; `phone` switches the phone on whose number the topic is."""
        self._topics.setdefault(topic, set()).add(client)
        client.topics.add(topic)
        if self._stop_listening is None:
            self._stop_listening = self._watch.subscribe(self._happened)
        # Last: what has waited for the phone comes at once.
        if phone and topic not in client.phones:
            client.phones[topic] = self._switch_on(topic)
        elif not phone:
            self._switch_off(client, topic)

    def unsubscribe(self, client: Client, topic: str) -> None:
        """Tell the client no more of a topic."""
        self._switch_off(client, topic)
        client.topics.discard(topic)
        clients = self._topics.get(topic, set())
        clients.discard(client)
        if not clients:
            self._topics.pop(topic, None)
        if not self._topics and self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None

    def tell(self, topic: str, message: Mapping[str, Any]) -> None:
        """Send a message to everybody who wants the topic."""
        clients = self._topics.get(topic)
        if clients:
            text = json.dumps(message, ensure_ascii=False)
            for client in clients:
                client.put(text)

    def wanted(self, topic: str) -> bool:
        """Whether anybody wants the topic."""
        return topic in self._topics

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._sockets)

    def opened(self, socket: web.WebSocketResponse) -> None:
        """A connection more; ProblemError 503 when there are too many."""
        if len(self._sockets) >= MAX_CLIENTS:
            raise ProblemError(503, "too many connections to /ws")
        self._sockets.add(socket)

    def gone(self, client: Client, socket: web.WebSocketResponse) -> None:
        """A connection less."""
        self._sockets.discard(socket)
        for topic in tuple(client.topics):
            self.unsubscribe(client, topic)

    async def close(self, application: web.Application) -> None:
        """The server stops."""
        closing = [socket.close(code=WSCloseCode.GOING_AWAY) for socket in self._sockets]
        await asyncio.gather(*closing, return_exceptions=True)

    def _happened(self, happening: Happening) -> None:
        self._number += 1
        wanting = self._topics.get(happening.msisdn, set()) | self._topics.get(EVENTS, set())
        if wanting:
            text = json.dumps(as_json(self._number, happening), ensure_ascii=False)
            for client in wanting:
                client.put(text)

    def _switch_off(self, client: Client, topic: str) -> None:
        switch_off = client.phones.pop(topic, None)
        if switch_off is not None:
            switch_off()


HUB = web.AppKey("hub", Hub)


def offered_token(request: web.Request) -> str | None:
    """The token a browser offers among the subprotocols of a WebSocket; None when it offers none."""
    offered = request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "")
    for protocol in offered.split(","):
        kind, _, text = protocol.strip().partition(".")
        if kind == "token":
            try:
                return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode()
            except ValueError:
                return None
    return None


async def connect(request: web.Request) -> web.StreamResponse:
    """A connection, from its opening to its end."""
    hub, client = request.app[HUB], Client()
    socket = web.WebSocketResponse(
        protocols=(PROTOCOL,), heartbeat=HEARTBEAT_S, max_msg_size=MAX_MESSAGE_OCTETS
    )
    if not socket.can_prepare(request).ok:
        raise ProblemError(400, "this address is for WebSockets")
    hub.opened(socket)
    sending = None
    try:
        await socket.prepare(request)
        sending = asyncio.create_task(_send(client, socket))
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            client.put(json.dumps(_obeyed(request, hub, client, message.data), ensure_ascii=False))
    finally:
        hub.gone(client, socket)
        if sending is not None:
            sending.cancel()
    return socket


async def _send(client: Client, socket: web.WebSocketResponse) -> None:
    """Send what comes; ends with the connection."""
    try:
        while not socket.closed:
            await client.woken.wait()
            for text in client.take():
                await socket.send_str(text)
    except ConnectionError:
        return


def _obeyed(request: web.Request, hub: Hub, client: Client, text: str) -> dict[str, object]:
    """Do what a message asks for, and the answer to it."""
    try:
        wish = json.loads(text)
        if not isinstance(wish, dict) or len(wish) != 1:
            raise ProblemError(400, "expected one of `subscribe` and `unsubscribe`")
        ((verb, what),) = wish.items()
        topic, phone = _topic(request, what)
        if verb == "unsubscribe":
            hub.unsubscribe(client, topic)
        elif verb != "subscribe":
            raise ProblemError(400, "expected one of `subscribe` and `unsubscribe`")
        elif topic not in client.topics and len(client.topics) >= MAX_TOPICS:
            raise ProblemError(429, f"more than {MAX_TOPICS} subscriptions")
        else:
            hub.subscribe(client, topic, phone=phone)
    except (ValueError, RecursionError):
        return {"event": "refused", "detail": "not JSON"}
    except ProblemError as error:
        return {"event": "refused", "detail": error.detail}
    return {"event": f"{verb}d", "topic": topic, "phone": topic in client.phones}


def _topic(request: web.Request, what: object) -> tuple[str, bool]:
    """The topic, and whether its phone is to be on; ProblemError."""
    if isinstance(what, str) and what in TOPICS:
        return what, False
    if isinstance(what, dict) and isinstance(what.get("msisdn"), str) and what.keys() <= {"msisdn", "phone"}:
        try:
            msisdn = msisdn_of(request, what["msisdn"], "msisdn")
        except ProblemError:
            raise ProblemError(422, "that is not a phone number") from None
        return msisdn, what.get("phone") is True
    names = ", ".join(f'"{name}"' for name in sorted(TOPICS))
    raise ProblemError(400, f'expected {names} or {{"msisdn": ...}}')
