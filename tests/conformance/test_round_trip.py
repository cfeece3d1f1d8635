"""Every PDU with any legal content survives the wire; the declaration is what both directions obey."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.strategies import any_pdu, pdus
from ussd_gateway.smpp.codec import decode, encode, read_header
from ussd_gateway.smpp.constants import RESPONSE_BIT, CommandId
from ussd_gateway.smpp.pdus import ALL_PDUS, PDU_TYPES, RESPONSE_TYPES


@pytest.mark.parametrize("pdu_type", ALL_PDUS, ids=lambda pdu_type: pdu_type.__name__)
def test_every_pdu_comes_back_as_it_went(pdu_type):
    @settings(max_examples=60)
    @given(pdus(pdu_type))
    def round_trip(pdu):
        frame = encode(pdu)
        assert read_header(frame)[:] == (
            len(frame),
            pdu.command_id,
            pdu.command_status,
            pdu.sequence_number,
        )
        again = decode(frame)
        assert again == pdu
        assert type(again) is pdu_type
        assert encode(again) == frame

    round_trip()
    assert PDU_TYPES[pdu_type.command_id] is pdu_type


@given(any_pdu)
def test_a_3_3_link_drops_the_tlvs_and_nothing_else(pdu):
    pdu.tlvs = [tlv for tlv in pdu.tlvs if tlv[0] != 0x0424]
    bare = decode(encode(pdu, with_tlvs=False))
    assert bare.tlvs == []
    assert bare == decode(encode(pdu), with_tlvs=False)


@given(any_pdu, st.booleans())
def test_a_full_body_reads_the_same_as_an_omitted_one(pdu, full_body):
    assert decode(encode(pdu, full_body=full_body)) == pdu


def test_every_pdu_of_the_specification_is_declared():
    named = {value for name, value in vars(CommandId).items() if not name.startswith("_")}
    assert set(PDU_TYPES) == named
    unanswered = {pdu_id for pdu_id in named if not pdu_id & RESPONSE_BIT} - set(RESPONSE_TYPES)
    assert unanswered == {CommandId.OUTBIND, CommandId.ALERT_NOTIFICATION}
