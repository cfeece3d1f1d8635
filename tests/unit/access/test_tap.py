"""A watcher of a link sees whole PDUs, however the octets were cut."""

from tests.unit.access.wired import Receiving, WiredPeer
from ussd_gateway.access.binds import Binds
from ussd_gateway.access.tap import Tap
from ussd_gateway.smpp.codec import encode
from ussd_gateway.smpp.pdus import EnquireLink

FRAME = encode(EnquireLink(sequence_number=1))


def test_pdus_are_shown_whole_and_by_direction():
    seen: list[tuple[str, bytes]] = []
    tap = Tap(1000, lambda direction, frame: seen.append((direction, frame)))
    tap.feed("in", FRAME[:5])
    tap.feed("out", FRAME)
    tap.feed("in", FRAME[5:] + FRAME)
    assert seen == [("out", FRAME), ("in", FRAME), ("in", FRAME)]


def test_a_broken_stream_is_shown_no_further():
    seen: list[bytes] = []
    tap = Tap(1000, lambda direction, frame: seen.append(frame))
    tap.feed("in", FRAME + b"GET / HTTP/1.1\r\n\r\n")
    tap.feed("in", FRAME)
    tap.feed("out", FRAME)
    assert seen == [FRAME, FRAME]


async def test_a_link_is_watched_from_the_middle_of_a_pdu():
    peer = WiredPeer(Receiving(Binds()))
    seen: list[tuple[str, bytes]] = []
    peer.link.data_received(FRAME[:7])
    peer.link.listen(lambda link, direction, frame: seen.append((direction, frame)))
    peer.link.data_received(FRAME[7:] + FRAME)
    assert [frame for direction, frame in seen if direction == "in"] == [FRAME, FRAME]
    assert "out" in {direction for direction, _ in seen}
    peer.link.listen(None)
    seen.clear()
    peer.link.data_received(FRAME)
    assert not seen
