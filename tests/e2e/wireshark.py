"""What Wireshark's own decoder says of a capture file, and whether ours says the same, field by field."""

import re
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from ussd_gateway.access.decoded import Decoded, decoded
from ussd_gateway.smpp.constants import command_name
from ussd_gateway.smpp.tlvs import TLVS, OctetsTlv

_OPTIONS = (
    "-d", "tcp.port==2775,smpp",
    "-o", "ip.check_checksum:TRUE",
    "-o", "tcp.check_checksum:TRUE",
    # What stands in short_message under data_coding 0 (SMPP 3.4 §5.2.19 leaves it to the centre).
    "-o", "smpp.decode_sms_over_smpp:GSM 7-bit",
)  # fmt: skip
_COMPLAINTS = {"_ws.malformed", "_ws.short", "_ws.unreassembled"}
_CHAT = 0x200000
"""The severity of what Wireshark merely tells, as that a connection is opened."""
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
"""Octets that it writes as they are, which no XML may have."""

_HIDDEN = {"dest_flag", "user_data_header"}
"""Not shown by Wireshark as a field of SMPP."""
_NAMES = {
    "number_of_dests": "dlist",
    "no_unsuccess": "dlist_resp",
    "sc_interface_version": "SC_interface_version",
    "billing_identification": "billing_id",
    "alert_on_message_delivery": "alert_on_message_delivery_type",
    "ussd_session_id": "vendor_op",
}
"""Names in which Wireshark departs from the specification."""
_TLV_TITLES = {"destination_port": "dest_port", "ussd_session_id": "0x1501"}
_BITS = {
    "esm_class": {"esm.submit.msg_mode": 0, "esm.submit.msg_type": 2, "esm.submit.features": 6},
    "registered_delivery": {"regdel.receipt": 0, "regdel.acks": 2, "regdel.notif": 4},
    "ms_msg_wait_facilities": {"msg_wait.type": 0, "msg_wait.ind": 7},
    "callback_num_pres_ind": {"callback_num.scrn": 0, "callback_num.pres": 2},
    "its_session_info": {"its_session.ind": 0, "its_session.sequence": 1, "its_session.number": 8},
    "network_error_code": {"network_error.code": 0, "network_error.type": 16},
}
"""What Wireshark takes apart, with the place of each part."""
_CODINGS = {0, 1, 3, 4, 8}
"""Values of data_coding that are SMPP's.

The others are what a cell broadcast has over the air (3GPP TS 23.038 §5), not what Wireshark makes of them.
"""
_LINES = {"callback_num", "callback_num_atag"}
"""Shown by Wireshark as lines of text."""
_OCTETS = {known.name for known in TLVS.values() if isinstance(known, OctetsTlv)} - {"message_payload"}
"""Shown by us in hexadecimal."""
_TIMES = {"schedule_delivery_time", "validity_period", "final_date"}
_TLV_HEAD = {"opt_params", "opt_param", "opt_param_tag", "opt_param_len"}


class Field(NamedTuple):
    """A field of SMPP as Wireshark shows it: `at` counts from the begin of the PDU."""

    name: str
    at: int
    octets: int
    show: str
    value: str
    title: str


class Packet(NamedTuple):
    """A PDU: its octets, and Wireshark's fields by their names without `smpp.`."""

    frame: bytes
    fields: list[Field]

    def value(self, name: str) -> str:
        return next(field.show for field in self.fields if field.name == name)

    def says(self, command: str) -> bool:
        """Whether it is that request, or one whose name begins so."""
        return not self.frame[4] & 0x80 and self._command.startswith(command)

    @property
    def _command(self) -> str:
        return command_name(int.from_bytes(self.frame[4:8], "big"))


def packets(command: str, file: Path) -> list[Packet]:
    """Every PDU of the file; AssertionError when Wireshark finds fault with any."""
    words = [command, "-r", str(file), *_OPTIONS, "-T", "pdml"]
    output = subprocess.run(words, check=True, capture_output=True, timeout=60).stdout
    read = []
    for number, packet in enumerate(ElementTree.fromstring(_xml(output)), 1):
        complaints = {each.get("name") for each in packet} & _COMPLAINTS
        for each in packet.iter("field"):
            if each.get("name") == "_ws.expert.severity" and int(each.get("show", "0")) > _CHAT:
                complaints.add(each.get("showname"))
        assert not complaints, f"packet {number}: {complaints}"
        for status in ("ip.checksum.status", "tcp.checksum.status"):
            assert [each.get("show") for each in packet.iter("field") if each.get("name") == status] == ["1"]
        layers = [layer for layer in packet if layer.get("name") == "smpp"]
        if layers:
            read.append(_fields(layers[0]))
    frames = _frames(file.read_bytes())
    assert len(frames) == len(read)
    return [Packet(frame, fields) for frame, fields in zip(frames, read, strict=True)]


def _xml(output: bytes) -> str:
    """It writes each half of a surrogate pair by itself (UCS-2), and controls as they are."""
    text = output.translate(None, _CONTROLS).decode("utf-8", "surrogatepass")
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def _fields(layer: ElementTree.Element) -> list[Field]:
    begin = int(layer.get("pos", "0"))
    return [
        Field(
            str(each.get("name")).removeprefix("smpp."),
            int(each.get("pos", "0")) - begin,
            int(each.get("size", "0")),
            str(each.get("show")),
            str(each.get("value")),
            str(each.get("showname")),
        )
        for each in layer.iter("field")
        if str(each.get("name")).startswith("smpp.")
    ]


def _frames(octets: bytes) -> list[bytes]:
    """The PDUs in a file of bare IP packets; a long one is several segments in a row."""
    at, found, begun = 24, [], b""
    while at < len(octets):
        (length,) = struct.unpack_from("<I", octets, at + 8)
        packet = octets[at + 16 : at + 16 + length]
        header = 4 * (packet[0] & 15)
        begun += packet[header + 4 * (packet[header + 12] >> 4) :]
        at += 16 + length
        if begun and len(begun) == int.from_bytes(begun[:4], "big"):
            found.append(begun)
            begun = b""
    assert not begun
    return found


def assert_same_fields(packet: Packet) -> None:
    """Our decoder and Wireshark's see the same fields in the same octets with the same values."""
    left = {field for field in packet.fields if field.octets}
    ours, known_coding = decoded(packet.frame), True
    assert ours[0].value == packet.value("command_length")
    assert "body" not in [each.name for each in ours]
    for each in ours:
        theirs = [field for field in packet.fields if field in left and _within(field, each)]
        left -= set(theirs)
        if each.name == "data_coding":
            known_coding = int(each.value) in _CODINGS
        request = not packet.frame[4] & 0x80
        if each.name in _HIDDEN or not each.octets or (each.name == "command_status" and request):
            assert {field.name for field in theirs} <= {"message"}, each
        elif each.name in ("short_message", "sm_length"):
            _same_text(each, theirs, known_coding)
        else:
            _same(each, _value_of(each, theirs))
    # With a user data header `message` spans two fields of ours.
    assert {field.name for field in left} <= {"message", "opt_params"}, left


def _within(field: Field, ours: Decoded) -> bool:
    return ours.at <= field.at and field.at + field.octets <= ours.at + ours.octets


def _value_of(ours: Decoded, theirs: list[Field]) -> list[Field]:
    """The fields that hold the value: of a TLV those behind tag and length, which must be ours."""
    head = {field.name: field for field in theirs if field.name in _TLV_HEAD}
    if not head:
        return theirs
    tag = int(head["opt_param_tag"].show, 0)
    assert ours.meaning.endswith(f"TLV 0x{tag:04X}")
    assert int(head["opt_param_len"].show) == ours.octets - 4
    found = re.match(r"Optional parameter: (\w+) \(0x", head["opt_param"].title)
    assert found is not None, head["opt_param"]
    assert found[1].lower() == _TLV_TITLES.get(ours.name, ours.name).lower()
    return [field for field in theirs if field.name not in _TLV_HEAD]


def _same_text(ours: Decoded, theirs: list[Field], known_coding: bool) -> None:
    by_name = {field.name: field for field in theirs}
    if ours.name == "sm_length":
        assert by_name["sm_length"].show == ours.value
    elif "message_text" in by_name and known_coding:
        assert by_name["message_text"].show == _as_shown(ours.value), (ours, by_name["message_text"])
    elif known_coding:
        assert bytes.fromhex(by_name["message"].value).decode("latin-1") == ours.value, ours
    else:
        assert (by_name["message"].at, by_name["message"].octets) == (ours.at, ours.octets)


def _as_shown(text: str) -> str:
    """A text after XML: lines and columns become spaces there, other controls we have taken out."""
    return re.sub("[\0-\x08\x0b\x0c\x0e-\x1f]", "", re.sub("[\t\n\r]", " ", text))


def _same(ours: Decoded, theirs: list[Field]) -> None:
    if ours.name in _BITS:
        bits: Mapping[str, int] = _BITS[ours.name]
        assert {field.name for field in theirs} == set(bits), (ours, theirs)
        value = sum(int(field.show, 0) << bits[field.name] for field in theirs)
        mine = int(ours.value.replace(" ", ""), 16) if ours.name in _OCTETS else int(ours.value)
        assert value == mine, (ours, theirs)
        return
    if not theirs:
        # It leaves out some strings that are empty, and has no field for a TLV without a value.
        assert not ours.value, ours
        return
    # Of some data_coding it shows the bits, too.
    theirs = [field for field in theirs if not field.name.startswith("dcs.")]
    names = [field.name for field in theirs]
    if ours.name in _TIMES:
        assert len(names) == 1
        assert names[0].removesuffix("_r") in _TIMES, "it calls one of submit_multi by the other's name"
        assert bytes.fromhex(theirs[0].value) == ours.value.encode() + b"\0"
        return
    expected = _NAMES.get(ours.name, "vendor_op" if ours.name.startswith("0x") else ours.name)
    if ours.name == "message_payload" and "message_text" in names:
        [shown] = [field.show for field in theirs if field.name == "message_text"]
        assert shown == _as_shown(ours.value), ours
        return
    assert names == [expected], (ours, theirs)
    [field] = theirs
    if not field.value and ours.name in _LINES:
        assert (field.at, field.octets) == (ours.at + 4, ours.octets - 4), (ours, field)
    elif expected in ("dlist", "dlist_resp"):
        assert field.value in ("", f"{int(ours.value):02x}"), (ours, field)
    elif ours.name in _OCTETS or expected == "vendor_op":
        assert field.value == ours.value.replace(" ", ""), (ours, field)
    elif field.show.startswith("0x"):
        assert int(field.show, 0) == int(ours.value, 0), (ours, field)
    else:
        assert field.show.replace("(Default)", "") == ours.value, (ours, field)
