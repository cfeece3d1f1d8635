"""docs/integrations/jsmpp.md: what jSMPP writes is played to the gateway octet by octet, and what it would
read is compared octet by octet.

The octets follow jSMPP 3: its composer appends fields in the order of SMPP 3.4, nothing for a null string but
its NUL, and acknowledges a deliver_sm with an empty message_id.  None of our codec is used here.
"""

import shlex
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.e2e.running import ROOT, Gateway, command
from tests.integrations.guide import PATIENCE_S, Guide, program

GUIDE = Guide("jsmpp")
BIND_TRX, BIND_TRX_RESP = 0x00000009, 0x80000009
SUBMIT_SM, SUBMIT_SM_RESP = 0x00000004, 0x80000004
DELIVER_SM, DELIVER_SM_RESP = 0x00000005, 0x80000005
ENQUIRE_LINK, ENQUIRE_LINK_RESP = 0x00000015, 0x80000015
UNBIND, UNBIND_RESP = 0x00000006, 0x80000006

BIND = b"app\0app\0\0\x34\0\0\0"
"""BindParameter(BIND_TRX, "app", "app", "", UNKNOWN, UNKNOWN, null)."""
PHONE = b"79261234567"


def screen(op: int, text: bytes, coding: int = 0) -> bytes:
    """submitShortMessage as the guide's file calls it."""
    fields = b"USSD\0\0\0*500#\0\x01\x01" + PHONE + b"\0\0\0\0\0\0\0\0"
    return fields + bytes([coding, 0, len(text)]) + text + b"\x05\x01\x00\x01" + bytes([op])


def heard(op: int, text: bytes, coding: int = 0) -> bytes:
    """The deliver_sm that the guide's file must get, as jSMPP's decomposer takes it apart."""
    fields = b"USSD\0\x01\x01" + PHONE + b"\0\0\0*500#\0\0\0\0\0\0\0\0"
    return fields + bytes([coding, 0, len(text)]) + text + b"\x05\x01\x00\x01" + bytes([op])


class Jsmpp:
    """The wire of one session."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        self._file = self._socket.makefile("rb")
        self._sequence = 0

    def send(self, command_id: int, body: bytes = b"", sequence: int | None = None) -> int:
        """Write one PDU; a request gets the next number, which is returned."""
        if sequence is None:
            self._sequence += 1
            sequence = self._sequence
        header = (16 + len(body), command_id, 0, sequence)
        self._socket.sendall(b"".join(each.to_bytes(4, "big") for each in header) + body)
        return sequence

    def read(self) -> tuple[int, int, int, bytes]:
        """command_id, command_status, sequence_number and body of the next PDU."""
        header = self._file.read(16)
        assert len(header) == 16, "the gateway has closed the connection"
        length, command_id, status, sequence = (
            int.from_bytes(header[i : i + 4], "big") for i in (0, 4, 8, 12)
        )
        return command_id, status, sequence, self._file.read(length - 16)

    def ask(self, command_id: int, body: bytes = b"") -> tuple[int, bytes]:
        """A request, and the status and body of its answer, which must be the next PDU."""
        sequence = self.send(command_id, body)
        answered, status, number, answer = self.read()
        assert (answered, number) == (command_id | 0x80000000, sequence)
        return status, answer

    def hear(self) -> bytes:
        """The next deliver_sm, acknowledged as jSMPP does when the listener has returned."""
        command_id, status, sequence, body = self.read()
        assert (command_id, status) == (DELIVER_SM, 0)
        self.send(DELIVER_SM_RESP, b"\0", sequence)
        return body

    def show(self, body: bytes) -> int:
        """submitShortMessage; the status it gets."""
        status, answer = self.ask(SUBMIT_SM, body)
        # A message_id for jSMPP to read, at most 64 characters and its NUL; a refusal is a bare header.
        assert (1 < len(answer) <= 65 and answer[-1:] == b"\0") if status == 0 else answer == b""
        return status

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def jsmpp(gateway: Gateway) -> Iterator[Jsmpp]:
    """Bound, and unbound at the end by unbindAndClose."""
    with closing(Jsmpp(gateway.smpp_port)) as session:
        status, body = session.ask(BIND_TRX, BIND)
        # system_id, then sc_interface_version, from which jSMPP takes the version of the session.
        assert (status, body) == (0, b"USSDGW\0\x02\x10\x00\x01\x34")
        yield session
        assert session.ask(UNBIND) == (0, b"")


def test_the_guide(gateway: Gateway, jsmpp: Jsmpp) -> None:
    ((typed, output),) = GUIDE.commands_of_ours()
    with program(*command(*shlex.split(typed)), folder=ROOT, environment=gateway.environment) as dialling:
        assert jsmpp.hear() == heard(1, b"*500#")
        assert jsmpp.show(screen(2, b"Your name?")) == 0
        assert jsmpp.hear() == heard(18, b"Anna")
        assert jsmpp.show(screen(2, b"Anna, your age?")) == 0
        assert jsmpp.hear() == heard(18, b"30")
        assert jsmpp.show(screen(17, b"Hello Anna, 30 is a fine age")) == 0
        assert dialling.rest() == output


def test_cyrillic(gateway: Gateway, jsmpp: Jsmpp) -> None:
    name = "Анна".encode("utf-16-be")
    dial = command("dial", "*500#", "Анна", "--msisdn", "79261234567", "--wait", "0")
    with program(*dial, folder=ROOT, environment=gateway.environment) as dialling:
        assert jsmpp.hear() == heard(1, b"*500#")
        assert jsmpp.show(screen(2, b"Your name?")) == 0
        assert jsmpp.hear() == heard(18, name, 8)
        assert jsmpp.show(screen(17, name, 8)) == 0
        assert "│ Анна" in dialling.rest()


def test_an_idle_session_and_a_phone_that_hangs_up(gateway: Gateway, jsmpp: Jsmpp) -> None:
    assert jsmpp.ask(ENQUIRE_LINK) == (0, b"")
    dial = command("dial", "*500#", "--msisdn", "79261234567", "--wait", "0")
    with program(*dial, folder=ROOT, environment=gateway.environment) as dialling:
        assert jsmpp.hear() == heard(1, b"*500#")
        assert jsmpp.show(screen(2, b"Your name?")) == 0
        assert jsmpp.hear() == heard(129, b"")
        assert "Your name?" in dialling.rest()
    assert jsmpp.show(screen(17, b"too late")) == 0x400


def example(phone: bytes, coding: int) -> bytes:
    """SimpleSubmitUSSDExample, with addresses that are served here: schedule_delivery_time is an instant,
    priority 1, a receipt is asked for, dest_bearer_type is 4."""
    fields = b"USSD\0\x01\x00*500#\0\x01\x00" + phone + b"\0\0\0\x01261122214500000+\0\0\x01\0"
    text = bytes([coding, 0]) + b"\x06*#100#"
    return fields + text + b"\x00\x07\x00\x01\x04\x05\x01\x00\x01\x02"


@pytest.mark.parametrize("phone, coding, shown", [(b"79261234571", 0, 0), (b"79261234572", 0x11, 8)])
def test_the_example_that_comes_with_jsmpp(
    gateway: Gateway, jsmpp: Jsmpp, phone: bytes, coding: int, shown: int
) -> None:
    """A push; its own data_coding 0x11 makes its six octets three characters of UCS2 on a phone."""
    with closing(Jsmpp(gateway.smpp_port)) as handset:
        status, _ = handset.ask(BIND_TRX, b"handset\0handset\0\0\x34\0\0" + phone + b"\0")
        assert status == 0
        assert jsmpp.show(example(phone, coding)) == 0
        screen_of_phone = handset.hear()
        assert bytes([shown, 0, 6]) + b"*#100#" in screen_of_phone
        assert b"\x05\x01\x00\x01\x02" in screen_of_phone
