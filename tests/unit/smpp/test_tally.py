"""PDUs are counted by kind, and a peer cannot invent kinds without end."""

from ussd_gateway.smpp.tally import MAX_KINDS, OTHER, count


def frame(status: int) -> bytes:
    return b"\0\0\0\x10" + b"\0\0\0\x15" + status.to_bytes(4, "big") + bytes(4)


def test_kinds_are_counted_apart():
    kinds: dict[bytes, int] = {}
    for status in (0, 0, 88):
        count(kinds, frame(status))
    assert kinds == {frame(0)[4:12]: 2, frame(88)[4:12]: 1}


def test_too_many_kinds_are_one():
    kinds: dict[bytes, int] = {}
    for status in range(1000):
        count(kinds, frame(status))
    count(kinds, frame(3))
    assert len(kinds) == MAX_KINDS + 1
    assert kinds[OTHER] == 1000 - MAX_KINDS
    assert kinds[frame(3)[4:12]] == 2
