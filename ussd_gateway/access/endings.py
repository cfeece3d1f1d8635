"""How messages end, and who must hear of it before the store says that they have ended.

    the end is known -> whoever the terms name is told, durably -> the state is noted -> receipts set out

A receipt is a message of its own, committed under `receipt:{id}` (`receipt:{id}:intermediate`): a crash in
between repeats the delivery perhaps, but neither repeats nor loses the receipt, and what the first one said
stays true.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ussd_gateway.billing.store import Commit, MessageState, OutMessage, Store, request_hash
from ussd_gateway.clock import Clock
from ussd_gateway.ports import Ids
from ussd_gateway.smpp.constants import MAP_ERRORS, EsmClass, RegisteredDelivery
from ussd_gateway.smpp.constants import MessageState as Told
from ussd_gateway.smpp.gsm7 import encode_gsm7
from ussd_gateway.smpp.tlvs import USER_MESSAGE_REFERENCE
from ussd_gateway.sms.receipts import NOT_FINAL, Receipt, receipt_text, receipt_tlvs
from ussd_gateway.terms import Address, Terms

TOLD: dict[MessageState, int] = {
    "queued": Told.ENROUTE,
    "sent": Told.ENROUTE,
    "acked": Told.DELIVERED,
    "failed": Told.UNDELIVERABLE,
    "expired": Told.EXPIRED,
    "deleted": Told.DELETED,
}
"""State of a message -> message_state (SMPP 3.4 table 5-6)."""


@dataclass(slots=True)
class End:
    """A message that came to its end, or (`state` queued) that could not be delivered at the first attempt.

    `status` is as in `OutMessage`; `told` the message_state that its sender hears of.
    """

    message: OutMessage
    state: MessageState
    at_ms: int
    status: int = 0
    told: int = Told.UNKNOWN


Teller = Callable[[End], Awaitable[None]]
"""Comes back when the sender has been told, or will be, come what may; StoreUnavailable: ask again."""


def network_error(status: int) -> int:
    """The code of the network's own for the reason of an end, 0-255 (SMPP 3.4 §4.8.2, §5.3.2.31)."""
    return status & 0xFF if status >= MAP_ERRORS else min(status, 0xFF)


def known_id(message: OutMessage) -> str:
    """The id as its submit_sm_resp gave it."""
    terms = message.terms or Terms()
    message_id = terms.known_as or message.message_id
    return f"{message_id:08X}" if terms.short_id else str(message_id)


def wants(terms: Terms | None, told: int) -> bool:
    """Whether the sender asked to hear of this state (SMPP 3.4 §5.2.17; success only from v5.0)."""
    if terms is None or not terms.origin:
        return False
    if told in NOT_FINAL:
        return bool(terms.registered & RegisteredDelivery.INTERMEDIATE)
    asked = terms.registered & RegisteredDelivery.RECEIPT_MASK
    if asked == RegisteredDelivery.FAILURE_ONLY:
        return told != Told.DELIVERED
    if asked == RegisteredDelivery.SUCCESS_ONLY:
        return told == Told.DELIVERED
    return asked == RegisteredDelivery.FINAL


class Endings:
    """Tells senders how their messages ended.

    `tellers`: who tells senders behind something else than SMPP, by the word before the colon of their
    `terms.origin`.
    """

    def __init__(self, store: Store, ids: Ids, clock: Clock) -> None:
        self.tellers: dict[str, Teller] = {}
        self._store = store
        self._ids = ids
        self._clock = clock

    def concerns(self, end: End) -> bool:
        """Whether anybody is to be told."""
        terms = end.message.terms
        if terms is None or not terms.origin:
            return False
        return self._teller(terms) is not None or wants(terms, end.told)

    def _teller(self, terms: Terms) -> Teller | None:
        return self.tellers.get(terms.origin.partition(":")[0])

    async def tell(self, end: End) -> OutMessage | None:
        """Have the sender told; the receipt to be delivered, if there is one.  StoreUnavailable.

        Of a message whose end was told before, `end` becomes that end.
        """
        terms = end.message.terms
        assert terms is not None
        teller = self._teller(terms)
        if teller is not None:
            await teller(end)
            return None
        receipt = self._receipt(end, terms)
        key = f"receipt:{end.message.message_id}"
        if end.told in NOT_FINAL:
            key += ":intermediate"
        told = {"state": end.state, "at_ms": end.at_ms, "status": end.status, "receipt": receipt.message_id}
        commit = Commit(
            key, request_hash(key), self._clock.now_ms(), told, messages=[receipt], home=terms.origin
        )
        committed = await self._store.commit(commit)
        if not committed.replayed:
            return receipt
        end.state, end.at_ms, end.status = (committed.reply[name] for name in ("state", "at_ms", "status"))
        return None

    def _receipt(self, end: End, terms: Terms) -> OutMessage:
        message = end.message
        receipt = Receipt(
            message_id=known_id(message),
            state=end.told,
            submit_ms=message.created_ms,
            done_ms=end.at_ms,
            error=network_error(end.status),
            text="" if message.secret else message.text,
        )
        text = receipt_text(receipt)
        tlvs = receipt_tlvs(receipt)
        if terms.reference:
            tlvs.append((USER_MESSAGE_REFERENCE.tag, terms.reference))
        source = terms.destination or Address()
        intermediate = end.told in NOT_FINAL
        now_ms = self._clock.now_ms()
        return OutMessage(
            message_id=self._ids.message_id(),
            source=source.digits,
            destination=terms.origin,
            text=text,
            secret=False,
            created_ms=now_ms,
            not_before_ms=now_ms,
            terms=Terms(
                source=source,
                destination=terms.source,
                service_type=terms.service_type,
                esm_class=EsmClass.INTERMEDIATE_NOTIFICATION if intermediate else EsmClass.DELIVERY_RECEIPT,
                octets=encode_gsm7(text),
                tlvs=tuple(tlvs),
            ),
        )
