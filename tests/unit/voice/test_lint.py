"""Every mistake `check` can find in a voice file, with its exact place, from files broken on purpose."""

import pytest

from tests.unit.voice.playbook import PLAN, TEXTS, VOCABULARY
from ussd_gateway.errors import Problem
from ussd_gateway.templates import LocalText, Texts
from ussd_gateway.voice.loader import read_menu


def mistakes(source: str, texts: Texts = TEXTS) -> list[str]:
    """`line:column: message` of each problem, in order."""
    problems: list[Problem] = []
    read_menu(source, VOCABULARY, texts, PLAN, problems)
    return [str(problem).removeprefix("<text>:") for problem in problems]


def with_screens(screens: str, head: str = "") -> str:
    return f'channel: voice\nmenu: line\nnumbers: {{"0505": root}}\n{head}screens:\n{screens}'


ILL_FORMED = """\
channel: screen
menu: Line
numbers: {"05-05": root}
silence: {after: 0, repeats: 2}
screens:
  root:
    text: A
    choices: {1: {label: A, to: [a]}}
  say:
    text: A
    too: root
  offers:
    list: {from: tariffs, text: A, to: root}
"""


def test_ill_formed():
    assert mistakes(ILL_FORMED) == [
        "1:10: expected 'voice'",
        "2:7: `Line` is not a name: use small latin letters, digits and `_`",
        "3:11: `05-05` is not a number to call: write digits only",
        "4:18: input should be greater than or equal to 1",
        "4:21: unknown key `repeats` (did you mean `repeat`?)",
        "8:34: expected a mapping (`key: value` lines)",
        "11:5: unknown key `too` (did you mean `to`?)",
        "13:18: `tariffs` is not a name like `account.balance`",
    ]


NAMES = """\
  root:
    text: A
    choices:
      1: {label: A, to: nowhere}
      2: {label: A, action: money.pai, on: {done: {end: A}}}
      3: {label: A, action: money.pay, with: {fee: 1}, on: {done: {end: A}}}
      4: {label: A, action: line.ping, on: {done: {end: A}, denied: {end: A}}}
      5: {label: A, to: offers, when: subscriber.corporat}
      6: {label: A, to: said}
      7: {label: "{nothing}", end: "{account.balance}"}
      8: {label: A, to: empty}
  said:
    text: {ru: "{paid_kop}", de: x}
    to: rot
  offers:
    list: {from: tariffs.avalable, text: "{name}", to: root}
  empty:
    text: A
  lonely:
    end: A
"""


def test_names_that_lead_nowhere():
    assert mistakes(with_screens(NAMES, "agent: nobody\n")) == [
        "4:8: screen `nobody` does not exist",
        "9:25: screen `nowhere` does not exist",
        "10:29: unknown action `money.pai` (did you mean `money.pay`?)",
        "11:29: argument `fee_kop` of `money.pay` is missing",
        "11:47: `money.pay` has no argument `fee` (did you mean `fee_kop`?)",
        "11:56: branch `denied` is missing: `money.pay` can be refused",
        "12:61: `line.ping` is never refused",
        "13:39: unknown fact `subscriber.corporat` (did you mean `subscriber.corporate`?)",
        "15:18: undefined variable `nothing`",
        "15:36: unknown fact `account.balance` (did you mean `account.balance_kop`?)",
        "18:11: text has no `en`",
        "18:16: variable `paid_kop` is not set on every way to this screen",
        "18:30: unknown key `de` (did you mean `done`?)",
        "19:9: screen `rot` does not exist (did you mean `root`?)",
        "21:18: unknown list `tariffs.avalable` (did you mean `tariffs.available`?)",
        "22:3: dead end: `empty` has no choices, input, list, action, end or `to`",
        "24:3: unreachable: nothing leads to screen `lonely`",
    ]


def test_keys():
    found = mistakes(
        with_screens(
            """\
  root:
    text: "{choices}"
    choices:
      1: {label: A, to: offers}
      A: {label: A, end: A}
      12: {label: A, end: A}
      "*": {label: A, end: A}
  offers:
    list: {from: tariffs.available, text: A, take: 1, next: 1, to: root}
""",
        )
    )
    assert found == [
        "9:7: no phone has a key `A`: one of 0123456789*#",
        "10:7: no phone has a key `12`: one of 0123456789*#",
        "11:7: key `*` is also the way back",
        "13:11: `take` and `next` must differ",
    ]


@pytest.mark.parametrize("key", ["1", "#"])
def test_a_key_inputs_need_cannot_lead_back(key):
    found = mistakes(with_screens("  root: {end: A}\n", f'back: "{key}"\n'))
    assert found == [f"4:7: key `{key}` cannot lead back: inputs need it; use `*`"]


def test_letters_cannot_be_entered():
    screens = """\
  root:
    text: A
    input: {name: word}
    to: said
  said:
    text: "{word}"
    to: asked
  asked:
    text: A
    input: {name: word, match: text}
    to: root
"""
    message = "letters cannot be entered by keys: write `match: digits`, number, msisdn or amount"
    assert mistakes(with_screens(screens)) == [f"7:12: {message}", f"14:32: {message}"]


def test_announcements_and_actions_that_never_wait():
    screens = """\
  root:
    text: A
    to: ping
  ping:
    action: line.ping
    on: {done: {to: root}}
"""
    assert mistakes(with_screens(screens)) == [
        "6:5: `root` leads back to itself without waiting for anybody",
        "9:13: `ping` leads back to itself without waiting for anybody",
    ]


def test_unreachable():
    found = mistakes(with_screens("  root: {end: A}\n  other: {end: B}\n"))
    assert found == ["6:3: unreachable: nothing leads to screen `other`"]


def test_the_person_is_reached_by_key_zero():
    assert mistakes(with_screens("  root: {end: A}\n  person: {end: B}\n", "agent: person\n")) == []


def test_a_profile_is_known_everywhere():
    screens = "  root: {end: '{greeting} {tries|money} {other}'}\n"
    found = mistakes(with_screens(screens, "profile: {greeting: Hello, tries: 100}\n"))
    assert found == ["6:15: undefined variable `other`"]


def test_common_texts_must_be_there():
    texts = Texts({key: TEXTS[key] for key in TEXTS if key != "voice.silent"})
    found = mistakes(with_screens("  root: {end: A}\n"), texts)
    assert found == ["2:7: the catalogue has no text `voice.silent`, which every menu needs"]


def test_common_texts_name_facts_only():
    texts = Texts({**TEXTS, "voice.bad_key": LocalText("{name}")})
    found = mistakes(with_screens("  root: {end: A}\n"), texts)
    assert found == ["2:7: the catalogue's text `voice.bad_key` uses `name`, which not every menu has"]
