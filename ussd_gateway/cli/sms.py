"""`sms`: send a short message and see what comes back."""

from pathlib import Path

import click

from ussd_gateway.cli.dial import SMS_WAIT_S, exit_code, linger
from ussd_gateway.cli.options import config_option, json_option, load, msisdn_option, parse_msisdn
from ussd_gateway.cli.output import note, say
from ussd_gateway.cli.phones import Way, open_phone, use, via_options


@click.command("sms", short_help="Send an SMS and see what comes back.")
@click.argument("short_code")
@click.argument("text", default="")
@msisdn_option
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    default=SMS_WAIT_S,
    show_default=True,
    help="How long to wait for an answer.",
)
@json_option
@via_options
@config_option
def command(
    short_code: str,
    text: str,
    msisdn: str,
    wait_s: float,
    as_lines: bool,
    via: str,
    target: str | None,
    system_id: str | None,
    password: str | None,
    url: str | None,
    config_path: Path | None,
) -> int:
    """Send an SMS with TEXT (empty when left out) to SHORT_CODE and print what comes back.

    Waiting ends early when an SMS has come and a second passes without another. The code ends with 1 when
    the gateway refuses the message; no answer is no error.
    """
    config = load(config_path)
    number = parse_msisdn(config, msisdn)
    if not short_code.isascii() or not 1 <= len(short_code) <= 20:
        raise click.BadParameter("an SMS goes to at most 20 digits or Latin letters", param_hint="SHORT_CODE")

    async def work() -> int:
        async with open_phone(config, number, Way(via, target, system_id, password, url)) as phone:
            await phone.send_sms(short_code, text)
            events = await linger(phone, wait_s, lambda event: say(event, as_lines=as_lines))
        if not events and wait_s:
            note(f"no SMS came back within {wait_s:g} s")
        return exit_code(events)

    return use(work(), as_lines=as_lines)
