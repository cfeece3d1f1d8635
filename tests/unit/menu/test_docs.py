"""docs/menus.md names every key and filter, and its example works."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.unit.menu.playbook import FixedFacts, denied, play
from ussd_gateway.actions import vocabulary
from ussd_gateway.documents import read_yaml
from ussd_gateway.errors import Problem
from ussd_gateway.filters import FILTERS, PLURAL
from ussd_gateway.menu.engine import Engine
from ussd_gateway.menu.loader import Surroundings, assemble, read_menu
from ussd_gateway.menu.schema import menu_schema
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import Value

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "menus.md").read_text(encoding="utf-8")
WORDS = vocabulary()
NAMED = {name for code in re.findall(r"`([^`\n]+)`", PAGE) for name in re.findall(r"[\w.]+", code)}


def keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from keys(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from keys(value)


def test_every_key_and_filter_is_documented():
    assert set(keys(menu_schema())) | set(FILTERS) | {PLURAL} <= NAMED | {"ru", "en"}


def test_the_example_works():
    source = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    texts = Texts.load(read_yaml(ROOT / "catalogue" / "texts.yaml"))
    problems: list[Problem] = []
    menu, _ = read_menu(source, Surroundings(WORDS, texts), problems, "docs/menus.md")
    assert problems == []
    assert menu is not None
    rows: list[dict[str, Value]] = [{"code": "p", "name": "Пиши", "fee_kop": 32000}]
    facts = FixedFacts({"subscriber.tariff": "НОЛЬ"}, {"tariffs.available": rows}, WORDS)
    refusal = denied("no.money", need_kop=500, balance_kop=12)
    engine = Engine(assemble([menu], texts))
    assert play(engine, "*120*1*1*1#", "9261234567", refusal, facts=facts) == [
        "ask: Номер для звонка?",
        "do: account.charge fee_kop=500 note='НОЛЬ'",
        "end: Недостаточно средств. Нужно 5.00р, на счете 0.12р",
    ]
