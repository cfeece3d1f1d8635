"""Two independent codecs, aiosmpplib and smpplib, as witnesses: what they write we read, and back.

Both have known defects (empty texts, binary TLVs, vendor statuses); the drawn messages stay inside
what each of them can do.
"""

import pytest
from aiosmpplib import NPI, TON, OptionalParam, PhoneNumber, SmppCommandStatus
from aiosmpplib import protocol as aio
from aiosmpplib.codec import GSM_BASIC_DECODE_MAP
from hypothesis import given
from hypothesis import strategies as st
from smpplib import consts, gsm, smpp
from smpplib.client import SimpleSequenceGenerator

from tests.conformance.strategies import octet
from ussd_gateway.smpp import pdus as ours
from ussd_gateway.smpp.codec import decode, encode
from ussd_gateway.smpp.gsm7 import BASIC, ESCAPE, decode_gsm7, encode_gsm7
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO, SC_INTERFACE_VERSION, USSD_SERVICE_OP


def printable(max_size: int, min_size: int = 0) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=min_size, max_size=max_size)


ton = st.sampled_from(list(TON))
npi = st.sampled_from(list(NPI))
sequence = st.integers(1, 0x7FFFFFFF)
gsm_text = st.text(st.sampled_from([c for c in BASIC if c not in "\x1b"] + list("^{}\\[~]|€")), min_size=1)
ucs2_text = st.text(st.characters(min_codepoint=0x400, max_codepoint=0x4FF), min_size=1, max_size=70)


@given(
    source=st.builds(PhoneNumber, printable(20), ton, npi),
    destination=st.builds(PhoneNumber, printable(20), ton, npi),
    service_type=printable(5),
    octets=st.tuples(octet, octet, octet, octet, octet, octet),
    text=gsm_text.map(lambda text: text[:80]),
    number=sequence,
    deliver=st.booleans(),
)
def test_aiosmpplib_and_we_read_each_other(source, destination, service_type, octets, text, number, deliver):
    esm_class, protocol_id, priority, registered, replace, default_id = octets
    esm_class &= 0xBF  # with UDHI it would look for a header in the text
    theirs = (aio.DeliverSm if deliver else aio.SubmitSm)(
        short_message=text,
        source=source,
        destination=destination,
        service_type=service_type,
        esm_class=esm_class,
        protocol_id=protocol_id,
        priority_flag=priority,
        registered_delivery=registered,
        replace_if_present_flag=replace,
        sm_default_msg_id=default_id,
        encoding="gsm0338",
        sequence_num=number,
    )
    mine = (ours.DeliverSm if deliver else ours.SubmitSm)(
        sequence_number=number,
        service_type=service_type,
        source_addr_ton=source.ton,
        source_addr_npi=source.npi,
        source_addr=source.number,
        dest_addr_ton=destination.ton,
        dest_addr_npi=destination.npi,
        destination_addr=destination.number,
        esm_class=esm_class,
        protocol_id=protocol_id,
        priority_flag=priority,
        registered_delivery=registered,
        replace_if_present_flag=replace,
        sm_default_msg_id=default_id,
        short_message=encode_gsm7(text),
    )
    octets_of_theirs = theirs.pdu()
    assert decode(octets_of_theirs) == mine
    assert encode(mine) == octets_of_theirs
    again = type(theirs).from_pdu(encode(mine), aio.SmppMessage.parse_header(encode(mine)), "gsm0338", None)
    assert (again.short_message, again.source, again.destination) == (text, source, destination)


@given(text=ucs2_text, number=sequence)
def test_aiosmpplib_ucs2(text, number):
    theirs = aio.SubmitSm(short_message=text, encoding="ucs2", registered_delivery=0, sequence_num=number)
    mine = ours.SubmitSm(sequence_number=number, data_coding=8, short_message=text.encode("utf-16-be"))
    assert decode(theirs.pdu()) == mine


def test_aiosmpplib_tlvs():
    theirs = aio.SubmitSm(
        short_message="x",
        encoding="gsm0338",
        optional_params=[OptionalParam(0x0204, 0xBEEF), OptionalParam(0x001E, "4711")],
    )
    assert decode(theirs.pdu()).tlvs == [(0x0204, b"\xbe\xef"), (0x001E, b"4711\0")]


@given(system_id=printable(15), password=printable(8), system_type=printable(12), number=sequence)
def test_aiosmpplib_binds(system_id, password, system_type, number):
    theirs = aio.BindTransceiver(
        system_id=system_id, password=password, system_type=system_type, sequence_num=number
    )
    mine = ours.BindTransceiver(
        sequence_number=number, system_id=system_id, password=password, system_type=system_type
    )
    assert decode(theirs.pdu()) == mine
    assert encode(mine) == theirs.pdu()
    answer = ours.BindTransceiverResp(
        sequence_number=number, system_id=system_id, tlvs=[SC_INTERFACE_VERSION(0x34)]
    )
    header = aio.SmppMessage.parse_header(encode(answer))
    read = aio.BindTransceiverResp.from_pdu(encode(answer), header)
    assert (read.system_id, read.sc_interface_version) == (system_id, 0x34)


def test_aiosmpplib_reads_a_refused_bind_with_its_empty_body():
    """A header alone makes it raise; hence the session's option `full_error_bodies`."""
    refused = ours.BindTransceiverResp(sequence_number=1, command_status=0x0E)
    frame = encode(refused, full_body=True)
    read = aio.BindTransceiverResp.from_pdu(frame, aio.SmppMessage.parse_header(frame))
    assert read.command_status is SmppCommandStatus.ESME_RINVPASWD
    with pytest.raises(ValueError, match="subsection"):
        aio.BindTransceiverResp.from_pdu(encode(refused), aio.SmppMessage.parse_header(encode(refused)))


def from_smpplib(name: str, sequence: int, **fields: object) -> bytes:
    made = smpp.make_pdu(name, client=SimpleSequenceGenerator(), **fields)
    made.sequence = sequence  # its constructor would count up from 1
    octets: bytes = made.generate()
    return octets


@given(
    source=printable(20),
    destination=printable(20),
    octets=st.tuples(octet, octet, octet),
    text=st.binary(min_size=1, max_size=254),
    number=sequence,
    op=octet,
)
def test_smpplib_submits(source, destination, octets, text, number, op):
    esm_class, data_coding, registered = octets
    frame = from_smpplib(
        "submit_sm",
        sequence=number,
        service_type="USSD",
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr=source,
        dest_addr_ton=5,
        dest_addr_npi=0,
        destination_addr=destination,
        esm_class=esm_class,
        data_coding=data_coding,
        registered_delivery=registered,
        short_message=text,
        ussd_service_op=op,
    )
    assert decode(frame) == ours.SubmitSm(
        sequence_number=number,
        service_type="USSD",
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr=source,
        dest_addr_ton=5,
        destination_addr=destination,
        esm_class=esm_class,
        data_coding=data_coding,
        registered_delivery=registered,
        short_message=text,
        tlvs=[USSD_SERVICE_OP(op)],
    )


@given(
    text=st.binary(max_size=254),
    number=sequence,
    source=printable(20),
    session=st.binary(min_size=2, max_size=2),
)
def test_smpplib_reads_our_deliver_sm(text, number, source, session):
    frame = encode(
        ours.DeliverSm(
            sequence_number=number,
            source_addr=source,
            destination_addr="7070",
            data_coding=8,
            short_message=text,
            tlvs=[ITS_SESSION_INFO(session)],
        )
    )
    read = smpp.parse_pdu(frame, client=SimpleSequenceGenerator())
    assert (read.command, read.sequence, read.data_coding) == ("deliver_sm", number, 8)
    assert (read.source_addr, read.destination_addr) == (source.encode(), b"7070")
    assert (read.short_message or b"") == text
    assert read.its_session_info == int.from_bytes(session, "big")


@pytest.mark.parametrize(
    "name,pdu_type",
    [
        ("enquire_link", ours.EnquireLink),
        ("enquire_link_resp", ours.EnquireLinkResp),
        ("unbind", ours.Unbind),
        ("unbind_resp", ours.UnbindResp),
    ],
)
def test_smpplib_headers(name, pdu_type):
    frame = from_smpplib(name, sequence=7)
    assert decode(frame) == pdu_type(sequence_number=7)
    assert encode(pdu_type(sequence_number=7)) == frame


def test_smpplib_reads_a_header_only_refusal():
    frame = encode(ours.BindTransceiverResp(sequence_number=1, command_status=0x0E))
    assert smpp.parse_pdu(frame, client=SimpleSequenceGenerator()).status == consts.SMPP_ESME_RINVPASWD


class TestTheGsmAlphabet:
    def test_the_basic_table_is_aiosmpplibs(self):
        table = {septet: character for septet, character in enumerate(BASIC) if septet != ESCAPE}
        assert table == {key: value for key, value in GSM_BASIC_DECODE_MAP.items() if key != ESCAPE}

    def test_both_tables_are_smpplibs(self):
        """But for 0x5F, where smpplib has a backtick for the paragraph sign."""
        for index, character in enumerate(gsm.GSM_CHARACTER_TABLE):
            if character == "`" or index == ESCAPE:
                continue
            octets = bytes((index,)) if index < 0x80 else bytes((ESCAPE, index - 0x80))
            assert encode_gsm7(character) == octets
            assert decode_gsm7(octets) == character

    @given(gsm_text.filter(lambda text: "§" not in text))
    def test_texts_encode_as_smpplibs(self, text):
        assert encode_gsm7(text) == gsm.gsm_encode(text) or "\f" in text
