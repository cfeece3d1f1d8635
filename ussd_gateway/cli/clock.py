"""`clock`: the gateway's time, and moving it."""

from pathlib import Path

import click

from ussd_gateway.cli.api import Api, url_option
from ussd_gateway.cli.options import config_option, json_option, load
from ussd_gateway.cli.output import say_json

CATCH_UP_S = 3600.0
"""A year of many subscribers takes a while; the answer comes when all of it has happened."""


@click.command("clock", short_help="Show the gateway's time, or move it.")
@click.argument("what", type=click.Choice(["show", "advance", "set"]), default="show")
@click.argument("value", required=False, metavar="[DURATION|INSTANT]")
@json_option
@url_option
@config_option
def command(what: str, value: str | None, as_lines: bool, url: str | None, config_path: Path | None) -> None:
    """Show the running gateway's time; `advance 24h` or `set 2026-12-01T09:00:00+03:00` moves it forward.

    Only a gateway started with `clock: virtual` can be moved, and never back.  What happened on the way is
    told: fees, changes of tariff, points, loans that fell due.
    """
    if (what == "show") == (value is not None):
        raise click.UsageError("give a duration with advance, an instant with set, nothing with show")
    api = Api.of(load(config_path), url)
    path = "/api/v1/clock"
    if what == "show":
        state = api.get(path)
    else:
        state = api.post(path, {what: value}, timeout_s=CATCH_UP_S)
    if as_lines:
        say_json(state)
        return
    print(f"{state['now']} ({state['clock']})")
    happened, counts = state.get("happened", []), state.get("counts", {})
    for line in happened:
        print(_told(line))
    if sum(counts.values()) > len(happened):
        print("all in all: " + ", ".join(f"{count} {name}" for name, count in counts.items()))


def _told(line: dict[str, object]) -> str:
    words = {name: value for name, value in line.items() if not name.endswith("_kop")}
    at, msisdn, happened = words.pop("at"), words.pop("msisdn"), words.pop("what")
    return "  ".join([f"{at}  {msisdn}  {happened}", *(f"{name}={value}" for name, value in words.items())])
