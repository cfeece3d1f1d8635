"""Voice files -> the voice menus of one load, all or nothing, found by the number that is called.

Mistakes of every file are collected before anything is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ussd_gateway.documents import Document, read_yaml, salvage
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import Vocabulary
from ussd_gateway.voice.compile import compile_voice
from ussd_gateway.voice.engine import Engine
from ussd_gateway.voice.files import VoiceFile
from ussd_gateway.voice.lint import lint
from ussd_gateway.voice.model import VoiceMenu

SUFFIXES = (".yaml", ".yml")


class Line(NamedTuple):
    """What answers a number: a menu's engine, and the number as that menu writes it."""

    engine: Engine
    number: str


@dataclass(frozen=True, slots=True)
class VoiceMenus:
    """All voice menus of one load."""

    by_name: Mapping[str, VoiceMenu]
    lines: Mapping[str, Line]

    def find(self, number: str) -> Line | None:
        """Who answers a number as it was dialled; blanks, brackets and a leading 8 or +7 do not matter."""
        return self.lines.get(plain_number(number))


def plain_number(number: str) -> str:
    """The digits of a number, a national 8 800 550-05-00 in its international form."""
    digits = "".join(each for each in number if each in "0123456789")
    national = len(digits) == 11 and digits[0] == "8"
    return f"7{digits[1:]}" if national else digits


def load_voice(
    paths: Path | Iterable[Path], vocabulary: Vocabulary, texts: Texts, plan: NumberingPlan
) -> VoiceMenus:
    """Load voice files, or every voice file of a folder; ConfigError with every mistake in all of them."""
    menus, problems = read_voice(paths, vocabulary, texts, plan)
    if problems:
        raise ConfigError("the voice menus are not valid", problems=problems)
    return assemble(menus, texts)


def assemble(menus: Iterable[VoiceMenu], texts: Texts) -> VoiceMenus:
    """Sound menus, ready to answer."""
    by_name = {menu.name: menu for menu in menus}
    lines = {}
    for menu in by_name.values():
        engine = Engine(menu, texts)
        lines.update({plain_number(number): Line(engine, number) for number in menu.numbers})
    return VoiceMenus(by_name, lines)


def read_voice(
    paths: Path | Iterable[Path], vocabulary: Vocabulary, texts: Texts, plan: NumberingPlan
) -> tuple[list[VoiceMenu], list[Problem]]:
    """Every voice menu that could be compiled, and every mistake."""
    menus: list[VoiceMenu] = []
    problems: list[Problem] = []
    claimed: dict[str, str] = {}
    for path in voice_files([paths] if isinstance(paths, Path) else paths):
        menu, document = read_menu(path, vocabulary, texts, plan, problems)
        if menu is not None and document is not None:
            problems += _claim(menu, document, claimed)
            menus.append(menu)
    return menus, problems


def voice_files(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and of folders every YAML file in them, by name; a missing folder has none."""
    found: list[Path] = []
    for path in paths:
        if path.suffix in SUFFIXES:
            found.append(path)
        elif path.is_dir():
            found += sorted(each for each in path.iterdir() if each.suffix in SUFFIXES)
    return found


def read_menu(
    source: Path | str, vocabulary: Vocabulary, texts: Texts, plan: NumberingPlan, problems: list[Problem]
) -> tuple[VoiceMenu | None, Document | None]:
    """Read, compile and lint one voice menu from a file or from text; mistakes are added to `problems`."""
    found: list[Problem] = []
    try:
        document = read_yaml(source, collect=found)
    except ConfigError as error:
        problems += error.problems
        return None, None
    salvaged = salvage(document, VoiceFile)
    found += salvaged.problems
    menu = None
    if salvaged.model is not None:
        menu = compile_voice(
            salvaged.model,
            file_name=document.file_name,
            texts=texts,
            vocabulary=vocabulary,
            plan=plan,
        )
        found += lint(menu, document, salvaged, texts, vocabulary)
    problems += sorted(set(found))
    return menu, document


def _claim(menu: VoiceMenu, document: Document, claimed: dict[str, str]) -> list[Problem]:
    """Names and numbers another file, or another line of this one, has taken already."""
    problems = []
    owner = claimed.setdefault(f"menu {menu.name}", menu.file_name)
    if owner != menu.file_name:
        problems.append(document.problem(("menu",), f"voice menu `{menu.name}` is also in {owner}"))
    for number in menu.numbers:
        plain = plain_number(number)
        place = f"{menu.file_name}, number {number}"
        owner = claimed.setdefault(plain, place)
        if owner != place:
            message = f"number `{number}` is also claimed by {owner}"
            problems.append(document.problem(("numbers", number), message, key=True))
    return problems
