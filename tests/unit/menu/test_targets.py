"""Where a code or an answer leads: codes with starts of their own, and variables set on the way."""

import pytest

from tests.unit.menu.playbook import (
    ERROR,
    SURROUNDINGS,
    FixedFacts,
    Player,
    denied,
    engine_of,
    menus_of,
    play,
)
from ussd_gateway.errors import Problem
from ussd_gateway.menu.graph import edges, to_mermaid
from ussd_gateway.menu.loader import read_menu

CALLS = """\
menu: calls
service_codes:
  "*7#": root
  "*21#": {screen: number, set: {kind: all}}
  "*67#": [{screen: rich, when: account.balance_kop > 100}, {screen: number, set: {kind: busy}}]
direct: {"**61*{number}#": {screen: set, set: {kind: no_answer}}}
parameters: {number: {match: msisdn}}
start: root
screens:
  root:
    choices:
      1: {label: Все, to: {screen: number, set: {kind: all}}}
      2: {label: Занято, to: {screen: number, set: {kind: busy}}}
      3: {label: Платно, action: line.ping, on: {done: {to: {screen: number, set: {kind: paid}}}}}
      0: {label: Назад, back: true}
  number: {text: "Номер для {kind}?", input: {name: number, match: msisdn}, to: set}
  set: {end: "{kind} {number}"}
  rich: {end: Богач}
"""

POOR = FixedFacts({"account.balance_kop": 0})


@pytest.fixture(scope="module")
def engine():
    return engine_of(CALLS)


@pytest.mark.parametrize(
    "dialled, last",
    [
        ("*7*1#", "ask: Номер для all?"),
        ("*7*2*9261234567#", "end: busy 79261234567"),
        ("*21*9261234567#", "end: all 79261234567"),
        ("*67#", "ask: Номер для busy?"),
        ("**61*9261234567#", "end: no_answer 79261234567"),
        ("*61*9261234567*11*20#", "end: no_answer 79261234567"),
    ],
)
def test_a_variable_is_set_on_the_way(engine, dialled, last):
    assert play(engine, dialled, facts=POOR)[-1] == last


def test_the_condition_is_looked_at_first(engine):
    assert play(engine, "*67*9261234567#", facts=FixedFacts({"account.balance_kop": 101})) == ["end: Богач"]


def test_another_choice_sets_it_anew(engine):
    player = Player(engine, POOR).dial("*7*1#").send("0", "2", "9261234567")
    assert player.transcript[-1] == "end: busy 79261234567"


def test_the_way_back_from_another_start_is_the_main_one(engine):
    assert play(engine, "*21#", "0", facts=POOR)[-1] == "ask: 1 Все\n2 Занято\n3 Платно\n0 Назад"


def test_a_drawing_shows_each_start():
    drawn = {(edge.source, edge.target) for edge in edges(menus_of(CALLS).by_name["calls"], "ru")}
    assert {("*7#", "root"), ("*21#", "number"), ("*67#", "rich"), ("**61*{number}#", "set")} <= drawn


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('set: {kind: all}}\n  "*67#"', 'set: {}}\n  "*67#"', "is not set on every way to this screen"),
        ("set: {kind: paid}", "set: {kind: paid, 2: x}", "`2` is not a name"),
        (
            '"*67#": [{',
            '"*67#": {when: account.balance_kop > 1, screen: rich} #',
            "a single target has no `when`",
        ),
        ('"*21#": {screen: number', '"*21#": {screen: numbr', "4:20: screen `numbr` does not exist"),
        ('"*21#"', '"*7*{x}#"', "`*7*{x}#` is not a service code"),
    ],
)
def test_mistakes(old, new, message):
    assert old in CALLS
    problems: list[Problem] = []
    read_menu(CALLS.replace(old, new), SURROUNDINGS, problems, "m")
    assert any(message in str(each) for each in problems), "\n".join(map(str, problems))


def test_an_action_that_says_nothing_of_a_refusal_does_the_usual():
    menu = """\
menu: shop
service_codes: ["*7#"]
on: {denied: {end: "Увы: {reason}"}, error: {end: Потом}}
start: root
screens:
  root: {choices: {1: {label: Купить, to: pay}, 2: {label: Взять, to: take}, 3: {label: Тест, to: ping}}}
  pay: {action: money.pay, with: {fee_kop: 100}, on: {done: {end: Да}}}
  take: {action: money.pay, with: {fee_kop: 100}, on: {done: {end: Да}, denied: {end: Нет}}}
  ping: {action: line.ping, on: {done: {end: Да}}}
"""
    engine = engine_of(menu)
    refusal = denied("no.money", need_kop=100)
    assert play(engine, "*7*1#", refusal)[-1] == "end: Увы: Мало денег: нужно 1р"
    assert play(engine, "*7*2#", refusal)[-1] == "end: Нет"
    assert play(engine, "*7*3#", ERROR)[-1] == "end: Потом"


def test_a_crossing_shows_nothing_and_leads_on():
    menu = """\
menu: bonus
service_codes: {"*5#": gate, "*6#": root}
start: root
screens:
  root: {choices: {1: {label: Бонусы, to: gate}, 0: {label: Назад, back: true}}}
  gate: {to: [{screen: corporate, when: subscriber.corporate}, {screen: points, set: {left: 5}}]}
  corporate: {end: Нельзя}
  points:
    text: "Баллов {left}\\n{choices}"
    choices: {1: {label: Ясно, end: Да}, 0: {label: Назад, back: true}}
"""
    engine = engine_of(menu)
    assert play(engine, "*5#") == ["ask: Баллов 5\n1 Ясно\n0 Назад"]
    assert play(engine, "*6#", "1", "0") == [
        "ask: 1 Бонусы\n0 Назад",
        "ask: Баллов 5\n1 Ясно\n0 Назад",
        "ask: 1 Бонусы\n0 Назад",
    ]
    assert play(engine, "*6*1*1#") == ["end: Да"]
    assert play(engine, "*5#", facts=FixedFacts({"subscriber.corporate": True})) == ["end: Нельзя"]
    assert 'n3{"gate"}' in to_mermaid(menus_of(menu).by_name["bonus"], "ru")


def test_crossings_that_go_round_are_a_mistake():
    problems: list[Problem] = []
    source = "menu: m\nservice_codes: ['*1#']\nstart: a\nscreens:\n  a: {to: b}\n  b: {to: a}\n"
    read_menu(source, SURROUNDINGS, problems, "m")
    assert [each.message for each in problems] == [
        "`a` leads back to itself without waiting for anybody",
        "`b` leads back to itself without waiting for anybody",
    ]
