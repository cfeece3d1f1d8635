"""USSD as the network and a phone's SMPP link write it, whoever plays the phone.

SMPP 3.4 §5.3.2.44: 1 dials, 18 answers, 129 hangs up, 19 confirms a notification; 2 asks, 17 ends, 3
notifies.  its_session_info holds the dialogue's number above its lowest bit, which says that it ends.
"""

from ussd_gateway.phone.events import ScreenOp
from ussd_gateway.smpp.constants import UssdServiceOp

MAX_ADDRESS = 20

_OPS: dict[int, ScreenOp] = {
    UssdServiceOp.USSR_REQUEST: "ask",
    UssdServiceOp.USSN_REQUEST: "notify",
    UssdServiceOp.PSSD_RESPONSE: "end",
    UssdServiceOp.PSSR_RESPONSE: "end",
    # What some senders make of "17" by taking it for hexadecimal.
    0x17: "end",
}


def screen_op(op: bytes | None, session_info: int) -> ScreenOp:
    """What a screen wants, by its ussd_service_op (None or empty: there was none) and its_session_info."""
    kind = _OPS.get(op[-1], "ask") if op else "ask"
    if kind == "ask" and session_info & 1:  # some centres end by the bit alone
        return "end"
    return kind


def service_code_of(dialled: str) -> str:
    """The service code of a dialled string, as an address: `*105*1*1#` -> `*105#`."""
    digits = dialled.lstrip("*#")
    prefix = dialled[: len(dialled) - len(digits)]
    first = digits.partition("#")[0].partition("*")[0]
    return f"{prefix}{first}#"[:MAX_ADDRESS]
