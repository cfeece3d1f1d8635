"""Which pocket pays, and what paying leaves behind."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.kit import ALICE, EMPLOYEE, NOW_MS, employee, individual
from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account, Charge, Spent
from ussd_gateway.billing.calendar import DAY_MS
from ussd_gateway.billing.ledger import CASH, FEES, LedgerEntry, holding, sums
from ussd_gateway.billing.store import Commit, check_commit


def charge(
    account: Account, amount_kop: int, now_ms: int = NOW_MS
) -> tuple[Account, list[LedgerEntry]] | None:
    return purse.charge(account, amount_kop, "fee", key="k", now_ms=now_ms, remember=5)


def paid(account: Account, amount_kop: int, now_ms: int = NOW_MS) -> tuple[Account, dict[str, int]]:
    result = charge(account, amount_kop, now_ms)
    assert result is not None
    return result[0], sums(result[1], by="account")


def test_an_individual_pays_from_the_balance() -> None:
    after, moved = paid(individual(balance_kop=1_000), 300)
    assert after.balance_kop == 700
    assert moved == {f"{ALICE}:main": -300, FEES: 300}


def test_the_last_kopeck_and_one_more() -> None:
    assert charge(individual(balance_kop=1_000), 1_000) is not None
    assert charge(individual(balance_kop=1_000), 1_001) is None
    assert charge(individual(balance_kop=-900, floor_kop=-1_000), 100) is not None
    assert charge(individual(balance_kop=-900, floor_kop=-1_000), 101) is None


def test_an_employee_pays_from_the_budget_first() -> None:
    after, moved = paid(employee(budget_kop=500, personal_kop=100), 550)
    assert (after.budget_kop, after.personal_kop) == (0, 50)
    assert moved == {f"{EMPLOYEE}:budget": -500, f"{EMPLOYEE}:personal": -50, FEES: 550}


def test_no_line_for_a_pocket_that_pays_nothing() -> None:
    assert paid(employee(), 1)[1] == {f"{EMPLOYEE}:budget": -1, FEES: 1}
    assert paid(employee(budget_kop=0), 1)[1] == {f"{EMPLOYEE}:personal": -1, FEES: 1}


def test_an_employee_cannot_pay_more_than_both_hold() -> None:
    assert charge(employee(budget_kop=500, personal_kop=100), 600) is not None
    assert charge(employee(budget_kop=500, personal_kop=100), 601) is None


def test_counters_start_again_with_the_day_and_the_month() -> None:
    account, _ = paid(individual(), 100)
    account, _ = paid(account, 50)
    assert (account.spent.day_kop, account.spent.month_kop) == (150, 150)
    account, _ = paid(account, 7, NOW_MS + DAY_MS)
    assert (account.spent.day_kop, account.spent.month_kop) == (7, 157)
    account, _ = paid(account, 3, NOW_MS + 4 * DAY_MS)
    assert (account.spent.day_kop, account.spent.month_kop) == (3, 3)
    assert account.spent != Spent()


def test_the_newest_charges_are_remembered() -> None:
    account = individual()
    for amount_kop in range(1, 8):
        account, _ = paid(account, amount_kop, NOW_MS + amount_kop)
    assert [each.amount_kop for each in account.last_charges] == [7, 6, 5, 4, 3]
    assert account.last_charges[0] == Charge(NOW_MS + 7, 7, "fee")


def test_own_money_of_either_kind() -> None:
    after, entries = purse.pay_in(individual(balance_kop=1), 99, "", key="k", now_ms=NOW_MS)
    assert after.balance_kop == purse.own_kop(after) == 100
    assert sums(entries, by="account") == {f"{ALICE}:main": 99, CASH: -99}
    after, entries = purse.pay_in(employee(personal_kop=1), 99, "", key="k", now_ms=NOW_MS)
    assert after.personal_kop == purse.own_kop(after) == 100
    assert sums(entries, by="account") == {f"{EMPLOYEE}:personal": 99, CASH: -99}


anyone = st.one_of(
    st.builds(individual, balance_kop=st.integers(-500, 5_000), floor_kop=st.just(-500)),
    st.builds(employee, budget_kop=st.integers(0, 2_000), personal_kop=st.integers(0, 2_000)),
)


@given(anyone, st.integers(1, 6_000))
def test_what_a_charge_leaves_adds_up(account: Account, amount_kop: int) -> None:
    result = charge(account, amount_kop)
    assert (result is None) == (amount_kop > purse.spendable_kop(account))
    if result is not None:
        after, entries = result
        assert purse.spendable_kop(after) == purse.spendable_kop(account) - amount_kop
        check_commit(Commit("k", "", NOW_MS, {}, [after], entries), {account.msisdn: holding(account)})
