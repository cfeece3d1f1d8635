"""A test proves something, and it waits for an event or a clock, never for a nap."""

import ast
from collections.abc import Iterator

import pytest

from tests.style.source import Function, called_name, calls, files, functions, parse, place

NAP_S = 0.2
PROVING_PREFIXES = ("assert", "check", "expect")
PROVING_CALLS = {"pytest.raises", "pytest.warns", "pytest.fail"}


def proves_something(function: Function) -> bool:
    if any(isinstance(node, ast.Assert) for node in ast.walk(function)):
        return True
    return any(
        name in PROVING_CALLS or name.rpartition(".")[2].lstrip("_").startswith(PROVING_PREFIXES)
        for name, _ in calls(function)
    )


def naps(tree: ast.Module) -> Iterator[ast.Call]:
    """Blocking sleeps of any length, and awaited ones of `NAP_S` and more."""
    for name, call in calls(tree):
        module, _, function = name.rpartition(".")
        if function != "sleep" or not call.args:
            continue
        seconds = call.args[0]
        long = isinstance(seconds, ast.Constant) and float(str(seconds.value)) >= NAP_S
        if long or module == "time":
            yield call


def unconditional_skips(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        decorators = node.decorator_list if isinstance(node, Function | ast.ClassDef) else []
        for decorator in decorators:
            name = called_name(decorator) if isinstance(decorator, ast.Call) else ast.unparse(decorator)
            if name == "pytest.mark.skip":
                yield decorator


def test_every_test_proves_something() -> None:
    empty = [
        f"{place(path, function)} {function.name}"
        for path in files("tests")
        for function in functions(parse(path))
        if function.name.startswith("test_") and not proves_something(function)
    ]
    assert not empty


def test_no_test_naps() -> None:
    assert not [place(path, call) for path in files("tests") for call in naps(parse(path))]


def test_no_test_is_switched_off() -> None:
    assert not [place(path, node) for path in files("tests") for node in unconditional_skips(parse(path))]


@pytest.mark.parametrize(
    "code, proven",
    [
        ("def test_x():\n    run()", False),
        ("def test_x():\n    assert run() == 1", True),
        ("async def test_x(phone):\n    await phone.expect_screen('1')", True),
        ("def test_x():\n    with pytest.raises(ValueError):\n        run()", True),
    ],
)
def test_proof_is_seen(code: str, proven: bool) -> None:
    function = next(functions(ast.parse(code)))
    assert proves_something(function) is proven


@pytest.mark.parametrize(
    "module, call, nap",
    [
        ("time", "sleep(0.01)", True),
        ("asyncio", "sleep(0.5)", True),
        ("asyncio", "sleep(0)", False),
        ("clock", "advance(60)", False),
    ],
)
def test_nap_is_seen(module: str, call: str, nap: bool) -> None:
    assert bool(list(naps(ast.parse(f"{module}.{call}")))) is nap
