"""`clock`: the gateway's time, and moving it."""

from pathlib import Path

import click

from ussd_gateway.cli.api import Api, url_option
from ussd_gateway.cli.options import config_option, json_option, load
from ussd_gateway.cli.output import say_json


@click.command("clock", short_help="Show the gateway's time, or move it.")
@click.argument("what", type=click.Choice(["show", "advance", "set"]), default="show")
@click.argument("value", required=False, metavar="[DURATION|INSTANT]")
@json_option
@url_option
@config_option
def command(what: str, value: str | None, as_lines: bool, url: str | None, config_path: Path | None) -> None:
    """Show the running gateway's time; `advance 24h` or `set 2026-12-01T09:00:00+03:00` moves it forward.

    Only a gateway started with `clock: virtual` can be moved, and never back.
    """
    if (what == "show") == (value is not None):
        raise click.UsageError("give a duration with advance, an instant with set, nothing with show")
    api = Api.of(load(config_path), url)
    path = "/api/v1/clock"
    state = api.get(path) if what == "show" else api.post(path, {what: value})
    if as_lines:
        say_json(state)
    else:
        print(f"{state['now']} ({state['clock']})")
