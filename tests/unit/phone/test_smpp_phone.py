"""The SMPP phone against a centre made of frames: what it sends for each key press, what it makes of PDUs."""

import pytest

from tests.unit.phone.centre import Centre
from ussd_gateway.phone.events import Failure, Screen, SmsArrived
from ussd_gateway.phone.network import service_code_of
from ussd_gateway.phone.smpp import SmppPhone
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import BindTransceiver, DataSm, DeliverSm, SubmitSm, SubmitSmResp
from ussd_gateway.smpp.text import choose_coding
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO, SAR_MSG_REF_NUM, SAR_SEGMENT_SEQNUM, SAR_TOTAL_SEGMENTS
from ussd_gateway.smpp.tlvs import USSD_SERVICE_OP as OP

MSISDN = "79261234567"


@pytest.fixture
async def centre():
    async with Centre() as centre:
        yield centre


@pytest.fixture
async def phone(centre):
    phone = SmppPhone(MSISDN, host="127.0.0.1", port=centre.port, system_id="handset", password="handset")
    await phone.open()
    yield phone
    await phone.close()


def screen(op: int | None, text: str, session_info: bytes = b"", service_code: str = "*105#") -> DeliverSm:
    data_coding, octets = choose_coding(text)
    tlvs = []
    if op is not None:
        tlvs.append(OP(op))
    if session_info:
        tlvs.append(ITS_SESSION_INFO(session_info))
    return DeliverSm(
        service_type="USSD",
        source_addr=service_code,
        destination_addr=MSISDN,
        data_coding=data_coding,
        short_message=octets,
        tlvs=tlvs,
    )


def sms(text: str, **fields) -> DeliverSm:
    data_coding, octets = choose_coding(text)
    fields = {"source_addr": "000110", "destination_addr": MSISDN, **fields}
    return DeliverSm(data_coding=data_coding, short_message=octets, **fields)


async def submitted(centre: Centre) -> SubmitSm:
    pdu = await centre.next(SubmitSm)
    assert isinstance(pdu, SubmitSm)
    return pdu


async def test_binds_for_its_own_number_only(centre, phone):
    bind = await centre.next()
    assert isinstance(bind, BindTransceiver)
    assert bind.address_range == MSISDN


async def test_dials(centre, phone):
    await phone.dial("*105*1*1#")
    pdu = await submitted(centre)
    assert (pdu.source_addr, pdu.source_addr_ton, pdu.source_addr_npi) == (MSISDN, 1, 1)
    assert pdu.destination_addr == "*105#"
    assert (pdu.service_type, pdu.short_message, pdu.data_coding) == ("USSD", b"*105*1*1#", 0)
    assert OP.get(pdu) == 1
    session_info = ITS_SESSION_INFO.get(pdu)
    assert session_info is not None
    assert session_info[1] & 1 == 0


@pytest.mark.parametrize(
    "text, coding, octets",
    [("1", 0, b"1"), ("", 0, b""), ("*100#", 0, b"*100#"), ("Да", 8, "Да".encode("utf-16-be"))],
)
async def test_answers_literally_in_the_same_dialogue(centre, phone, text, coding, octets):
    await phone.dial("*105#")
    begin = await submitted(centre)
    centre.send(screen(2, "Меню", ITS_SESSION_INFO.get(begin) or b""))
    assert isinstance(await phone.events.get(), Screen)
    await phone.answer(text)
    pdu = await submitted(centre)
    assert OP.get(pdu) == 18
    assert (pdu.data_coding, pdu.short_message, pdu.destination_addr) == (coding, octets, "*105#")
    assert ITS_SESSION_INFO.get(pdu) == ITS_SESSION_INFO.get(begin)


async def test_takes_over_the_number_a_centre_gives_the_dialogue(centre, phone):
    await phone.dial("*105#")
    await submitted(centre)
    centre.send(screen(2, "Menu", b"\x24\x68"))
    assert await phone.events.get() == Screen("ask", "Menu", "*105#", "1234")
    await phone.answer("1")
    assert ITS_SESSION_INFO.get(await submitted(centre)) == b"\x24\x68"


async def test_hangs_up_with_an_end_bit_and_once(centre, phone):
    await phone.dial("*105#")
    await submitted(centre)
    await phone.hang_up()
    pdu = await submitted(centre)
    session_info = ITS_SESSION_INFO.get(pdu)
    assert (OP.get(pdu), pdu.short_message) == (129, b"")
    assert session_info is not None
    assert session_info[1] & 1 == 1
    await phone.hang_up()
    await phone.dial("*100#")
    assert OP.get(await submitted(centre)) == 1


async def test_a_new_dialogue_has_a_new_number(centre, phone):
    await phone.dial("*105#")
    first = ITS_SESSION_INFO.get(await submitted(centre))
    await phone.dial("*105#")
    assert ITS_SESSION_INFO.get(await submitted(centre)) != first


@pytest.mark.parametrize(
    "op, kind", [(2, "ask"), (17, "end"), (16, "end"), (0x17, "end"), (3, "notify"), (None, "ask")]
)
async def test_knows_screens_by_their_operation(centre, phone, op, kind):
    centre.send(screen(op, "Счет: 153.20р", b"\x00\x02"))
    assert await phone.events.get() == Screen(kind, "Счет: 153.20р", "*105#", "0001")


async def test_an_end_bit_ends_whatever_the_operation_says(centre, phone):
    centre.send(screen(2, "Bye", b"\x00\x03"))
    assert await phone.events.get() == Screen("end", "Bye", "*105#", "0001")


async def test_confirms_a_notification(centre, phone):
    centre.send(screen(3, "Новость", service_code="*100#"))
    event = await phone.events.get()
    assert isinstance(event, Screen)
    pdu = await submitted(centre)
    assert (OP.get(pdu), pdu.destination_addr, pdu.short_message) == (19, "*100#", b"")


async def test_reads_raw_broadcast_coding_and_payload(centre, phone):
    pdu = screen(17, "")
    pdu.data_coding = 0x48
    pdu.tlvs.append((0x0424, "Счет".encode("utf-16-be")))
    centre.send(pdu)
    event = await phone.events.get()
    assert isinstance(event, Screen)
    assert event.text == "Счет"


async def test_data_sm_is_a_screen_too(centre, phone):
    centre.send(
        DataSm(
            source_addr="*105#", destination_addr=MSISDN, tlvs=[OP(17), (0x0424, b"Hi"), (0x1383, b"\0\4")]
        )
    )
    assert await phone.events.get() == Screen("end", "Hi", "*105#", "0002")


async def test_an_sms_arrives(centre, phone):
    centre.send(sms("Пароль: 483920"))
    assert await phone.events.get() == SmsArrived("000110", "Пароль: 483920", 1)


@pytest.mark.parametrize("wide", [False, True], ids=["8-bit reference", "16-bit reference"])
async def test_a_long_sms_is_joined_in_any_order(centre, phone, wide):
    for number in (2, 1, 1, 3):
        udh = bytes([6, 8, 4, 1, 7, 3, number]) if wide else bytes([5, 0, 3, 7, 3, number])
        text = {1: "Остатки: ", 2: "212 мин, ", 3: "187 SMS"}[number]
        pdu = DeliverSm(source_addr="000105", destination_addr=MSISDN, esm_class=0x40, data_coding=8)
        pdu.short_message = udh + text.encode("utf-16-be")
        centre.send(pdu)
    assert await phone.events.get() == SmsArrived("000105", "Остатки: 212 мин, 187 SMS", 3)
    assert phone.events.empty()


async def test_sar_parts_are_joined(centre, phone):
    for number, text in ((1, "one "), (2, "two")):
        tlvs = [SAR_MSG_REF_NUM(9), SAR_TOTAL_SEGMENTS(2), SAR_SEGMENT_SEQNUM(number)]
        centre.send(sms(text, tlvs=tlvs))
    assert await phone.events.get() == SmsArrived("000110", "one two", 2)


async def test_receipts_and_other_peoples_messages_are_not_shown(centre, phone):
    centre.send(sms("id:1 stat:DELIVRD", esm_class=4))
    centre.send(sms("not mine", destination_addr="79260000000"))
    centre.send(sms("mine", destination_addr="+" + MSISDN))
    assert await phone.events.get() == SmsArrived("000110", "mine", 1)


async def test_sends_a_short_and_an_empty_sms(centre, phone):
    await phone.send_sms("000105", "PAS Secret77")
    pdu = await submitted(centre)
    assert (pdu.destination_addr, pdu.short_message, pdu.service_type) == ("000105", b"PAS Secret77", "")
    assert OP.get(pdu) is None
    await phone.send_sms("000110", "")
    assert (await submitted(centre)).short_message == b""


async def test_sends_a_long_sms_in_parts(centre, phone):
    await phone.send_sms("000105", "я" * 100)
    parts = [await submitted(centre), await submitted(centre)]
    assert [part.esm_class for part in parts] == [0x40, 0x40]
    assert [part.short_message[4:6] for part in parts] == [b"\x02\x01", b"\x02\x02"]


async def test_a_refusal_is_an_event(centre, phone):
    centre.submit_answer = lambda pdu: SubmitSmResp(
        sequence_number=pdu.sequence_number, command_status=CommandStatus.RINVSRCADR
    )
    await phone.dial("*105#")
    assert await phone.events.get() == Failure("the gateway refused: ESME_RINVSRCADR", 0x0A)


async def test_a_lost_link_is_told_once_and_then_to_whoever_sends(centre, phone):
    centre.hang_up()
    event = await phone.events.get()
    assert isinstance(event, Failure)
    assert event.final
    await phone.dial("*105#")
    assert await phone.events.get() == event
    assert phone.events.empty()


@pytest.mark.parametrize(
    "dialled, code",
    [
        ("*105#", "*105#"),
        ("*105*1*1#", "*105#"),
        ("*105*00#", "*105#"),
        ("#100#", "#100#"),
        ("*#06#", "*#06#"),
        ("**21*79261234567#", "**21#"),
        ("100", "100#"),
        ("*" * 40, "*" * 20),
    ],
)
def test_service_code(dialled, code):
    assert service_code_of(dialled) == code
