"""A second opinion on the books of a lived year: everything is added up again from the ledger alone.

It shares no code with the gateway and reads its file only: the pockets from their lines, the periods of fees
from their instants, points from the months' spending.  It knows the habits of `benchmarks.year`: nobody
switches a service off and on again, everybody is a member of the bonus programme from the first day, points
become five roubles at a time.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

DAY_MS = 86_400_000
MOSCOW_MS = 3 * 3_600_000
SHORTEST_MONTH_DAYS = 28
KOP_PER_POINT = 3_000
POINTS_FOR_MONEY = 10
"""What five roubles cost."""
SPENDING = ("fee", "daily", "monthly", "usage")


class Line(NamedTuple):
    """One line of a subscriber's pocket."""

    transfer: str
    amount_kop: int
    kind: str
    at_ms: int
    note: str


class Verdict(NamedTuple):
    """What was looked at, and what was found wrong."""

    lines: int
    fees: int
    """Fees of a day or a month, none of them for a time that was paid already."""
    points: int
    """Points earned in all."""
    problems: tuple[str, ...]


def check(file: Path, now_ms: int) -> Verdict:
    """Read the whole file, after the gateway has stopped; `now_ms`: when that was."""
    pockets: Counter[str] = Counter()
    transfers: Counter[str] = Counter()
    of_number: dict[str, list[Line]] = defaultdict(list)
    lines = 0
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        for account, *row in connection.execute(
            "SELECT account, transfer, amount_kop, kind, at_ms, note FROM ledger ORDER BY seq"
        ):
            line = Line(*row)
            lines += 1
            pockets[account] += line.amount_kop
            transfers[line.transfer] += line.amount_kop
            if not account.startswith("system:"):
                of_number[account.partition(":")[0]].append(line)
        accounts = connection.execute(
            "SELECT msisdn, balance_kop, budget_kop, personal_kop, body FROM account"
        ).fetchall()
    problems = [f"transfer {key} sums to {total}" for key, total in transfers.items() if total]
    if pockets.total():
        problems.append(f"all lines sum to {pockets.total()}")
    if pockets["system:transit"]:
        problems.append(f"{pockets['system:transit']} kopecks are still on their way")
    fees = points = 0
    for msisdn, *held, body in accounts:
        number = str(msisdn)
        for pocket, held_kop in zip(("main", "budget", "personal"), held, strict=True):
            summed_kop = pockets.pop(f"{number}:{pocket}", 0)
            if summed_kop != held_kop:
                problems.append(f"{number}:{pocket} holds {held_kop}, its lines sum to {summed_kop}")
        own, stored = of_number.pop(number, []), json.loads(body)
        found = [*twice(own), *loans(own, stored)]
        earned = 0
        if "bonus" in stored:
            over = [kop for month, kop in spent_by_month(own).items() if month < _month(now_ms)]
            earned = sum(kop // KOP_PER_POINT for kop in over)
            found += not_credited(own, stored, earned)
        problems += [f"{number}: {problem}" for problem in found]
        fees += sum(line.kind in ("daily", "monthly") for line in own)
        points += earned
    problems += [f"{name} belongs to nobody" for name in pockets if not name.startswith("system:")]
    return Verdict(lines, fees, points, tuple(problems))


def twice(lines: list[Line]) -> list[str]:
    """Fees for a day or a month that had been paid already.

    What a change of tariff pays for begins with the change, however long the last month would have run.
    """
    changes = {(line.transfer, line.at_ms, line.note) for line in lines if line.kind == "fee"}
    last_ms: dict[tuple[str, str], int] = {}
    found = []
    for line in lines:
        if line.kind not in ("daily", "monthly"):
            continue
        before_ms = last_ms.get((line.kind, line.note))
        last_ms[line.kind, line.note] = line.at_ms
        if before_ms is None:
            continue
        if line.kind == "daily":
            again = _day(line.at_ms) <= _day(before_ms)
        else:
            changed = (line.transfer, line.at_ms, line.note) in changes
            again = not changed and _day(line.at_ms) < _day(before_ms) + SHORTEST_MONTH_DAYS
        if again:
            found.append(f"{line.kind} fee of {line.note} at {before_ms} and again at {line.at_ms}")
    return found


def loans(lines: list[Line], stored: dict[str, Any]) -> list[str]:
    """Promised payments that were given back twice, or neither given back nor owed."""
    lent = sum(line.kind == "promised" for line in lines)
    back = sum(line.kind == "promised_repay" for line in lines)
    running = len(stored.get("promised", ()))
    return [] if lent == back + running else [f"{lent} loans, {back} given back, {running} running"]


def spent_by_month(lines: list[Line]) -> Counter[tuple[int, int]]:
    """Local month -> what was spent on services, to which what a loan costs does not belong."""
    of_loans = {line.note for line in lines if line.kind == "promised_repay"}
    months: Counter[tuple[int, int]] = Counter()
    for line in lines:
        if line.amount_kop < 0 and line.kind in SPENDING and line.note not in of_loans:
            months[_month(line.at_ms)] -= line.amount_kop
    return months


def not_credited(lines: list[Line], stored: dict[str, Any], earned: int) -> list[str]:
    """Whether the points there are and those that became money are the points earned."""
    _, _, _, lots = stored["bonus"]
    used = POINTS_FOR_MONEY * sum(line.kind == "bonus" for line in lines)
    have = sum(points for points, _, _ in lots) + used
    return [] if have == earned else [f"{earned} points earned, {have} credited"]


def _day(at_ms: int) -> int:
    return (at_ms + MOSCOW_MS) // DAY_MS


def _month(at_ms: int) -> tuple[int, int]:
    there = datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(milliseconds=MOSCOW_MS)
    return there.year, there.month
