"""Reports on messages that were sent over HTTP, as Kannel's smsbox gives them: calls of `dlr-url`.

    the end of a message is known -> a report is committed -> the end is noted -> the report is called out

A report is a message of its own, to `http:USER/HOST` with its address in `terms.report_to`, under the key
`receipt:{id}`: neither a restart nor a receiver that is down for a while loses it.  One that fails for the
sake of its host is tried again after a pause, with all that go there, for a day.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import structlog

from ussd_gateway.access.endings import End, known_id, network_error
from ussd_gateway.access.http_calls import Caller, CallFailed
from ussd_gateway.access.phone_queue import Post
from ussd_gateway.billing.store import Commit, OutMessage, Store, request_hash
from ussd_gateway.billing.store import MessageState as MessageEnd
from ussd_gateway.clock import Clock
from ussd_gateway.ports import Ids
from ussd_gateway.smpp.constants import CommandStatus, MessageState
from ussd_gateway.sms.receipts import NOT_FINAL, Receipt, receipt_text
from ussd_gateway.terms import Terms
from ussd_gateway.ussd.http_profiles import HttpRequest

DELIVERED, FAILED, BUFFERED, ACCEPTED, REJECTED = 1, 2, 4, 8, 16
"""Kannel's values of `%d`, which are the bits of `dlr-mask`."""
AT_ONCE = 10
"""Calls to one host at a time."""
REPORT_MS = 86_400_000
"""How long a report is tried."""
ORIGIN = "http"

_ESCAPE = re.compile(r"%([dpPtTIFA%])")
_ANSWERED_AGAIN = frozenset({408, 429})
"""HTTP statuses below 500 after which the same call may succeed later."""

log = structlog.get_logger(__name__)


class HttpReports:
    """Tells senders over HTTP: `tell` is a teller of endings, `queue` makes queues for a delivery."""

    def __init__(self, store: Store, ids: Ids, clock: Clock, callers: Mapping[str, Caller]) -> None:
        """`callers` call in the name of each sender, by username."""
        self.deliver: Callable[[Sequence[OutMessage]], None] = lambda messages: None
        """Sends committed reports on their way."""
        self._store = store
        self._ids = ids
        self._clock = clock
        self._callers = callers
        self._calls: set[asyncio.Task[None]] = set()

    async def tell(self, end: End) -> None:
        """Report how a message ended, if its sender wants to hear that; StoreUnavailable.

        Of a message whose end was told before, `end` becomes that end.
        """
        key = f"receipt:{end.message.message_id}"
        if end.told in NOT_FINAL:
            key += ":intermediate"
        await self._report(end, _outcome(end.told), key)

    async def accepted(self, message: OutMessage) -> None:
        """Report that a message is stored, if its sender wants to hear that; StoreUnavailable."""
        end = End(message, "queued", self._clock.now_ms(), told=MessageState.ACCEPTED)
        await self._report(end, ACCEPTED, f"receipt:{message.message_id}:accepted")

    async def _report(self, end: End, outcome: int, key: str) -> None:
        terms = end.message.terms or Terms()
        if not terms.report_to or not terms.report_mask & outcome:
            return
        report = self._made(end, terms, outcome)
        told = {"state": end.state, "at_ms": end.at_ms, "status": end.status, "receipt": report.message_id}
        home = report.destination
        commit = Commit(key, request_hash(key), self._clock.now_ms(), told, messages=[report], home=home)
        committed = await self._store.commit(commit)
        if committed.replayed:
            end.state, end.at_ms, end.status = (
                committed.reply[name] for name in ("state", "at_ms", "status")
            )
        else:
            self.deliver([report])

    def _made(self, end: End, terms: Terms, outcome: int) -> OutMessage:
        message, now_ms = end.message, self._clock.now_ms()
        url = _filled(terms.report_to, end, outcome)
        return OutMessage(
            message_id=self._ids.message_id(),
            source=message.source,
            destination=f"{terms.origin}/{_host(url)}",
            text="",
            secret=True,
            created_ms=now_ms,
            not_before_ms=now_ms,
            terms=Terms(report_to=url, known_as=message.message_id, expires_ms=now_ms + REPORT_MS),
        )

    def queue(self, post: Post, name: str) -> "ReportQueue":
        """The reports to one host in the name of one sender, `http:USER/HOST`."""
        origin, _, _ = name.rpartition("/")
        return ReportQueue(post, name, self._callers.get(origin.removeprefix(f"{ORIGIN}:")), self._calls)

    async def close(self) -> None:
        """Break off calls under way: what was not answered is called out again by the next run."""
        for call in self._calls:
            call.cancel()
        if self._calls:
            await asyncio.wait(self._calls)
        for caller in self._callers.values():
            await caller.close()


class ReportQueue:
    """The reports to one host, several at a time, those on one message one after another.

    `phone_queue.Queue`; without a caller (the sender is configured no more) none is called out.
    """

    def __init__(self, post: Post, name: str, caller: Caller | None, calls: set[asyncio.Task[None]]) -> None:
        self.msisdn = name
        self.messages: deque[OutMessage] = deque()
        self.why: int = CommandStatus.ROK
        self._post = post
        self._caller = caller
        self._calls = calls
        self._called: dict[int, int] = {}  # report under way -> the message it is about
        self._resting = False
        self._attempt = 0

    @property
    def in_flight(self) -> bool:
        return bool(self._called)

    def add(self, message: OutMessage) -> None:
        self.messages.append(message)
        self._pump()

    def go_on(self) -> None:
        self._resting = False
        self._pump()

    def withdraw(self, message_id: int) -> OutMessage | None:
        """Nothing that was said is taken back."""
        return None

    def give_up_old(self) -> None:
        for message in [each for each in self.messages if each.message_id not in self._called]:
            if self._post.has_expired(message):
                self._end(message, "expired")

    def _pump(self) -> None:
        self.give_up_old()
        if self._caller is None:
            for message in tuple(self.messages):
                self._end(message, "failed")
            return
        if self._resting:
            return
        busy = set(self._called.values())
        for message in self.messages:
            if len(self._called) >= AT_ONCE:
                return
            about = message.terms.known_as if message.terms is not None else 0
            if message.message_id not in self._called and about not in busy:
                busy.add(about)
                self._called[message.message_id] = about
                call = asyncio.get_running_loop().create_task(self._call(self._caller, message))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)

    async def _call(self, caller: Caller, message: OutMessage) -> None:
        assert message.terms is not None
        try:
            await caller.call(HttpRequest("GET", ""), message.terms.report_to)
        except CallFailed as error:
            log.info("report not taken", message_id=message.terms.known_as, reason=str(error))
            refused = not error.status or error.status in _ANSWERED_AGAIN or error.status >= 500
            self._failed(message, again=refused and not error.for_good)
        else:
            self._attempt = 0
            del self._called[message.message_id]
            self._end(message, "acked")
            self._pump()

    def _failed(self, message: OutMessage, *, again: bool) -> None:
        del self._called[message.message_id]
        if not again:
            self._end(message, "failed")
            self._pump()
        elif not self._resting:
            self._resting = True
            self._attempt += 1
            self._post.rest(self, self._attempt)

    def _end(self, message: OutMessage, state: MessageEnd) -> None:
        self.messages.remove(message)
        self._post.finished(message, state, CommandStatus.ROK)
        if not self.messages:
            self._post.empty(self)


def _outcome(told: int) -> int:
    """message_state -> Kannel's value."""
    if told == MessageState.DELIVERED:
        return DELIVERED
    if told == MessageState.REJECTED:
        return REJECTED
    return BUFFERED if told in NOT_FINAL else FAILED


def _host(url: str) -> str:
    """The host of an address, without what stands before it for somebody's password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _filled(url: str, end: End, outcome: int) -> str:
    """The address with what it asks for put in."""
    message = end.message
    at = datetime.fromtimestamp(end.at_ms / 1000, UTC)
    receipt = Receipt(
        message_id=known_id(message),
        state=end.told,
        submit_ms=message.created_ms,
        done_ms=end.at_ms,
        error=network_error(end.status),
        text="" if message.secret else message.text,
    )
    values = {
        "d": str(outcome),
        "p": message.source,
        "P": f"+{message.destination}",
        "t": f"{at:%Y-%m-%d %H:%M}",
        "T": str(int(at.timestamp())),
        "I": str(message.message_id),
        "F": known_id(message),
        "A": receipt_text(receipt),
        "%": "%",
    }
    return _ESCAPE.sub(lambda found: quote(values[found[1]], safe=""), url)
