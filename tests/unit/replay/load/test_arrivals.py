"""When conversations are due."""

import pytest

from ussd_gateway.replay.load.arrivals import Plan


def test_fixed_arrivals_are_evenly_spaced():
    assert list(Plan(4, calls=5).instants()) == [0, 0.25, 0.5, 0.75, 1.0]


def test_the_time_ends_them_too():
    assert list(Plan(10, duration_s=0.3).instants()) == pytest.approx([0, 0.1, 0.2])
    assert len(list(Plan(10, calls=2, duration_s=10).instants())) == 2


def test_poisson_arrivals_repeat_by_their_seed():
    plan = Plan(100, calls=2000, arrival="poisson", seed=7)
    instants = list(plan.instants())
    assert instants == list(plan.instants())
    assert instants == sorted(instants)
    assert instants != list(Plan(100, calls=2000, arrival="poisson", seed=8).instants())
    assert instants[-1] == pytest.approx(20, rel=0.1)
