"""How often which latency was seen: counts in buckets that grow with the value.

64 buckets for each doubling: a value that is read back is at most 1.6 % above what was recorded.  The
largest is kept as it was.
"""

from collections.abc import Iterator
from math import ceil

_BITS = 6
_LINEAR = 1 << _BITS
_MOST_BITS = 40
"""2^40 us are twelve days."""
_BUCKETS = (_MOST_BITS - _BITS + 1) << _BITS


class Histogram:
    """Latencies in whole microseconds."""

    __slots__ = ("_counts", "count", "max_us", "sum_us")

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self.count = 0
        self.max_us = 0
        self.sum_us = 0

    def add(self, value_us: int) -> None:
        """One more; what is below zero counts as zero."""
        if value_us < 0:
            value_us = 0
        shift = value_us.bit_length() - _BITS - 1
        place = value_us if shift < 0 else (shift << _BITS) + (value_us >> shift)
        self._counts[place if place < _BUCKETS else -1] += 1
        self.count += 1
        self.sum_us += value_us
        if value_us > self.max_us:
            self.max_us = value_us

    def merge(self, other: "Histogram") -> None:
        """Add all that another one has seen."""
        if other.count:
            self._counts = [one + more for one, more in zip(self._counts, other._counts, strict=True)]
            self.count += other.count
            self.sum_us += other.sum_us
            self.max_us = max(self.max_us, other.max_us)

    def percentile_us(self, share: float) -> int:
        """The value that this share (0 to 1) of all does not exceed; 0 of none."""
        wanted, seen = max(1, ceil(share * self.count)), 0
        for place, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                return min(_highest(place), self.max_us)
        return 0

    @property
    def mean_us(self) -> float:
        return self.sum_us / self.count if self.count else 0.0

    def spread(self) -> Iterator[tuple[int, int]]:
        """Highest value and count of every bucket that is not empty, in order."""
        for place, count in enumerate(self._counts):
            if count:
                yield min(_highest(place), self.max_us), count


def _highest(place: int) -> int:
    """The largest value that falls into a bucket."""
    if place < 2 * _LINEAR:
        return place
    shift = (place >> _BITS) - 1
    return ((_LINEAR | place & (_LINEAR - 1)) + 1 << shift) - 1
