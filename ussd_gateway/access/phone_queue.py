"""The short messages on their way to one phone: one at a time, in order, each until its end is known.

A part is sent when the one before it was acknowledged, so that a retry can never overtake.
"""

from collections import deque
from collections.abc import Collection
from typing import Protocol

from ussd_gateway.access.link import Link
from ussd_gateway.access.outgoing import deliver_sms
from ussd_gateway.billing.store import MessageState, OutMessage
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import DeliverSm, GenericNack, Pdu

TEMPORARY = frozenset(
    {
        CommandStatus.RSYSERR,
        CommandStatus.RMSGQFUL,
        CommandStatus.RTHROTTLED,
        CommandStatus.RX_T_APPN,
    }
)
"""Answers after which the same message is tried again (SMPP 3.4 table 5-2); all others are final."""


class Queue(Protocol):
    """Messages on their way to one destination."""

    msisdn: str
    """The number of the phone, or the access of the application."""
    why: int
    """The status that the last attempt failed with."""

    @property
    def messages(self) -> Collection[OutMessage]:
        """All that wait or are under way."""
        ...

    @property
    def in_flight(self) -> bool:
        """Whether an answer is waited for."""
        ...

    def add(self, message: OutMessage) -> None:
        """Deliver it when its turn comes."""
        ...

    def go_on(self) -> None:
        """Send what can be sent."""
        ...

    def withdraw(self, message_id: int) -> OutMessage | None:
        """Take back a message that has not left; None when it has, or is not here."""
        ...

    def give_up_old(self) -> None:
        """End what waits and was to be tried no longer than until now."""
        ...


class Post(Protocol):
    """What a queue asks of the delivery it belongs to."""

    def link_for(self, msisdn: str) -> Link | None:
        """The bind to deliver through."""
        ...

    def link_to_application(self, message: OutMessage) -> Link | None:
        """The bind for a message to an application."""
        ...

    def show(self, message: OutMessage) -> bool:
        """Show it to phones in this process; whether there was any."""
        ...

    def has_expired(self, message: OutMessage) -> bool:
        """Whether it is to be tried no more."""
        ...

    def leaving(self, message: OutMessage) -> bool:
        """The message is about to reach a phone, for the first time since it is here; False: it has been
        `finished` instead, for somebody wants to see that."""
        ...

    def finished(self, message: OutMessage, state: MessageState, command_status: int) -> None:
        """The message came to its end."""
        ...

    def rest(self, queue: Queue, attempt: int) -> None:
        """Call `go_on` after the pause due before this attempt (1 is the first repetition)."""
        ...

    def absent(self, queue: Queue) -> None:
        """No bind takes the number: call `go_on` when one does."""
        ...

    def reason(self, msisdn: str) -> int:
        """The status that says why nobody takes messages for the phone."""
        ...

    def empty(self, queue: Queue) -> None:
        """Nothing is left to deliver."""
        ...


class PhoneQueue:
    """Messages of one number, the urgent first, then the oldest; itself the `roles.Delivery` of the part in
    flight."""

    __slots__ = (
        "_attempt",
        "_left",
        "_parts",
        "_post",
        "_shown",
        "in_flight",
        "messages",
        "msisdn",
        "why",
    )

    def __init__(self, post: Post, msisdn: str) -> None:
        self.msisdn = msisdn
        self.messages: deque[OutMessage] = deque()
        self.in_flight = False
        self._post = post
        self._parts: list[DeliverSm] = []  # still to be sent, the last one first
        self._shown = self._left = False
        self._attempt = 0
        self.why: int = CommandStatus.ROK
        """The status that the last attempt failed with."""

    def add(self, message: OutMessage) -> None:
        """Deliver it after all that was added before and is as urgent."""
        messages, urgency = self.messages, priority(message)
        if urgency and messages:
            begun = self.in_flight or self._left or self._attempt > 0
            at = next((n for n, each in enumerate(messages) if priority(each) < urgency), len(messages))
            messages.insert(max(at, int(begun)), message)
        else:
            messages.append(message)
        if len(messages) == 1:
            self.go_on()

    def withdraw(self, message_id: int) -> OutMessage | None:
        """Take back a message that is not in flight, and has not been shown anywhere."""
        for n, message in enumerate(self.messages):
            if message.message_id == message_id:
                if n == 0 and (self.in_flight or self._shown):
                    return None
                if n == 0:
                    self._forget_first()
                del self.messages[n]
                return message
        return None

    def give_up_old(self) -> None:
        """End all that was to be tried no longer than until now, but for what is in flight."""
        for message in [each for each in self.messages if self._post.has_expired(each)]:
            status = self.why or self._post.reason(self.msisdn)
            if self.withdraw(message.message_id) is not None:
                self._post.finished(message, "expired", status)
        if not self.messages:
            self._post.empty(self)

    def go_on(self) -> None:
        """Send the first message if nothing stands in the way."""
        while self.messages and not self.in_flight:
            message = self.messages[0]
            if self._post.has_expired(message):
                self._finish("expired", self.why or self._post.reason(self.msisdn))
                continue
            if not self._shown:
                self._shown = self._post.show(message)
            link = self._post.link_for(self.msisdn)
            if not self._left and (self._shown or link is not None):
                self._left = True
                if not self._post.leaving(message):
                    self._drop_first()
                    continue
            if link is not None:
                self._begin(message, link)
            elif self._shown:
                self._finish("acked")
            else:
                self.why = self._post.reason(self.msisdn)
                self._post.absent(self)
                return
        if not self.messages:
            self._post.empty(self)

    # ------------------------------------------------------------ roles.Delivery

    def answered(self, link: Link, response: Pdu) -> None:
        self.in_flight = False
        status = response.command_status
        if type(response) is GenericNack:
            status = status or CommandStatus.RUNKNOWNERR
        if status == CommandStatus.ROK and self._parts and link.receiving:
            self._send_part(link)
            return
        if status in TEMPORARY:
            self.why = status
            self._retry()
            return
        if status != CommandStatus.ROK:
            self._finish("failed", status)
        elif not self._parts:
            self._finish("acked")
        self.go_on()  # the next message, or all parts of this one once more through another bind

    def unanswered(self, link: Link) -> None:
        self.in_flight = False
        if link.receiving:
            self._retry()  # the peer is there and said nothing: leave it time
        else:
            self.go_on()

    def returned(self, link: Link) -> None:
        self.in_flight = False
        self.go_on()

    # ------------------------------------------------------------ inside

    def _begin(self, message: OutMessage, link: Link) -> None:
        try:
            self._parts = deliver_sms(message)[::-1]
        except ValueError:
            self._finish("failed", CommandStatus.RINVMSGLEN)
        else:
            self._send_part(link)

    def _send_part(self, link: Link) -> None:
        self.in_flight = True
        link.deliver(self._parts.pop(), self)

    def _retry(self) -> None:
        self._attempt += 1
        self._post.rest(self, self._attempt)

    def _finish(self, state: MessageState, command_status: int = CommandStatus.ROK) -> None:
        self._post.finished(self._drop_first(), state, command_status)

    def _drop_first(self) -> OutMessage:
        self._forget_first()
        return self.messages.popleft()

    def _forget_first(self) -> None:
        self._shown = self._left = False
        self._attempt = 0
        self.why = CommandStatus.ROK


def priority(message: OutMessage) -> int:
    """0-3, the most urgent highest (SMPP 3.4 §5.2.14)."""
    return message.terms.priority if message.terms is not None else 0
