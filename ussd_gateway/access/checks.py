"""What is wrong with a submitted message before anybody asks what it says (SMPP 3.4 §5.2, table 5-2).

Only what the specification calls illegal is refused; addresses and their types, service types, data
codings and unknown TLVs travel as they are.
"""

from ussd_gateway.errors import PduError
from ussd_gateway.smpp import tlvs
from ussd_gateway.smpp.constants import CommandStatus, EsmClass, InterfaceVersion, RegisteredDelivery
from ussd_gateway.smpp.pdus import DataSm, SubmitMulti, SubmitSm
from ussd_gateway.smpp.times import parse_time

_MAX_PRIORITY = 3
_RECEIPT_BITS = (
    RegisteredDelivery.RECEIPT_MASK
    | RegisteredDelivery.DELIVERY_ACK
    | RegisteredDelivery.MANUAL_ACK
    | RegisteredDelivery.INTERMEDIATE
)
_SUBMIT_TYPES = frozenset({0, EsmClass.DELIVERY_ACK, EsmClass.MANUAL_ACK})


def submit_fault(request: SubmitSm | DataSm | SubmitMulti, version: int) -> int:
    """The command_status that refuses the message, or 0; `version` is the session's interface_version.

    Nearly every message has all of these fields at zero, so that is looked at first and together.
    """
    if not isinstance(request, DataSm) and (
        request.priority_flag
        or request.replace_if_present_flag
        or request.sm_default_msg_id
        or request.schedule_delivery_time
        or request.validity_period
    ):
        status = _submit_only_fault(request)
        if status:
            return status
    if request.esm_class or request.registered_delivery:
        status = _class_fault(request, version)
        if status:
            return status
    if request.tlvs:
        try:
            tlvs.validate(request)
        except PduError as error:
            return error.command_status
    return CommandStatus.ROK


def _submit_only_fault(request: SubmitSm | SubmitMulti) -> int:
    if request.priority_flag > _MAX_PRIORITY:
        return CommandStatus.RINVPRTFLG
    if request.replace_if_present_flag > (type(request) is SubmitSm):
        return CommandStatus.RINVREPFLAG
    if request.sm_default_msg_id:
        return CommandStatus.RINVDFTMSGID  # we have no canned messages
    for text, status in (
        (request.schedule_delivery_time, CommandStatus.RINVSCHED),
        (request.validity_period, CommandStatus.RINVEXPIRY),
    ):
        try:
            parse_time(text, now_ms=0)
        except (ValueError, OverflowError):
            return status
    return CommandStatus.ROK


def _class_fault(request: SubmitSm | DataSm | SubmitMulti, version: int) -> int:
    """esm_class and registered_delivery (SMPP 3.4 §5.2.12, §5.2.17)."""
    esm_class = request.esm_class
    if esm_class & EsmClass.TYPE_MASK not in _SUBMIT_TYPES:
        return CommandStatus.RINVESMCLASS  # receipts and aborts are for the centre to send
    if esm_class & EsmClass.UDHI and not tlvs.message_octets(request):
        return CommandStatus.RINVESMCLASS  # a header announced, and no text for it to stand in
    asked = request.registered_delivery
    reserved = asked & ~_RECEIPT_BITS
    success_only = asked & RegisteredDelivery.RECEIPT_MASK == RegisteredDelivery.SUCCESS_ONLY
    if reserved or (success_only and version < InterfaceVersion.V50):
        return CommandStatus.RINVREGDLVFLG
    return CommandStatus.ROK
