"""Few paths that exercise all there is."""

from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.replay.explore.cover import fewest
from ussd_gateway.replay.explore.search import Path, Walked

MOVES = [("a", f"key:{number}", f"s{number}") for number in range(8)]


def walked(*numbers: int, inputs: int = 1) -> Walked:
    path = Path("ordinary", f"*{'*'.join(map(str, numbers))}#", ("1",) * inputs)
    return Walked(path, frozenset(MOVES[number] for number in numbers), ())


def test_a_path_that_others_make_needless_is_left_out() -> None:
    one, two, both = walked(0), walked(1), walked(0, 1)
    assert [each.path for each in fewest([one, two, both])] == [both.path]


def test_of_equals_the_shorter_is_taken() -> None:
    long, short = walked(0, inputs=3), walked(0, inputs=1)
    assert [each.path.inputs for each in fewest([long, short])] == [short.path.inputs]


@given(st.lists(st.sets(st.integers(0, 7), min_size=1), max_size=12))
def test_everything_found_is_covered_and_every_path_has_its_share(found: list[set[int]]) -> None:
    paths = [walked(*sorted(each)) for each in found]
    chosen = fewest(paths)
    every = frozenset().union(*(each.moves for each in paths)) if paths else frozenset()
    assert frozenset().union(*(each.moves for each in chosen)) == every if chosen else not every
    assert all(each.moves for each in chosen)
    assert sum(len(each.moves) for each in chosen) == len(every)
