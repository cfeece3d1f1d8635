"""Rows of the operator's lists: chosen from, only some of them, and only read."""

import pytest

from tests.unit.menu.playbook import SURROUNDINGS, FixedFacts, engine_of, play
from ussd_gateway.errors import Problem
from ussd_gateway.menu.loader import read_menu
from ussd_gateway.vocabulary import Value

LISTS = """\
menu: lists
service_codes: ["*7#"]
start: root
screens:
  root:
    choices:
      1: {label: Один, to: paid}
      2: {label: Все, to: all}
      3: {label: Строкой, to: line}
      4: {label: По SMS, to: by_sms}
      5: {label: По цене, to: ask}
      0: {label: Назад, back: true}
  ask: {text: Цена?, input: {name: wanted, match: amount}, to: wanted}
  wanted: {list: {from: tariffs.available, where: {fee_kop: "{wanted}"}, label: "{name}", to: chosen}}
  all:
    text: "{rows}\\nИ всё\\n{choices}"
    list:
      from: tariffs.available
      first: "{name} за {fee_kop|money}р"
      label: "{name} {fee_kop|money}р"
      to: chosen
    choices: {0: {label: Назад, back: true}}
  paid: {list: {from: tariffs.available, where: {fee_kop: 32000}, label: "{name}", to: chosen}}
  chosen: {end: "{code}"}
  line:
    list: {from: tariffs.available, label: "{name}", join: ", ", empty: Ничего нет}
    end: "Тарифы: {rows}"
  by_sms:
    list: {from: tariffs.available, label: "{name} {fee_kop|money}"}
    end: Ждите
    sms: "{rows}"
"""


def tariffs(*rows: tuple[str, str, int]) -> FixedFacts:
    listed: list[dict[str, Value]] = [
        {"code": code, "name": name, "fee_kop": fee_kop} for code, name, fee_kop in rows
    ]
    return FixedFacts(rows={"tariffs.available": listed})


THREE = tariffs(("a", "Пиши", 32000), ("b", "Смотри", 80000), ("c", "Читай", 32000))


@pytest.fixture(scope="module")
def engine():
    return engine_of(LISTS)


def test_only_wanted_rows_are_shown_and_numbered(engine):
    assert play(engine, "*7*1#", "2", facts=THREE) == ["ask: 1 Пиши\n2 Читай", "end: c"]
    assert play(engine, "*7*1#", "3", facts=THREE)[-1] == "ask: Неверно\n1 Пиши\n2 Читай"
    assert play(engine, "*7*1#", facts=tariffs(("b", "Смотри", 80000))) == ["end: Пусто"]


def test_what_is_wanted_may_be_a_variable(engine):
    assert play(engine, "*7*5*800#", facts=THREE) == ["ask: 1 Смотри"]
    assert play(engine, "*7*5*801#", facts=THREE) == ["end: Пусто"]


def test_rows_may_stand_apart_from_the_choices(engine):
    assert play(engine, "*7*2#", "2", facts=THREE) == [
        "ask: 1 Пиши за 320р\n2 Смотри 800р\n3 Читай 320р\nИ всё\n0 Назад",
        "end: b",
    ]


def test_rows_apart_are_paged_with_the_way_back_at_the_foot(engine):
    many = tariffs(*((f"t{number}", f"Тариф номер {number}", 100) for number in range(1, 8)))
    shown = play(engine, "*7*2#", "99", "6", facts=many)
    assert shown[0].endswith("99 Далее\n0 Назад")
    assert shown[1] == "ask: 4 Тариф номер 4 1р\n5 Тариф номер 5 1р\n99 Далее\n98 Обратно\n0 Назад"
    assert shown[2] == "end: t6"


def test_rows_that_are_only_read(engine):
    assert play(engine, "*7*3#", facts=THREE) == ["end: Тарифы: Пиши, Смотри, Читай"]
    assert play(engine, "*7*3#", facts=tariffs()) == ["end: Ничего нет"]


def test_rows_in_an_sms(engine):
    assert play(engine, "*7*4#", facts=THREE) == [
        "sms: Пиши 320\nСмотри 800\nЧитай 320",
        "end: Ждите",
    ]
    assert play(engine, "*7*4#", facts=tariffs()) == ["end: Пусто"]


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("fee_kop: 32000", "fee: 32000", "has no column `fee` (did you mean `fee_kop`?)"),
        ("fee_kop: 32000", 'fee_kop: "{nothing}"', "undefined variable `nothing`"),
        ('join: ", "', "to: chosen", "key `to` does not belong here"),
        ('first: "{name}', 'first: "{title}', "undefined variable `title`"),
        ("line:\n    list: {from: tariffs.available", "line:\n    list: {from: tariffs.all", "unknown list"),
        ('end: "Тарифы: {rows}"', 'end: "Тарифы: {choices}"', "undefined variable `choices`"),
    ],
)
def test_mistakes(old, new, message):
    assert old in LISTS
    problems: list[Problem] = []
    read_menu(LISTS.replace(old, new), SURROUNDINGS, problems, "m")
    assert any(message in each.message for each in problems), "\n".join(map(str, problems))
