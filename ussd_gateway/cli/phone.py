"""`phone`: the network state of a phone, shown or switched."""

import json
from pathlib import Path

import click

from ussd_gateway.cli.api import Api, subscriber_path, url_option
from ussd_gateway.cli.codes import EXIT_OK
from ussd_gateway.cli.options import config_option, json_option, load, parse_msisdn

STATES = ("on", "off", "out_of_coverage", "memory_full")


@click.command("phone", short_help="Switch a phone off or on, or take it out of coverage.")
@click.argument("msisdn")
@click.argument("state", required=False, type=click.Choice(STATES))
@json_option
@url_option
@config_option
def command(msisdn: str, state: str | None, as_lines: bool, url: str | None, config_path: Path | None) -> int:
    """Show the network state of the phone with the number MSISDN, or switch it to STATE.

    To a phone that is off or out_of_coverage nothing comes, and nothing can be asked of the gateway by it;
    with memory_full it takes no messages. What waited for it goes out as soon as it takes messages again.
    """
    config = load(config_path)
    path = subscriber_path(parse_msisdn(config, msisdn, "MSISDN"), "/phone")
    api = Api.of(config, url)
    phone = api.get(path) if state is None else api.put(path, {"state": state})
    if as_lines:
        click.echo(json.dumps({"event": "phone", **phone}))
    else:
        reached = "" if phone["reachable"] else ", cannot be reached"
        click.echo(f"{phone['msisdn']}: {phone['state']}{reached}")
    return EXIT_OK
