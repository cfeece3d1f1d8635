"""Percentiles by the nearest rank."""

import statistics

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.histogram import Histogram


def filled(latencies: list[int]) -> Histogram:
    histogram = Histogram()
    for latency in latencies:
        histogram.counts[latency] += 1
    return histogram


def test_empty_one_is_all_zero():
    assert set(Histogram().summary_ms().values()) == {0}


def test_hundred_values():
    summary = filled([1000 * value for value in range(1, 101)]).summary_ms()
    assert summary == {"p50_ms": 50, "p95_ms": 95, "p99_ms": 99, "max_ms": 100}


@given(st.lists(st.integers(0, 5_000_000), min_size=1))
def test_percentile_is_an_observation_with_enough_below(latencies):
    histogram = filled(latencies)
    assert histogram.percentile(50) == statistics.median_low(latencies)
    assert histogram.percentile(100) == histogram.highest == max(latencies)
    p95 = histogram.percentile(95)
    assert p95 in latencies
    assert sum(latency <= p95 for latency in latencies) >= len(latencies) * 0.95
