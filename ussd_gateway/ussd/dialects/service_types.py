"""service_type tells what ussd_service_op tells elsewhere."""

from dataclasses import replace

from ussd_gateway.smpp.constants import UssdServiceOp
from ussd_gateway.ussd.dialects.plain import ROW as PLAIN
from ussd_gateway.ussd.speech import Signal

ROW = replace(
    PLAIN,
    name="service_types",
    about="service_type tells begin (BR), continue (CR), end (ER), notification (NR, NC) and abort (AR); "
    "ussd_service_op comes along",
    source="BR and CR from a jSMPP example; the other codes after their pattern",
    begins=Signal(UssdServiceOp.PSSR_INDICATION, "BR"),
    answers=Signal(UssdServiceOp.USSR_CONFIRM, "CR"),
    confirms=Signal(UssdServiceOp.USSN_CONFIRM, "NC"),
    hangs_up=Signal(UssdServiceOp.USER_ABORT, "AR"),
    times_out=Signal(UssdServiceOp.USER_ABORT, "AR"),
    asks=Signal(UssdServiceOp.USSR_REQUEST, "CR"),
    ends=Signal(UssdServiceOp.PSSR_RESPONSE, "ER"),
    notifies=Signal(UssdServiceOp.USSN_REQUEST, "NR"),
    drops=Signal(UssdServiceOp.APPLICATION_ABORT, "AR"),
)
