"""Does the store's file agree with what the phones were told?  Read after the gateway has stopped."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

FEE_KOP = 1
"""What one dial of the bench menu takes (menus/charge.yaml)."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The ledger of one file beside the charges whose screens were seen."""

    server: str
    shown: int
    """Charges that the generator was told of."""
    in_ledger: int
    fees_kop: int
    all_entries_kop: int
    """Sum of the whole ledger: zero, as every transfer's entries are."""
    balances_off_kop: int
    """Balances of all accounts minus the sum of their entries: zero."""

    @property
    def sound(self) -> bool:
        """Every charge shown was booked, none twice, and the books balance."""
        booked = self.in_ledger == self.shown and self.fees_kop == self.shown * FEE_KOP
        return booked and self.all_entries_kop == 0 and self.balances_off_kop == 0

    def __str__(self) -> str:
        verdict = "the ledger agrees" if self.sound else "THE LEDGER DISAGREES"
        return (
            f"{self.server}: {verdict}: {self.shown:,} charges shown, {self.in_ledger:,} booked, "
            f"{self.fees_kop:,} kop earned; all entries sum to {self.all_entries_kop} kop, "
            f"balances are off by {self.balances_off_kop} kop"
        )


def charges(server: str, store_file: Path, shown: int) -> Audit:
    """Read the ledger of a gateway over SQLite that has stopped."""
    connection = sqlite3.connect(f"file:{store_file}?mode=ro", uri=True)
    try:
        in_ledger, fees_kop = _row(
            connection,
            "SELECT count(*), coalesce(sum(amount_kop), 0) FROM ledger"
            " WHERE account = 'system:fees' AND kind = 'fee'",
        )
        (all_entries_kop,) = _row(connection, "SELECT coalesce(sum(amount_kop), 0) FROM ledger")
        (entries_kop,) = _row(
            connection,
            "SELECT coalesce(sum(amount_kop), 0) FROM ledger WHERE account NOT LIKE 'system:%'",
        )
        (balances_kop,) = _row(
            connection,
            "SELECT coalesce(sum(balance_kop + budget_kop + personal_kop), 0) FROM account",
        )
    finally:
        connection.close()
    return Audit(server, shown, in_ledger, fees_kop, all_entries_kop, balances_kop - entries_kop)


def _row(connection: sqlite3.Connection, query: str) -> tuple[int, ...]:
    row: tuple[int, ...] = connection.execute(query).fetchone()
    return row
