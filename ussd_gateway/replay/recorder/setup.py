"""The account as a session found it -> the steps that bring it about again.

As far as `GET /api/v1/subscribers/{msisdn}` tells; what it does not tell (services, debts, lists) a script
finds as it is.  A tariff or package that is set anew is paid from that moment on, which is another state than
that of one paid long ago: so they are set only where the session has changed them, and the tariff is looked
at before it begins.
"""

from collections.abc import Mapping
from typing import Any

from ussd_gateway.replay.recorder.steps import Step

State = Mapping[str, Any]

PASSWORD = "password_before"
"""The variable for a password that the account had and the session did not show."""


def setup_of(before: State, after: State, password: str | None) -> list[Step]:
    """`before` and `after`: the account at the beginning and the end of the session; `password` names the
    variable of the present one, where the session shows it."""
    state: dict[str, Any] = {"balance": before["balance"]}
    if before.get("budget") is not None:
        state["budget"] = before["budget"]
    elif before.get("floor_kop"):
        state["credit_limit"] = str(before["floor"]).removeprefix("-")
    state["language"] = before["language"]
    changed = before["tariff"] != after["tariff"]
    if changed:
        state["tariff"] = before["tariff"]
    if remains := _remains(before):
        state["remains"] = remains
    bought, bought_after = _bought(before), _bought(after)
    if bought != bought_after:
        state["packages"] = {code: code in bought for code in sorted(bought | bought_after)}
    state |= _login(before, password)
    looked_at = [] if changed else [Step("assert", {"tariff": before["tariff"]})]
    return [Step("account", state), *looked_at]


def _login(before: State, password: str | None) -> dict[str, Any]:
    login = before.get("login", {})
    state: dict[str, Any] = {
        "password": f"{{{{ {password or PASSWORD} }}}}" if login.get("password_set") else None,
        "locked": bool(login.get("locked")),
        "wrong": int(login.get("wrong", 0)),
    }
    return state | ({"autologin": bool(before["autologin"])} if "autologin" in before else {})


def _remains(account: State) -> dict[str, int]:
    """What is left of the tariff's own packages."""
    own = [each for each in account.get("packages", ()) if each["code"] == account["tariff"]]
    return {each["kind"]: each["left"] for each in own if isinstance(each["left"], int)}


def _bought(account: State) -> set[str]:
    return {each["code"] for each in account.get("packages", ())} - {account["tariff"]}
