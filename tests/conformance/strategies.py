"""Any legal PDU, drawn from the declarations the codec itself is made of."""

from hypothesis import strategies as st

from ussd_gateway.smpp.constants import RESPONSE_BIT
from ussd_gateway.smpp.layout import (
    CString,
    Destinations,
    Int1,
    Kind,
    LengthAndOctets,
    TimeString,
    Unsuccessful,
    layout,
)
from ussd_gateway.smpp.pdus import ALL_PDUS, DistributionList, Pdu, SmeAddress, UnsuccessfulSme
from ussd_gateway.smpp.tlvs import MESSAGE_PAYLOAD, TLVS

MAX_UINT32 = 0xFFFFFFFF

octet = st.integers(0, 255)


def latin1(max_characters: int, min_characters: int = 0) -> st.SearchStrategy[str]:
    """Any characters a C-Octet String may hold."""
    return st.text(
        st.characters(min_codepoint=1, max_codepoint=255),
        min_size=min_characters,
        max_size=max_characters,
    )


def value_of(kind: Kind) -> st.SearchStrategy[object]:
    match kind:
        case Int1():
            return octet
        case CString(max_octets):
            return latin1(max_octets - 1)
        case TimeString():
            return st.just("") | latin1(16, 16)
        case LengthAndOctets(_, max_octets):
            return st.binary(max_size=max_octets)
        case Destinations():
            address = st.builds(SmeAddress, octet, octet, latin1(20))
            name = st.builds(DistributionList, latin1(20))
            return st.lists(address | name, min_size=1, max_size=4)
        case Unsuccessful():
            status = st.integers(0, MAX_UINT32)
            return st.lists(st.builds(UnsuccessfulSme, octet, octet, latin1(20), status), max_size=4)


any_tlv = st.tuples(st.sampled_from(sorted(TLVS)) | st.integers(0, 0xFFFF), st.binary(max_size=40))


@st.composite
def pdus(draw: st.DrawFn, pdu_type: type[Pdu]) -> Pdu:
    """A PDU of one class with any legal field values and any TLVs."""
    pdu = pdu_type(
        sequence_number=draw(st.integers(0, MAX_UINT32)),
        command_status=draw(st.integers(0, MAX_UINT32)) if pdu_type.command_id & RESPONSE_BIT else 0,
        tlvs=draw(st.lists(any_tlv, max_size=4)),
    )
    for name, kind in layout(pdu_type):
        setattr(pdu, name, draw(value_of(kind)))
    if getattr(pdu, "short_message", b""):  # the two texts exclude each other
        pdu.tlvs = [tlv for tlv in pdu.tlvs if tlv[0] != MESSAGE_PAYLOAD.tag]
    return pdu


any_pdu = st.sampled_from(ALL_PDUS).flatmap(pdus)
