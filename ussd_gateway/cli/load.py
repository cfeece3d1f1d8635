"""`replay --rate`: session scripts as load on a gateway."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ussd_gateway.cli.codes import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_UNABLE, CommandFailed
from ussd_gateway.cli.options import stack
from ussd_gateway.cli.output import say, say_json
from ussd_gateway.cli.phones import Way, smpp_access
from ussd_gateway.phone.events import Failure

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Sequence

    from ussd_gateway.config import Config
    from ussd_gateway.replay.load.arrivals import Plan
    from ussd_gateway.replay.load.figures import Result
    from ussd_gateway.replay.load.lean import LeanScript
    from ussd_gateway.replay.load.link import Target
    from ussd_gateway.replay.script import Script

_POSITIVE = click.IntRange(min=1)
MAX_PHONES = 1_000_000


def _duration_s(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    from ussd_gateway.clock import duration_ms

    try:
        seconds = None if text is None else duration_ms(text) / 1000
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if seconds == 0:
        raise click.BadParameter("no time at all")
    return seconds


load_options = stack(
    click.option(
        "--rate",
        type=click.FloatRange(min=0, min_open=True, max=1_000_000),
        metavar="R",
        help="Load: begin so many conversations every second.",
    ),
    click.option("--calls", type=_POSITIVE, metavar="N", help="Load: so many conversations in all."),
    click.option(
        "--duration", "duration_s", callback=_duration_s, metavar="TIME", help="Load: begin them for so long."
    ),
    click.option(
        "--limit", type=_POSITIVE, metavar="L", help="Load: at most so many open at once; others wait. [1000]"
    ),
    click.option("--binds", type=click.IntRange(1, 500), metavar="B", help="Load: over so many binds. [4]"),
    click.option(
        "--window", type=_POSITIVE, metavar="W", help="Load: unanswered requests on one bind. [100]"
    ),
    click.option(
        "--arrival",
        type=click.Choice(["fixed", "poisson"]),
        help="Load: evenly spaced, or as people come who know nothing of each other. [fixed]",
    ),
    click.option("--seed", type=int, help="Load: of poisson arrivals; the same seed, the same instants. [0]"),
    click.option(
        "--phones",
        metavar="FIRST-LAST",
        help="Load: the phones' numbers (default: those of data rows, else 79270000000-79270009999).",
    ),
)


@dataclass(frozen=True, slots=True)
class LoadWishes:
    """What the options above say; None where one was not given."""

    rate: float | None
    calls: int | None
    duration_s: float | None
    limit: int | None
    binds: int | None
    window: int | None
    arrival: Literal["fixed", "poisson"] | None
    seed: int | None
    phones: str | None

    @property
    def given(self) -> bool:
        """Whether there was any."""
        return self != LoadWishes(*([None] * 9))

    def plan(self) -> "Plan":
        """A usage error when they make no load."""
        from ussd_gateway.replay.load.arrivals import Plan

        if self.rate is None:
            raise click.UsageError("a load needs --rate")
        if self.calls is None and self.duration_s is None:
            raise click.UsageError("how long is the load? Give --calls or --duration")
        return Plan(
            self.rate,
            self.calls,
            self.duration_s,
            self.limit or 1000,
            self.arrival or "fixed",
            self.seed or 0,
        )


def play_load(
    config: "Config",
    scripts: "list[Script]",
    way: Way,
    wishes: LoadWishes,
    as_lines: bool,
    junit_path: Path | None,
    report_path: Path | None,
) -> int:
    """Play scripts as load, tell of it, write the reports; the exit code."""
    import asyncio

    from ussd_gateway import logs
    from ussd_gateway.replay.load.lean import lean
    from ussd_gateway.replay.load.link import Target

    plan = wishes.plan()
    if way.via != "smpp":
        raise click.UsageError("a load goes over SMPP: leave --via out")
    phones = _numbers(config, wishes.phones)
    lean_scripts = lean(scripts)
    first = phones[0] if phones else _first_phone(lean_scripts)
    target = Target(*smpp_access(config, first, way), wishes.binds or 4, wishes.window or 100)
    logs.configure("error")
    with asyncio.Runner(loop_factory=_loop) as runner:
        try:
            result = runner.run(_play(lean_scripts, plan, target, phones, as_lines))
        except CommandFailed as error:
            if as_lines:
                say(Failure(str(error), error.status), as_lines=True)
            raise
    _tell(result, as_lines)
    _write_reports(result, junit_path, report_path)
    if result.lost is not None:
        return EXIT_UNABLE
    if result.interrupted:
        return EXIT_INTERRUPTED
    return EXIT_OK if result.passed else EXIT_FAILED


async def _play(
    scripts: "Sequence[LeanScript]", plan: "Plan", target: "Target", phones: "list[str]", as_lines: bool
) -> "Result":
    from rich.console import Console

    from ussd_gateway.replay.load.as_json import point_event
    from ussd_gateway.replay.load.play import play
    from ussd_gateway.replay.load.terminal import LiveLine

    if as_lines:
        return await _unless_unable(
            play(scripts, plan, target, phones=phones, told=lambda point, _: say_json(point_event(point)))
        )
    with LiveLine(Console()) as line:
        return await _unless_unable(play(scripts, plan, target, phones=phones, told=line.told))


async def _unless_unable(playing: Any) -> "Result":
    from ussd_gateway.replay.load.link import NoLink

    try:
        result: Result = await playing
    except NoLink as error:
        raise CommandFailed(error.reason, EXIT_UNABLE, error.status) from None
    return result


def _loop() -> "AbstractEventLoop":
    """A loop that wakes in time: `select` counts microseconds where epoll and uvloop count milliseconds."""
    import asyncio
    import selectors

    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def _numbers(config: "Config", text: str | None) -> list[str]:
    """`79260000000-79260009999` -> all of them."""
    if text is None:
        return []
    plan = config.numbering_plan()
    parts = text.split("-") if text.count("-") == 1 else [text, ""]
    first, last = (plan.parse(part) for part in parts)
    if first is None or last is None or len(first) != len(last) or first > last:
        raise click.BadParameter(f"{text!r} is not FIRST-LAST, two numbers", param_hint="--phones")
    if int(last) - int(first) >= MAX_PHONES:
        raise click.BadParameter(f"more than {MAX_PHONES} numbers", param_hint="--phones")
    return [str(number) for number in range(int(first), int(last) + 1)]


def _first_phone(scripts: "Sequence[LeanScript]") -> str:
    """One of the numbers that will be played: its account is the one to bind as."""
    from ussd_gateway.replay.load.casts import first_phone

    return first_phone(scripts[0].script)


def _tell(result: "Result", as_lines: bool) -> None:
    if as_lines:
        from ussd_gateway.replay.load.as_json import result_event

        say_json(result_event(result))
    else:
        from rich.console import Console

        from ussd_gateway.replay.load.terminal import show

        show(Console(), result)


def _write_reports(result: "Result", junit_path: Path | None, report_path: Path | None) -> None:
    if junit_path is not None:
        from ussd_gateway.replay.load.junit import to_junit

        junit_path.write_text(to_junit(result), encoding="utf-8")
    if report_path is not None:
        from datetime import datetime

        from ussd_gateway.replay.html.load import load_to_html

        made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %z")
        report_path.write_text(load_to_html(result, made=made), encoding="utf-8")
