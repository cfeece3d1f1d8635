"""Scripts of a load take turns by their weights."""

from itertools import pairwise

from ussd_gateway.replay.load.arrivals import turns


def test_each_as_often_as_its_weight_says_evenly_spread() -> None:
    assert turns([1, 1, 1]) == [0, 1, 2]
    order = turns([5, 3, 1, 1])
    assert [order.count(index) for index in range(4)] == [5, 3, 1, 1]
    assert sum(one == other == 0 for one, other in pairwise(order)) <= 1
