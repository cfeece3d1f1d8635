"""The pure rooms get time, ids and bytes as arguments; they ask nobody.

import-linter follows imports through other rooms (pyproject.toml, contract `pure`); here stands what it
cannot see: calls that read a clock, and a room that nobody listed there.
"""

import ast
import tomllib
from collections.abc import Iterator

import pytest

from tests.style.source import PACKAGE, ROOT, calls, files, parse, place, room_of

PURE_ROOMS = {
    "billing", "documents", "errors", "filters", "flow", "menu", "msisdn", "sms", "smpp", "templates",
    "terms", "translit", "ussd", "vocabulary", "voice",
}  # fmt: skip
FORBIDDEN_MODULES = {
    "asyncio", "random", "redis", "secrets", "socket", "sqlite3", "ssl", "threading", "time",
}  # fmt: skip
HIDDEN_INPUTS = {"now", "utcnow", "today", "urandom", "uuid1", "uuid4"}

# The one module behind which each of these libraries stands.
SINGLE_ADAPTERS = ["aiosmpplib", "transitions"]


def imported_modules(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Top-level names of what a module imports from outside, wherever in the file it does so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").partition(".")[0], node


def impurities(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for name, node in imported_modules(tree):
        if name in FORBIDDEN_MODULES:
            yield f"import {name}", node
    for name, call in calls(tree):
        if name.rpartition(".")[2] in HIDDEN_INPUTS:
            yield f"{name}()", call


def test_pure_rooms_ask_nobody() -> None:
    found = [
        f"{place(path, node)} {what}"
        for path in files(PACKAGE)
        if room_of(path) in PURE_ROOMS
        for what, node in impurities(parse(path))
    ]
    assert not found


def test_the_lint_contract_lists_every_pure_room() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {contract["id"]: contract for contract in project["tool"]["importlinter"]["contracts"]}
    rooms = {room_of(path) for path in files(PACKAGE)} & PURE_ROOMS
    assert set(contracts["pure"]["source_modules"]) == {f"{PACKAGE}.{room}" for room in rooms}
    assert set(contracts["pure"]["forbidden_modules"]) == FORBIDDEN_MODULES


@pytest.mark.parametrize("library", SINGLE_ADAPTERS)
def test_library_stands_behind_one_module(library: str) -> None:
    users = [
        place(path)
        for path in files(PACKAGE)
        if any(name == library for name, _ in imported_modules(parse(path)))
    ]
    assert len(users) <= 1


@pytest.mark.parametrize(
    "code",
    [
        "import time",
        "def f():\n    from asyncio.locks import Lock",
        "import datetime\nnow = datetime.datetime.now(datetime.UTC)",
        "import os\nkey = os.urandom(4)",
    ],
)
def test_impurity_is_seen(code: str) -> None:
    assert list(impurities(ast.parse(code)))


def test_time_as_an_argument_is_pure() -> None:
    code = "from . import clockwork\ndef due(now_ms: int) -> bool:\n    return clockwork.due(now_ms)"
    assert not list(impurities(ast.parse(code)))
