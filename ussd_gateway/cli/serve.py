"""`serve`: run the gateway until it is told to stop."""

import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ussd_gateway.cli.codes import EXIT_OK, EXIT_UNABLE, CommandFailed
from ussd_gateway.cli.options import config_option, load
from ussd_gateway.cli.phones import reachable

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Event, Task

    from ussd_gateway.app import App
    from ussd_gateway.config import Config
    from ussd_gateway.web.siblings import Siblings

DEMO_NUMBER = "79261234567"


@click.command("serve", short_help="Run the gateway.")
@config_option
@click.option(
    "--pcap",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what passes over SMPP for Wireshark, secrets replaced.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    metavar="N",
    help="Gateways that share the SMPP port of this host; more than one need a Redis as store.",
)
@click.option(
    "--worker",
    type=(int, click.Path(path_type=Path)),
    hidden=True,
    help="We are this one of them, and here is the folder of their sockets.",
)
def command(
    config_path: Path | None, pcap: Path | None, workers: int, worker: tuple[int, Path] | None
) -> int:
    """Run the gateway. SIGTERM or Ctrl-C finishes what is in flight and ends with 0.

    SIGHUP reads menus, SMS commands and catalogue anew without dropping a dialogue; files with mistakes
    are reported in the log and the old ones stay.
    """
    import asyncio

    from ussd_gateway import logs

    config = load(config_path)
    logs.configure(config.log.level, config.log.format)
    if workers > 1:
        if pcap is not None:
            raise click.UsageError("--pcap captures what one gateway does: leave --workers out")
        from ussd_gateway.cli.workers import Supervisor

        return Supervisor(config, config_path, workers).run()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(config, worker, pcap))


def _loop_factory() -> "Callable[[], AbstractEventLoop] | None":
    """uvloop where it is installed (the extra `fast`), else asyncio's own loop."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(config: "Config", worker: tuple[int, Path] | None, pcap: Path | None) -> int:
    import asyncio

    from ussd_gateway.app import App
    from ussd_gateway.web.siblings import Siblings

    stop = asyncio.Event()
    siblings = Siblings(*worker) if worker is not None else None
    lost: list[Exception] = []

    def store_lost(error: Exception) -> None:
        lost.append(error)
        stop.set()

    app = App(config, on_fatal=store_lost, siblings=siblings)
    app.pcap = pcap
    try:
        await app.start()
    except OSError as error:
        what = f"cannot write {error.filename}" if error.filename else "cannot listen"
        raise CommandFailed(f"{what}: {error.strerror or error}", EXIT_UNABLE) from None
    _settle_memory()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    loop.add_signal_handler(signal.SIGHUP, _reload, app)
    listening = await _listen_to_supervisor(siblings, stop) if siblings is not None else None
    _welcome(app)
    await stop.wait()
    if listening is not None:
        listening.cancel()
    await app.stop()
    if lost:
        raise CommandFailed(f"the store is lost: {lost[0]}", EXIT_UNABLE)
    return EXIT_OK


async def _listen_to_supervisor(siblings: "Siblings", stop: "Event") -> "Task[None]":
    """It counts the workers for us; when it has gone, so do we."""
    import asyncio

    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def listen() -> None:
        while line := await reader.readline():
            siblings.heard(line.decode())
        stop.set()

    return loop.create_task(listen())


def _settle_memory() -> None:
    """Keep the garbage collector off what lives for ever, and let it look less often.

    A step leaves next to no cycles behind, while a full collection walks every open dialogue: with 100,000 of
    them it would stop the gateway for a tenth of a second, again and again.
    """
    import gc

    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _reload(app: "App") -> None:
    """Read the files anew; the gateway goes on with the old ones when the new ones are wrong."""
    import structlog

    from ussd_gateway.errors import ConfigError

    try:
        app.reload()
    except ConfigError as error:
        log = structlog.get_logger("ussd_gateway.serve")
        for problem in map(str, error.problems):
            log.error("reload refused", problem=problem)


def _welcome(app: "App") -> None:
    """Where the gateway listens and what to try first."""
    if app.smpp_address is None or app.http_address is None:
        print("ready", flush=True)
        return
    smpp = _reachable_address(app.smpp_address)
    http = "http://" + _reachable_address("{}:{}".format(*app.http_address))
    lines = [("SMPP", smpp), ("HTTP", http), ("store", app.config.storage.url)]
    command = _own_name()
    target = "" if smpp == "127.0.0.1:2775" else f" --target {smpp}"
    tries = [
        f"{command} dial '*105*00#' --msisdn {DEMO_NUMBER}{target}",
        f"{command} dial '*105#' --msisdn {DEMO_NUMBER}{target}",
        f"curl {http}/api/v1/subscribers/{DEMO_NUMBER}",
    ]
    note = "" if app.config.smpp.accounts else "smpp.accounts is empty: nobody can bind, not even `dial`"
    if sys.stdout.isatty():
        _welcome_in_colour(lines, tries, note)
        return
    for name, value in lines:
        print(f"{name:<6}{value}")
    if note:
        print(f"note  {note}")
    print("try")
    for line in tries:
        print(f"  {line}")
    print("ready", flush=True)


def _welcome_in_colour(lines: list[tuple[str, str]], tries: list[str], note: str) -> None:
    from rich.console import Console
    from rich.markup import escape

    # No frame around the commands: they are there to be copied.
    console = Console(soft_wrap=True, highlight=False)
    console.print("[bold green]ussd-gateway[/bold green] is ready")
    for name, value in lines:
        console.print(f"  [dim]{name:<6}[/dim]{escape(value)}")
    if note:
        console.print(f"  [yellow]{escape(note)}[/yellow]")
    console.print("in another terminal:")
    for line in tries:
        console.print(f"  [bold cyan]{escape(line)}[/bold cyan]")
    console.print("[dim]Ctrl-C stops[/dim]")


def _reachable_address(listening: str) -> str:
    host, _, port = listening.rpartition(":")
    return f"{reachable(host)}:{port}"


def _own_name() -> str:
    """How the person at the terminal called us, for lines they can paste."""
    called = Path(sys.argv[0])
    if called.name != "ussd-gateway":
        return "python -m ussd_gateway"
    if shutil.which(called.name) == str(called):
        return called.name
    try:
        return str(called.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(called)
