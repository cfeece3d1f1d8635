"""What the files say, as one value: menus, SMS commands, catalogue, and the actions they may ask for.

A reload builds a whole new `Service` and swaps it in; a request works with the one it began with, and a
dialogue keeps the menu version it began with (the engine remembers it).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ussd_gateway.actions import Actions, vocabulary
from ussd_gateway.billing.catalogue import Catalogue, load_catalogue
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.menu.engine import Engine, Entry
from ussd_gateway.menu.loader import Menus, Surroundings, load_menus
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.sms.keywords import SmsCommands
from ussd_gateway.sms.loader import load_sms_commands
from ussd_gateway.templates import Texts
from ussd_gateway.ussd.http_profiles import PROFILES
from ussd_gateway.ussd.routing import Router, pattern_problem
from ussd_gateway.voice.loader import VoiceMenus, load_voice

T = TypeVar("T")

OWN_TEXTS = (
    "bad.code",
    "billing.down",
    "generic.ack",
    "subscriber.unknown",
    "ussd.answered",
    "ussd.busy",
    "ussd.gone",
    "ussd.timeout",
)
"""Texts that the gateway itself shows; every catalogue must have them."""

VOICE_FOLDER = "voice"


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the files are."""

    menus: Path
    """Menus on a screen; its folder `voice` holds the menus by voice."""
    sms_commands: Path
    catalogue: Path
    profiles: frozenset[str] = frozenset(PROFILES)
    """Ways in which web applications are spoken to; the configuration may describe more."""


@dataclass(frozen=True, slots=True)
class Served:
    """Where a code leads that an application outside serves; `name` is the application's (`smpp:app`)."""

    name: str


Target = Entry | Served


@dataclass(frozen=True, slots=True)
class Files:
    """One load of the files, checked."""

    menus: Menus
    routes: Router[Entry]
    voice: VoiceMenus
    commands: SmsCommands
    catalogue: Catalogue


@dataclass(frozen=True, slots=True)
class Service:
    """Everything a request needs of the files."""

    engine: Engine
    routes: Router[Target]
    voice: VoiceMenus
    commands: SmsCommands
    actions: Actions
    catalogue: Catalogue

    def text(self, key: str, language: str) -> str:
        """One of the gateway's own texts."""
        return self.catalogue.texts[key].render(language, {})

    @property
    def sms_sender(self) -> str:
        """The short number of messages whose author named none."""
        return self.catalogue.settings.sms.service_from


def load_files(folders: Folders, plan: NumberingPlan) -> Files:
    """Read and check all files; ConfigError with every mistake in every one of them."""
    problems: list[Problem] = []
    catalogue = _collect(problems, lambda: _load_catalogue(folders.catalogue))
    if catalogue is None:
        # Menus and commands cannot be judged without the texts they name.
        raise ConfigError("the catalogue is not valid", problems=problems)
    texts = catalogue.texts
    around = surroundings(texts, plan, folders.profiles)
    menus = _collect(problems, lambda: load_menus(folders.menus, around))
    voice = _collect(problems, lambda: load_voice(folders.menus / VOICE_FOLDER, vocabulary(), texts, plan))
    commands = _collect(problems, lambda: _load_commands(folders.sms_commands, texts, plan))
    if menus is None or voice is None or commands is None:
        raise ConfigError("the menus and commands are not valid", problems=problems)
    return Files(menus, _routes(menus), voice, commands, replace(catalogue, plan=plan))


def _load_commands(folder: Path, texts: Texts, plan: NumberingPlan) -> SmsCommands:
    return load_sms_commands(folder, vocabulary(), texts, plan=plan)


def _routes(menus: Menus) -> Router[Entry]:
    """Where each code leads.  Direct codes take their own string only, the others all below it too."""
    router: Router[Entry] = Router()
    for code, entry, exact, accept in menus.routes:
        if accept:
            router.add_parametrised(code, entry, accept)
        else:
            router.add(code, entry, exact=exact)
    return router


def with_applications(routes: Router[Entry], served: Mapping[str, str]) -> Router[Target]:
    """The menus' routes and those of applications (service code -> name), the longest match wins in all.

    ConfigError names every code that two want.
    """
    whole: Router[Target] = Router()
    whole.take_over(routes)
    problems = []
    for code, name in served.items():
        try:
            whole.add(code, Served(name))
        except ValueError as error:
            problems.append(Problem(f"application {name}", 1, 1, str(error)))
    if problems:
        raise ConfigError("the codes of applications cannot be served", problems=problems)
    return whole


def surroundings(texts: Texts, plan: NumberingPlan, profiles: Collection[str] = PROFILES) -> Surroundings:
    """What the menus of this gateway may refer to."""
    return Surroundings(vocabulary(), texts, plan, pattern_problem, frozenset(profiles))


def _collect(problems: list[Problem], load: Callable[[], T]) -> T | None:
    try:
        return load()
    except ConfigError as error:
        problems += error.problems or [Problem("", 1, 1, error.message)]
        return None


def _load_catalogue(folder: Path) -> Catalogue:
    catalogue = load_catalogue(folder)
    missing = [key for key in OWN_TEXTS if key not in catalogue.texts]
    if missing:
        file = str(folder / "texts.yaml")
        problems = [Problem(file, 1, 1, f"missing text `{key}`, which the gateway shows") for key in missing]
        raise ConfigError(f"{file} is not complete", problems=problems)
    return catalogue
