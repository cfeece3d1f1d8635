"""`push`: the network shows a screen on a phone by itself, or asks."""

import json
from pathlib import Path

import click

from ussd_gateway.cli.api import Api, url_option
from ussd_gateway.cli.codes import EXIT_FAILED, EXIT_OK
from ussd_gateway.cli.options import config_option, json_option, load, parse_msisdn
from ussd_gateway.cli.output import complain

TIMEOUT_S = 60.0
_ENDS = {
    "absent": "the phone cannot be reached",
    "busy": "the phone is busy",
    "timeout": "no answer in time",
    "aborted": "the subscriber hung up",
    "replaced": "the subscriber dialled something else",
    "undeliverable": "the phone's side refused it",
}


@click.command("push", short_help="Show a screen on a phone, or ask it something.")
@click.argument("msisdn")
@click.argument("text")
@click.option(
    "--ask", is_flag=True, help="Wait for the subscriber's answer (USSR); without, only show (USSN)."
)
@click.option("--sender", metavar="CODE", default="", help="The service code the phone sees.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0, max=600),
    metavar="SECONDS",
    default=TIMEOUT_S,
    show_default=True,
    help="How long to wait for the phone.",
)
@json_option
@url_option
@config_option
def command(
    msisdn: str,
    text: str,
    ask: bool,
    sender: str,
    timeout_s: float,
    as_lines: bool,
    url: str | None,
    config_path: Path | None,
) -> int:
    """Show TEXT on the phone with the number MSISDN, as the network does by itself.

    With --ask the subscriber's answer is printed. The phone must be reachable: behind a bind, or listening
    over HTTP. The code ends with 1 when it is not, is busy, or nobody answers in time.
    """
    config = load(config_path)
    number = parse_msisdn(config, msisdn, "MSISDN")
    body = {"msisdn": number, "text": text, "ask": ask, "sender": sender, "timeout": f"{timeout_s:.0f}s"}
    push = Api.of(config, url).post("/api/v1/push", body, timeout_s=timeout_s + 10)
    if as_lines:
        click.echo(json.dumps({"event": "push", **push}, ensure_ascii=False))
    elif push["state"] == "answered":
        click.echo(push["answer"])
    elif push["state"] == "confirmed":
        click.echo("shown")
    if push["state"] in ("answered", "confirmed"):
        return EXIT_OK
    if not as_lines:
        complain(_ENDS.get(push["reason"] or "timeout", push["reason"]))
    return EXIT_FAILED
