"""`replay`: session scripts played against a gateway, with a verdict."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ussd_gateway.cli.codes import EXIT_FAILED, EXIT_OK, EXIT_UNABLE, EXIT_USAGE, CommandFailed
from ussd_gateway.cli.labs import lab_options, open_lab
from ussd_gateway.cli.options import config_option, json_option, load
from ussd_gateway.cli.phones import Way, use

if TYPE_CHECKING:
    from ussd_gateway.config import Config
    from ussd_gateway.replay.script import Script
    from ussd_gateway.replay.verdict import Verdict


@click.command("replay", short_help="Play session scripts and judge what comes back.")
@click.argument(
    "paths", nargs=-1, required=True, metavar="SCRIPT...", type=click.Path(exists=True, path_type=Path)
)
@lab_options
@click.option("--realtime", is_flag=True, help="`wait` really waits where the clock cannot be moved.")
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
    as_lines: bool,
    config_path: Path | None,
) -> int:
    """Play each SCRIPT, a file or a folder of them, once for every row of its data.

    Over SMPP a gateway of ours is asked over HTTP for what SMPP cannot tell (accounts, the ledger, calls,
    its clock): at --url, by default where the configuration has it. With --target and no --url the gateway
    is taken for somebody else's, and such checks are reported as not checked.

    The code is 0 when every script passed, 1 when one failed, 2 for a script that is not valid, 3 when the
    gateway could not be reached.
    """
    config = load(config_path)
    scripts = _scripts(config, paths)
    way = Way(via, target, system_id, password)
    return use(_play(config, scripts, way, url, realtime=realtime), as_lines=as_lines)


def _scripts(config: "Config", paths: tuple[Path, ...]) -> "list[Script]":
    from ussd_gateway.replay.loader import load_scripts

    scripts = load_scripts(paths, config.numbering_plan())
    if not scripts:
        raise CommandFailed(f"no script in {', '.join(map(str, paths))}", EXIT_USAGE)
    return scripts


async def _play(
    config: "Config", scripts: "list[Script]", way: Way, url: str | None, *, realtime: bool
) -> int:
    from ussd_gateway.cli.replay_output import PlainReporter
    from ussd_gateway.replay.player import Unreachable, replay

    async with open_lab(config, way, url) as lab:
        try:
            verdict = await replay(scripts, lab, PlainReporter(), realtime=realtime)
        except Unreachable as error:
            raise CommandFailed(str(error), EXIT_UNABLE) from None
    return _code(verdict)


def _code(verdict: "Verdict") -> int:
    from ussd_gateway.replay.player import CONNECT

    if verdict.passed:
        return EXIT_OK
    lost = any(outcome.verb == CONNECT for run in verdict.runs for outcome in run.outcomes)
    return EXIT_UNABLE if lost else EXIT_FAILED
