"""`account`: look at a subscriber, add money, set a balance."""

from pathlib import Path
from typing import Any

import click

from ussd_gateway.cli.api import Api, subscriber_path, url_option
from ussd_gateway.cli.options import config_option, json_option, load, parse_msisdn
from ussd_gateway.cli.output import say_json, table

_MEMBERS = {"topup": "amount", "set": "balance"}


@click.command(
    "account",
    short_help="Show an account, add money, set its balance.",
    # So that a SUM may be negative: `set -30` is no option.
    context_settings={"ignore_unknown_options": True},
)
@click.argument("msisdn")
@click.argument("what", required=False, type=click.Choice(["show", "topup", "set"]), default="show")
@click.argument("amount", required=False, metavar="[SUM]")
@json_option
@url_option
@config_option
def command(
    msisdn: str, what: str, amount: str | None, as_lines: bool, url: str | None, config_path: Path | None
) -> None:
    """Show the account of MSISDN; `topup SUM` adds roubles, `set SUM` makes that the balance.

    A SUM is written 250, 250.00 or 12,40. Asks the running gateway over HTTP.
    """
    config = load(config_path)
    api = Api.of(config, url)
    path = subscriber_path(parse_msisdn(config, msisdn, "MSISDN"))
    if (what == "show") == (amount is not None):
        raise click.UsageError("give a SUM with topup and set, and only with them")
    if what == "show":
        account = api.get(path)
        if as_lines:
            say_json(account)
        else:
            print(describe(account))
        return
    rest = "/topup" if what == "topup" else "/balance"
    answer = api.post(path + rest, {_MEMBERS[what]: amount})
    if as_lines:
        say_json(answer)
    else:
        print(f"{answer['msisdn']}: balance {answer['balance']}")


def describe(account: dict[str, Any]) -> str:
    """The account as a table for people."""
    from datetime import datetime

    from ussd_gateway.filters import HOME_ZONE

    login = account["login"]
    password = "set" if login["password_set"] else "not set"
    if login["locked"]:
        password += ", login locked"
    elif login["wrong"]:
        password += f", {login['wrong']} wrong so far"
    rows: dict[str, object] = {
        "number": f"+{account['msisdn']}",
        "account no": account["account_no"],
        "kind": account["kind"],
        "status": account["status"],
        "balance": account["balance"],
    }
    if account.get("budget") is not None:
        rows["budget"] = f"{account['budget']} left of {account['budget_limit']}"
    rows |= {"tariff": account["tariff_name"], "language": account["language"], "password": password}
    for package in account["packages"]:
        until = datetime.fromisoformat(package["expires"]).astimezone(HOME_ZONE).date()
        line = f"{package['left']} left of {package['size']} until {until} ({package['code']})"
        # Several packages of a kind stand one below the other.
        rows[package["kind"]] = f"{rows[package['kind']]}; {line}" if package["kind"] in rows else line
    return table(rows)
