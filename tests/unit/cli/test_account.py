"""An account as a table for people."""

from ussd_gateway.cli.account import describe

ACCOUNT = {
    "msisdn": "79261234567",
    "account_no": "9261234567",
    "kind": "individual",
    "status": "active",
    "balance": "250.00",
    "tariff_name": "Пиши",
    "language": "ru",
    "login": {"password_set": False, "locked": False, "wrong": 0},
}


def package(code: str, left: int) -> dict[str, object]:
    return {"code": code, "kind": "mb", "left": left, "size": 70, "expires": "2026-11-30T21:00:00.000Z"}


def test_every_package_is_shown():
    lines = describe({**ACCOUNT, "packages": [package("0618P", 10), package("372", 70)]}).splitlines()
    assert lines[1].split() == ["account", "no", "9261234567"]
    assert lines[-1].split(maxsplit=1) == [
        "mb",
        "10 left of 70 until 2026-12-01 (0618P); 70 left of 70 until 2026-12-01 (372)",
    ]
