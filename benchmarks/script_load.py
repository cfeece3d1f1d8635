"""What one core of the generator behind `replay --rate` sustains: `python -m benchmarks.script_load`.

Against the echo, which shows a screen for each step of a dialogue and does nothing else, on the other core.
First more arrivals than can be begun, so that the rate is the generator's or the echo's, whichever is the
slower; then rates it must hold, where its own lateness is what is looked at.
"""

import asyncio
import selectors
import sys

import click
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.servers import Server, ussd_echo
from ussd_gateway.replay.load.arrivals import Plan
from ussd_gateway.replay.load.figures import Result
from ussd_gateway.replay.load.lean import lean
from ussd_gateway.replay.load.link import Target
from ussd_gateway.replay.load.play import play
from ussd_gateway.replay.loader import load_script

SCRIPT = """
script: three screens
steps:
  - dial: "*105#"
  - expect: {op: ask, contains: Счет}
  - send: "1"
  - expect: {op: ask, contains: Тарифы}
  - send: "0"
  - expect: {op: end}
"""
FULL = 1_000_000.0
"""More conversations a second than any machine begins: they wait, and as many are open as may be."""


async def _load(server: Server, plan: Plan, binds: int) -> Result:
    scripts = lean([load_script(SCRIPT, file_name="three screens")])
    return await play(scripts, plan, Target(*server.address, "handset", "handset", binds, 1000))


def measure(server: Server, plan: Plan, binds: int) -> Result:
    """One load, on the loop that the command line uses."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        return runner.run(_load(server, plan, binds))


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option("--dialogues", type=click.IntRange(100), default=60_000, help="Of the run at full rate.")
@click.option("--limit", type=click.IntRange(1), default=500, help="Open at once.")
@click.option("--rate", "rates", type=float, multiple=True, default=(500.0, 2000.0, 5000.0))
@click.option("--seconds", type=float, default=5.0, help="Of each run at a rate.")
@click.option("--binds", type=click.IntRange(1), default=4)
def main(dialogues: int, limit: int, rates: tuple[float, ...], seconds: float, binds: int) -> None:
    """Measure the generator of script load on this machine, a core each for it and for the echo."""
    console = Console()
    console.print(", ".join(f"{name} {value}" for name, value in machine.conditions().items()))
    echo_core, own_core = machine.cores_to_use(0, 1)
    table = Table("wanted/s", "dialogues/s", "steps/s", "us/step", "core %", "p50", "p99", "late p99 (ms)")
    failed = False
    with ussd_echo(echo_core) as server:
        machine.pin(own_core)
        plans = [Plan(FULL, calls=dialogues, limit=limit)]
        plans += [Plan(rate, duration_s=seconds, limit=limit) for rate in rates]
        for plan in plans:
            result = measure(server, plan, binds)
            failed = failed or not result.passed
            steps = result.counts.steps
            table.add_row(
                "full" if plan.rate == FULL else f"{plan.rate:,.0f}",
                f"{result.dialogues_per_s:,.0f}",
                f"{result.steps_per_s:,.0f}",
                f"{result.busy * result.elapsed_s / steps * 1e6:.1f}",
                f"{result.busy:.0%}",
                "" if plan.rate == FULL else f"{result.total.p50_ms:.2f}",
                "" if plan.rate == FULL else f"{result.total.p99_ms:.2f}",
                "" if plan.rate == FULL else f"{result.late.p99_ms:.2f}",
            )
    console.print(table)
    sys.exit(failed)


if __name__ == "__main__":
    main()
