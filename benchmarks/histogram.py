"""Latencies of one operation, counted in whole microseconds, and their percentiles."""

from collections import defaultdict


class Histogram:
    """How often each latency was seen.  `counts[us] += 1` is the whole cost of recording one."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: defaultdict[int, int] = defaultdict(int)

    def __len__(self) -> int:
        return sum(self.counts.values())

    def percentile(self, percent: float) -> int:
        """The smallest latency (us) that at least `percent` of the observations do not exceed; 0 if none."""
        wanted = len(self) * percent / 100
        seen = 0
        for latency_us in sorted(self.counts):
            seen += self.counts[latency_us]
            if seen >= wanted:
                return latency_us
        return 0

    @property
    def highest(self) -> int:
        """The longest latency (us); 0 if none."""
        return max(self.counts, default=0)

    def summary_ms(self) -> dict[str, float]:
        """`p50_ms`, `p95_ms`, `p99_ms`, `max_ms`."""
        return {
            "p50_ms": self.percentile(50) / 1000,
            "p95_ms": self.percentile(95) / 1000,
            "p99_ms": self.percentile(99) / 1000,
            "max_ms": self.highest / 1000,
        }
