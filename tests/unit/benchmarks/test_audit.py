"""The audit finds money that was shown and not booked, booked twice, or out of balance."""

import sqlite3
from importlib import resources

import pytest

from benchmarks import audit

NUMBER = "79250000001"


@pytest.fixture
def book(tmp_path):
    """A file of the gateway's own schema; call it with balance and fees: (opening, fees) -> path."""

    def write(balance_kop, fees):
        path = tmp_path / "gateway.db"
        connection = sqlite3.connect(path)
        schema = resources.files("ussd_gateway.storage").joinpath("schema.sql").read_text(encoding="utf-8")
        connection.executescript(schema)
        moves = [("open", "opening", "system:opening", 10_000)]
        moves += [(f"k{number}", "fee", "system:fees", -fee) for number, fee in enumerate(fees)]
        for key, kind, other, amount_kop in moves:
            connection.execute("INSERT INTO operation VALUES (?, '', 0, '{}')", (key,))
            for account, sign in ((f"{NUMBER}:main", 1), (other, -1)):
                connection.execute(
                    "INSERT INTO ledger (transfer, account, amount_kop, kind, at_ms, note)"
                    " VALUES (?, ?, ?, ?, 0, '')",
                    (key, account, sign * amount_kop, kind),
                )
        connection.execute(
            "INSERT INTO account (msisdn, version, balance_kop, floor_kop, budget_kop, personal_kop, body)"
            " VALUES (?, 1, ?, 0, 0, 0, '{}')",
            (int(NUMBER), balance_kop),
        )
        connection.commit()
        connection.close()
        return path

    return write


def test_agreeing_books_are_sound(book):
    report = audit.charges("gateway", book(9_997, [1, 1, 1]), shown=3)
    assert report.sound
    assert "the ledger agrees" in str(report)


@pytest.mark.parametrize(
    "balance_kop, fees, shown",
    [(9_998, [1, 1], 3), (9_997, [1, 1, 1], 2), (9_998, [1, 1, 1], 3), (9_996, [1, 2, 1], 3)],
    ids=["shown but not booked", "booked twice", "balance off", "wrong fee"],
)
def test_disagreement_is_found(book, balance_kop, fees, shown):
    assert not audit.charges("gateway", book(balance_kop, fees), shown=shown).sound
