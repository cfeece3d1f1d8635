"""Wireshark shows of every type of PDU, TLV and dialect what our decoder shows, and finds no fault."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.wireshark import Packet, assert_same_fields, packets
from tests.patience import until
from tests.unit.access.wire import no_peer_left
from tests.world import REPOSITORY, running_world
from ussd_gateway.access.pcap import Captured, pcap_of
from ussd_gateway.smpp.codec import encode
from ussd_gateway.smpp.layout import CString, Int1, LengthAndOctets, TimeString, layout
from ussd_gateway.smpp.pdus import (
    ALL_PDUS,
    DataSm,
    DeliverSm,
    DistributionList,
    Pdu,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    UnsuccessfulSme,
)
from ussd_gateway.smpp.tlvs import MESSAGE_PAYLOAD, TLVS, USSD_SERVICE_OP, IntTlv, StringTlv, Tlv
from ussd_gateway.ussd.dialects import DIALECTS

__all__ = ["no_peer_left"]

Read = Callable[[Path], list[Packet]]
ANNA = "79261234567"
SECRET = "Secret77"


@pytest.fixture
def read(needs_program: Callable[[str], str]) -> Read:
    command = needs_program("tshark")
    return lambda file: packets(command, file)


def full(pdu_type: type[Pdu], number: int, value: int) -> Pdu:
    """A PDU of this type with something in every field, `value` in every number that may be any."""
    pdu = pdu_type(sequence_number=number)
    for name, kind in layout(pdu_type):
        match kind:
            case Int1():
                setattr(pdu, name, 0 if name == "data_coding" else value)
            case TimeString():
                setattr(pdu, name, "260102030405600+")
            case CString(max_octets):
                setattr(pdu, name, name[: max_octets - 1])
            case LengthAndOctets():
                setattr(pdu, name, b"text")
    if hasattr(pdu, "esm_class"):
        pdu.esm_class = 0x04 | value & 0x03
    if isinstance(pdu, SubmitMulti):
        pdu.dest_addresses = [SmeAddress(1, 1, ANNA), DistributionList("friends"), SmeAddress(5, 0, "bank")]
    if isinstance(pdu, SubmitMultiResp):
        pdu.unsuccess_sme = [UnsuccessfulSme(1, 1, ANNA, 0x0B), UnsuccessfulSme(5, 0, "bank", 0x45)]
    return pdu


def tlv(known: Tlv, number: int) -> tuple[int, bytes]:
    """One with that value, or so many octets."""
    if isinstance(known, IntTlv):
        return known(number)
    if isinstance(known, StringTlv):
        return known("word")
    octets = bytes(range(0x41, 0x41 + min(known.max_octets, known.min_octets + number)))
    return known.tag, octets


def text(octets: bytes, data_coding: int, number: int, esm_class: int = 0) -> Pdu:
    return DeliverSm(
        sequence_number=number,
        source_addr="000110",
        destination_addr=ANNA,
        esm_class=esm_class,
        data_coding=data_coding,
        short_message=octets,
    )


def every_pdu() -> list[Pdu]:
    made = [full(pdu_type, 1, value) for pdu_type in ALL_PDUS for value in (0, 1)]
    made += [pdu_type(command_status=0x58) for pdu_type in ALL_PDUS if pdu_type.command_id & 0x80000000]
    made.append(SubmitSm(schedule_delivery_time="000001000000000R", validity_period="000007000000000R"))
    for known in TLVS.values():
        made += [DataSm(source_addr="105", destination_addr=ANNA, tlvs=[tlv(known, n)]) for n in (0, 1, 2)]
    made.append(DataSm(tlvs=[(0x1599, b"\xff\1"), (0x1400, b"")]))
    made += [
        text(b"Hello [world]".replace(b"[", b"\x1b\x3c").replace(b"]", b"\x1b\x3e"), 0, 1),
        text("Счет 1 € 😀".encode("utf-16-be"), 8, 1),
        text(b"caf\xe9", 3, 1),
        text(b"\5\0\3\7\2\1" + "Да".encode("utf-16-be"), 8, 1, 0x40),
        text(b"\6\x08\4\0\7\2\1" + b"part", 0, 1, 0x40),
        text(b"ussd", 0x0F, 1),
        text("Да".encode("utf-16-be"), 0x48, 1),
        text(b"\0\1\2\xff", 4, 1),
        text(b"", 0, 1),
        DataSm(destination_addr=ANNA, data_coding=8, tlvs=[MESSAGE_PAYLOAD("Да".encode("utf-16-be") * 400)]),
    ]
    for number, pdu in enumerate(made, 1):
        pdu.sequence_number = number
    return made


def test_every_pdu_and_every_tlv(read, tmp_path):
    sent = every_pdu()
    captured = [
        Captured(number * 10**9, 1, "127.0.0.1", "in" if number % 2 else "out", encode(pdu))
        for number, pdu in enumerate(sent)
    ]
    (tmp_path / "every.pcap").write_bytes(pcap_of(captured))
    shown = read(tmp_path / "every.pcap")
    assert [packet.frame for packet in shown] == [encode(pdu) for pdu in sent]
    for packet in shown:
        assert_same_fields(packet)
    assert {type(pdu) for pdu in sent} == set(ALL_PDUS)
    assert {tag for pdu in sent for tag, _ in pdu.tlvs} >= set(TLVS)


def test_a_difference_is_noticed(read, tmp_path):
    """Each octet that is not what Wireshark was given shows."""
    sent = full(SubmitSm, 1, 1)
    sent.tlvs = [USSD_SERVICE_OP(1)]
    (tmp_path / "one.pcap").write_bytes(pcap_of([Captured(0, 1, "127.0.0.1", "in", encode(sent))]))
    [packet] = read(tmp_path / "one.pcap")
    assert_same_fields(packet)
    for at in range(16, len(packet.frame)):
        frame = bytearray(packet.frame)
        frame[at] ^= 1
        with pytest.raises(AssertionError):
            assert_same_fields(packet._replace(frame=bytes(frame)))


# ---------------------------------------------------------------- dialects


async def played(dialect: str, folder: Path) -> None:
    """Dialogues of a phone with a menu behind a centre; what is between them speaks this dialect.

    Files of what passed: `all.pcap` at the centre, with the binds, `dialogue.pcap`, one of them over HTTP,
    `behind.pcap` at the gateway behind it, which knows what is a secret.
    """
    (folder / "menus").mkdir()
    shutil.copy(REPOSITORY / "menus" / "balance.yaml", folder / "menus")
    environment = {"USSDGW_PATHS__MENUS": str(folder / "menus"), "USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}
    served = {"service_codes": ("*105#",), "dialect": dialect}
    async with running_world("memory://", environment, app=served, pcap=folder / "all.pcap") as centre:
        assert centre.app.smpp_address is not None
        port = int(centre.app.smpp_address.rsplit(":", 1)[1])
        link = {"name": "mno", "host": "127.0.0.1", "port": port, "msisdns": ["79*"], "dialect": dialect}
        account = {"system_id": "app", "password": "app"}
        behind_pcap = folder / "behind.pcap"
        async with running_world("memory://", links=[link | account], pcap=behind_pcap) as behind:
            await until(lambda: behind.app.centres.states()[0]["state"] == "bound")
            phone = await centre.handset(ANNA)
            assert (await phone.dial("*105*0#")).op == "ask"
            assert (await phone.send(SECRET)).op == "ask"
            assert (await phone.send(SECRET)).op == "end"
            assert (await phone.dial("*105#")).op == "ask"
            assert (await phone.send("1")).op == "ask"
            dialogue = await centre.app.dialogues.get(ANNA)
            assert dialogue is not None
            centre.clock.advance(181_000)
            assert (await phone.screen()).op == "end"
            await phone.dial("*105#")
            await phone.hang_up()
            await centre.settle()
            octets = await centre.fetch(f"/api/v1/dialogues/{dialogue.id}/pcap")
            (folder / "dialogue.pcap").write_bytes(octets)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_every_dialect(dialect, read, tmp_path):
    await played(dialect, tmp_path)
    shown = {name: read(tmp_path / f"{name}.pcap") for name in ("all", "dialogue", "behind")}
    for packet in (packet for each in shown.values() for packet in each):
        assert_same_fields(packet)
    assert len(shown["all"]) > len(shown["dialogue"]) >= 12
    texts = [packet.value("destination_addr") for packet in shown["dialogue"] if packet.says("submit_sm")]
    assert set(texts) == {"*105#", ANNA}
    passwords = [packet.value("password") for packet in shown["all"] if packet.says("bind_")]
    assert set(passwords) == {"*******", "***"}
    commands = {packet.frame[4:8].hex() for packet in shown["behind"]}
    assert commands >= {"00000009", "80000009", "00000004", "80000004", "00000005", "80000005"}
    octets = (tmp_path / "behind.pcap").read_bytes()
    assert SECRET.encode() not in octets
    assert octets.count(b"*" * len(SECRET)) >= 2
