"""deliver_sm without ussd_service_op."""

from dataclasses import replace

from ussd_gateway.ussd.dialects.plain import ROW as PLAIN
from ussd_gateway.ussd.speech import Will

ROW = replace(
    PLAIN,
    name="no_operation",
    about="Our deliver_sm carry no ussd_service_op, only service_type USSD; that the phone is gone shows by "
    "the refusal of the next submit_sm",
    source="centres that leave TLV 0x0501 out",
    names_operation=False,
    hangs_up=None,
    times_out=None,
    unmarked=Will.ASK,
)
