"""The shipped situations: sound steps, known names, numbers of their own."""

from pathlib import Path

import pytest

from ussd_gateway.actions import vocabulary
from ussd_gateway.errors import ConfigError
from ussd_gateway.replay.explore.explorer import number_for
from ussd_gateway.replay.explore.situations import Situation, concerns, load_situations


def test_each_is_for_something_that_menus_can_mention() -> None:
    words = vocabulary()
    known = {*words.actions, *words.facts, *words.lists}
    situations = load_situations().situations
    assert len({each.name for each in situations}) == len(situations)
    for situation in situations:
        assert set(situation.for_) <= known, situation.name


def test_one_is_tried_where_something_it_is_for_is_still_missing() -> None:
    situation = Situation.model_validate({"name": "x", "for": ["bonus.member"]})
    assert concerns(situation, {"bonus.member", "tones"})
    assert not concerns(situation, {"tones"})
    assert concerns(Situation(name="x"), set())


def test_mistakes_in_a_file_of_ones_own_are_told_with_their_places(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("answers: [a]\nsituations:\n  - {nme: x}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_situations(path)
    assert any(problem.line == 3 and "nme" in problem.message for problem in caught.value.problems)


def test_numbers_are_the_same_each_time_and_differ_by_script() -> None:
    assert number_for("small/ordinary") == number_for("small/ordinary")
    numbers = {number_for(f"menu{menu}/situation{name}") for menu in range(10) for name in range(30)}
    assert len(numbers) == 300
    assert all(len(number) == 11 and number.startswith("7926") for number in numbers)
