"""Nothing a subscriber types breaks a dialogue; whatever an author writes is refused or runs."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.menu.playbook import SURROUNDINGS, TEXTS, VOCABULARY, FixedFacts, menus_of
from tests.unit.menu.test_engine import GUIDE, LONG, SMALL, TARIFFS, tariffs
from ussd_gateway.actions import vocabulary
from ussd_gateway.documents import read_yaml
from ussd_gateway.errors import Problem
from ussd_gateway.menu.engine import ActionNeeded, Engine, Entry, Finish, Position, Show, Step
from ussd_gateway.menu.loader import Menus, Surroundings, assemble, load_menus, read_menu
from ussd_gateway.menu.paging import fits
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import Outcome, Value, Vocabulary

ROOT = Path(__file__).parents[3]
SHIPPED_VOCABULARY = vocabulary()
SHIPPED = load_menus(
    ROOT / "menus",
    Surroundings(SHIPPED_VOCABULARY, Texts.load(read_yaml(ROOT / "catalogue" / "texts.yaml"))),
)
OURS = menus_of(GUIDE, SMALL, TARIFFS, LONG)

ANSWERS = st.one_of(
    st.sampled_from([*"0123456789", "00", "98", "99", "+", "-", "B", "", " 1 ", "abcdef1", "9261234567"]),
    st.text(max_size=200),
)
LONG_VALUE: Value = "Щ" * 100


class Walker:
    """Plays a dialogue to its end, checking every step; outcomes of actions are drawn as they are needed."""

    def __init__(self, menus: Menus, words: Vocabulary, facts: FixedFacts, draw: Any) -> None:
        self.engine = Engine(menus)
        self.words = words
        self.facts = facts
        self.draw = draw

    def walk(self, entry: Entry, inputs: list[str], answers: list[str], language: str) -> None:
        position, step = self.engine.begin(entry, inputs, self.facts, language)
        for answer in answers:
            self.check(step)
            if isinstance(step, Finish):
                return
            position = Position.from_json(json.loads(json.dumps(position.to_json())))
            if isinstance(step, ActionNeeded):
                step = self.engine.resume(position, self.outcome(step), self.facts, language)
            else:
                step = self.engine.advance(position, answer, self.facts, language)
        self.check(step)

    def check(self, step: Step) -> None:
        if isinstance(step, ActionNeeded):
            spec = self.words.actions[step.action]
            required = {name for name, needed in spec.params.items() if needed}
            assert required <= set(step.args) <= set(spec.params)
        else:
            assert isinstance(step, Show | Finish), "no shipped menu has web applications"
            assert fits(step.text), step

    def outcome(self, step: ActionNeeded) -> Outcome:
        spec = self.words.actions[step.action]
        name = self.draw(st.sampled_from(["done", "denied", "error"] if spec.can_deny else ["done", "error"]))
        if name == "done":
            return Outcome("done", dict.fromkeys(spec.results, LONG_VALUE))
        if name == "denied":
            return Outcome("denied", {"reason": "x.y", **dict.fromkeys(spec.denied_results, LONG_VALUE)})
        return Outcome("error")


def entries(menus: Menus) -> st.SearchStrategy[Entry]:
    return st.sampled_from([route.entry for route in menus.routes])


LANGUAGE = st.sampled_from(["ru", "en", "translit", "kk"])


@given(st.data(), entries(OURS), st.lists(ANSWERS, max_size=5), st.lists(ANSWERS, max_size=15), LANGUAGE)
@settings(deadline=None)
def test_any_dialogue_of_ours(data, entry, inputs, answers, language):
    facts = data.draw(
        st.sampled_from([FixedFacts(), FixedFacts({"subscriber.corporate": True}), tariffs(200)])
    )
    Walker(OURS, VOCABULARY, facts, data.draw).walk(entry, inputs, answers, language)
    assert SHIPPED.routes


@given(
    st.data(),
    entries(SHIPPED),
    st.lists(ANSWERS, max_size=5),
    st.lists(ANSWERS, max_size=15),
    LANGUAGE,
    st.lists(st.booleans(), min_size=50, max_size=50),
    st.integers(0, 12),
)
@settings(deadline=None)
def test_any_dialogue_of_the_shipped_menus(data, entry, inputs, answers, language, switches, length):
    switch = iter(switches)
    facts: dict[str, Value] = {
        name: next(switch) if isinstance(example, bool) else example
        for name, example in SHIPPED_VOCABULARY.facts.items()
    }
    rows = {name: [columns] * length for name, columns in SHIPPED_VOCABULARY.lists.items()}
    known = FixedFacts(facts, rows, vocabulary=SHIPPED_VOCABULARY)
    walker = Walker(SHIPPED, SHIPPED_VOCABULARY, known, data.draw)
    walker.walk(entry, inputs, answers, language)
    assert walker.engine.menus is SHIPPED


# ---------------------------------------------------------------- whatever authors write

SOUND = [read_yaml(source).value for source in (GUIDE, SMALL, TARIFFS, LONG)]
WORDS = st.sampled_from([
    "root", "account", "pay", "list", "x", "{sum}", "{paid_kop|money}", "{choices}", "{name}", "{reason}",
    "subscriber.corporate", "sum >= 5", "money.pay", "line.ping", "tariffs.available", "amount", "regex",
    "*105#", "*1*2#", "no.money", "1", "99", "[a-z]{1,3}",
])  # fmt: skip
VALUES = st.one_of(
    WORDS,
    st.integers(-1, 100),
    st.booleans(),
    st.none(),
    st.dictionaries(
        WORDS | st.sampled_from(["to", "end", "when", "label", "back", "sms"]), WORDS, max_size=3
    ),
    st.lists(WORDS, max_size=2),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every part of a file's value."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path] * bool(path) + [found for key, item in children for found in places(item, (*path, key))]


@given(st.data(), st.sampled_from(SOUND), st.integers(1, 4))
@settings(deadline=None, max_examples=300)
def test_a_mutated_menu_is_refused_or_runs(data, sound, mutations):
    value = copy.deepcopy(sound)
    for _ in range(mutations):
        *parents, last = data.draw(st.sampled_from(places(value)))
        holder = value
        for key in parents:
            holder = holder[key]
        if isinstance(holder, dict) and data.draw(st.booleans()):
            moved = holder.pop(last)
            if data.draw(st.booleans()):
                holder[str(data.draw(WORDS))] = moved
        else:
            holder[last] = data.draw(VALUES)
    problems: list[Problem] = []
    menu, _ = read_menu(json.dumps(value, ensure_ascii=False), SURROUNDINGS, problems)
    if problems or menu is None:
        assert problems
        return
    menus = assemble([menu], TEXTS)
    answers = data.draw(st.lists(ANSWERS, max_size=8))
    walker = Walker(menus, VOCABULARY, tariffs(5), data.draw)
    for route in menus.routes:
        walker.walk(route.entry, [], answers, "ru")


@pytest.mark.parametrize("step", [Show("x", "s", False, []), Finish("x", "s", False, [])])
def test_what_the_walker_refuses(step):
    walker = Walker(OURS, VOCABULARY, FixedFacts(), None)
    walker.check(step)
    step.text = "Щ" * 81
    with pytest.raises(AssertionError):
        walker.check(step)
