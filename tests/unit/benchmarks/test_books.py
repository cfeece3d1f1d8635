"""The second opinion on a lived year finds what is wrong, and nothing in what is right."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

import pytest

from benchmarks.books import DAY_MS, Line, check, loans, twice
from ussd_gateway.storage.sqlite_file import open_writer

NUMBER = "79270000001"
NOON_MS = 1_767_258_000_000
"""1 January 2026 in Moscow; a month of 31 days begins."""
FEB_MS = NOON_MS + 31 * DAY_MS


def fee(days: float, kind: str = "daily", note: str = "Гудок", transfer: str = "t", kop: int = -200) -> Line:
    return Line(transfer, kop, kind, NOON_MS + round(days * DAY_MS), note)


@pytest.mark.parametrize(
    "lines, found",
    [
        ([fee(0), fee(0.5), fee(1.5)], 0),
        ([fee(0), fee(0.4)], 1),
        ([fee(0), fee(0.4, note="Черный список")], 0),
        ([fee(1), fee(0)], 1),
        ([fee(0, "monthly"), fee(31, "monthly")], 0),
        ([fee(0, "monthly"), fee(27, "monthly")], 1),
        ([fee(0, "monthly"), fee(9, "fee", transfer="c"), fee(9, "monthly", transfer="c")], 0),
        ([fee(0, "fee"), fee(0, "fee")], 0),
    ],
)
def test_a_period_is_paid_once(lines: list[Line], found: int) -> None:
    assert len(twice(lines)) == found


def test_loans_are_given_back_once() -> None:
    lent, back = fee(0, "promised", kop=5_000), fee(3, "promised_repay", kop=-5_000)
    assert loans([lent, back], {}) == []
    assert loans([lent], {"promised": [[5_000, 1_000, 0]]}) == []
    assert loans([lent, back, back], {}) != []
    assert loans([lent], {}) != []


@pytest.fixture
def books(tmp_path: Path) -> Iterator[tuple[Path, Connection]]:
    """A member who paid 61 roubles for services in January and got 2 points for them."""
    file = tmp_path / "gateway.db"
    with closing(open_writer(file)) as connection:
        body = {"bonus": [True, NOON_MS, 0, [[2, FEB_MS, FEB_MS + 365 * DAY_MS]]]}
        write(connection, "open", 10_000, "opening", "system:opening")
        write(connection, "pay", -6_100, "usage", "system:fees")
        connection.execute(
            "INSERT INTO account (msisdn, version, balance_kop, floor_kop, budget_kop, personal_kop,"
            " due_ms, body) VALUES (?, 2, 3900, 0, 0, 0, 0, ?)",
            (int(NUMBER), json.dumps(body)),
        )
        yield file, connection


def write(connection: Connection, transfer: str, kop: int, kind: str, other: str) -> None:
    connection.execute("INSERT INTO operation VALUES (?, 'r', ?, '{}')", (transfer, NOON_MS))
    for account, part_kop in ((f"{NUMBER}:main", kop), (other, -kop)):
        connection.execute(
            "INSERT INTO ledger (transfer, account, amount_kop, kind, at_ms, note)"
            " VALUES (?, ?, ?, ?, ?, '')",
            (transfer, account, part_kop, kind, NOON_MS),
        )


def test_sound_books(books: tuple[Path, Connection]) -> None:
    verdict = check(books[0], FEB_MS)
    assert (verdict.lines, verdict.fees, verdict.points, verdict.problems) == (4, 0, 2, ())


@pytest.mark.parametrize(
    "harm, problem",
    [
        ("UPDATE account SET balance_kop = 4000", f"{NUMBER}:main holds 4000, its lines sum to 3900"),
        ("UPDATE account SET body = replace(body, '[[2,', '[[3,')", f"{NUMBER}: 2 points earned, 3 credited"),
        (
            "INSERT INTO ledger VALUES (9, 'pay', 'system:cash', 5, 'fee', 0, '', NULL)",
            "transfer pay sums to 5",
        ),
        ("DELETE FROM account", f"{NUMBER}:main belongs to nobody"),
    ],
)
def test_harm_is_found(books: tuple[Path, Connection], harm: str, problem: str) -> None:
    file, connection = books
    connection.execute(harm.replace("[[2,", "[[2, ").replace("[[3,", "[[3, "))
    assert problem in check(file, FEB_MS).problems


def test_money_that_never_arrived_is_found(books: tuple[Path, Connection]) -> None:
    file, connection = books
    write(connection, "send", -900, "transfer", "system:transit")
    connection.execute("UPDATE account SET balance_kop = 3000")
    assert check(file, FEB_MS).problems == ("900 kopecks are still on their way",)
