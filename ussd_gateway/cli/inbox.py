"""`inbox`: the messages of a subscriber, whether a phone is on or not."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ussd_gateway.cli.api import Api, subscriber_path, url_option
from ussd_gateway.cli.options import config_option, json_option, load, msisdn_option, parse_msisdn
from ussd_gateway.cli.output import box, say_json

POLL_S = 0.5

_FEET = {"queued": "not delivered yet", "sent": "sent", "acked": "", "failed": "failed"}


@click.command("inbox", short_help="Show the SMS of a subscriber.")
@msisdn_option
@click.option("--follow", "-f", is_flag=True, help="Go on showing messages as they come, until Ctrl-C.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest."
)
@json_option
@url_option
@config_option
def command(
    msisdn: str, follow: bool, limit: int, as_lines: bool, url: str | None, config_path: Path | None
) -> None:
    """Show the SMS sent to a subscriber, oldest first. Asks the running gateway over HTTP."""
    config = load(config_path)
    api = Api.of(config, url)
    path = subscriber_path(parse_msisdn(config, msisdn), "/inbox")
    page, after = api.get(path, limit=limit), 0
    while True:
        for message in page["messages"]:
            show(message, as_lines=as_lines)
            after = message["message_id"]
        if not follow:
            return
        if page["next"] is None:
            time.sleep(POLL_S)
        page = api.get(path, after=after)


def show(message: Mapping[str, Any], *, as_lines: bool) -> None:
    """One message; with --json as the event that `dial` and `sms` print, with its state."""
    if as_lines:
        say_json(
            {
                "event": "sms",
                "from": message["from"],
                "text": message["text"],
                "parts": message["parts"],
                "state": message["state"],
                "at": message["not_before"],
            }
        )
    else:
        title = f"SMS from {message['from']} at {message['not_before'][:19].replace('T', ' ')} UTC"
        print(box(title, message["text"], _FEET[message["state"]]), flush=True)
