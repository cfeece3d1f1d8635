"""The unit of commit: its money must add up, its request hash must tell requests apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.kit import ALICE, BOB, NOW_MS, charge_commit, employee, individual, opening_commit
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.ledger import FEES, LedgerEntry, holding
from ussd_gateway.billing.store import BrokenCommit, Commit, audit_report, check_commit, request_hash

BEFORE = individual()
HELD = {ALICE: holding(BEFORE)}


def entry(account: str, amount_kop: int, transfer: str = "k") -> LedgerEntry:
    return LedgerEntry(transfer, account, amount_kop, "fee", NOW_MS)


def test_a_sound_commit() -> None:
    commit = charge_commit(BEFORE, 100, "k")
    check_commit(commit, HELD)
    assert sum(line.amount_kop for line in commit.entries) == 0


def test_a_new_account_begins_with_what_its_entries_say() -> None:
    commit = opening_commit(employee())
    check_commit(commit, {})
    with pytest.raises(BrokenCommit, match="more than its entries"):
        check_commit(Commit("k", "", NOW_MS, {}, [employee()], []), {})


@pytest.mark.parametrize(
    "accounts, entries, complaint",
    [
        ([BEFORE], [entry(FEES, 1)], "sum to 1, not to zero"),
        ([BEFORE], [entry(FEES, 1, "other"), entry("system:cash", -1, "other")], "another transfer"),
        ([BEFORE._replace(balance_kop=24_900)], [], "more than its entries"),
        ([BEFORE], [entry(f"{ALICE}:main", -1), entry(FEES, 1)], "more than its entries"),
        ([BEFORE], [entry(f"{BOB}:main", -1), entry(FEES, 1)], "not in the commit"),
        ([BEFORE], [entry(f"{ALICE}:gold", -1), entry(FEES, 1)], "not in the commit"),
        (
            [BEFORE._replace(balance_kop=-1)],
            [entry(f"{ALICE}:main", -25_001), entry(FEES, 25_001)],
            "below its limit",
        ),
        ([employee(budget_kop=-1)], [], "below its limit"),
        ([employee(personal_kop=-1)], [], "below its limit"),
    ],
)
def test_broken_money(accounts: list[Account], entries: list[LedgerEntry], complaint: str) -> None:
    with pytest.raises(BrokenCommit, match=complaint):
        check_commit(Commit("k", "", NOW_MS, {}, accounts, entries), HELD)


@given(st.lists(st.text()), st.lists(st.text()))
def test_different_requests_have_different_hashes(one: list[str], other: list[str]) -> None:
    assert (request_hash(*one) == request_hash(*other)) == (one == other)


def test_an_audit_names_what_is_wrong() -> None:
    report = audit_report(1, 2, 5, [(f"{ALICE}:main", 100, 95)], [("k", 5)])
    assert report.problems == (
        f"{ALICE}:main holds 100, its entries sum to 95",
        "transfer k sums to 5, not to zero",
        "all entries together sum to 5, not to zero",
    )
