"""Slots of durations."""

import pytest

from ussd_gateway.meters import SLOTS, Meters, Timings


@pytest.mark.parametrize("slot", range(SLOTS - 1))
def test_a_duration_lies_below_the_bound_of_its_slot(slot):
    bound_ns = round(Timings.bounds_s()[slot] * 1e9)
    below, at = Timings(), Timings()
    below.add(bound_ns - 1)
    at.add(bound_ns)
    assert below.counts[slot] == 1
    assert at.counts[slot + 1] == 1


def test_what_takes_for_ever_is_in_the_last_slot():
    timings = Timings()
    timings.add(10**15)
    assert (timings.counts[-1], timings.total_ns) == (1, 10**15)


def test_names_are_counted_apart():
    meters = Meters()
    meters.step("*105#", 5)
    meters.step("*105#", 7)
    meters.step("*100#", 1)
    meters.operation("balance.show", "done")
    assert {code: timings.total_ns for code, timings in meters.steps.items()} == {"*105#": 12, "*100#": 1}
    assert meters.operations == {("balance.show", "done"): 1}
