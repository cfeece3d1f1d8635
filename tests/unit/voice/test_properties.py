"""Nothing a caller presses breaks a call; whatever an author writes is refused or answers."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.voice.playbook import PLAN, TEXTS, VOCABULARY, FixedFacts, voice_of
from tests.unit.voice.test_engine import LINE
from ussd_gateway.actions import vocabulary
from ussd_gateway.documents import read_yaml
from ussd_gateway.errors import Problem
from ussd_gateway.flow.steps import ActionNeeded
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import Outcome, Value, Vocabulary
from ussd_gateway.voice.engine import HangUp, Step
from ussd_gateway.voice.files import KEYS
from ussd_gateway.voice.loader import VoiceMenus, assemble, load_voice, read_menu

ROOT = Path(__file__).parents[3]
WORDS = vocabulary()
SHIPPED = load_voice(
    ROOT / "menus" / "voice", WORDS, Texts.load(read_yaml(ROOT / "catalogue" / "texts.yaml")), PLAN
)
OURS = voice_of(LINE)
MAX_STEPS = 200
LONG_VALUE: Value = "Щ" * 100

PRESSES = st.lists(st.sampled_from([*KEYS, "silence"]), max_size=60)


class Caller:
    """Makes one call, checking every step; outcomes of actions are drawn as they are needed."""

    def __init__(self, menus: VoiceMenus, words: Vocabulary, draw: Any) -> None:
        rows = {name: [dict(columns)] * draw(st.integers(0, 3)) for name, columns in words.lists.items()}
        flags = {
            name: draw(st.booleans()) if isinstance(example, bool) else example
            for name, example in words.facts.items()
        }
        self.menus = menus
        self.words = words
        self.draw = draw
        self.facts = FixedFacts(flags, rows, words)

    def call(self, number: str, presses: list[str], language: str) -> Step:
        """Press, then stay silent; the last step."""
        line = self.menus.find(number)
        assert line is not None
        engine, position = line.engine, line.engine.at_rest()
        step = engine.answer(position, line.number, self.facts, language)
        for press in [*presses, *["silence"] * 3]:
            step = self.settle(engine, position, step, language)
            if isinstance(step, HangUp):
                break
            if press == "silence":
                step = engine.silence(position, self.facts, language)
            else:
                step = engine.press(position, press, self.facts, language)
        return self.settle(engine, position, step, language)

    def settle(self, engine: Any, position: Any, step: Step, language: str) -> Step:
        """Perform actions until something is heard; there must be an end to them."""
        for _ in range(MAX_STEPS):
            if not isinstance(step, ActionNeeded):
                return step
            spec = self.words.actions[step.action]
            required = {name for name, needed in spec.params.items() if needed}
            assert required <= set(step.args) <= set(spec.params)
            step = engine.resume(position, self.outcome(step), self.facts, language)
        raise AssertionError("actions for ever")

    def outcome(self, step: ActionNeeded) -> Outcome:
        spec = self.words.actions[step.action]
        name = self.draw(st.sampled_from(["done", "denied", "error"] if spec.can_deny else ["done", "error"]))
        if name == "done":
            return Outcome("done", dict.fromkeys(spec.results, LONG_VALUE))
        if name == "denied":
            return Outcome("denied", {"reason": "x.y", **dict.fromkeys(spec.denied_results, LONG_VALUE)})
        return Outcome("error")


@settings(max_examples=150, deadline=None)
@given(data=st.data(), presses=PRESSES, language=st.sampled_from(["ru", "en"]))
@pytest.mark.parametrize("menus, words", [(OURS, VOCABULARY), (SHIPPED, WORDS)], ids=["ours", "shipped"])
def test_no_key_breaks_a_call_and_silence_ends_it(menus, words, data, presses, language):
    number = data.draw(st.sampled_from(sorted(menus.lines)))
    last = Caller(menus, words, data.draw).call(number, presses, language)
    assert isinstance(last, HangUp), "silence ends every call"


SOURCE = yaml.safe_load(LINE)
SCRAPS: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, "", "root", "{sum_kop}", "{", "*", [], {}, [{}], {"to": "root"}, "x" * 50]
)


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(path for key, each in inside for path in paths(each, (*here, key)))]


@settings(max_examples=200, deadline=None)
@given(data=st.data(), presses=PRESSES)
def test_a_mutated_file_is_refused_or_answers(data, presses):
    value = copy.deepcopy(SOURCE)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths(value)[1:]))
        place = value
        for key in path[:-1]:
            place = place[key]
        if data.draw(st.booleans()):
            del place[path[-1]]
        else:
            place[path[-1]] = copy.deepcopy(data.draw(SCRAPS))
        if not isinstance(value, dict) or len(paths(value)) < 2:
            return
    problems: list[Problem] = []
    text = yaml.safe_dump(value, allow_unicode=True)
    menu, _ = read_menu(text, VOCABULARY, TEXTS, PLAN, problems)
    if problems:
        assert all(problem.line >= 1 and problem.message for problem in problems)
        return
    assert menu is not None
    menus = assemble([menu], TEXTS)
    last = Caller(menus, VOCABULARY, data.draw).call(sorted(menus.lines)[0], presses, "ru")
    assert isinstance(last, HangUp) or menu.repeat_silence > 2
