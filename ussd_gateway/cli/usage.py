"""`usage`: a call, a message or megabytes, rated and charged by the running gateway."""

from pathlib import Path
from typing import Any

import click

from ussd_gateway.cli.api import Api, subscriber_path, url_option
from ussd_gateway.cli.options import config_option, json_option, load, parse_msisdn
from ussd_gateway.cli.output import say_json

_UNITS = {"call": "min", "sms": "SMS", "data": "MB"}
_FORMS = {"call": ("TO", "MINUTES"), "sms": ("TO",), "data": ("MB",)}


@click.command("usage", short_help="Charge a call, a message or megabytes.")
@click.argument("msisdn")
@click.argument("kind", type=click.Choice(["call", "sms", "data"]))
@click.argument("rest", nargs=-1, required=True, metavar="TO MINUTES | TO | MB")
@click.option(
    "--direction",
    type=click.Choice(["out", "in", "forwarded"]),
    help="Of a call: made (default), received, or diverted to another number.",
)
@json_option
@url_option
@config_option
def command(
    msisdn: str,
    kind: str,
    rest: tuple[str, ...],
    direction: str | None,
    as_lines: bool,
    url: str | None,
    config_path: Path | None,
) -> None:
    """Charge what MSISDN used: `call TO MINUTES`, `sms TO` or `data MB`, as the network would report it.

    Packages pay first, then money; when it ends, the call ends with it. Asks the running gateway over HTTP.
    """
    config = load(config_path)
    body = _body(kind, rest, direction)
    number = parse_msisdn(config, msisdn, "MSISDN")
    answer = Api.of(config, url).post(subscriber_path(number, "/usage"), body)
    if as_lines:
        say_json(answer)
    else:
        print(described(kind, answer))


def _body(kind: str, rest: tuple[str, ...], direction: str | None) -> dict[str, object]:
    form = _FORMS[kind]
    if len(rest) != len(form):
        raise click.UsageError(f"{kind} takes {' '.join(form)}")
    if direction and kind != "call":
        raise click.UsageError("--direction is of calls only")
    body: dict[str, object] = {"kind": kind}
    for name, value in zip(form, rest, strict=True):
        body[name.lower()] = value if name == "TO" else _whole(value, name)
    return body | ({"direction": direction} if direction else {})


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise click.BadParameter(f"{text!r} is not a whole number", param_hint=name)
    return int(text)


def described(kind: str, answer: dict[str, Any]) -> str:
    """The answer in one line: `79261234567: call other_home, 3 min (1 from packages), 4.00`."""
    what = kind if answer["class"] == kind else f"{kind} {answer['class']}"
    units = f"{answer['units']} {_UNITS[kind]}"
    if answer["from_package"]:
        units += f" ({answer['from_package']} from packages)"
    return f"{answer['msisdn']}: {what}, {units}, {answer['cost']}"
