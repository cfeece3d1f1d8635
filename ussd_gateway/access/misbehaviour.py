"""Where a link meets the faults: at a bind, at a request of its peer, at something that it is to deliver.

A link calls these only while `Faults.active`.
"""

from collections.abc import Callable
from copy import copy
from functools import partial
from typing import TYPE_CHECKING

from ussd_gateway.access.accounts import SmppAccount
from ussd_gateway.access.fault_octets import SESSION_TAGS, Pieces, spoiler, with_another_session
from ussd_gateway.access.faults import Faults, Met, Occasion
from ussd_gateway.smpp.constants import EsmClass
from ussd_gateway.smpp.pdus import Bind, DataSm, GenericNack, Pdu, ShortMessage
from ussd_gateway.smpp.text import decode, decode_text
from ussd_gateway.smpp.tlvs import USSD_SERVICE_OP, message_octets
from ussd_gateway.sms.concat import read_piece
from ussd_gateway.ussd.dialects import as_code

if TYPE_CHECKING:
    from ussd_gateway.access.link import Link
    from ussd_gateway.access.roles import Delivery

SMS_SERVICES = frozenset({"", "CMT", "CPT", "VMN", "VMA", "WAP"})
"""Values of service_type that are no USSD (SMPP 3.4 §5.2.11)."""
RECEIPTS = frozenset({EsmClass.DELIVERY_RECEIPT, EsmClass.INTERMEDIATE_NOTIFICATION})
REASON = "a fault was asked for"


def at_bind(link: "Link", faults: Faults, request: Bind, account: str, accept: Callable[[], None]) -> bool:
    """Whether a bind that would be accepted has met a fault that leaves nothing to be done.

    `accept` accepts it, now or later.
    """
    met = faults.for_response(Occasion(account, "bind"))
    if met is None:
        return False
    match met.rule.fault:
        case "status":
            link.refuse_bind(request, met.rule.status)
        case "drop_response":
            pass  # the session waits for a verdict that never comes
        case "late_response":
            faults.later(met.ms(met.rule.delay), accept)
        case "close" if met.rule.after is None:
            link.cut(REASON)
        case "close" | "unbind" | "silence":
            accept()
            _afterwards(link, faults, met)
        case _:
            link.spoil(request, spoiler(met))
            return False
    return True


def at_request(link: "Link", faults: Faults, account: SmppAccount, request: Pdu) -> bool:
    """Whether a request of the peer has met a fault that keeps it from being done."""
    met = faults.for_response(_occasion(faults, account, request, ours=False))
    if met is None:
        return False
    match met.rule.fault:
        case "status":
            link.refuse(request, met.rule.status)
        case "nack":
            link.respond(request, GenericNack(command_status=met.rule.status))
        case "silence" if met.rule.after is None:
            link.fall_silent(_lasting(met), request)
        case "close" if met.rule.after is None:
            link.spoil(request, partial(_cut, link))
            return False
        case "close" | "unbind" | "silence":
            _afterwards(link, faults, met)
            return False
        case _:
            link.spoil(request, spoiler(met))
            return False
    return True


def at_delivery(
    link: "Link", faults: Faults, account: SmppAccount, request: Pdu, delivery: "Delivery"
) -> bool:
    """Whether something that the link is to deliver has met a fault, and is taken care of."""
    if not isinstance(request, ShortMessage | DataSm):
        return False
    occasion = _occasion(faults, account, request, ours=True)
    met = faults.for_screen(occasion)
    if met is None:
        return False
    match met.rule.fault:
        case "no_screen":
            # As if it had been written and nobody had answered; whoever can repeats it.
            faults.later(link.response_timer_ms, partial(delivery.unanswered, link))
        case "delay":
            faults.later(met.ms(met.rule.delay), partial(link.hand_over, request, delivery))
        case "double_screen":
            link.hand_over(request, delivery)
            link.hand_over(copy(request), _Nobody())
        case "wrong_session" if any(tag in SESSION_TAGS for tag, _ in request.tlvs):
            wrong = copy(request)
            wrong.tlvs = with_another_session(request.tlvs)
            link.hand_over(wrong, delivery)
        case "close_screen":
            link.cut(REASON)
            link.hand_over(request, delivery)  # which gives it back
        case _:
            link.spoil(request, spoiler(met))
            link.hand_over(request, delivery)
    return True


class _Nobody:
    """Waits for the answer to what was sent once too often (`roles.Delivery`)."""

    def answered(self, link: "Link", response: Pdu) -> None:
        pass

    def unanswered(self, link: "Link") -> None:
        pass

    def returned(self, link: "Link") -> None:
        pass


def _cut(link: "Link", octets: bytes) -> Pieces:
    link.cut(REASON)
    return ()


def _lasting(met: Met) -> int | None:
    return met.ms(met.rule.lasts) if met.rule.lasts is not None else None


def _afterwards(link: "Link", faults: Faults, met: Met) -> None:
    """Take leave or fall silent, now or a while after."""
    act: Callable[[], None]
    match met.rule.fault:
        case "close":
            act = partial(link.cut, REASON)
        case "unbind":
            act = link.unbind
        case _:
            act = partial(link.fall_silent, _lasting(met))
    if met.rule.after is None:
        act()
    else:
        faults.later(met.ms(met.rule.after), act)


def _occasion(faults: Faults, account: SmppAccount, pdu: Pdu, *, ours: bool) -> Occasion:
    """What a PDU is about; `ours`: we send it."""
    source, destination = getattr(pdu, "source_addr", ""), getattr(pdu, "destination_addr", "")
    # Simulators speak for phones, applications speak to them.
    phone, other = (
        (source, destination) if (account.role == "handsets") is not ours else (destination, source)
    )
    ussd = USSD_SERVICE_OP.octets(pdu) is not None or getattr(pdu, "service_type", "") not in SMS_SERVICES
    receipt = ours and getattr(pdu, "esm_class", 0) & EsmClass.TYPE_MASK in RECEIPTS
    text = _text(pdu, ussd=ussd)
    return Occasion(
        account.system_id,
        "ussd" if ussd else "receipt" if receipt else "sms",
        faults.plan.parse(phone) or phone,
        (other, as_code(other), text),
        destination,
        text,
    )


def _text(pdu: Pdu, *, ussd: bool) -> str:
    if not isinstance(pdu, ShortMessage | DataSm):
        return ""
    if ussd:
        return decode_text(message_octets(pdu), pdu.data_coding, ussd=True)
    piece = read_piece(pdu)
    return decode(piece.octets, piece.alphabet)
