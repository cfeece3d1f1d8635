"""Menu files -> the menus of one load, all or nothing.

    read (places kept) -> well formed? -> compile -> makes sense? -> one rulebook each

Mistakes of every file are collected before anything is refused.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ussd_gateway.documents import Document, ValuePath, read_yaml, salvage
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.flow.inputs import Acceptor
from ussd_gateway.menu.compile import compile_menu
from ussd_gateway.menu.files import MenuFile, unnamed
from ussd_gateway.menu.lint import lint
from ussd_gateway.menu.model import Menu
from ussd_gateway.menu.rulebook import Rulebook
from ussd_gateway.menu.steps import Entry
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import Vocabulary

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Menus:
    """All menus of one load.  `routes` are their codes and where each leads."""

    by_name: Mapping[str, Menu]
    rulebooks: Mapping[str, Rulebook]
    routes: Sequence["Route"]
    texts: Texts


class Route(NamedTuple):
    """A service code and where it leads; an exact one takes its own string only.

    `accept` reads its parameters by their names.
    """

    code: str
    entry: Entry
    exact: bool
    accept: Mapping[str, Acceptor]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What menu files refer to but do not contain.

    `code_problem` says why a service code cannot be routed, or None: routing is another room's business.
    `profiles` names the ways in which web applications are spoken to.
    """

    vocabulary: Vocabulary
    texts: Texts
    plan: NumberingPlan = field(default_factory=NumberingPlan)
    code_problem: Callable[[str], str | None] = lambda code: None
    profiles: Collection[str] = ()


def load_menus(paths: Path | Iterable[Path], surroundings: Surroundings) -> Menus:
    """Load menu files, or every menu file of a folder; ConfigError with every mistake in all of them."""
    menus, problems = read_menus(paths, surroundings)
    if problems:
        raise ConfigError("the menus are not valid", problems=problems)
    return assemble(menus, surroundings.texts)


def check_menus(paths: Path | Iterable[Path], surroundings: Surroundings) -> list[Problem]:
    """Every mistake in menu files, or in every menu file of a folder."""
    return read_menus(paths, surroundings)[1]


def assemble(menus: Iterable[Menu], texts: Texts) -> Menus:
    """Sound menus, ready to run."""
    by_name = {menu.name: menu for menu in menus}
    routes = [
        Route(code, Entry(menu.name, code), False, {}) for menu in by_name.values() for code in menu.codes
    ]
    routes += [
        Route(code, Entry(menu.name, code, direct=True), True, menu.parameters[code])
        for menu in by_name.values()
        for code in menu.direct
    ]
    rulebooks = {name: Rulebook(menu) for name, menu in by_name.items()}
    return Menus(by_name, rulebooks, tuple(routes), texts)


def read_menus(paths: Path | Iterable[Path], surroundings: Surroundings) -> tuple[list[Menu], list[Problem]]:
    """Every menu that could be compiled, and every mistake."""
    menus: list[Menu] = []
    problems: list[Problem] = []
    claimed: dict[str, str] = {}
    for path in menu_files([paths] if isinstance(paths, Path) else paths):
        menu, document = read_menu(path, surroundings, problems)
        if menu is not None and document is not None:
            problems += _claim(menu, document, claimed, surroundings.code_problem)
            menus.append(menu)
    return menus, problems


def menu_files(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and of folders every YAML file in them, by name."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(each for each in path.iterdir() if each.suffix in SUFFIXES)
        else:
            found.append(path)
    return found


def read_menu(
    source: Path | str, surroundings: Surroundings, problems: list[Problem], file_name: str | None = None
) -> tuple[Menu | None, Document | None]:
    """Read, compile and lint one menu from a file or from text; mistakes are added to `problems`."""
    found: list[Problem] = []
    try:
        document = read_yaml(source, file_name, collect=found)
    except ConfigError as error:
        problems += error.problems
        return None, None
    if isinstance(document.value, dict) and document.value.get("channel") == "voice":
        message = "a voice menu: its place is the folder `voice` beside the menus"
        problems.append(document.problem(("channel",), message, key=True))
        return None, None
    salvaged = salvage(document, MenuFile)
    found += salvaged.problems
    menu = None
    if salvaged.model is not None:
        menu = compile_menu(
            salvaged.model,
            file_name=document.file_name,
            version=hashlib.sha256(repr(document.value).encode("utf-8", "replace")).hexdigest()[:12],
            texts=surroundings.texts,
            vocabulary=surroundings.vocabulary,
            plan=surroundings.plan,
        )
        found += lint(
            menu,
            document,
            salvaged,
            surroundings.texts,
            surroundings.vocabulary,
            surroundings.profiles,
        )
    problems += sorted(set(found))
    return menu, document


def _code_places(menu: Menu, document: Document) -> list[tuple[str, ValuePath, bool]]:
    """Each code of a menu, where it stands in its file, and whether it is a key there."""
    listed = isinstance(document.value.get("service_codes"), list)
    places: list[tuple[str, ValuePath, bool]] = [
        (code, ("service_codes", index if listed else code), not listed)
        for index, code in enumerate(menu.codes)
    ]
    return places + [(code, ("direct", code), True) for code in menu.direct]


def _claim(
    menu: Menu, document: Document, claimed: dict[str, str], code_problem: Callable[[str], str | None]
) -> list[Problem]:
    """Names and codes another file has taken already, and codes that no phone sends."""
    problems = []
    owner = claimed.setdefault(f"menu {menu.name}", menu.file_name)
    if owner != menu.file_name:
        problems.append(document.problem(("menu",), f"menu `{menu.name}` is also in {owner}"))
    for code, place, at_key in _code_places(menu, document):
        if (problem := code_problem(code)) is not None:
            problems.append(document.problem(place, problem, key=at_key))
        owner = claimed.setdefault(unnamed(code), menu.file_name)
        if owner != menu.file_name:
            problems.append(document.problem(place, f"code `{code}` is also claimed by {owner}", key=at_key))
    return problems
