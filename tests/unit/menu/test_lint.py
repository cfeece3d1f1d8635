"""Every mistake `check` can find in a menu, with its exact place, from files broken on purpose."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.menu.playbook import SURROUNDINGS, TEXTS, VOCABULARY
from ussd_gateway.errors import Problem
from ussd_gateway.menu.loader import Surroundings, check_menus, read_menu
from ussd_gateway.templates import LocalText, Texts
from ussd_gateway.ussd.routing import pattern_problem


def mistakes(source: str, surroundings: Surroundings = SURROUNDINGS) -> list[str]:
    """`line:column: message` of each problem, in order."""
    problems: list[Problem] = []
    read_menu(source, surroundings, problems, "m.yaml")
    return [str(problem).removeprefix("m.yaml:") for problem in problems]


ILL_FORMED = """\
menu: Bad name
service_codes: ["*105#", 105, "*abc#"]
start: [{screen: root, when: "balance >"}, {screen: root}]
colour: red
screens:
  root:
    text: {ru: "{choices}", en: "{choices", de: x}
    choices:
      1: {label: A, to: [a, b]}
      2: {label: A, to: [{screen: root, when: subscriber.corporate}]}
      3: {label: A}
      4: {label: A, back: false}
      5: {label: "{x|mony}", end: x}
      6: {label: A, ends: x}
      1: {label: B, to: root}
  pay:
    action: pay
    on: {denied: {end: x}}
  ask:
    text: &anchor Sum?
    input: {name: sum, match: floats, min: ten}
    to: root
    choices: {}
  ask2:
    text: Word?
    input: {name: word, match: regex}
    to: root
  ask3:
    text: Word?
    input: {name: word, min_length: 5, max_length: 4, pattern: "("}
    to: root
  ask4:
    text: Word?
    input: {name: word, match: regex, pattern: "("}
    to: root
  5: 7
"""


def test_ill_formed_files_are_reported_whole():
    assert mistakes(ILL_FORMED) == [
        "1:7: `Bad name` is not a name: use small latin letters, digits and `_`",
        '2:26: `105` is not a service code; write it as dialled, for example "*105*00#"',
        '2:31: `*abc#` is not a service code; write it as dialled, for example "*105*00#"',
        "3:30: condition ends too early",
        "4:1: unknown key `colour`",
        "7:33: lonely `{`; write `{{` for the character itself",
        "7:45: unknown key `de` (did you mean `done`?)",
        "10:25: every line but the last needs a `when`, and the last line none",
        "11:7: missing key `to`",
        "12:27: expected true",
        "13:18: unknown filter `mony` (did you mean `money`?)",
        "14:7: missing key `to`",
        "14:21: unknown key `ends` (did you mean `end`?)",
        "15:7: duplicate key `1`, first on line 9",
        "17:13: `pay` is not a name like `account.balance`",
        "18:5: missing key `done`",
        "20:11: anchors (&anchor) are not allowed",
        "21:31: expected 'msisdn', 'digits', 'number', 'amount', 'text' or 'regex'",
        "21:44: `ten` is not a sum; write roubles, for example 300 or 300.50",
        "23:5: key `choices` does not belong here",
        "26:12: `pattern` goes with `match: regex`, and only with it",
        "30:12: `pattern` goes with `match: regex`, and only with it",
        "34:12: pattern is not a regular expression: missing ), unterminated subpattern at position 0",
        "36:3: `5` is not a name: use small latin letters, digits and `_`",
        "36:6: expected a mapping (`key: value` lines)",
    ]


SENSELESS = """\
menu: guide
service_codes: ["*105#", "*105#"]
direct: {"*105#": root, "*105*1#": nowhere}
start:
  - {screen: rooot, when: subscriber.corporat}
  - {screen: root}
screens:
  root:
    text: {ru: "{chioces}"}
    choices:
      1: {label: {ru: Счет}, to: acount}
      2: {label: {ru: "{later}", en: x}, to: ask}
      3: {label: {ru: Да, en: Yes}, when: account.balance_kop, to: ask}
      4: {label: bad.itm, to: list}
      99: {label: {ru: Да, en: Yes}, to: dead_end}
      5: {label: {ru: Да, en: Yes}, to: loop_a}
  ask:
    text: {ru: "Введите что угодно, но только не слишком длинное, потому что экран короток, а это нет", en: x}
    input: {name: later, match: digits, error: {ru: "{account.balans}", en: x}}
    to: pay
  pay:
    action: money.pay
    with: {sum: 5, note: "{latter}"}
    on:
      done: {end: "{paid_kop} {need_kop}"}
      error: {end: no.such.text, sms: {ru: "{later|money}", en: x}}
  ping:
    action: line.pong
    on: {done: {to: root}}
  ping2:
    action: line.ping
    on: {done: {to: root}, denied: {end: x}}
  list:
    list: {from: tarifs.available, label: "{name}", to: row}
    choices:
      7: {label: x, to: root}
  row:
    end: "{name}"
  dead_end:
    text: x
  alone:
    end: x
  loop_a:
    action: line.ping
    on: {done: {to: loop_b}}
  loop_b:
    action: line.ping
    on: {done: {to: loop_a}}
"""


def test_senseless_files_are_reported_whole():
    assert mistakes(SENSELESS) == [
        "2:26: code `*105#` is claimed twice",
        "3:10: code `*105#` is claimed twice",
        "3:36: screen `nowhere` does not exist",
        "5:14: screen `rooot` does not exist (did you mean `root`?)",
        "5:27: unknown fact `subscriber.corporat` (did you mean `subscriber.corporate`?)",
        "9:11: text has no `en`",
        "9:16: undefined variable `chioces` (did you mean `choices`?)",
        "11:18: text has no `en`",
        "11:34: screen `acount` does not exist",
        "12:23: label cannot fit one screen: 182 characters",
        "12:23: variable `later` is not set on every way to this screen",
        "13:43: condition: `account.balance_kop` is a number, and true or false is wanted",
        "14:18: unknown text `bad.itm` (did you mean `bad.item`?)",
        "15:7: key `99` is also a key of paging",
        "18:16: prompt cannot fit one screen: 85 characters",
        "19:53: unknown fact `account.balans` (did you mean `account.balance_kop`?)",
        "22:13: argument `fee_kop` of `money.pay` is missing",
        "23:12: `money.pay` has no argument `sum`",
        "23:26: undefined variable `latter` (did you mean `later`?)",
        "24:5: branch `denied` is missing: `money.pay` can be refused",
        "25:19: variable `need_kop` is not set on every way to this screen",
        "26:20: unknown text `no.such.text`",
        "26:44: `later` is a text, not a sum of kopecks",
        "27:3: unreachable: nothing leads to screen `ping`",
        "28:13: unknown action `line.pong` (did you mean `line.ping`?)",
        "30:3: unreachable: nothing leads to screen `ping2`",
        "32:28: `line.ping` is never refused",
        "34:18: unknown list `tarifs.available` (did you mean `tariffs.available`?)",
        "36:7: key `7` is also the number of a row",
        "38:10: undefined variable `name`",
        "39:3: dead end: `dead_end` has no choices, input, list, action or end",
        "41:3: unreachable: nothing leads to screen `alone`",
        "44:13: `loop_a` leads back to itself without waiting for anybody",
        "47:13: `loop_b` leads back to itself without waiting for anybody",
    ]


BOTH = """\
menu: both
service_codes: ["*1#"]
start: root
screens:
  root:
    text: {ru: "{choices}"}
    chices: {}
    choices:
      1: {label: x, to: broken}
      2: {label: x, to: nowhere}
      3: {label: [x], to: root}
  broken: {text: x, input: {name: x, match: y}, to: root}
"""


def test_both_kinds_at_once_and_no_consequences():
    assert mistakes(BOTH) == [
        "6:11: text has no `en`",
        "7:5: unknown key `chices` (did you mean `choices`?)",
        "10:25: screen `nowhere` does not exist",
        "11:18: expected text",
        "12:45: expected 'msisdn', 'digits', 'number', 'amount', 'text' or 'regex'",
    ]


def test_an_unreadable_file_says_so():
    assert mistakes("menu: [") == ["2:1: not YAML: did not find expected node content"]
    assert mistakes("") == ["1:1: expected a mapping (`key: value` lines)"]


def test_a_strange_file_is_bounded():
    many = "".join(f"  s{n}: {{end: x}}\n" for n in range(501))
    assert "at most 500" in mistakes(f"menu: m\nstart: s0\nscreens:\n{many}")[0]
    choices = "".join(f"      {n}: {{label: x, end: x}}\n" for n in range(101))
    assert "at most 100" in mistakes(f"menu: m\nstart: a\nscreens:\n  a:\n    choices:\n{choices}")[0]


def menu_with(screens: str, rest: str = "") -> str:
    return f"menu: m\nservice_codes: ['*1#']\nstart: a\n{rest}screens:\n  a:\n{screens}"


@pytest.mark.parametrize(
    "source,expected",
    [
        (menu_with(f"    end: '{'слово ' * 120}'\n"), ["6:10: text cannot fit 9 screens: it takes 12"]),
        (menu_with(f"    end: x\n    sms: '{'Ж' * 671}'\n"), ["7:10: text cannot fit 10 SMS parts"]),
        (menu_with(f"    end: x\n    sms: '{'Ж' * 670}'\n"), []),
        (menu_with(f"    end: x\n    sms: '{'w' * 1531}'\n"), ["7:10: text cannot fit 10 SMS parts"]),
        (menu_with(f"    choices: {{1: {{label: {'Ж' * 58}, end: x}}}}\n"), []),
        (
            menu_with(f"    choices: {{1: {{label: {'Ж' * 59}, end: x}}}}\n"),
            ["6:26: label cannot fit one screen: 59 characters"],
        ),
        (
            menu_with(f"    choices: {{1: {{label: {'Ж' * 58}, end: x}}, 0: {{label: Х, back: true}}}}\n"),
            ["6:26: label cannot fit one screen: 58 characters"],
        ),
        (menu_with(f"    text: {'w' * 182}\n    input: {{name: x}}\n    to: a\n"), []),
        (
            menu_with(f"    text: {'w' * 183}\n    input: {{name: x}}\n    to: a\n"),
            ["6:11: prompt cannot fit one screen: 183 characters"],
        ),
        (
            # Alone it would fit; the longest value of the fact is Cyrillic.
            menu_with(f"    text: '{{subscriber.tariff}} {'w' * 65}'\n    input: {{name: x}}\n    to: a\n"),
            ["6:11: prompt cannot fit one screen: 81 characters"],
        ),
        (
            menu_with("    text: x\n    input: {name: x, match: regex, pattern: '(a+)+b'}\n    to: a\n"),
            ["7:12: pattern repeats a repetition: some answers would take for ever to match"],
        ),
        (menu_with("    end: x\n", "back: 99\n"), ["1:1: `back` and the keys of paging must differ"]),
        (
            menu_with("    end: x\n", "paging: {more: 5, back: 5}\n"),
            ["4:9: `back` and the keys of paging must differ"],
        ),
        (
            menu_with("    list: {from: tariffs.available, label: x, to: a, more: 7, back: 7}\n"),
            ["6:11: `more` and `back` must differ"],
        ),
        (
            # The list has its own paging keys: 99 is free, and rows end below 50.
            menu_with("    list: {from: tariffs.available, label: x, to: a, more: 51, back: 50}\n"
                      "    choices: {99: {label: x, to: a}, 49: {label: x, to: a}, 60: {label: x, to: a}}\n"),
            ["7:38: key `49` is also the number of a row"],
        ),
        (
            menu_with("    list: {from: tariffs.available, label: '{fee_kop|money} {price}', to: a}\n"),
            ["6:44: undefined variable `price`"],
        ),
        (
            menu_with("    list: {from: tariffs.available, label: '{name|money}', to: a}\n"),
            ["6:44: `name` is a text, not a sum of kopecks"],
        ),
        (
            menu_with("    choices: {1: {label: x, when: subscriber.tariff >= 5 and paid, end: x}}\n"),
            [
                "6:35: condition: `subscriber.tariff` is a text, and a number is wanted",
                "6:35: undefined variable `paid`",
            ],
        ),
        (
            menu_with("    choices: {1: {label: x, when: 'subscriber.msisdn == 5', end: x}}\n"),
            ["6:35: condition: `subscriber.msisdn` is a text, and a number is wanted"],
        ),
        (
            menu_with("    {text: x, input: {name: sum, match: amount, when: sum > limit}, to: a}\n"),
            ["6:55: undefined variable `limit`"],
        ),
        (
            menu_with("    {text: x, input: {name: sum, match: digits, when: sum > 5}, to: a}\n"),
            ["6:55: condition: `sum` is a text, and a number is wanted"],
        ),
    ],
)  # fmt: skip
def test_single_mistakes(source, expected):
    assert mistakes(source) == expected


def test_a_variable_must_be_set_on_every_way():
    source = """\
menu: m
service_codes: ["*1#"]
direct: {"*2#": shown}
start: ask
screens:
  ask: {text: x, input: {name: word}, to: shown}
  shown: {end: "{word}"}
"""
    assert mistakes(source) == ["7:16: variable `word` is not set on every way to this screen"]
    assert mistakes(source.replace("shown}\nstart", "ask}\nstart")) == []


def test_the_catalogue_must_have_the_common_texts():
    texts = Texts({key: text for key, text in TEXTS.items() if key != "bad.end"} | {"x.y": LocalText("x")})
    source = menu_with("    end: x.y\n")
    assert mistakes(source, Surroundings(VOCABULARY, texts)) == [
        "1:7: the catalogue has no text `bad.end`, which every menu needs"
    ]


def test_two_menus_may_not_claim_one_code_or_one_name(tmp_path: Path):
    first = "menu: m\nservice_codes: ['*1#']\ndirect: {'*2#': a}\nstart: a\nscreens: {a: {end: x}}\n"
    (tmp_path / "a.yaml").write_text(first)
    (tmp_path / "b.yml").write_text(first.replace("*1#", "*3#', '*2#").replace("'*2#': a", "'*1#': a"))
    (tmp_path / "c.txt").write_text("not a menu")
    a, b = tmp_path / "a.yaml", tmp_path / "b.yml"
    assert [str(problem) for problem in check_menus(tmp_path, SURROUNDINGS)] == [
        f"{b}:1:7: menu `m` is also in {a}",
        f"{b}:2:24: code `*2#` is also claimed by {a}",
        f"{b}:3:10: code `*1#` is also claimed by {a}",
    ]


def test_a_code_that_cannot_be_routed_is_told_where_it_stands(tmp_path: Path):
    menu = tmp_path / "local.yaml"
    menu.write_text(
        'menu: local\nservice_codes: ["*#06#"]\ndirect: {"**04*1*2*2#": root}\nstart: root\n'
        "screens:\n  root: {end: {ru: x, en: x}}\n"
    )
    surroundings = replace(SURROUNDINGS, code_problem=pattern_problem)
    found = [str(problem).removeprefix(f"{menu}:") for problem in check_menus([menu], surroundings)]
    assert [line.partition(": ")[0] for line in found] == ["2:17", "3:10"]
    assert all("never leaves the phone" in line for line in found)
