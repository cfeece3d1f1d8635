"""The project's own Python files, parsed, for the tests that read code."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ussd_gateway"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def files(folder: str) -> list[Path]:
    """Every Python file below a folder of the repository, in a fixed order."""
    return sorted((ROOT / folder).rglob("*.py"))


def place(path: Path, node: ast.AST | None = None) -> str:
    """`folder/file.py` or `folder/file.py:12`, as an editor takes it."""
    name = path.relative_to(ROOT).as_posix()
    return name if node is None else f"{name}:{getattr(node, 'lineno', 1)}"


def room_of(path: Path) -> str:
    """The room a module of the package lives in: `menu` for menu/engine.py, `msisdn` for msisdn.py."""
    return path.relative_to(ROOT / PACKAGE).parts[0].removesuffix(".py")


def functions(tree: ast.Module) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def called_name(call: ast.Call) -> str:
    """The dotted name that is called (`pytest.raises`); of anything more involved, what is readable."""
    parts: list[str] = []
    target = call.func
    while isinstance(target, ast.Attribute):
        parts.append(target.attr)
        target = target.value
    if isinstance(target, ast.Name):
        parts.append(target.id)
    return ".".join(reversed(parts))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield called_name(node), node
