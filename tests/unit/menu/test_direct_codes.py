"""Direct codes with parameters: what is dialled becomes variables before anything is shown."""

import pytest

from tests.unit.menu.playbook import DONE, SURROUNDINGS, FixedFacts, Player, engine_of, menus_of, play
from ussd_gateway.errors import Problem
from ussd_gateway.menu.engine import Show
from ussd_gateway.menu.graph import edges, to_json, to_mermaid
from ussd_gateway.menu.loader import read_menu

LIST = """\
menu: black_list
service_codes: ["*130#"]
direct:
  "*130*{number}#": add
  "*130*0{number}#": remove
  "*130#{number}#{sum}#": pay
  "*33*{password}#": bar
  "*130*5#": [{screen: rich, when: account.balance_kop > 100}, {screen: root}]
parameters:
  number: {match: msisdn}
  sum: {match: amount, max: 500}
  password: {match: digits, min_length: 4, max_length: 4, secret: true}
start: root
screens:
  root: {choices: {1: {label: Один, to: rich}, 0: {label: Назад, back: true}}}
  rich: {end: Богач}
  add: {end: "+{number}"}
  remove: {text: "-{number}?\\n{choices}", choices: {1: {label: Да, to: rich}, 0: {label: Назад, back: true}}}
  pay:
    action: money.pay
    with: {fee_kop: "{sum}", note: "{number}"}
    on: {done: {end: Да}, denied: {end: Нет}}
  bar: {text: "Пароль {password}?", input: {name: again}, to: rich}
"""


@pytest.fixture(scope="module")
def engine():
    return engine_of(LIST)


@pytest.mark.parametrize(
    "dialled, transcript",
    [
        ("*130*9261234567#", ["end: +79261234567"]),
        ("*130*09261234567#", ["ask: -79261234567?\n1 Да\n0 Назад"]),
        ("*130#9261234567#300#", ["do: money.pay fee_kop=30000 note='79261234567'"]),
        ("*33*0000#", ["ask: Пароль 0000?"]),
        # What the parameters refuse is walked.
        ("*130*1#", ["end: Богач"]),
        ("*130*92612#", ["ask: Неверно\n1 Один\n0 Назад"]),
        ("*130#9261234567#501#", ["ask: Неверно\n1 Один\n0 Назад"]),
    ],
)
def test_what_was_dialled_is_a_variable(engine, dialled, transcript):
    assert play(engine, dialled) == transcript


def test_a_direct_code_may_lead_by_condition(engine):
    assert play(engine, "*130*5#", facts=FixedFacts({"account.balance_kop": 101})) == ["end: Богач"]
    assert play(engine, "*130*5#", facts=FixedFacts({"account.balance_kop": 100})) == ["ask: 1 Один\n0 Назад"]


def test_the_way_back_leads_to_the_start_and_not_to_the_parameter(engine):
    assert play(engine, "*130*09261234567#", "0") == [
        "ask: -79261234567?\n1 Да\n0 Назад",
        "ask: 1 Один\n0 Назад",
    ]


def test_a_secret_parameter_makes_secret_texts(engine):
    player = Player(engine).dial("*33*0000#")
    assert isinstance(player.step, Show)
    assert player.step.secret


def test_an_action_follows_the_parameters(engine):
    assert play(engine, "*130#9261234567#300#", DONE)[-1] == "end: Да"


def test_a_drawing_shows_the_code_and_where_it_leads():
    menu = menus_of(LIST).by_name["black_list"]
    assert to_json(menu)["direct"]["*130#{number}#{sum}#"] == ["pay"]
    assert to_json(menu)["direct"]["*130*5#"] == ["rich", "root"]
    assert "*130*{number}#" in {edge.source for edge in edges(menu, "ru")}
    assert "_*130" not in to_mermaid(menu, "ru")


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("  number: {match: msisdn}\n", "", "4:3: parameter `number` is not described under `parameters`"),
        ("{number}#{sum}", "{number}#{number}", "6:3: code `*130#{number}#{number}#` has the parameter"),
        ("  sum:", "  other: {match: text}\n  sum:", "11:3: no direct code has the parameter `other`"),
        ('"*130*{number}#": add', '"*130*{Number}#": add', "`*130*{Number}#` is not a service code"),
        ('"*130*{number}#": add', '"*130*{number}#": ad', "4:21: screen `ad` does not exist (did you mean"),
        ('"*130*0{number}#"', '"*130*{sum}#"', "5:3: code `*130*{sum}#` is claimed twice"),
        ("account.balance_kop > 100", "account.balance", "8:36: unknown fact `account.balance`"),
        ("{match: msisdn}", "{match: phone}", "10:19:"),
    ],
)
def test_mistakes(old, new, message):
    assert old in LIST
    problems: list[Problem] = []
    read_menu(LIST.replace(old, new), SURROUNDINGS, problems, "m")
    assert any(message in str(each) for each in problems), "\n".join(map(str, problems))
