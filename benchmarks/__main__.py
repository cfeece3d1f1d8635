"""`python -m benchmarks`: measure, print the tables, exit 1 when anything went wrong."""

import json
import sys
from pathlib import Path

import click
from rich.console import Console

from benchmarks import dialogues_memory, machine, matrix, pages, redis_store, report, several, startup
from benchmarks.generator import LoadFailed
from benchmarks.servers import ServerFailed


@click.group(
    invoke_without_command=True,
    context_settings={"show_default": True, "help_option_names": ["-h", "--help"]},
)
@click.option("--mode", "modes", multiple=True, type=click.Choice(matrix.MODES), default=matrix.MODES)
@click.option("--server", "servers", multiple=True, type=click.Choice(matrix.SERVERS), default=matrix.SERVERS)
@click.option("--window", "windows", multiple=True, type=click.IntRange(1, 1000), default=(1, 10, 100))
@click.option("--connections", type=click.IntRange(1, 99), default=10)
@click.option("--seconds", type=float, default=3.0, help="Measured seconds of a cell.")
@click.option("--warm-up", type=float, default=1.0, help="Seconds of load before them.")
@click.option("--quick", is_flag=True, help="A third of a second warm-up, one measured second.")
@click.option("--phones", type=click.IntRange(1, 10_000), default=500, help="Subscribers of a connection.")
@click.option("--code", default="*105#", help="What mode ussd dials.")
@click.option("--input", "inputs", multiple=True, default=("1", "1"), help="Its answers, in order.")
@click.option("--proof", default="100", help="What its last screen must contain.")
@click.option("--server-core", type=int, default=0)
@click.option("--generator-core", type=int, default=1)
@click.option("--figures/--no-figures", default=True, help="Also start-up time and memory of dialogues.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write everything to a file.")
@click.option(
    "--markdown", "markdown_file", type=click.Path(path_type=Path), help="Write the tables to a file."
)
@click.pass_context
def main(
    context: click.Context,
    modes: tuple[str, ...],
    servers: tuple[str, ...],
    windows: tuple[int, ...],
    connections: int,
    seconds: float,
    warm_up: float,
    quick: bool,
    phones: int,
    code: str,
    inputs: tuple[str, ...],
    proof: str,
    server_core: int,
    generator_core: int,
    figures: bool,
    json_file: Path | None,
    markdown_file: Path | None,
) -> None:
    """Measure the gateway and its yardsticks on this machine, a core each for server and generator."""
    if context.invoked_subcommand:
        return
    console = Console()
    conditions = machine.conditions()
    core_of_server, core_of_generator = machine.cores_to_use(server_core, generator_core)
    if core_of_server is None:
        console.print("server and generator share their cores here: the rates are lower than they could be")
    conditions["cores_pinned"] = core_of_server is not None
    machine.pin(core_of_generator)
    plan = matrix.Plan(
        servers=servers,
        modes=modes,
        windows=windows,
        connections=connections,
        warm_up_s=warm_up / 3 if quick else warm_up,
        seconds=1.0 if quick else seconds,
        phones=phones,
        code=code,
        inputs=inputs,
        proof=proof,
        server_core=core_of_server,
    )
    with console.status("starting") as status:
        outcome = matrix.run(plan, status.update)
        single: list[tuple[str, str]] = []
        if figures:
            try:
                status.update("start-up time")
                single += startup.figures(core_of_server)
                status.update("memory of open dialogues")
                single += dialogues_memory.figures(core_of_server, 10_000 if quick else 100_000)
            except (ServerFailed, LoadFailed) as problem:
                outcome.failures.append(str(problem))
    report.show(console, outcome, conditions, single)
    if json_file:
        written = json.dumps(report.as_json(outcome, conditions, single), indent=2, ensure_ascii=False)
        json_file.write_text(written + "\n", encoding="utf-8")
    if markdown_file:
        markdown_file.write_text(report.as_markdown(outcome, conditions, single), encoding="utf-8")
    sys.exit(0 if outcome.ok else 1)


@main.command("redis")
@click.option("--seconds", type=float, default=3.0, help="Measured seconds of a load.")
def redis_command(seconds: float) -> None:
    """Measure commits and steps of dialogues on Redis, beside SQLite."""
    redis_store.run(seconds, Console())


@main.command("several")
@click.option("--seconds", type=float, default=3.0, help="Measured seconds of a load.")
@click.option("--workers", type=click.IntRange(2, 64), default=2, help="Processes of the largest row.")
@click.option("--appendfsync", type=click.Choice(["always", "everysec"]), default="always")
def several_command(seconds: float, workers: int, appendfsync: str) -> None:
    """Measure one process on SQLite, one on Redis and several workers on Redis over SMPP."""
    several.run(seconds, workers, appendfsync, Console())


@main.command("pages")
@click.option("--pages", "open_pages", type=click.IntRange(1, 5000), default=1000, help="Handset pages.")
@click.option("--rate", type=float, default=200.0, help="Dialogues a second over SMPP.")
@click.option("--seconds", type=float, default=20.0, help="Measured seconds of each row.")
def pages_command(open_pages: int, rate: float, seconds: float) -> None:
    """Measure open handset pages while phones dial: what pages and phones wait, and memory."""
    pages.run(open_pages, rate, seconds, Console())


if __name__ == "__main__":
    main()
