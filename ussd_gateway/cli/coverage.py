"""What `replay --coverage` measures, made of the options and the configured files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ussd_gateway.cli.codes import EXIT_UNABLE, EXIT_USAGE, CommandFailed
from ussd_gateway.cli.options import folders, stack
from ussd_gateway.cli.output import note

if TYPE_CHECKING:
    from ussd_gateway.config import Config
    from ussd_gateway.menu.model import Menu
    from ussd_gateway.replay.coverage.meter import Meter
    from ussd_gateway.replay.lab import Lab
    from ussd_gateway.voice.model import VoiceMenu

coverage_options = stack(
    click.option("--coverage", is_flag=True, help="Tell what of the menus the scripts have exercised."),
    click.option(
        "--min-coverage",
        type=click.FloatRange(0, 100),
        metavar="PERCENT",
        help="Fail when they have exercised less (code 1).",
    ),
    click.option(
        "--cover",
        "covered",
        multiple=True,
        metavar="MENU",
        help="Count this menu only, `sms` for SMS commands; may be repeated (default: everything).",
    ),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What is to be measured: whether to tell of it, the least share, which menus."""

    told: bool
    least: float | None
    menus: tuple[str, ...]

    @property
    def wanted(self) -> bool:
        return self.told or self.least is not None or bool(self.menus)


def meter_of(config: "Config", menus: tuple[str, ...]) -> "Meter":
    """A meter for menus of the configuration; raises ConfigError, CommandFailed for an unknown menu."""
    from ussd_gateway.clock import SystemClock
    from ussd_gateway.replay.coverage.meter import Meter, chosen, commands_of
    from ussd_gateway.replay.coverage.plan import plans_of
    from ussd_gateway.replay.coverage.world import world_of
    from ussd_gateway.service import load_files

    files = load_files(folders(config), config.numbering_plan())
    everything: list[Menu | VoiceMenu] = [*files.menus.by_name.values(), *files.voice.by_name.values()]
    try:
        wanted, commands = chosen(everything, commands_of(files.commands), menus)
    except KeyError as error:
        known = ", ".join(["sms", *(menu.name for menu in everything)])
        raise CommandFailed(
            f"--cover: there is no menu {error.args[0]!r}; there are {known}", EXIT_USAGE
        ) from None
    return Meter(plans_of(wanted, world_of(files.catalogue, SystemClock().now_ms())), commands)


@asynccontextmanager
async def measuring(meter: "Meter | None", lab: "Lab") -> AsyncIterator[None]:
    """Count what happens in the gateway inside the block, if there is anything to count on."""
    if meter is None:
        yield
        return
    from ussd_gateway.replay.coverage.follow import following
    from ussd_gateway.replay.labs.backroom_http import HttpBackRoom

    if not isinstance(lab.back_room, HttpBackRoom):
        message = "coverage is seen from inside the gateway, and nobody here can look into this one"
        raise CommandFailed(message, EXIT_UNABLE)
    async with following(lab.back_room, meter) as followed:
        yield
    if followed.missed:
        note("more happened at once than the gateway keeps: the coverage told is too low")


def tell(meter: "Meter", measured: Measured, *, as_lines: bool, verbose: bool) -> bool:
    """The table, or one JSON line; whether the least share was reached."""
    import json

    from ussd_gateway.replay.coverage.reports import as_json, table

    percent = meter.of_all().percent
    if as_lines:
        print(json.dumps({"event": "coverage", **as_json(meter)}, ensure_ascii=False))
    elif measured.told:
        print(f"\n{table(meter, every=verbose)}", end="")
    enough = measured.least is None or percent >= measured.least
    if not enough:
        note(f"coverage is {percent:.1f} %, {measured.least:g} % are wanted")
    return enough
