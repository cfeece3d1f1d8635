"""A module is read from top to bottom by one person: it says what it is for, and it ends before they tire."""

import ast

from tests.style.source import PACKAGE, calls, files, functions, parse, place

MODULE_LINES = 450
FUNCTION_LINES = 60


def test_modules_are_short_enough() -> None:
    sizes = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files(PACKAGE)}
    too_long = {name: lines for name, lines in sizes.items() if lines > MODULE_LINES}
    assert not too_long, "two rooms, most likely"


def test_modules_open_with_their_purpose() -> None:
    silent = [place(path) for path in files(PACKAGE) if not ast.get_docstring(parse(path))]
    assert not silent


def test_functions_are_short_enough() -> None:
    too_long = [
        f"{place(path, function)} {function.name}: {lines} lines"
        for path in files(PACKAGE)
        for function in functions(parse(path))
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    ]
    assert not too_long


def test_only_the_command_line_prints() -> None:
    printing = [
        place(path, call)
        for path in files(PACKAGE)
        if "cli" not in path.parts
        for name, call in calls(parse(path))
        if name == "print"
    ]
    assert not printing
