"""`record`: the session of a phone on a running gateway becomes a script; also `dial --record`."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ussd_gateway.cli.api import address, url_option
from ussd_gateway.cli.codes import EXIT_FAILED, EXIT_OK, EXIT_UNABLE, CommandFailed
from ussd_gateway.cli.options import config_option, load, msisdn_option, parse_msisdn
from ussd_gateway.cli.output import note, say
from ussd_gateway.cli.phones import Way, use
from ussd_gateway.errors import GatewayError
from ussd_gateway.phone.events import Screen, SmsArrived, Voice

if TYPE_CHECKING:
    import asyncio

    from ussd_gateway.config import Config
    from ussd_gateway.phone.base import Phone
    from ussd_gateway.phone.events import ScreenOp
    from ussd_gateway.replay.labs.backroom_http import HttpBackRoom
    from ussd_gateway.replay.recorder.notes import Note
    from ussd_gateway.replay.recorder.recorder import Recorder

FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
loose_option = click.option(
    "--loose", is_flag=True, help="In recorded texts other digits match, too (but for choices and codes)."
)


@click.command("record", short_help="Write a script from what a phone does on a running gateway.")
@msisdn_option
@click.option("-o", "--output", "path", type=FILE, required=True, metavar="FILE", help="The script to write.")
@click.option(
    "--for",
    "length",
    metavar="DURATION",
    help="Stop by itself after this time, 90s or 10m (default: Ctrl-C).",
)
@loose_option
@url_option
@config_option
def command(
    msisdn: str, path: Path, length: str | None, loose: bool, url: str | None, config_path: Path | None
) -> int:
    """Follow the phone with the number N on a running gateway, and write what it does as a script.

    USSD dialogues, SMS both ways and calls are recorded, whatever way the phone has to the gateway, until
    Ctrl-C. The script first brings the account into the state it had at the beginning, and it replays green:
    what the network makes up (passwords, codes) is captured, dates and times become patterns. Passwords the
    phone types are not in it: variables with something alike stand for them.

    The code ends with 1 when nothing has happened: then no file is written.
    """
    from ussd_gateway.clock import duration_ms

    config = load(config_path)
    number = parse_msisdn(config, msisdn)
    try:
        length_s = duration_ms(length) / 1000 if length is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from None
    return use(_record(config, number, path, length_s, loose, url), as_lines=False)


async def _record(
    config: "Config", number: str, path: Path, length_s: float | None, loose: bool, url: str | None
) -> int:
    from ussd_gateway.replay.labs.backroom_http import HttpBackRoom
    from ussd_gateway.replay.recorder.live import Follower
    from ussd_gateway.replay.recorder.recorder import Recorder

    back_room = HttpBackRoom(url or address(config), token=config.http.token)
    async with AsyncExitStack() as stack:
        await _open(back_room)
        stack.push_async_callback(back_room.close)
        recorder = Recorder(number, account=await back_room.account(number), loose=loose)
        follower = Follower(back_room, recorder, _tell)
        await follower.begin()
        note(f"recording {number}; Ctrl-C ends it and writes {path}")
        try:
            await follower.follow(_enough(length_s))
        finally:
            # Also when the gateway goes away: what was seen until then is worth a file.
            written = await _finish(recorder, path, "record", back_room)
        if follower.missed:
            note("more happened at once than the gateway keeps: the script lacks something")
        return EXIT_OK if written else EXIT_FAILED


async def _open(back_room: "HttpBackRoom") -> None:
    from ussd_gateway.phone.http import NoGateway

    try:
        await back_room.open()
    except NoGateway as error:
        hint = "is the gateway running? Start it with `make run`"
        raise CommandFailed(f"{error}; {hint}", EXIT_UNABLE) from None


def _enough(length_s: float | None) -> "asyncio.Event":
    """An event that Ctrl-C sets, or the end of the time."""
    import asyncio
    import signal

    enough, loop = asyncio.Event(), asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, enough.set)
    if length_s is not None:
        loop.call_later(length_s, enough.set)
    return enough


async def _finish(recorder: "Recorder", path: Path, by: str, back_room: "HttpBackRoom | None") -> bool:
    """The session is over: write it; whether there was anything."""
    if back_room is not None:
        with suppress(GatewayError):  # it went away: then what the session changed is not known
            recorder.ended(await back_room.account(recorder.msisdn))
    return _write(recorder, path, by)


def _write(recorder: "Recorder", path: Path, by: str) -> bool:
    """Write the script, if there is anything to replay; whether there was."""
    if recorder.empty:
        note(f"nothing has happened: {path} is not written")
        return False
    made = (
        f"Recorded {datetime.now(UTC):%Y-%m-%d %H:%M} by `ussd-gateway {by}`; times are UTC, the gateway's."
    )
    path.write_text(recorder.script(path.stem, made=made), encoding="utf-8")
    note(f"written: {path}; replay it with `ussd-gateway replay {path}`")
    return True


def _tell(seen: "Note") -> None:
    """A note, for the person at the terminal."""
    if seen.kind == "screen":
        op: ScreenOp = "ask" if seen.op == "ask" else "notify" if seen.op == "notify" else "end"
        say(Screen(op, seen.text, seen.screen, ""), as_lines=False)
    elif seen.kind == "message":
        say(SmsArrived(seen.peer, seen.text, seen.parts), as_lines=False)
    elif seen.kind == "voice":
        say(Voice(seen.text, "prompt" if seen.op == "prompt" else "end"), as_lines=False)
    else:
        to = f"to {seen.peer}" if seen.peer else ""
        words = [seen.kind, to, "***" if seen.secret else seen.text]
        click.echo(f"> {' '.join(word for word in words if word)}")


# ---------------------------------------------------------------- dial --record


@asynccontextmanager
async def recorded(
    phone: "Phone", config: "Config", way: Way, path: Path | None, *, loose: bool
) -> AsyncIterator["Phone"]:
    """The phone, taking notes if there is a file to write them to when the block ends."""
    if path is None:
        yield phone
        return
    from ussd_gateway.replay.recorder.from_phone import recording
    from ussd_gateway.replay.recorder.recorder import Recorder

    async with AsyncExitStack() as stack:
        back_room = await _back_room(config, way)
        if back_room is not None:
            stack.push_async_callback(back_room.close)
        account = await back_room.account(phone.msisdn) if back_room is not None else None
        recorder = Recorder(phone.msisdn, account=account, loose=loose)
        try:
            async with recording(phone, recorder, back_room) as taking:
                yield taking
        finally:
            await _finish(recorder, path, "dial", back_room)


async def _back_room(config: "Config", way: Way) -> "HttpBackRoom | None":
    """Of a gateway of ours that can be asked over HTTP."""
    from ussd_gateway.phone.http import NoGateway
    from ussd_gateway.replay.labs.backroom_http import HttpBackRoom

    if way.via == "embedded" or (way.target is not None and way.url is None):
        return None
    back_room = HttpBackRoom(way.url or address(config), token=config.http.token)
    try:
        await back_room.open()
    except NoGateway as error:
        note(f"{error}; the script will not bring the account into its state")
        return None
    return back_room
