"""What every store promises (`billing.store.Store`), asked of each: memory, the oracle, SQLite, Redis.

Of Redis both a single server and a cluster of three masters.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.billing.kit import (
    ALICE,
    BOB,
    EMPLOYEE,
    NOW_MS,
    charge_commit,
    employee,
    individual,
    message,
    opening_commit,
    order,
    perform,
)
from ussd_gateway.actions import Actions
from ussd_gateway.billing.account import Account, Charge, Package, Password, Spent
from ussd_gateway.billing.ledger import FEES, OPENING, LedgerEntry, company_account
from ussd_gateway.billing.store import (
    FINAL_STATES,
    MESSAGE_STATES,
    BrokenCommit,
    Commit,
    Committed,
    MessageState,
    Store,
)
from ussd_gateway.errors import Conflict, KeyReused, StoreUnavailable
from ussd_gateway.storage import StoreRegistry, SystemDice, open_store
from ussd_gateway.storage.vault import ScryptHasher
from ussd_gateway.terms import Address, Terms


def place(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store of that kind."""
    if kind in ("redis_server", "redis_cluster"):
        running = request.getfixturevalue(kind)
        running.flush()
        url: str = running.url
        return url
    return "memory://" if kind == "memory" else f"sqlite:///{tmp_path / 'gateway.db'}"


@pytest.fixture(params=["memory", "sqlite", "redis_server", "redis_cluster"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(place(request.param, request, tmp_path))
    await opened.open()
    yield opened
    assert (await opened.audit()).problems == ()
    await opened.close()


async def put(store: Store, account: Account) -> Account:
    await store.commit(opening_commit(account))
    return account


async def stored(store: Store, msisdn: str = ALICE) -> Account:
    account = await store.account(msisdn)
    assert account is not None
    return account


async def test_an_open_store_is_in_no_trouble(store: Store) -> None:
    assert store.trouble() is None


# ---------------------------------------------------------------- accounts


async def test_an_unknown_number_has_no_account(store: Store) -> None:
    assert store.cached(ALICE) is None
    assert await store.account(ALICE) is None
    for number in ("", "000105", "*105#", "7" * 30, "٧٩٢٦"):
        assert await store.account(number) is None


async def test_an_account_comes_back_as_it_was(store: Store) -> None:
    account = employee(
        language="en",
        status="blocked",
        floor_kop=-500,
        packages=(Package("C7040", "minutes", 1, 2, NOW_MS),),
        password=Password("scrypt$...", 3, True, NOW_MS),
        autologin=True,
        spent=Spent(1, 2, 3, 4),
        last_charges=(Charge(NOW_MS, 5, "Черный список"),),
    )
    await put(store, account)
    assert await store.account(EMPLOYEE) == account
    assert store.cached(EMPLOYEE) in (None, account)


async def test_many_accounts_asked_for_at_once(store: Store) -> None:
    numbers = [str(79260000000 + n) for n in range(600)]
    await asyncio.gather(*(put(store, individual(number)) for number in numbers[::2]))
    found = await asyncio.gather(*(store.account(number) for number in [*numbers, *numbers]))
    assert [account and account.msisdn for account in found] == [
        number if n % 2 == 0 else None for n, number in enumerate(numbers)
    ] * 2


# ---------------------------------------------------------------- commits


async def test_a_commit_changes_everything_it_names(store: Store) -> None:
    account = await put(store, individual(balance_kop=1_000))
    commit = charge_commit(account, 300, "ussd:d1:1", messages=[message(7)])
    assert await store.commit(commit) == Committed(commit.reply, replayed=False)
    after = await stored(store)
    assert (after.balance_kop, after.version) == (700, 2)
    assert after == commit.accounts[0]
    assert (await store.ledger(ALICE, 1))[0] == commit.entries[0]
    assert await store.inbox(ALICE, 9) == [message(7)]
    assert await store.outcome("ussd:d1:1", commit.request, ALICE) == commit.reply


async def test_a_commit_may_change_no_account(store: Store) -> None:
    commit = Commit("sms:1", "r", NOW_MS, {}, messages=[message(1, BOB)])
    assert (await store.commit(commit)).replayed is False
    assert [each.message_id for each in await store.inbox(BOB, 5)] == [1]


async def test_a_commit_changes_no_account_of_another_home(store: Store) -> None:
    """Money between two subscribers goes by an order: no store must be able to change both at once."""
    alice, bob = await put(store, individual(ALICE, 1_000)), await put(store, individual(BOB, 0))
    entries = [
        LedgerEntry("t", f"{ALICE}:main", -400, "transfer", NOW_MS),
        LedgerEntry("t", f"{BOB}:main", 400, "transfer", NOW_MS),
    ]
    after = [
        alice._replace(version=2, balance_kop=600),
        bob._replace(version=2, balance_kop=400),
    ]
    for commit in (
        Commit("t", "r", NOW_MS, {}, after, entries),
        Commit("u", "r", NOW_MS, {}, [individual("79260000009", 0)], home=ALICE),
    ):
        with pytest.raises(BrokenCommit, match="another home"):
            await store.commit(commit)
    assert await stored(store, ALICE) == alice
    assert await store.outcome("t", "r", ALICE) is None


async def test_the_same_key_again_gets_the_stored_reply(store: Store) -> None:
    account = await put(store, individual(balance_kop=1_000))
    first = charge_commit(account, 300, "key")
    await store.commit(first)
    # A repeat knows nothing of the first: it was computed on the new state and has another reply.
    again = charge_commit(await stored(store), 300, "key")
    assert await store.commit(again) == Committed(first.reply, replayed=True)
    assert (await stored(store)).balance_kop == 700


async def test_the_same_key_at_the_same_time(store: Store) -> None:
    account = await put(store, individual(balance_kop=1_000))
    results = await asyncio.gather(*(store.commit(charge_commit(account, 300, "key")) for _ in range(20)))
    assert sorted(result.replayed for result in results) == [False] + [True] * 19
    assert (await stored(store)).balance_kop == 700


async def test_the_same_key_for_another_request_is_refused(store: Store) -> None:
    account = await put(store, individual())
    await store.commit(charge_commit(account, 300, "key"))
    with pytest.raises(KeyReused):
        await store.commit(charge_commit(await stored(store), 301, "key"))
    with pytest.raises(KeyReused):
        await store.outcome("key", "charge 301", ALICE)
    assert await store.outcome("no such key", "charge 301", ALICE) is None


async def test_outcome_sees_a_commit_on_its_way(store: Store) -> None:
    account = await put(store, individual())
    commit = charge_commit(account, 300, "key")
    committing = asyncio.ensure_future(store.commit(commit))
    await asyncio.sleep(0)
    assert await store.outcome("key", commit.request, ALICE) == commit.reply
    await committing


async def test_only_one_of_two_writers_wins(store: Store) -> None:
    account = await put(store, individual(balance_kop=1_000))
    await store.commit(charge_commit(account, 300, "first"))
    for version in (account, account._replace(version=7)):
        with pytest.raises(Conflict):
            await store.commit(charge_commit(version, 300, "second"))
    with pytest.raises(Conflict):
        await store.commit(replace(opening_commit(account), key="open again", entries=[]))
    assert (await stored(store)).balance_kop == 700
    assert await store.outcome("second", "charge 300", ALICE) is None


async def test_a_lost_race_costs_its_neighbours_nothing(store: Store) -> None:
    accounts = [await put(store, individual(str(79260000000 + n), 1_000)) for n in range(10)]
    commits = [
        charge_commit(account, 100, f"{n}-{m}") for m in range(3) for n, account in enumerate(accounts)
    ]
    results = await asyncio.gather(*map(store.commit, commits), return_exceptions=True)
    assert [type(result) for result in results] == [Committed] * 10 + [Conflict] * 20
    for account in accounts:
        assert (await stored(store, account.msisdn)).balance_kop == 900


async def test_commits_on_one_account_in_a_row(store: Store) -> None:
    """A caller that does not wait between two commits: the second builds on the first."""
    account = await put(store, individual(balance_kop=1_000))
    commits = []
    for n in range(5):
        commits.append(charge_commit(account, 100, f"k{n}"))
        account = commits[-1].accounts[0]
    await asyncio.gather(*map(store.commit, commits))
    assert (await stored(store)) == account
    assert [entry.transfer for entry in await store.ledger(ALICE, 9)] == [
        "k4",
        "k3",
        "k2",
        "k1",
        "k0",
        f"open:{ALICE}",
    ]


async def test_money_that_does_not_add_up_is_refused(store: Store) -> None:
    account = await put(store, individual(balance_kop=1_000))
    stolen = account._replace(version=2, balance_kop=5_000)
    neighbour = charge_commit(await put(store, individual(BOB)), 1, "good")
    bad: object
    good: object
    bad, good = await asyncio.gather(
        store.commit(Commit("bad", "r", NOW_MS, {}, [stolen])),
        store.commit(neighbour),
        return_exceptions=True,
    )
    assert isinstance(bad, BrokenCommit)
    assert isinstance(good, Committed)
    assert await stored(store) == account
    assert await store.outcome("bad", "r", ALICE) is None


async def test_what_a_caller_gave_away_is_still_remembered(store: Store) -> None:
    """A caller that is cancelled while its commit is under way: the commit counts."""
    account = await put(store, individual(balance_kop=1_000))
    committing = asyncio.ensure_future(store.commit(charge_commit(account, 300, "key")))
    await asyncio.sleep(0)
    committing.cancel()
    await asyncio.gather(committing, return_exceptions=True)
    assert await store.outcome("key", "charge 300", ALICE) is not None
    assert (await stored(store)).balance_kop == 700


# ---------------------------------------------------------------- the ledger


async def test_history_is_newest_first_and_knows_kinds(store: Store) -> None:
    account = await put(store, employee(budget_kop=100, personal_kop=100))
    for n in range(3):
        commit = charge_commit(account, 60, f"k{n}")
        await store.commit(commit)
        account = commit.accounts[0]
    lines = await store.ledger(EMPLOYEE, 100)
    assert [(line.transfer, line.account.partition(":")[2], line.amount_kop) for line in lines] == [
        ("k2", "personal", -60),
        ("k1", "personal", -20),
        ("k1", "budget", -40),
        ("k0", "budget", -60),
        (f"open:{EMPLOYEE}", "personal", 100),
        (f"open:{EMPLOYEE}", "budget", 100),
    ]
    assert [line.amount_kop for line in await store.ledger(EMPLOYEE, 2, "fee")] == [-60, -20]
    assert [line.amount_kop for line in await store.ledger(EMPLOYEE, 9, "opening")] == [100, 100]
    assert await store.ledger(EMPLOYEE, 9, "topup") == []
    assert await store.ledger(BOB, 9) == []


@pytest.mark.parametrize("kind", [None, "fee"])
async def test_history_in_pages_while_it_grows(store: Store, kind: str | None) -> None:
    account = await put(store, employee(budget_kop=1_000, personal_kop=1_000_000))
    for n in range(150):
        commit = charge_commit(account, 60, f"k{n}")
        await store.commit(commit)
        account = commit.accounts[0]
    known = await store.ledger(EMPLOYEE, 1_000, kind)
    seen: list[LedgerEntry] = []
    before: int | None = None
    for size in (1, 7, 64, 65, 1_000, 10):
        page = await store.ledger_page(EMPLOYEE, size, kind, before)
        assert [number for number, _ in page] == sorted((number for number, _ in page), reverse=True)
        seen += [entry for _, entry in page]
        before = page[-1][0] if page else before
        commit = charge_commit(account, 60, f"meanwhile {size}")
        await store.commit(commit)
        account = commit.accounts[0]
    assert seen == known
    assert (await store.ledger_page(EMPLOYEE, 1))[0][1].transfer == "meanwhile 10"


async def test_pages_of_a_history_are_its_owners(store: Store) -> None:
    for msisdn in (ALICE, BOB):
        account = await put(store, individual(msisdn, balance_kop=1_000))
        await store.commit(charge_commit(account, 300, f"charge {msisdn}"))
    for numbered in (await store.ledger_page(ALICE, 9), await store.ledger_page(BOB, 9)):
        for number, _ in numbered:
            theirs = [entry.account for _, entry in await store.ledger_page(ALICE, 9, before=number)]
            assert set(theirs) <= {f"{ALICE}:main"}
    assert await store.ledger_page(ALICE, 9, before=0) == []


async def test_the_lines_of_a_company_by_time(store: Store) -> None:
    account = await put(store, employee())
    ours, theirs = company_account("romashka"), company_account("romashka2")
    for n, (name, at_ms) in enumerate([(ours, 30), (theirs, 20), (ours, 20), (ours, 10)]):
        entries = [
            LedgerEntry(f"k{n}", name, -n, "monthly", at_ms),
            LedgerEntry(f"k{n}", FEES, n, "monthly", at_ms),
        ]
        await store.commit(Commit(f"k{n}", "", at_ms, {}, entries=entries))
    assert [line.transfer for line in await store.company_lines("romashka", 0, 100)] == ["k3", "k2", "k0"]
    assert [line.at_ms for line in await store.company_lines("romashka", 20, 30)] == [20]
    assert await store.company_lines(account.msisdn, 0, 100) == []


async def test_an_audit_counts_everything(store: Store) -> None:
    account = await put(store, individual(balance_kop=1_000))
    await put(store, employee())
    await store.commit(charge_commit(account, 300, "k"))
    report = await store.audit()
    assert (report.accounts, report.entries, report.balances_kop) == (2, 2 + 3 + 2, 0)
    assert OPENING not in {line.account for line in await store.ledger(ALICE, 9)}


# ---------------------------------------------------------------- messages


async def test_messages_move_forward_only(store: Store) -> None:
    ids = [1, 2, 3, 4]
    await store.commit(Commit("k", "r", NOW_MS, {}, messages=[message(each) for each in ids]))
    assert [each.message_id for each in await store.undelivered(9)] == ids
    await store.mark([1, 2, 3, 999], "sent", NOW_MS)
    await store.mark([1], "acked", NOW_MS)
    await store.mark([2], "failed", NOW_MS)
    await store.mark([1, 2, 3], "sent", NOW_MS)
    await store.mark([1], "failed", NOW_MS)
    assert [(each.message_id, each.state) for each in await store.undelivered(9)] == [
        (3, "sent"),
        (4, "queued"),
    ]
    assert [(each.message_id, each.state) for each in await store.inbox(ALICE, 9)] == [
        (4, "queued"),
        (3, "sent"),
        (2, "failed"),
        (1, "acked"),
    ]


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
async def test_an_end_has_its_instant_and_its_reason(store: Store, state: MessageState) -> None:
    await store.commit(Commit("k", "r", NOW_MS, {}, messages=[message(1), message(2)]))
    await store.mark([1], "sent", NOW_MS + 1)
    await store.mark([1], state, NOW_MS + 5, 0x41B)
    for other in MESSAGE_STATES:
        await store.mark([1], other, NOW_MS + 9, 1)
    ended = await store.message(1)
    assert ended == message(1, state=state, ended_ms=NOW_MS + 5, status=0x41B)
    assert await store.inbox(ALICE, 9) == [message(2), ended]
    assert await store.undelivered(9) == await store.pending(ALICE) == [message(2)]
    assert await store.message(2) == message(2)
    assert await store.message(3) is None


async def test_pending_messages_of_one_destination(store: Store) -> None:
    app = message(3, "smpp:app")
    await store.commit(Commit("k", "r", NOW_MS, {}, messages=[message(7), app, message(5, BOB)], home=ALICE))
    await store.commit(Commit("l", "r", NOW_MS, {}, messages=[message(4)], home=ALICE))
    await store.mark([7], "sent", NOW_MS)
    assert [each.message_id for each in await store.pending(ALICE)] == [4, 7]
    assert await store.pending("smpp:app") == [app]
    await store.mark([4, 5], "deleted", NOW_MS)
    assert [each.message_id for each in await store.pending(ALICE)] == [7]
    assert await store.pending(BOB) == []


async def test_a_waiting_message_is_amended_a_finished_one_is_not(store: Store) -> None:
    sent = [message(each, terms=Terms(origin="smpp:app")) for each in (1, 2)]
    await store.commit(Commit("k", "r", NOW_MS, {}, messages=sent))
    await store.mark([1], "sent", NOW_MS)
    await store.mark([2], "failed", NOW_MS)
    other = message(1, text="Другой\nтекст", secret=True, not_before_ms=NOW_MS + 77, terms=EVERY_TERM)
    assert await store.amend(other) is True
    assert await store.amend(message(2, text="Поздно")) is False
    assert await store.amend(message(3)) is False
    assert await store.message(1) == replace(other, state="sent")
    assert (await store.message(2)) == replace(sent[1], state="failed", ended_ms=NOW_MS)
    await store.mark([1], "acked", NOW_MS + 1)
    assert await store.message(1) == replace(other, state="acked", ended_ms=NOW_MS + 1)


EVERY_TERM = Terms(
    origin="smpp:app",
    source=Address(5, 0, "Маша & Co"),
    destination=Address(1, 1, ALICE),
    service_type="CMT",
    protocol_id=64,
    esm_class=0x40,
    data_coding=4,
    octets=bytes(range(256)),
    tlvs=((0x020A, b"\x00\x07"), (0x1401, b"")),
    expires_ms=NOW_MS + 86_400_000,
    priority=3,
    registered=0x11,
    report_to="http://127.0.0.1/?d=%d",
    report_mask=31,
    reference=b"\xff\x01",
    known_as=7,
    short_id=True,
    dpf=0,
)


async def test_a_message_keeps_its_terms(store: Store) -> None:
    assert not any(given == usual for given, usual in zip(EVERY_TERM, Terms(), strict=True))
    sent = [
        message(1, terms=EVERY_TERM),
        message(2, terms=Terms()),
        message(3),
        message(4, terms=Terms(octets=b"")),
    ]
    await store.commit(Commit("k", "r", NOW_MS, {}, messages=sent))
    assert await store.undelivered(9) == sent


async def test_undelivered_in_pages(store: Store) -> None:
    await store.commit(Commit("k", "r", NOW_MS, {}, messages=[message(each) for each in (5, 3, 9, 7)]))
    first = await store.undelivered(2)
    assert [each.message_id for each in first] == [3, 5]
    assert [each.message_id for each in await store.undelivered(9, after=5)] == [7, 9]
    assert [each.message_id for each in await store.inbox(ALICE, 3)] == [9, 7, 5]


async def test_an_inbox_in_pages(store: Store) -> None:
    await store.commit(Commit("k", "r", NOW_MS, {}, messages=[message(each) for each in (5, 3, 9, 7)]))
    await store.mark([5], "acked", NOW_MS)
    bobs = replace(message(4), destination=BOB)
    await store.commit(Commit("k2", "r", NOW_MS, {}, messages=[bobs, message(11)], home=BOB))
    first = await store.inbox_after(ALICE, 2, 0)
    assert [(each.message_id, each.state) for each in first] == [(3, "queued"), (5, "acked")]
    assert [each.message_id for each in await store.inbox_after(ALICE, 9, 5)] == [7, 9, 11]
    assert await store.inbox_after(BOB, 9, 3) == [bobs]
    assert await store.inbox_after(ALICE, 9, 11) == []


async def test_marks_at_once(store: Store) -> None:
    ids = list(range(1, 301))
    await store.commit(Commit("k", "r", NOW_MS, {}, messages=[message(each) for each in ids]))
    await asyncio.gather(*(store.mark([each], state, NOW_MS) for state in ("sent", "acked") for each in ids))
    assert await store.undelivered(9) == []


async def test_a_message_keeps_every_field(store: Store) -> None:
    sent = message(
        4294967295, text="Пароль: 483920 \U0001f511", secret=True, source="000110", not_before_ms=NOW_MS + 9
    )
    await store.commit(Commit("k", "r", NOW_MS, {}, messages=[sent]))
    assert await store.inbox(ALICE, 1) == [sent]


async def test_message_ids_are_given_out_once(store: Store) -> None:
    assert await store.reserve_ids(100) == 1
    assert await store.reserve_ids(1) == 101
    firsts = await asyncio.gather(*(store.reserve_ids(10) for _ in range(5)))
    assert sorted(firsts) == [102, 112, 122, 132, 142]


async def test_message_ids_end_at_four_octets(store: Store) -> None:
    assert await store.reserve_ids(4294967294) == 1
    with pytest.raises(StoreUnavailable):
        await store.reserve_ids(2)
    assert await store.reserve_ids(1) == 4294967295
    with pytest.raises(StoreUnavailable):
        await store.reserve_ids(1)


# ---------------------------------------------------------------- time


async def test_accounts_are_found_when_they_are_due(store: Store) -> None:
    for number, due_ms in ((ALICE, 300), (BOB, 100), ("79260000007", 0), ("79260000008", 200)):
        await put(store, individual(number, due_ms=due_ms))
    assert await store.due(99, 9) == []
    assert await store.due(200, 9) == [BOB, "79260000008"]
    assert await store.due(10**15, 9) == [BOB, "79260000008", ALICE]
    assert await store.due(10**15, 2) == [BOB, "79260000008"]
    # Looking changes nothing.
    assert await store.due(100, 9) == [BOB]


async def test_an_account_is_due_as_its_last_commit_says(store: Store) -> None:
    account = await put(store, individual(due_ms=100))
    for due_ms, found in ((500, []), (50, [ALICE]), (0, []), (100, [ALICE]), (100, [ALICE])):
        account = account._replace(version=account.version + 1, due_ms=due_ms)
        await store.commit(Commit(f"k{account.version}", "r", NOW_MS, {}, [account]))
        assert await store.due(100, 9) == found
        assert (await stored(store)).due_ms == due_ms


async def test_many_accounts_due_at_the_same_instant(store: Store) -> None:
    numbers = [str(79260000000 + n) for n in range(700)]
    await asyncio.gather(*(put(store, individual(number, due_ms=100)) for number in numbers))
    assert await store.due(100, 1000) == numbers
    assert await store.due(100, 3) == numbers[:3]


# ---------------------------------------------------------------- orders


async def test_orders_wait_until_they_are_marked(store: Store) -> None:
    account = await put(store, individual())
    orders = [
        order("k/0"),
        order("k/1", kind="mail", target="a@b.ru", action="detail", args={"period": "май", "on": True}),
        order("k/2", refund="money.returned", not_before_ms=NOW_MS),
    ]
    commit = charge_commit(account, 100, "k")
    commit.orders += orders
    await store.commit(commit)
    assert await store.orders_pending(NOW_MS - 1, 9) == orders[:2]
    assert await store.orders_pending(NOW_MS, 9) == orders
    assert await store.orders_pending(NOW_MS, 1) == orders[:1]
    await store.mark_orders(["k/0", "no such order"], "done", NOW_MS)
    await store.mark_orders(["k/2"], "refunded", NOW_MS)
    await store.mark_orders(["k/2"], "done", NOW_MS)
    assert await store.orders_pending(NOW_MS, 9) == [orders[1]]


async def test_a_repeated_or_lost_commit_leaves_no_orders(store: Store) -> None:
    account = await put(store, individual())
    first = charge_commit(account, 100, "k")
    first.orders.append(order("k/0"))
    await store.commit(first)
    await store.mark_orders(["k/0"], "done", NOW_MS)
    assert (await store.commit(first)).replayed
    late = charge_commit(account, 100, "late")
    late.orders.append(order("late/0"))
    with pytest.raises(Conflict):
        await store.commit(late)
    assert await store.orders_pending(NOW_MS, 9) == []


async def test_phone_states_are_remembered_until_they_are_forgotten(store: Store) -> None:
    assert await store.phone_states() == {}
    await store.set_phone_state(ALICE, "off")
    await store.set_phone_state(BOB, "memory_full")
    await store.set_phone_state(ALICE, "out_of_coverage")
    assert await store.phone_states() == {ALICE: "out_of_coverage", BOB: "memory_full"}
    await store.set_phone_state(ALICE, None)
    await store.set_phone_state(ALICE, None)
    assert await store.phone_states() == {BOB: "memory_full"}


async def test_the_latest_commit(store: Store) -> None:
    assert await store.latest_ms() == 0
    account = await put(store, individual())
    for key, at_ms in (("later", NOW_MS + 5), ("late entry of the past", NOW_MS + 2)):
        commit = charge_commit(account, 100, key)
        commit.at_ms = at_ms
        await store.commit(commit)
        account = commit.accounts[0]
    assert await store.latest_ms() == NOW_MS + 5


# ---------------------------------------------------------------- the last rouble


async def test_500_guesses_at_once(store: Store) -> None:
    hasher = ScryptHasher(b"pepper", cost=2)
    actions = Actions(hasher, SystemDice(), StoreRegistry(store))
    await put(store, individual(password=Password(await hasher.hash("Secret"))))
    outcomes = await asyncio.gather(
        *(
            perform(store, actions, ALICE, "auth.login", {"password": "wrong1"}, key=str(n))
            for n in range(500)
        )
    )
    reasons = [outcome.params["reason"] for outcome in outcomes]
    assert (reasons.count("login.wrong"), reasons.count("login.locked")) == (5, 495)
    assert (await stored(store)).password[1:3] == (6, True)


async def test_a_hundred_charges_for_the_last_rouble(store: Store) -> None:
    actions = Actions(ScryptHasher(b"pepper", cost=2), SystemDice(), StoreRegistry(store))
    await put(store, individual(balance_kop=100))
    outcomes = await asyncio.gather(
        *(perform(store, actions, ALICE, "account.charge", {"fee_kop": 100}, key=str(n)) for n in range(100))
    )
    assert sorted(outcome.name for outcome in outcomes) == ["denied"] * 99 + ["done"]
    assert (await stored(store)).balance_kop == 0
