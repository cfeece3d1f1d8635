"""The short messages on their way to one phone: one at a time, in order, each until its end is known.

A part is sent when the one before it was acknowledged, so that a retry can never overtake.
"""

from collections import deque
from typing import Protocol

from ussd_gateway.access.link import Link
from ussd_gateway.billing.store import MessageState, OutMessage
from ussd_gateway.smpp.constants import CommandStatus, Npi, Ton
from ussd_gateway.smpp.pdus import DeliverSm, GenericNack, Pdu
from ussd_gateway.sms.concat import split_sms

TEMPORARY = frozenset(
    {
        CommandStatus.RSYSERR,
        CommandStatus.RMSGQFUL,
        CommandStatus.RTHROTTLED,
        CommandStatus.RX_T_APPN,
    }
)
"""Answers after which the same message is tried again (SMPP 3.4 table 5-2); all others are final."""

MAX_SHORT_CODE = 8
"""Digits of the longest short number; more make an MSISDN."""


class Post(Protocol):
    """What a queue asks of the delivery it belongs to."""

    def link_for(self, msisdn: str) -> Link | None:
        """The bind to deliver through."""
        ...

    def show(self, message: OutMessage) -> bool:
        """Show it to phones in this process; whether there was any."""
        ...

    def leaving(self, message: OutMessage) -> None:
        """The message is about to reach a phone, for the first time since it is here."""
        ...

    def finished(self, message: OutMessage, state: MessageState, command_status: int) -> None:
        """The message came to its end."""
        ...

    def rest(self, queue: "PhoneQueue", attempt: int) -> None:
        """Call `go_on` after the pause due before this attempt (1 is the first repetition)."""
        ...

    def absent(self, queue: "PhoneQueue") -> None:
        """No bind takes the number: call `go_on` when one does."""
        ...

    def empty(self, queue: "PhoneQueue") -> None:
        """Nothing is left to deliver."""
        ...


class PhoneQueue:
    """Messages of one number, oldest first; itself the `roles.Delivery` of the part in flight."""

    __slots__ = ("_attempt", "_in_flight", "_left", "_parts", "_post", "_shown", "messages", "msisdn")

    def __init__(self, post: Post, msisdn: str) -> None:
        self.msisdn = msisdn
        self.messages: deque[OutMessage] = deque()
        self._post = post
        self._parts: list[DeliverSm] = []  # still to be sent, the last one first
        self._in_flight = False
        self._shown = False
        self._left = False
        self._attempt = 0

    def add(self, message: OutMessage) -> None:
        """Deliver it after all that was added before."""
        self.messages.append(message)
        if len(self.messages) == 1:
            self.go_on()

    def go_on(self) -> None:
        """Send the oldest message if nothing stands in the way."""
        while self.messages and not self._in_flight:
            message = self.messages[0]
            if not self._shown:
                self._shown = self._post.show(message)
            link = self._post.link_for(self.msisdn)
            if not self._left and (self._shown or link is not None):
                self._left = True
                self._post.leaving(message)
            if link is not None:
                self._begin(message, link)
            elif self._shown:
                self._finish("acked")
            else:
                self._post.absent(self)
                return
        if not self.messages:
            self._post.empty(self)

    # ------------------------------------------------------------ roles.Delivery

    def answered(self, link: Link, response: Pdu) -> None:
        self._in_flight = False
        status = response.command_status
        if type(response) is GenericNack:
            status = status or CommandStatus.RUNKNOWNERR
        if status == CommandStatus.ROK and self._parts and link.receiving:
            self._send_part(link)
            return
        if status in TEMPORARY:
            self._retry()
            return
        if status != CommandStatus.ROK:
            self._finish("failed", status)
        elif not self._parts:
            self._finish("acked")
        self.go_on()  # the next message, or all parts of this one once more through another bind

    def unanswered(self, link: Link) -> None:
        self._in_flight = False
        if link.receiving:
            self._retry()  # the peer is there and said nothing: leave it time
        else:
            self.go_on()

    def returned(self, link: Link) -> None:
        self._in_flight = False
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
        self._in_flight = True
        link.deliver(self._parts.pop(), self)

    def _retry(self) -> None:
        self._attempt += 1
        self._post.rest(self, self._attempt)

    def _finish(self, state: MessageState, command_status: int = CommandStatus.ROK) -> None:
        message = self.messages.popleft()
        self._shown = self._left = False
        self._attempt = 0
        self._post.finished(message, state, command_status)


def deliver_sms(message: OutMessage) -> list[DeliverSm]:
    """The message as deliver_sm, in parts with a user data header when it is long (3GPP TS 23.040 §9.2.3.24).

    Addresses: an MSISDN is international E.164 (1/1), a short number is of unknown type in E.164 (0/1), a
    name is alphanumeric (5/0).  ValueError for a text of more than 255 parts.
    """
    source = message.source
    if source.isdigit():
        ton, npi = (Ton.INTERNATIONAL if len(source) > MAX_SHORT_CODE else Ton.UNKNOWN), Npi.E164
    else:
        ton, npi = Ton.ALPHANUMERIC, Npi.UNKNOWN
    return [
        DeliverSm(
            source_addr_ton=ton,
            source_addr_npi=npi,
            source_addr=source,
            dest_addr_ton=Ton.INTERNATIONAL,
            dest_addr_npi=Npi.E164,
            destination_addr=message.destination,
            esm_class=esm_class,
            data_coding=data_coding,
            short_message=short_message,
        )
        for esm_class, data_coding, short_message in split_sms(message.text, message.message_id)
    ]
