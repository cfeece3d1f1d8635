"""What a phone does with keys and SEND: the man-machine interface of 3GPP TS 22.030.

Not everything with `*` and `#` is USSD.  The phone tries, in this order (§6.4, §6.5, §6.6):
a command to itself or its SIM, a supplementary service it knows, then USSD, then a voice call.
The tables below are the grammar; `classify` only walks them.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """Who deals with what was dialled."""

    LOCAL = "local"
    SUPPLEMENTARY = "supplementary"
    CALL_CONTROL = "call_control"
    USSD = "ussd"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Dialled:
    """A dialled string, understood.  Fields that do not apply to its kind are empty.

    `service` names what was asked of the phone or network (`imei`, `pin`, `CFU`, ...); `operation`,
    `sc` and the parameters are the parts of a structured string (22.030 §6.5.2).  The parameters may
    hold a PIN or a password, so they stay out of `repr`.
    """

    kind: Kind
    text: str = field(repr=False)
    service: str = ""
    operation: str = ""
    sc: str = ""
    sia: str = field(default="", repr=False)
    sib: str = field(default="", repr=False)
    sic: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    number: str = field(default="", repr=False)


OPERATIONS: Mapping[str, str] = {
    "*": "activate",
    "#": "deactivate",
    "*#": "interrogate",
    "**": "register",
    "##": "erase",
}
"""22.030 §6.5.2: what the leading characters ask for."""

IMEI_STRING = "*#06#"
"""22.030 §6.4.2: the phone shows its own identity."""

SIM_CODES: Mapping[str, str] = {"04": "pin", "042": "pin2", "05": "puk", "052": "puk2"}
"""22.030 §6.6: commands to the SIM card, only with `**`."""

SERVICE_CODES: Mapping[str, str] = {
    "002": "all CF",
    "004": "all conditional CF",
    "03": "change password",
    "21": "CFU",
    "30": "CLIP",
    "31": "CLIR",
    "33": "BAOC",
    "330": "all barring",
    "331": "BOIC",
    "332": "BOIC-exHC",
    "333": "outgoing barring",
    "35": "BAIC",
    "351": "BIC-Roam",
    "353": "incoming barring",
    "43": "CW",
    "61": "CFNRy",
    "62": "CFNRc",
    "67": "CFB",
}
"""22.030 annex B: the supplementary services every phone performs itself instead of sending USSD."""

RARE_SERVICE_CODES: Mapping[str, str] = {
    "214": "follow me",
    "300": "CNAP",
    "361": "UUS1",
    "362": "UUS2",
    "363": "UUS3",
    "37": "CCBS",
    "591": "MSP",
    "592": "MSP",
    "593": "MSP",
    "594": "MSP",
    "66": "call deflection",
    "750": "eMLPP",
    "751": "eMLPP",
    "752": "eMLPP",
    "753": "eMLPP",
    "754": "eMLPP",
    "76": "COLP",
    "77": "COLR",
    "88": "multicall",
    "96": "explicit call transfer",
}
"""Annex B codes that common phones do not know and therefore send as USSD."""

CALL_CONTROL: Mapping[str, str] = {
    "0": "release held",
    "1": "release active",
    "2": "swap",
    "3": "conference",
    "4": "transfer",
    "5": "complete call to busy subscriber",
}
"""22.030 §6.5.5: single digits during a call."""

EMERGENCY_NUMBERS = frozenset({"112", "911"})
"""3GPP TS 22.101 §10.1: emergency numbers a phone knows whatever its SIM says."""

FORWARDING = frozenset({"all CF", "all conditional CF", "CFB", "CFNRc", "CFNRy", "CFU"})
"""Services whose first parameter is the number calls are diverted to (22.030 annex B)."""

_PARAMETERS = r"(?:\*([^*#]*))?" * 4
_STRUCTURED = re.compile(rf"(\*\*|\*#|##|\*|#)(\d{{2,3}}){_PARAMETERS}#([^#]*)", re.DOTALL)


def classify(
    dialled: str,
    *,
    in_call: bool = False,
    rare_codes: bool = False,
    emergency_numbers: Collection[str] = EMERGENCY_NUMBERS,
) -> Dialled:
    """What a phone does when `dialled` is keyed in and SEND is pressed.

    `rare_codes` makes it one of the few phones that also perform RARE_SERVICE_CODES.
    ValueError when nothing was keyed in.
    """
    if not dialled:
        raise ValueError("nothing was dialled")
    if dialled == IMEI_STRING:
        return Dialled(Kind.LOCAL, dialled, "imei")
    if structured := _STRUCTURED.fullmatch(dialled):
        understood = _classify_structured(dialled, structured, rare_codes)
        if understood is not None:
            return understood
    if dialled.endswith("#"):
        return Dialled(Kind.USSD, dialled)
    if in_call and dialled in CALL_CONTROL:
        return Dialled(Kind.CALL_CONTROL, dialled, CALL_CONTROL[dialled])
    if len(dialled) <= 2 and dialled not in emergency_numbers and (in_call or not _is_short_number(dialled)):
        return Dialled(Kind.USSD, dialled)
    return Dialled(Kind.CALL, dialled, number=dialled)


def _is_short_number(dialled: str) -> bool:
    """Two digits beginning with 1 are a telephone number outside a call (3GPP TS 22.030 §6.5.3.2)."""
    return len(dialled) == 2 and dialled[0] == "1" and dialled.isdigit()


def _classify_structured(dialled: str, parts: re.Match[str], rare_codes: bool) -> Dialled | None:
    """A string of the form of §6.5.2, or None when its code means nothing to the phone."""
    lead, sc, *parameters, number = parts.groups(default="")
    operation = OPERATIONS[lead]
    if sc in SIM_CODES and operation == "register" and not number:
        return Dialled(Kind.LOCAL, dialled, SIM_CODES[sc], operation, sc, *parameters)
    service = SERVICE_CODES.get(sc) or (RARE_SERVICE_CODES.get(sc) if rare_codes else None)
    if service is None:
        return None
    if not number:
        return Dialled(Kind.SUPPLEMENTARY, dialled, service, operation, sc, *parameters)
    if service == "CLIR" and operation in ("activate", "deactivate") and not any(parameters):
        # `*31#number` shows the caller's number for one call, `#31#number` hides it.
        return Dialled(Kind.CALL, dialled, service, operation, sc, number=number)
    return None


def simplified(dialled: str) -> str:
    """A supplementary-service string in its shortest spelling, the one a service code is written in.

    Basic services and the timer fall away (what is asked of one kind of call is done for all), activating
    a diversion *to a number* is registering it (22.030 §6.5.2), and a change of password may begin with one
    star and leave out whose password it is (§6.5.4).  Any other string is given back as it is.

        *21*79261234567*11#  ->  **21*79261234567#        **03**0000*1234*1234#  ->  **03*330*0000*1234*1234#
    """
    structured = _STRUCTURED.fullmatch(dialled)
    if structured is None or structured[7] or structured[2] not in SERVICE_CODES:
        return dialled
    lead, sc, *parameters, _ = structured.groups(default="")
    service = SERVICE_CODES[sc]
    if service == "change password":
        lead, kept = "**", [parameters[0] or "330", *parameters[1:]]
    elif service in FORWARDING:
        kept = parameters[:1] if lead in ("*", "**") else []
        lead = "**" if any(kept) else lead
    else:
        kept = parameters[:1]
    while kept and not kept[-1]:
        kept.pop()
    return "*".join([lead + sc, *kept]) + "#"
