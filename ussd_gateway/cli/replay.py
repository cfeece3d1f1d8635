"""`replay`: session scripts played against a gateway, with a verdict."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ussd_gateway.cli.codes import EXIT_FAILED, EXIT_OK, EXIT_UNABLE, EXIT_USAGE, CommandFailed
from ussd_gateway.cli.coverage import Measured, coverage_options, measuring, meter_of, tell
from ussd_gateway.cli.labs import lab_options, open_lab
from ussd_gateway.cli.load import LoadWishes, load_options, play_load
from ussd_gateway.cli.options import config_option, json_option, load
from ussd_gateway.cli.phones import Way, use

if TYPE_CHECKING:
    from ussd_gateway.config import Config
    from ussd_gateway.replay.coverage.meter import Meter
    from ussd_gateway.replay.reporter import Reporter
    from ussd_gateway.replay.script import Script
    from ussd_gateway.replay.verdict import Verdict

_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to play, and what to tell of it where."""

    realtime: bool
    verbose: bool
    as_lines: bool
    junit_path: Path | None
    report_path: Path | None
    measured: Measured


@click.command("replay", short_help="Play session scripts and judge what comes back.")
@click.argument(
    "paths", nargs=-1, required=True, metavar="SCRIPT...", type=click.Path(exists=True, path_type=Path)
)
@lab_options
@click.option("--realtime", is_flag=True, help="`wait` really waits where the clock cannot be moved.")
@click.option(
    "--verbose", "-v", is_flag=True, help="Show every run step by step, not only those that failed."
)
@click.option(
    "--junit", "junit_path", type=_FILE, metavar="FILE", help="Write a JUnit report for CI servers."
)
@click.option("--report", "report_path", type=_FILE, metavar="FILE", help="Write a report as one HTML file.")
@coverage_options
@load_options
@json_option
@config_option
def command(
    paths: tuple[Path, ...],
    via: str,
    target: str | None,
    system_id: str | None,
    password: str | None,
    url: str | None,
    realtime: bool,
    verbose: bool,
    junit_path: Path | None,
    report_path: Path | None,
    coverage: bool,
    min_coverage: float | None,
    covered: tuple[str, ...],
    as_lines: bool,
    config_path: Path | None,
    **load_values: Any,
) -> int:
    """Play each SCRIPT, a file or a folder of them, once for every row of its data.

    Over SMPP a gateway of ours is asked over HTTP for what SMPP cannot tell (accounts, the ledger, calls,
    its clock): at --url, by default where the configuration has it. With --target and no --url the gateway
    is taken for somebody else's, and such checks are reported as not checked.

    With --rate the scripts become load: so many conversations begin every second, whether the gateway keeps
    up or not, each with a phone of its own, over a few SMPP binds. Latency runs from when a conversation was
    due. `--rate 200 --calls 10000 --limit 500`; Ctrl-C ends it and prints the figures so far.

    The code is 0 when every script passed, 1 when one failed or they covered too little, 2 for a script
    that is not valid, 3 when the gateway could not be reached.
    """
    config = load(config_path)
    scripts = _scripts(config, paths)
    way = Way(via, target, system_id, password)
    wanted = LoadWishes(**load_values)
    if wanted.rate is not None or wanted.given:
        if coverage or min_coverage is not None:
            raise click.UsageError("a load covers no menus: leave --coverage and --min-coverage out")
        return play_load(config, scripts, way, wanted, as_lines, junit_path, report_path)
    measured = Measured(coverage, min_coverage, covered)
    wishes = Wishes(realtime, verbose, as_lines, junit_path, report_path, measured)
    return use(_play(config, scripts, way, url, wishes), as_lines=as_lines)


def _scripts(config: "Config", paths: tuple[Path, ...]) -> "list[Script]":
    from ussd_gateway.replay.loader import load_scripts

    scripts = load_scripts(paths, config.numbering_plan())
    if not scripts:
        raise CommandFailed(f"no script in {', '.join(map(str, paths))}", EXIT_USAGE)
    return scripts


async def _play(config: "Config", scripts: "list[Script]", way: Way, url: str | None, wishes: Wishes) -> int:
    from ussd_gateway.replay.player import Unreachable, replay

    measured = wishes.measured
    meter = meter_of(config, measured.menus) if measured.wanted else None
    async with open_lab(config, way, url) as lab, measuring(meter, lab):
        with _reporter(wishes) as reporter:
            try:
                verdict = await replay(scripts, lab, reporter, realtime=wishes.realtime)
            except Unreachable as error:
                raise CommandFailed(str(error), EXIT_UNABLE) from None
    _write_reports(verdict, wishes, meter)
    covered = meter is None or tell(meter, measured, as_lines=wishes.as_lines, verbose=wishes.verbose)
    return _code(verdict) or (EXIT_OK if covered else EXIT_FAILED)


@contextmanager
def _reporter(wishes: Wishes) -> "Iterator[Reporter]":
    """Who tells of it on standard output."""
    if wishes.as_lines:
        from ussd_gateway.replay.as_json import JsonLines

        yield JsonLines(_print_line)
        return
    from rich.console import Console

    from ussd_gateway.replay.transcript import Transcript

    with closing(Transcript(Console(), every=wishes.verbose)) as transcript:
        yield transcript


def _write_reports(verdict: "Verdict", wishes: Wishes, meter: "Meter | None") -> None:
    if wishes.junit_path is not None:
        from ussd_gateway.replay.junit import to_junit

        wishes.junit_path.write_text(to_junit(verdict), encoding="utf-8")
    if wishes.report_path is not None:
        from datetime import datetime

        from ussd_gateway.replay.coverage.reports import as_maps
        from ussd_gateway.replay.html import to_html

        maps = as_maps(meter) if meter is not None else None
        made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %z")
        wishes.report_path.write_text(to_html(verdict, made=made, coverage=maps), encoding="utf-8")


def _print_line(line: str) -> None:
    print(line, end="", flush=True)


def _code(verdict: "Verdict") -> int:
    from ussd_gateway.replay.player import CONNECT

    if verdict.passed:
        return EXIT_OK
    lost = any(outcome.verb == CONNECT for run in verdict.runs for outcome in run.outcomes)
    return EXIT_UNABLE if lost else EXIT_FAILED
