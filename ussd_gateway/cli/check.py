"""`check`: every mistake in the files, at its place, before anybody dials."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ussd_gateway.cli.codes import EXIT_FAILED, EXIT_OK
from ussd_gateway.cli.options import config_option, folders, load
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.phone.display import printable

if TYPE_CHECKING:
    from ussd_gateway.config import Config
    from ussd_gateway.templates import Texts

T = TypeVar("T")

SUFFIXES = (".yaml", ".yml")
SCENARIOS = "scenarios"
CATALOGUE_FILES = frozenset(
    f"{name}.yaml"
    for name in (
        "settings", "tariffs", "subscribers", "texts", "payments", "bonus", "services", "packages",
    )
)  # fmt: skip


@click.command("check", short_help="Check configuration, menus, SMS commands, catalogue and scripts.")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True, path_type=Path))
@config_option
def command(paths: tuple[Path, ...], config_path: Path | None) -> int:
    """Check files and print each mistake as file:line:column: message, all at once.

    Without PATH: the configuration, every menu, SMS command and catalogue file it names, and the scripts in
    the folder scenarios beside it. A PATH is a file of any of these kinds or a folder of them; its texts and
    tariffs are taken from the configured catalogue. The code ends with 1 when there is a mistake.
    """
    check = Check()
    if paths:
        check.paths(paths, config_path)
    else:
        check.everything(config_path)
    for problem in sorted(set(check.problems)):
        print(printable(str(problem)))
    if check.problems:
        return EXIT_FAILED
    print(f"ok: {', '.join(check.sound)}")
    return EXIT_OK


class Check:
    """Gathers `problems`, and what was found `sound`, in words."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.sound: list[str] = []

    def everything(self, config_path: Path | None) -> None:
        """The configuration and all it names; its default folders when it cannot be read."""
        from ussd_gateway.forwarding import check_short_codes
        from ussd_gateway.service import load_files, with_applications
        from ussd_gateway.settings import readers, served_codes

        config = self._config(config_path)
        files = self._try(lambda: load_files(folders(config), config.numbering_plan()))
        if files is not None:
            routes = files.routes
            commands = files.commands
            self._try(lambda: with_applications(routes, served_codes(config)))
            self._try(lambda: check_short_codes(readers(config), commands.short_codes))
            self.sound += [
                "configuration",
                _count(len(files.menus.by_name), "menu"),
                _count(len(files.voice.by_name), "voice menu"),
                _count(len(files.commands.short_codes), "SMS number"),
                _count(len(files.catalogue.texts), "text"),
                _count(len(files.catalogue.tariffs), "tariff"),
            ]
        self._scenarios(config)

    def paths(self, paths: Iterable[Path], config_path: Path | None) -> None:
        """Files and folders, each by its kind."""
        kinds = ("menu", "voice", "sms", "catalogue", "script", "config")
        by_kind: dict[str, list[Path]] = {kind: [] for kind in kinds}
        for file in _files(paths):
            kind = self._kind(file)
            if kind is not None:
                by_kind[kind].append(file)
        for file in by_kind["config"]:
            self.everything(file)
        for folder in sorted({file.parent for file in by_kind["catalogue"]}):
            self._catalogue(folder)
        if by_kind["menu"] or by_kind["voice"] or by_kind["sms"]:
            self._menus_and_commands(by_kind, config_path)
        if by_kind["script"]:
            self._scripts(by_kind["script"], config_path)

    def _config(self, config_path: Path | None) -> "Config":
        from ussd_gateway.config import Config, find_config

        config = self._try(lambda: load(config_path))
        return config or Config(folder=find_config(config_path).parent)

    def _catalogue(self, folder: Path) -> None:
        from ussd_gateway.billing.catalogue import load_catalogue

        if self._try(lambda: load_catalogue(folder)) is not None:
            self.sound.append(str(folder))

    def _menus_and_commands(self, by_kind: dict[str, list[Path]], config_path: Path | None) -> None:
        from ussd_gateway.billing.catalogue import load_catalogue

        config = self._config(config_path)
        catalogue = self._try(lambda: load_catalogue(config.path(config.paths.catalogue)))
        if catalogue is not None:
            self._menus(by_kind["menu"], config, catalogue.texts)
            self._voice(by_kind["voice"], config, catalogue.texts)
            self._commands(by_kind["sms"], catalogue.texts)

    def _menus(self, files: list[Path], config: "Config", texts: "Texts") -> None:
        from ussd_gateway.menu.loader import check_menus
        from ussd_gateway.service import surroundings

        found = check_menus(files, surroundings(texts, config.numbering_plan(), config.http.known_profiles()))
        self.problems += found
        self.sound += [] if found else map(str, files)

    def _voice(self, files: list[Path], config: "Config", texts: "Texts") -> None:
        from ussd_gateway.actions import vocabulary
        from ussd_gateway.voice.loader import read_voice

        _, found = read_voice(files, vocabulary(), texts, config.numbering_plan())
        self.problems += found
        self.sound += [] if found else map(str, files)

    def _commands(self, files: list[Path], texts: "Texts") -> None:
        from ussd_gateway.actions import vocabulary
        from ussd_gateway.documents import read_yaml
        from ussd_gateway.sms.loader import compile_commands

        _, found = compile_commands([read_yaml(file) for file in files], vocabulary(), texts)
        self.problems += found
        self.sound += [] if found else map(str, files)

    def _scripts(self, files: list[Path], config_path: Path | None) -> None:
        from ussd_gateway.replay.loader import check_scripts

        found = check_scripts(files, self._config(config_path).numbering_plan())
        self.problems += found
        self.sound += [] if found else map(str, files)

    def _scenarios(self, config: "Config") -> None:
        """The scripts beside the configuration, where there are any, and their parts."""
        from ussd_gateway.replay.loader import check_scripts, script_files

        folder = config.folder / SCENARIOS
        if not folder.is_dir():
            return
        files = sorted(file for file in folder.rglob("*") if file.suffix in SUFFIXES and file.is_file())
        found = check_scripts(files, config.numbering_plan())
        self.problems += found
        self.sound += [] if found else [_count(len(script_files([folder])), "script")]

    def _kind(self, file: Path) -> str | None:
        """What a file is, by its name or its first words; a problem when it is nothing of ours."""
        from ussd_gateway.config import Config
        from ussd_gateway.documents import read_yaml

        if file.name in CATALOGUE_FILES:
            return "catalogue"
        document = self._try(lambda: read_yaml(file))
        if document is None:
            return None
        keys = set(document.value) if isinstance(document.value, dict) else set()
        for kind, words in (
            ("voice", {"channel"}),
            ("menu", {"menu", "screens", "service_codes"}),
            ("sms", {"short_code", "short_codes", "commands"}),
            ("script", {"script", "steps"}),
            ("config", set(Config.model_fields)),
        ):
            if keys & words:
                return kind
        message = "neither a menu, SMS commands, a catalogue file, a script nor a configuration"
        self.problems.append(Problem(str(file), 1, 1, message))
        return None

    def _try(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except ConfigError as error:
            self.problems += error.problems or [Problem("", 1, 1, error.message)]
            return None


def _files(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and of folders every YAML file directly in them or one folder below."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.glob("*")) + sorted(path.glob("*/*"))
            found += [file for file in inside if file.suffix in SUFFIXES and file.is_file()]
        else:
            found.append(path)
    return found


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
