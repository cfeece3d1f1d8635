"""`explore`: session scripts that take every way through a menu."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ussd_gateway.cli.codes import EXIT_FAILED, EXIT_OK, EXIT_USAGE, CommandFailed
from ussd_gateway.cli.options import config_option, folders, load
from ussd_gateway.cli.output import note
from ussd_gateway.cli.phones import use

if TYPE_CHECKING:
    from ussd_gateway.config import Config
    from ussd_gateway.menu.model import Menu
    from ussd_gateway.replay.explore.explorer import Explored
    from ussd_gateway.replay.explore.session import OpenBench
    from ussd_gateway.service import Files


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to explore, how, where to write."""

    menus: tuple[str, ...]
    folder: Path
    language: str | None
    situations: Path | None
    quiet: bool


@click.command("explore", short_help="Write scripts that take every way through a menu.")
@click.argument("menus", nargs=-1, metavar="[MENU...]")
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=click.Path(file_okay=False, writable=True, path_type=Path),
    metavar="DIR",
    help="Where to write them: each menu gets a folder of its own in there.",
)
@click.option("--language", type=click.Choice(["ru", "en", "translit"]), help="Language of the subscribers.")
@click.option(
    "--situations",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="How accounts are made ready and what is answered (default: for the shipped catalogue).",
)
@click.option("--quiet", "-q", is_flag=True, help="Tell only the result.")
@config_option
def command(
    menus: tuple[str, ...],
    folder: Path,
    language: str | None,
    situations: Path | None,
    quiet: bool,
    config_path: Path | None,
) -> int:
    """Walk each MENU of the configuration (all of them by default) and write session scripts.

    A gateway is started inside this process, again and again, with an empty store. The same menus, catalogue
    and situations give the same files. Scripts of an earlier exploration in these folders are replaced.

    The code is 0 when every way was found that can be taken, 1 when some were not: they are listed.
    """
    config = load(config_path)
    return use(_explore(config, Wanted(menus, folder, language, situations, quiet)), as_lines=False)


async def _explore(config: "Config", wanted: Wanted) -> int:
    from ussd_gateway import logs
    from ussd_gateway.clock import ManualClock
    from ussd_gateway.replay.coverage.plan import plan_of
    from ussd_gateway.replay.coverage.world import world_of
    from ussd_gateway.replay.explore.explorer import Explorer
    from ussd_gateway.replay.explore.situations import load_situations
    from ussd_gateway.service import load_files

    logs.configure("error")
    files = load_files(folders(config), config.numbering_plan())
    explorer = Explorer(
        load_situations(wanted.situations),
        benches(config, files),
        language=wanted.language,
        progress=(lambda text: None) if wanted.quiet else note,
    )
    world = world_of(files.catalogue, ManualClock().now_ms())
    complete = True
    for menu in _menus(files, wanted.menus):
        explored = await explorer.explore(menu, plan_of(menu, world))
        write(explored, wanted.folder / menu.name)
        _tell(explored)
        complete = complete and not explored.missing
    return EXIT_OK if complete else EXIT_FAILED


def benches(config: "Config", files: "Files") -> "OpenBench":
    """Starts gateways of this configuration."""
    from ussd_gateway.clock import ManualClock
    from ussd_gateway.laboratory import open_laboratory
    from ussd_gateway.replay.explore.session import Bench

    @asynccontextmanager
    async def open_bench(later_ms: int = 0) -> AsyncIterator[Bench]:
        clock = ManualClock()
        clock.advance(later_ms)
        async with open_laboratory(config, clock=clock, files=files) as laboratory:
            yield Bench(laboratory.lab, laboratory.app.watch)

    return open_bench


def write(explored: "Explored", folder: Path) -> None:
    """The scripts into their folder, and away with those of before."""
    from ussd_gateway.replay.explore.writer import MARK

    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.yaml"):
        if path.name not in explored.scripts and path.read_text(encoding="utf-8").startswith(MARK):
            path.unlink()
    for name, text in explored.scripts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _menus(files: "Files", names: tuple[str, ...]) -> "list[Menu]":
    known = files.menus.by_name
    for name in names:
        if name not in known:
            raise CommandFailed(f"there is no menu {name!r}; there are {', '.join(known)}", EXIT_USAGE)
    return [known[name] for name in names or known]


def _tell(explored: "Explored") -> None:
    from ussd_gateway.replay.coverage.reports import said

    plan = explored.plan
    found = len(plan.moves) - len(explored.missing)
    scripts, dialogues = len(explored.scripts), explored.dialogues
    print(f"{plan.name}: {found} of {len(plan.moves)} ways in {dialogues} dialogues, {scripts} scripts")
    for move in explored.missing:
        print(f"  not found: {said(plan, move)}")
