import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.errors import FramingError
from ussd_gateway.smpp.framing import Framer


def frame(body: bytes = b"", sequence: int = 1) -> bytes:
    return struct.pack(">IIII", 16 + len(body), 0x15, 0, sequence) + body


def drain(framer: Framer) -> list[bytes]:
    found = []
    while (one := framer.next_frame()) is not None:
        found.append(one)
    return found


def test_nothing_comes_of_nothing():
    framer = Framer(100)
    assert framer.next_frame() is None
    framer.feed(b"")
    assert framer.next_frame() is None
    assert framer.pending() == 0


def test_several_frames_in_one_piece():
    framer = Framer(100)
    framer.feed(frame(b"a") + frame(b"bc") + frame()[:10])
    assert drain(framer) == [frame(b"a"), frame(b"bc")]
    assert framer.pending() == 10


@given(st.lists(st.binary(max_size=40), max_size=8), st.lists(st.integers(0, 400)))
def test_any_cuts(bodies, cuts):
    frames = [frame(body) for body in bodies]
    stream = b"".join(frames)
    marks = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    framer = Framer(100)
    found = []
    for start, stop in pairwise(marks):
        framer.feed(stream[start:stop])
        found += drain(framer)
    assert found == frames
    assert framer.pending() == 0


def test_a_large_frame_octet_by_octet_is_copied_once_not_each_time():
    framer = Framer(70_000)
    large = frame(bytes(60_000))
    for at in range(len(large) - 1):
        framer.feed(large[at : at + 1])
        assert framer.next_frame() is None
    framer.feed(large[-1:])
    assert framer.next_frame() == large


def test_the_limit_may_change_between_frames():
    framer = Framer(20)
    framer.feed(frame(b"1234") + frame(b"12345"))
    assert framer.next_frame() == frame(b"1234")
    framer.max_command_length = 21
    assert framer.next_frame() == frame(b"12345")


@pytest.mark.parametrize("length", [0, 15])
def test_too_short(length):
    framer = Framer(100)
    framer.feed(struct.pack(">I", length))
    with pytest.raises(FramingError) as caught:
        framer.next_frame()
    assert (caught.value.command_status, caught.value.sequence_number) == (2, 0)


def test_too_long_waits_for_the_header_and_echoes_it():
    framer = Framer(100)
    header = struct.pack(">IIII", 101, 4, 0, 0xABCD)
    framer.feed(header[:15])
    assert framer.next_frame() is None
    framer.feed(header[15:])
    with pytest.raises(FramingError) as caught:
        framer.next_frame()
    assert (caught.value.command_id, caught.value.sequence_number) == (4, 0xABCD)
