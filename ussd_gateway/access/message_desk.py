"""What an application may do about messages it has submitted: ask, cancel, replace (SMPP 3.4 §4.8-§4.10).

A message is found by its id, and only by whoever submitted it, from the source address it was submitted
with.  What has left for its phone can neither be cancelled nor replaced.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from ussd_gateway.access.asked import Validity, leaves_at, unlike_ours
from ussd_gateway.access.endings import TOLD, network_error
from ussd_gateway.access.link import Link
from ussd_gateway.billing.store import FINAL_STATES, MAX_MESSAGE_ID, MessageState, OutMessage, Store
from ussd_gateway.clock import Clock
from ussd_gateway.errors import PduError
from ussd_gateway.ports import MoSms
from ussd_gateway.smpp.constants import CommandStatus, EsmClass, InterfaceVersion
from ussd_gateway.smpp.constants import MessageState as Told
from ussd_gateway.smpp.pdus import CancelSm, CancelSmResp, QuerySm, QuerySmResp, ReplaceSm, ReplaceSmResp
from ussd_gateway.smpp.text import alphabet_of, decode
from ussd_gateway.smpp.times import format_absolute
from ussd_gateway.terms import Terms


class Delivery(Protocol):
    """The side of `TextDelivery` that is asked here."""

    def recall(self, message: OutMessage) -> bool: ...

    def deliver_again(self, message: OutMessage) -> None: ...

    def finished(
        self, message: OutMessage, state: MessageState, command_status: int, told: int | None = None
    ) -> None: ...


class MessageDesk:
    """Questions and second thoughts about messages; raises StoreUnavailable."""

    def __init__(
        self,
        store: Store,
        delivery: Delivery,
        clock: Clock,
        validity: Validity,
        parse: Callable[[str], str | None],
    ) -> None:
        """`parse` makes an MSISDN of an address, None when it is none."""
        self._store = store
        self._delivery = delivery
        self._clock = clock
        self._validity = validity
        self._parse = parse

    async def query(self, link: Link, request: QuerySm) -> None:
        """Answer where the message stands."""
        message = await self._find(link, request.message_id, request.source_addr)
        if message is None:
            link.refuse(request, CommandStatus.RINVMSGID)
            return
        told = TOLD[message.state]
        scheduled = message.not_before_ms > self._clock.now_ms() and link.version >= InterfaceVersion.V50
        if scheduled and message.state not in FINAL_STATES:
            told = Told.SCHEDULED
        link.respond(
            request,
            QuerySmResp(
                message_id=request.message_id,
                final_date="" if message.ended_ms is None else format_absolute(message.ended_ms),
                message_state=told,
                error_code=network_error(message.status),
            ),
        )

    async def cancel(self, link: Link, request: CancelSm) -> None:
        """Cancel one message, or with an empty id all that match."""
        if request.message_id:
            message = await self._find(
                link, request.message_id, request.source_addr, request.destination_addr
            )
            if message is None:
                link.refuse(request, CommandStatus.RINVMSGID)
                return
            found = [message]
        else:
            destination = self._parse(request.destination_addr)
            if destination is None:
                link.refuse(request, CommandStatus.RINVDSTADR)
                return
            waiting = await self._store.pending(destination)
            found = [
                each for each in waiting if _alike(each, link, request.source_addr, request.service_type)
            ]
        cancelled = [each for each in found if each.state not in FINAL_STATES and self._delivery.recall(each)]
        for message in cancelled:
            self._delivery.finished(message, "deleted", CommandStatus.ROK)
        if cancelled:
            link.respond(request, CancelSmResp())
        else:
            link.refuse(request, CommandStatus.RCANCELFAIL)

    async def replace(self, link: Link, request: ReplaceSm) -> None:
        """Put another text and other times into a message that waits."""
        message = await self._find(link, request.message_id, request.source_addr)
        if message is None:
            link.refuse(request, CommandStatus.RINVMSGID)
            return
        if request.sm_default_msg_id:
            link.refuse(request, CommandStatus.RINVDFTMSGID)
            return
        try:
            changed = self._replaced(message, request)
        except PduError as error:
            link.refuse(request, error.command_status)
            return
        if message.state not in FINAL_STATES and await self._amend(message, changed):
            link.respond(request, ReplaceSmResp())
        else:
            link.refuse(request, CommandStatus.RREPLACEFAIL)

    def _replaced(self, message: OutMessage, request: ReplaceSm) -> OutMessage:
        """The message as it is to be; empty times leave those it has (SMPP 3.4 §4.10.1)."""
        terms = message.terms
        assert terms is not None
        now_ms = self._clock.now_ms()
        not_before_ms, expires_ms = message.not_before_ms, terms.expires_ms
        if request.schedule_delivery_time:
            not_before_ms = leaves_at(request.schedule_delivery_time, now_ms)
        if request.validity_period:
            expires_ms = self._validity.until(request.validity_period, max(not_before_ms, now_ms), now_ms)
        octets = request.short_message
        return replace(
            message,
            text=decode(octets, alphabet_of(terms.data_coding)),
            not_before_ms=not_before_ms,
            terms=terms._replace(
                octets=unlike_ours(octets, terms.data_coding),
                esm_class=terms.esm_class & ~EsmClass.UDHI,
                tlvs=(),
                expires_ms=expires_ms,
                registered=request.registered_delivery,
            ),
        )

    async def replace_waiting(self, message: MoSms) -> int | None:
        """Let a new message take the place of one that waits (replace_if_present_flag, SMPP 3.4 §5.2.18).

        The id of the one whose place it took, and by which it goes on; None when there is none.
        """
        terms = message.terms
        assert terms is not None
        for each in reversed(await self._store.pending(message.destination)):
            if not _same_stream(each.terms, terms):
                continue
            changed = replace(
                each,
                text=message.text,
                not_before_ms=message.not_before_ms,
                terms=terms._replace(known_as=_known_as(each)),
            )
            if await self._amend(each, changed):
                return _known_as(each) or each.message_id
        return None

    async def _amend(self, message: OutMessage, changed: OutMessage) -> bool:
        """Exchange the contents of a waiting message, in memory and in the store."""
        if not self._delivery.recall(message):
            return False
        amended = False
        try:
            amended = await self._store.amend(changed)
        finally:
            self._delivery.deliver_again(changed if amended else message)
        return amended

    async def _find(
        self, link: Link, message_id: str, source: str, destination: str = ""
    ) -> OutMessage | None:
        """The message that this link's account knows by that id, was sent from there, and goes there."""
        number = _number(message_id, 16 if link.short_ids else 10)
        found = await self._store.message(number) if 0 < number <= MAX_MESSAGE_ID else None
        msisdn = self._parse(destination) if destination else None
        if found is not None and msisdn is not None and found.destination != msisdn:
            shared = [each for each in await self._store.pending(msisdn) if _known_as(each) == number]
            found = shared[0] if shared else None
        return found if found is not None and _alike(found, link, source, None) else None


def _number(message_id: str, base: int) -> int:
    """The number that an id stands for; 0 when it is none of ours."""
    try:
        return int(message_id, base) if message_id.isalnum() else 0
    except ValueError:
        return 0


def _known_as(message: OutMessage) -> int:
    return message.terms.known_as if message.terms is not None else 0


def _alike(message: OutMessage, link: Link, source: str, service_type: str | None) -> bool:
    """Whether the link's account submitted it, from that address and (unless None) of that service type."""
    terms = message.terms
    assert link.account is not None
    if terms is None or terms.origin != link.account.access:
        return False
    return (
        terms.source is not None
        and terms.source.digits == source
        and service_type in (None, terms.service_type)
    )


def _same_stream(one: Terms | None, other: Terms) -> bool:
    """Same sender, source address and service type."""
    if one is None or one.source is None or other.source is None:
        return False
    return (one.origin, one.source.digits, one.service_type) == (
        other.origin,
        other.source.digits,
        other.service_type,
    )
