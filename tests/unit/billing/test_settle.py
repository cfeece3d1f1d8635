"""Settling: whatever the pace of the clock, an account comes to the same; nothing twice, nothing missed."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.billing.kit import ALICE, NOW_MS, catalogue, individual
from tests.unit.billing.life import midnight_ms
from ussd_gateway.billing.account import Account, Package, Spent
from ussd_gateway.billing.calendar import DAY_MS, day_of, month_of
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.holdings import (
    Autopay,
    Block,
    Bonus,
    Card,
    Lot,
    PendingDocument,
    PendingTariff,
    Promised,
    Service,
    TariffFee,
)
from ussd_gateway.billing.ledger import LedgerEntry, holding
from ussd_gateway.billing.operations.base import Context
from ussd_gateway.billing.rules import RULES
from ussd_gateway.billing.settle import next_due_ms, settle
from ussd_gateway.billing.store import check_commit

DAY = day_of(NOW_MS)
instants = st.integers(NOW_MS + 1, NOW_MS + 100 * DAY_MS)
midnights = st.integers(1, 40).map(midnight_ms)
promises = st.builds(Promised, st.just(5_000), st.just(1_000), instants)
bought = st.sampled_from(["3351", "372"])
MAY = "2026-05-01/2026-05-31"


def optional(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), strategy)


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Somebody in the middle of life: anything may be about to fall due."""
    tariff = draw(st.sampled_from(["0618P", "16M", "1019V", "16N"]))
    fields: dict[str, st.SearchStrategy[Any]] = {
        "services": st.lists(st.sampled_from(["130", "134", "221"]), unique=True).map(
            lambda codes: tuple(Service(code, NOW_MS, midnight_ms(n + 1)) for n, code in enumerate(codes))
        ),
        "tariff_fee": midnights.map(TariffFee),
        "pending_tariff": optional(
            st.builds(
                PendingTariff, st.sampled_from(["15S", "0219M"]), st.just(NOW_MS), midnights, st.just(3_000)
            )
        ),
        "promised": st.lists(st.builds(Promised, st.just(5_000), st.just(1_000), instants), max_size=1).map(
            tuple
        ),
        "packages": st.lists(
            st.builds(
                Package, st.sampled_from(["3351", "372"]), st.just("mb"), st.just(5), st.just(70), instants
            ),
            max_size=2,
        ).map(tuple),
        "autorenew": st.booleans(),
        "block": optional(st.builds(Block, st.just(NOW_MS), instants, st.just(midnight_ms()))),
        "bonus": st.builds(
            Bonus,
            st.just(True),
            st.just(NOW_MS),
            st.just(0),
            st.lists(st.builds(Lot, st.just(7), st.just(NOW_MS), instants), max_size=2).map(tuple),
        ),
        "documents": st.lists(
            st.builds(
                PendingDocument,
                st.just("detail"),
                st.just("2026-05-01/2026-05-31"),
                st.just("a@b.ru"),
                instants,
            ),
            max_size=2,
        ).map(tuple),
        "autopay": st.just(Autopay()) | st.just(Autopay(True, 3_000, 10_000)),
        "cards": st.sampled_from([(), (Card("t", "1234"),), (Card("t", "0002"),)]),
        "balance_kop": st.integers(0, 60_000),
        "spent": st.just(Spent(DAY, 100, month_of(DAY), 45_000)),
    }
    values: dict[str, Any] = {
        name: draw(strategy) for name, strategy in fields.items() if draw(st.booleans())
    }
    account = individual(tariff=tariff)._replace(**values)
    if account.block:
        account = account._replace(status="blocked")
    return account._replace(due_ms=next_due_ms(account) or 0)


def lived(account: Account, *instants_ms: int) -> tuple[Account, list[LedgerEntry], list[str]]:
    """The account after requests at these instants that do nothing themselves."""
    entries: list[LedgerEntry] = []
    texts: list[str] = []
    for at_ms in instants_ms:
        draft = Draft(account, catalogue(), key="k", now_ms=at_ms)
        if not draft.changed:
            continue
        commit = draft.commit("", {}, lambda: 1)
        check_commit(commit, {ALICE: holding(account)})
        account = commit.accounts[0]
        entries += commit.entries
        texts += [message.text for message in commit.messages]
    return account._replace(version=0), entries, texts


@settings(max_examples=300, deadline=None)
@given(accounts(), st.lists(instants, min_size=1, max_size=4))
def test_the_pace_of_the_clock_makes_no_difference(account: Account, stops_ms: list[int]) -> None:
    last_ms = max(stops_ms)
    at_once = lived(account, last_ms)
    assert lived(account, *sorted(stops_ms)) == at_once
    # Afterwards nothing is left to do for that time.
    after = at_once[0]
    next_ms = next_due_ms(after) or 0
    assert next_ms == 0 or next_ms > last_ms
    assert next_ms == after.due_ms


@settings(max_examples=200, deadline=None)
@given(accounts(), instants)
def test_events_come_in_the_order_of_time_and_sum_to_nothing(account: Account, at_ms: int) -> None:
    course = settle(account, Context(at_ms, catalogue(), "k"))
    times = [event.at_ms for event in course.happened]
    assert times == sorted(times)
    entries = [entry for event in course.happened for entry in event.decision.entries]
    assert sum(entry.amount_kop for entry in entries) == 0
    assert all(entry.at_ms <= at_ms for entry in entries)


def test_the_rules_have_names_of_their_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_at_one_midnight_points_and_changes_come_before_fees() -> None:
    month_ends_ms = midnight_ms(4)
    account = individual(
        balance_kop=100_000,
        tariff="15S",
        tariff_fee=TariffFee(month_ends_ms),
        pending_tariff=PendingTariff("0618P", NOW_MS, month_ends_ms, 3_000),
        services=(Service("130", NOW_MS, month_ends_ms),),
        bonus=Bonus(True, NOW_MS),
        spent=Spent(DAY, 0, month_of(DAY), 30_000),
    )
    course = settle(account, Context(month_ends_ms, catalogue(), "k"))
    assert [event.name for event in course.happened] == ["bonus credit", "tariff change", "service fees"]
    # What the night cost counts for the month that has begun.
    assert course.account.spent.month_kop == 3_000 + 32_000 + 100
    assert course.account.bonus.points == 10


def test_a_request_sees_the_account_as_it_must_be_now() -> None:
    account = individual(
        balance_kop=1_000,
        tariff="16N",
        services=(Service("130", NOW_MS, midnight_ms()),),
        due_ms=midnight_ms(),
    )
    draft = Draft(account, catalogue(), key="k", now_ms=midnight_ms(3))
    assert draft.account.balance_kop == 700
    assert draft.changed
    assert [event.at_ms for event in draft.happened] == [midnight_ms(1), midnight_ms(2), midnight_ms(3)]
    [after] = draft.commit("", {}, lambda: 1).accounts
    assert (after.due_ms, after.version) == (midnight_ms(4), 2)


def test_an_instant_that_is_out_of_date_is_put_right() -> None:
    draft = Draft(individual(tariff="16N", due_ms=5), catalogue(), key="k", now_ms=NOW_MS)
    assert draft.changed
    assert draft.commit("", {}, lambda: 1).accounts[0].due_ms == 0


def test_messages_bear_the_time_of_their_event() -> None:
    account = individual(
        balance_kop=0,
        tariff="16N",
        services=(Service("130", NOW_MS, midnight_ms()),),
        due_ms=midnight_ms(),
    )
    draft = Draft(account, catalogue(), key="k", now_ms=midnight_ms(9))
    [message] = draft.commit("", {}, lambda: 1).messages
    assert (message.created_ms, message.not_before_ms) == (midnight_ms(), midnight_ms() + 2_000)
