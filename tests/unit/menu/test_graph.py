"""Drawings of a menu: the edges are the menu's, and both languages are well formed."""

import json
import re
import shutil
import subprocess

import pytest

from tests.unit.menu.playbook import menus_of
from tests.unit.menu.test_engine import GUIDE, TARIFFS
from ussd_gateway.menu.graph import Edge, edges, to_dot, to_json, to_mermaid

GUIDE_MENU = menus_of(GUIDE).by_name["guide"]
TARIFF_MENU = menus_of(TARIFFS).by_name["tariffs"]


def test_edges_say_what_happens():
    found = edges(GUIDE_MENU, "ru")
    assert Edge("*105#", "root", "") in found
    assert Edge("*105*7#", "pay", "") in found
    assert Edge("root", "account", "1 Счет") in found
    assert Edge("root", "root.3", "3 Бюджет", "subscriber.corporate") in found
    assert Edge("account", "rich", "1 Тариф", "account.balance_kop >= 3000") in found
    assert Edge("account", "poor", "1 Тариф") in found
    assert Edge("ask_sum", "pay", "{sum}") in found
    assert Edge("pay", "refused", "denied", sms=True) in found
    # What every menu does on an error is no news.
    assert not [edge for edge in found if edge.on == "error"]
    assert Edge("list", "list.empty", "empty") in edges(TARIFF_MENU, "ru")
    assert Edge("list", "confirm", "row") in edges(TARIFF_MENU, "ru")


def test_json_holds_everything():
    drawn = json.loads(json.dumps(to_json(GUIDE_MENU)))
    kinds = {screen["name"]: screen["kind"] for screen in drawn["screens"]}
    assert kinds["root"] == "choices"
    assert kinds["ask_sum"] == "input"
    assert kinds["pay"] == "action"
    assert kinds["rich"] == "end"
    assert {"from": "root", "to": "ask_sum", "on": "2 Оплатить", "when": "", "sms": False} in drawn["edges"]
    assert drawn["service_codes"] == ["*105#"]
    assert drawn["direct"] == {"*105*0#": ["ask_sum"], "*105*7#": ["pay"]}
    assert {screen["kind"] for screen in to_json(TARIFF_MENU)["screens"]} >= {"list"}


def test_mermaid_lines_are_nodes_and_arrows():
    text = to_mermaid(GUIDE_MENU, "en")
    first, *lines = text.splitlines()
    assert first == "flowchart LR"
    node = re.compile(r'    n\d+(\[|\[/|\{\{|\(\[|\(\()"[^"]*"(\]|/\]|\}\}|\]\)|\)\))')
    arrow = re.compile(r'    n\d+ -->(\|"[^"|]*"\|)? n\d+')
    assert all(node.fullmatch(line) or arrow.fullmatch(line) for line in lines)
    assert '    n3 -->|"1 Account"| n5' in lines
    assert "account.balance_kop #gt;= 3000" in text


@pytest.mark.parametrize("menu", [GUIDE_MENU, TARIFF_MENU], ids=["guide", "tariffs"])
def test_dot_is_well_formed(menu):
    text = to_dot(menu, "ru")
    assert text.startswith(f'digraph "{menu.name}" {{\n')
    line = re.compile(
        r'    (rankdir=LR|node \[.*\]|n\d+( -> n\d+)? \[(shape=\w+, )?label="([^"\\]|\\.)*"\]);'
    )
    assert all(line.fullmatch(each) for each in text.splitlines()[1:-1])
    if shutil.which("dot"):
        drawn = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True)
        assert "<svg" in drawn.stdout
