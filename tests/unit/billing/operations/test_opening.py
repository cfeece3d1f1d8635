"""How accounts come to be."""

from tests.unit.billing.kit import ALICE, EMPLOYEE, NOW_MS, catalogue
from ussd_gateway.billing.account import Account, Package
from ussd_gateway.billing.calendar import DAY_MS, day_of, month_of, month_start_ms
from ussd_gateway.billing.ledger import OPENING, holding, sums
from ussd_gateway.billing.operations.opening import opening
from ussd_gateway.billing.store import check_commit

JUNE_MS = month_start_ms(month_of(day_of(NOW_MS)) + 1)


def test_a_described_subscriber() -> None:
    commit = opening(ALICE, catalogue(), NOW_MS)
    [account] = commit.accounts
    assert (account.version, account.balance_kop, account.language, account.kind) == (
        1,
        25_000,
        "ru",
        "individual",
    )
    assert account.packages == (
        Package("0618P", "minutes", 212, 250, JUNE_MS),
        Package("0618P", "sms", 187, 250, JUNE_MS),
        Package("0618P", "mb", 2458, 3072, JUNE_MS),
    )
    assert sums(commit.entries, by="account") == {f"{ALICE}:main": 25_000, OPENING: -25_000}
    check_commit(commit, {})


def test_an_employee() -> None:
    commit = opening(EMPLOYEE, catalogue(), NOW_MS)
    [account] = commit.accounts
    assert account.corporate
    assert (holding(account), account.budget_limit_kop) == ((0, 41_250, 3_500), 70_000)
    assert sums(commit.entries, by="account") == {
        f"{EMPLOYEE}:budget": 41_250, f"{EMPLOYEE}:personal": 3_500, OPENING: -44_750,
    }  # fmt: skip
    check_commit(commit, {})


def test_the_default_account() -> None:
    [account] = opening("79031112233", catalogue(), NOW_MS).accounts
    assert (account.balance_kop, account.floor_kop, account.packages) == (10_000, 0, ())


def test_what_is_empty_is_shared() -> None:
    first, second = [
        opening(number, catalogue(), NOW_MS).accounts[0] for number in ("79031112233", "79031112234")
    ]
    own = {"msisdn", "created_ms"}
    assert all(
        mine is others
        for name, mine, others in zip(Account._fields, first, second, strict=True)
        if name not in own
    )


def test_without_money_there_is_nothing_to_enter() -> None:
    assert opening("79261234569", catalogue(), NOW_MS).entries == []


def test_a_thirty_day_tariff_renews_after_thirty_days() -> None:
    described = catalogue().subscribers[ALICE].model_copy(update={"tariff": "1019V", "left": None})
    moved = {**catalogue().subscribers, ALICE: described}
    changed = type(catalogue())(
        catalogue().settings, catalogue().tariffs, catalogue().texts, catalogue().companies, moved
    )
    [account] = opening(ALICE, changed, NOW_MS).accounts
    assert account.packages[0] == Package("1019V", "minutes", 600, 600, NOW_MS + 30 * DAY_MS)


def test_the_key_depends_on_the_number_only() -> None:
    assert opening(ALICE, catalogue(), NOW_MS).key == opening(ALICE, catalogue(), NOW_MS + 5).key
