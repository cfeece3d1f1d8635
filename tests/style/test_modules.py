"""A module is read from top to bottom by one person: it says what it is for, and it ends before they tire."""

import ast
from pathlib import Path

import pytest

from tests.style.source import PACKAGE, calls, files, functions, parse, place

MODULE_LINES = 450
FUNCTION_LINES = 60

MODULES = pytest.mark.parametrize("path", files(PACKAGE), ids=place)


@MODULES
def test_module_is_short_enough(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES, "two rooms, most likely"


@MODULES
def test_module_opens_with_its_purpose(path: Path) -> None:
    assert ast.get_docstring(parse(path)), f"{place(path)} has no docstring"


@MODULES
def test_functions_are_short_enough(path: Path) -> None:
    long = [
        f"{place(path, function)} {function.name}: {length} lines"
        for function in functions(parse(path))
        if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    ]
    assert not long


@MODULES
def test_only_the_command_line_prints(path: Path) -> None:
    printing = [place(path, call) for name, call in calls(parse(path)) if name == "print"]
    assert not printing or "cli" in path.parts
