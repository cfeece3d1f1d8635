"""What is on its way to one application: messages of phones, and receipts.

Those of one sender go one after another, each until its end is known; senders do not wait for each other, so
the window of the binds is what limits the pace.  The binds of the account take turns.  A refusal for a while
makes the whole queue rest: it is the application that is busy, not one sender.
"""

from collections import deque
from collections.abc import Iterator

from ussd_gateway.access.link import Link
from ussd_gateway.access.outgoing import to_application
from ussd_gateway.access.phone_queue import TEMPORARY, Post
from ussd_gateway.billing.store import MessageState, OutMessage
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import DataSm, DeliverSm, GenericNack, Pdu

MOST_IN_FLIGHT = 100
"""Senders whose messages are under way at a time."""


class ApplicationQueue:
    """Messages to one application, by sender; `msisdn` is the name of its access."""

    __slots__ = ("_attempt", "_in_flight", "_post", "_ready", "_resting", "_senders", "msisdn", "why")

    def __init__(self, post: Post, access: str) -> None:
        self.msisdn = access
        self.why: int = CommandStatus.ROK
        self._post = post
        self._senders: dict[str, _Sender] = {}
        self._ready: deque[_Sender] = deque()
        self._in_flight = 0
        self._resting = False
        self._attempt = 0

    @property
    def messages(self) -> list[OutMessage]:
        """All that wait or are under way."""
        return [message for sender in self._senders.values() for message in sender.messages]

    @property
    def in_flight(self) -> bool:
        """Whether an answer is waited for."""
        return self._in_flight > 0

    def add(self, message: OutMessage) -> None:
        """Deliver it after all of its sender that were added before."""
        sender = self._senders.get(message.source)
        if sender is None:
            sender = self._senders[message.source] = _Sender(self)
            self._ready.append(sender)
        sender.messages.append(message)
        if not self._resting:
            self._pump()

    def go_on(self) -> None:
        """The rest is over, or a bind has come."""
        self._resting = False
        self._pump()

    def withdraw(self, message_id: int) -> OutMessage | None:
        """Nothing to an application is ever called back."""
        return None

    def give_up_old(self) -> None:
        """Nor is it given up for its age."""

    def _pump(self) -> None:
        while self._ready and self._in_flight < MOST_IN_FLIGHT and not self._resting:
            sender = self._ready[0]
            link = self._post.link_to_application(sender.messages[0])
            if link is None:
                self._post.absent(self)
                return
            self._ready.popleft()
            if sender.begin(link):
                self._in_flight += 1

    # ------------------------------------------------------------ what senders report

    def landed(self, sender: "_Sender", link: Link, status: int) -> None:
        """The message in flight of a sender was answered with a status."""
        self._in_flight -= 1
        if status in TEMPORARY:
            self._again(sender, link)
            return
        self._attempt = 0
        self.ended(sender, "failed" if status else "acked", status)
        self._pump()

    def lost(self, sender: "_Sender", link: Link) -> None:
        """Nobody answered, or it never left."""
        self._in_flight -= 1
        self._again(sender, link)

    def _again(self, sender: "_Sender", link: Link) -> None:
        self._ready.appendleft(sender)
        if self._resting:
            return
        if link.receiving:
            self._resting = True
            self._attempt += 1
            self._post.rest(self, self._attempt)
        else:
            self._pump()

    def ended(self, sender: "_Sender", state: MessageState, status: int) -> None:
        """The oldest message of a sender came to its end."""
        message = sender.messages.popleft()
        if sender.messages:
            self._ready.append(sender)
        else:
            del self._senders[message.source]
        self._post.finished(message, state, status)
        if not self._senders:
            self._post.empty(self)


class _Sender:
    """The messages of one sender, oldest first (`roles.Delivery` of the part in flight)."""

    __slots__ = ("_parts", "_queue", "messages")

    def __init__(self, queue: ApplicationQueue) -> None:
        self.messages: deque[OutMessage] = deque()
        self._queue = queue
        self._parts: Iterator[DeliverSm | DataSm] = iter(())

    def begin(self, link: Link) -> bool:
        """Send the oldest message; False when it cannot be written at all, and has ended by that."""
        assert link.account is not None
        try:
            self._parts = iter(to_application(self.messages[0], link.account))
        except ValueError:
            self._queue.ended(self, "failed", CommandStatus.RINVMSGLEN)
            return False
        link.deliver(next(self._parts), self)
        return True

    def answered(self, link: Link, response: Pdu) -> None:
        status = response.command_status
        if type(response) is GenericNack:
            status = status or CommandStatus.RUNKNOWNERR
        part = None if status else next(self._parts, None)
        if part is None:
            self._queue.landed(self, link, status)
        else:
            link.deliver(part, self)

    def unanswered(self, link: Link) -> None:
        self._queue.lost(self, link)

    def returned(self, link: Link) -> None:
        self._queue.lost(self, link)
