"""Percentiles of a load are those of the sorted list, but for the width of a bucket."""

from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.replay.figures import percentile
from ussd_gateway.replay.load.histogram import Histogram

VALUES = st.lists(st.integers(0, 2**36), min_size=1, max_size=60)
SHARES = st.sampled_from([0.5, 0.95, 0.99, 1.0])


def filled(values):
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


@given(VALUES, SHARES)
def test_a_percentile_is_never_below_and_hardly_above(values, share):
    exact = percentile(sorted(values), share)
    assert exact <= filled(values).percentile_us(share) <= exact * (1 + 1 / 64) + 1


@given(VALUES, VALUES)
def test_merged_is_as_if_all_had_been_seen_by_one(some, others):
    merged = filled(some)
    merged.merge(filled(others))
    whole = filled(some + others)
    assert list(merged.spread()) == list(whole.spread())
    assert (merged.count, merged.max_us) == (whole.count, whole.max_us)


def test_nothing_seen():
    empty = Histogram()
    assert (empty.percentile_us(0.99), empty.max_us, list(empty.spread())) == (0, 0, [])


def test_what_no_clock_can_mean_is_kept_at_the_edges():
    assert filled([-5]).percentile_us(1.0) == 0
    assert filled([2**60]).max_us == 2**60
