"""`dial`: a phone at the terminal.  With inputs it walks a menu; without, on a terminal, somebody types."""

import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ussd_gateway.cli.codes import EXIT_FAILED, EXIT_UNABLE
from ussd_gateway.cli.options import config_option, json_option, load, msisdn_option, parse_msisdn
from ussd_gateway.cli.output import complain, say
from ussd_gateway.cli.phones import Way, open_phone, tell_of_absent, use, via_options
from ussd_gateway.cli.record import FILE, loose_option, recorded
from ussd_gateway.phone.events import Event, Failure, Screen, SmsArrived

if TYPE_CHECKING:
    from ussd_gateway.phone.base import Phone
    from ussd_gateway.phone.events import Receiver

SCREEN_TIMEOUT_S = 15.0
"""How long to wait for a screen before giving up."""

SMS_WAIT_S = 5.0
QUIET_S = 1.0
"""Once an SMS has come, this long without another one means that it was the last."""


@click.command("dial", short_help="Dial a USSD code: walk a menu, or talk to it by hand.")
@click.argument("code")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@msisdn_option
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to wait for SMS after the dialogue.",
)
@click.option("--record", "record_path", type=FILE, metavar="FILE", help="Write the session as a script.")
@loose_option
@json_option
@via_options
@config_option
def command(
    code: str,
    inputs: tuple[str, ...],
    msisdn: str,
    wait_s: float | None,
    record_path: Path | None,
    loose: bool,
    as_lines: bool,
    via: str,
    target: str | None,
    system_id: str | None,
    password: str | None,
    url: str | None,
    config_path: Path | None,
) -> int:
    """Dial a USSD CODE and answer its screens with the INPUTs, one each.

    Without INPUT on a terminal the dialogue is yours: type answers, see SMS arrive above the line, Ctrl-D
    hangs up. With INPUT (or in a pipe) every screen is printed, and a screen that asks when the inputs are
    used up is hung up on.

    After a last screen the phone stays on for SMS: 5 seconds, less when one has come and a second passes
    without another; --wait sets another time. An empty INPUT ('') is an empty answer. The code ends with 1
    when the gateway refuses or does not answer, or when the dialogue ends before all inputs are used.

    With --record the session becomes a script for `replay`, as with `record`, whatever the way to the
    gateway and whosever that is. Over SMPP and HTTP a gateway of ours is asked for the account's state and
    the names of screens, too; with --target and no --url it is taken for somebody else's.
    """
    config = load(config_path)
    number = parse_msisdn(config, msisdn)
    if loose and record_path is None:
        raise click.UsageError("--loose belongs to --record")
    by_hand = not inputs and not as_lines and sys.stdin.isatty() and sys.stdout.isatty()

    way = Way(via, target, system_id, password, url)
    tell_of_absent(config, code, way)

    async def work() -> int:
        async with (
            open_phone(config, number, way) as switched_on,
            recorded(switched_on, config, way, record_path, loose=loose) as phone,
        ):
            if by_hand:
                from ussd_gateway.cli.interactive import converse

                return await converse(phone, code)
            return await walk(phone, code, inputs, wait_s, lambda event: say(event, as_lines=as_lines))

    return use(work(), as_lines=as_lines)


async def walk(
    phone: "Phone", code: str, inputs: tuple[str, ...], wait_s: float | None, show: Callable[[Event], None]
) -> int:
    """Dial, answer, hang up, wait for SMS; returns the exit code."""
    left = deque(inputs)
    await phone.dial(code)
    while True:
        event = await next_event(phone, SCREEN_TIMEOUT_S)
        if event is None:
            event = Failure(f"no screen within {SCREEN_TIMEOUT_S:g} s")
        show(event)
        if isinstance(event, Failure):
            return exit_code([event])
        if isinstance(event, Screen) and event.op == "end":
            wait_s = SMS_WAIT_S if wait_s is None else wait_s
            break
        if isinstance(event, Screen) and event.op == "ask":
            if not left:
                await phone.hang_up()
                break
            await phone.answer(left.popleft())
    events = await linger(phone, wait_s or 0, show)
    if left:
        complain(f"the dialogue ended before all inputs were used; left over: {' '.join(left)}")
        return EXIT_FAILED
    return exit_code(events)


async def linger(phone: "Receiver", wait_s: float, show: Callable[[Event], None]) -> list[Event]:
    """Show what still arrives within `wait_s`, and return it."""
    events: list[Event] = []
    deadline = time.monotonic() + wait_s
    while (event := await next_event(phone, deadline - time.monotonic())) is not None:
        show(event)
        events.append(event)
        if isinstance(event, Failure):
            break
        if isinstance(event, SmsArrived):
            deadline = min(deadline, time.monotonic() + QUIET_S)
    return events


async def next_event(phone: "Receiver", timeout_s: float) -> Event | None:
    """What happens next on the phone; None when nothing does in time."""
    import asyncio

    try:
        return await asyncio.wait_for(phone.events.get(), max(timeout_s, 0))
    except TimeoutError:
        return None


def exit_code(events: list[Event]) -> int:
    """0, or what the failure among the events says: 1 refused, 3 the link is gone."""
    failure = next((event for event in events if isinstance(event, Failure)), None)
    if failure is None:
        return 0
    return EXIT_UNABLE if failure.final else EXIT_FAILED
