"""`call`: a voice menu by keys.  With keys it prints the transcript; without, somebody types them."""

import sys
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ussd_gateway.cli.api import address, url_option
from ussd_gateway.cli.codes import EXIT_FAILED, EXIT_UNABLE, CommandFailed
from ussd_gateway.cli.dial import SMS_WAIT_S, exit_code, linger
from ussd_gateway.cli.options import config_option, json_option, load, msisdn_option, parse_msisdn
from ussd_gateway.cli.output import complain, say
from ussd_gateway.cli.phones import use
from ussd_gateway.phone.events import Event, Failure, Voice

if TYPE_CHECKING:
    from ussd_gateway.config import Config
    from ussd_gateway.phone.calls import Caller


@click.command("call", short_help="Call a voice menu: press keys, read what is said.")
@click.argument("number")
@click.argument("keys", nargs=-1, metavar="[KEYS]...")
@msisdn_option
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to wait for SMS after the call.",
)
@json_option
@click.option(
    "--via",
    type=click.Choice(["http", "smpp", "embedded"]),
    default="http",
    show_default=True,
    help="How to reach the gateway; SMPP carries no calls, so smpp means http.",
)
@url_option
@config_option
def command(
    number: str,
    keys: tuple[str, ...],
    msisdn: str,
    wait_s: float | None,
    as_lines: bool,
    via: str,
    url: str | None,
    config_path: Path | None,
) -> int:
    """Call NUMBER and press the KEYS: 0-9, * (back) and # (end of an input), one prompt after each.

    Several keys in one argument are pressed one after another, as by a caller who knows the way. An empty
    argument ('') is silence: the time in which the menu gives up waiting and repeats itself. Without KEYS on
    a terminal the call is yours: type keys, Ctrl-D hangs up.

    When the keys are used up the phone hangs up. It stays on for SMS: 5 seconds after a call that ended by
    itself, less when one has come and a second passes without another; --wait sets another time. The code
    ends with 1 when nobody answers or the call ends before all keys are pressed.
    """
    from ussd_gateway.calls import keys_problem

    config = load(config_path)
    caller_number = parse_msisdn(config, msisdn)
    for each in keys:
        if (problem := keys_problem(each)) is not None:
            raise click.BadParameter(f"{each!r}: {problem}", param_hint="KEYS")
    by_hand = not keys and not as_lines and sys.stdin.isatty() and sys.stdout.isatty()

    async def work() -> int:
        async with _open_caller(config, caller_number, via, url) as caller:
            if by_hand:
                from ussd_gateway.cli.interactive_call import converse

                return await converse(caller, number)
            return await walk(caller, number, keys, wait_s, lambda event: say(event, as_lines=as_lines))

    return use(work(), as_lines=as_lines)


async def walk(
    caller: "Caller", number: str, keys: tuple[str, ...], wait_s: float | None, show: Callable[[Event], None]
) -> int:
    """Call, press, hang up, wait for SMS; returns the exit code."""
    left = deque(keys)
    ended = False
    await caller.call(number)
    while True:
        while not caller.events.empty():
            event = caller.events.get_nowait()
            show(event)
            if isinstance(event, Failure):
                return exit_code([event])
            ended |= isinstance(event, Voice) and event.state == "end"
        if ended or not left:
            break
        await _press_next(caller, left)
    if not ended:
        await caller.hang_up()
    default_s = SMS_WAIT_S if ended else 0
    events = await linger(caller, default_s if wait_s is None else wait_s, show)
    if left:
        complain(f"the call ended before all keys were pressed; left over: {' '.join(left)}")
        return EXIT_FAILED
    return exit_code(events)


async def _press_next(caller: "Caller", left: deque[str]) -> None:
    keys = left.popleft()
    if not keys.strip():
        await caller.be_silent()
    elif unused := await caller.press(keys):
        left.appendleft(unused)


@asynccontextmanager
async def _open_caller(config: "Config", msisdn: str, via: str, url: str | None) -> AsyncIterator["Caller"]:
    """A phone that is switched on; raises GatewayError when there is no gateway."""
    from ussd_gateway import logs

    logs.configure("error")
    if via == "embedded":
        async with _embedded(config, msisdn) as caller:
            yield caller
        return
    from ussd_gateway.phone.http import HttpCaller, NoGateway

    caller = HttpCaller(msisdn, url=url or address(config), token=config.http.token)
    try:
        await caller.open()
        yield caller
    except NoGateway as error:
        raise CommandFailed(
            f"{error}; is the gateway running? Start it with `make run`", EXIT_UNABLE
        ) from None
    finally:
        await caller.close()


@asynccontextmanager
async def _embedded(config: "Config", msisdn: str) -> AsyncIterator["Caller"]:
    from ussd_gateway.app import App
    from ussd_gateway.phone.calls import EmbeddedCaller

    app = App(config)
    try:
        await app.start(listen=False)
        caller = EmbeddedCaller(msisdn, app.calls, app.phones)
        await caller.open()
        yield caller
        await caller.close()
    finally:
        await app.stop()
