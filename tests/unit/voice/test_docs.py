"""docs/voice.md names every key, its example works, and the numbers it lists are those we ship."""

import re
from collections.abc import Iterator
from typing import Any

from tests.unit.voice.playbook import PLAN, FixedFacts, Player, denied
from tests.unit.voice.test_shipped import MENUS, ROOT, TEXTS, WORDS
from ussd_gateway.errors import Problem
from ussd_gateway.vocabulary import Value
from ussd_gateway.voice.lint import COMMON_TEXTS
from ussd_gateway.voice.loader import assemble, plain_number, read_menu
from ussd_gateway.voice.schema import voice_schema

PAGE = (ROOT / "docs" / "voice.md").read_text(encoding="utf-8")
NAMED = {name for code in re.findall(r"`([^`\n]+)`", PAGE) for name in re.findall(r"[\w.]+", code)}


def keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from keys(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from keys(value)


def test_every_key_is_documented():
    # `on` of an action is explained with menus on a screen, whose page this one refers to.
    outcomes = {"done", "denied", "error"}
    assert set(keys(voice_schema())) | set(COMMON_TEXTS) <= NAMED | outcomes | {"ru", "en"}


def test_the_example_works():
    source = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    problems: list[Problem] = []
    menu, _ = read_menu(source, WORDS, TEXTS, PLAN, problems)
    assert problems == []
    assert menu is not None
    rows: list[dict[str, Value]] = [{"code": "a", "name": "Один"}, {"code": "b", "name": "Два"}]
    facts = FixedFacts({"account.balance_kop": 100}, {"tariffs.available": rows}, WORDS)
    player = Player(assemble([menu], TEXTS), facts)
    root = "Ночная линия. Баланс - 1. Тариф - 2. Карта оплаты - 3. Оператор - 0"
    transcript = player.dial("0599", "1", "2", "2", "1", denied("tariff.same"), "*", "0").transcript
    assert transcript[:5] == [
        root,
        f"На счете 1 рубль\n{root}",
        "Один. Выбрать - 1, дальше - 2",
        "Два. Выбрать - 1, дальше - 2",
        "do: tariff.change code='b'",
    ]
    assert transcript[5].endswith("\nОдин. Выбрать - 1, дальше - 2")
    assert transcript[6:] == [root, "end: Ночью все спят"]


def test_the_numbers_are_those_we_ship():
    table = PAGE.partition("## The numbers we ship")[2].partition("##")[0]
    listed = {
        plain_number(number)
        for row in re.findall(r"^\| ([+0-9][^|]*) \|", table, re.MULTILINE)
        for number in row.split(",")
    }
    assert listed == set(MENUS.lines)
