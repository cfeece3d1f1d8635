"""An auditor who trusts nobody: reads the database file with plain SQL, knows none of the store's code."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path


class Auditor:
    """What the file says, against what the gateway said to its callers."""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(database)
        self._connection.execute("PRAGMA query_only = ON")

    def __enter__(self) -> "Auditor":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return self._connection.execute(sql).fetchall()

    def amounts(self, sql: str) -> list[tuple[str, str, int]]:
        return self._connection.execute(sql).fetchall()

    def committed(self) -> set[str]:
        """Every key that stands for something done."""
        return {str(key) for (key,) in self.rows("SELECT key FROM operation")}

    def complaints(self, acknowledged: Iterable[str]) -> list[str]:
        """Everything that is not as it should be; nothing, of a sound file."""
        found = [f"structure: {row}" for row in self.rows("PRAGMA integrity_check") if row != ("ok",)]
        found += [f"references: {row}" for row in self.rows("PRAGMA foreign_key_check")]
        found += [f"acknowledged and lost: {key}" for key in set(acknowledged) - self.committed()]
        lines: Counter[str] = Counter()
        per_transfer: dict[str, list[int]] = {}
        for transfer, account, amount_kop in self.amounts("SELECT transfer, account, amount_kop FROM ledger"):
            lines[account] += amount_kop
            per_transfer.setdefault(transfer, []).append(amount_kop)
        for key, amounts in per_transfer.items():
            if len(amounts) != 2 or sum(amounts) != 0:
                found.append(f"{key}: entries {amounts}")
            if not key.startswith("open:") and max(amounts) != int(key.split(":")[2]):
                found.append(f"{key}: another amount was moved: {amounts}")
        if sum(lines.values()):
            found.append(f"the ledger sums to {sum(lines.values())}")
        if self.committed() != set(per_transfer):
            found.append("operations and transfers are not the same")
        for msisdn, balance_kop in self.rows("SELECT msisdn, balance_kop FROM account"):
            if lines[f"{msisdn}:main"] != balance_kop:
                found.append(f"{msisdn} has {balance_kop}, its entries say {lines[f'{msisdn}:main']}")
        charges = {key for key in per_transfer if not key.startswith("open:")}
        if sorted(str(text) for (text,) in self.rows("SELECT text FROM outbox")) != sorted(charges):
            found.append("messages and charges are not the same")
        return found
