"""Jobs: sleeping accounts are settled, orders carried out; once, whatever fails in between."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.billing.kit import ALICE, BOB, order
from ussd_gateway.app import App
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import DAY_MS
from ussd_gateway.billing.store import Commit, Committed, Order
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.jobs import AT_ONCE, SET_ASIDE_MS, Report
from ussd_gateway.ports import Performed
from ussd_gateway.storage.memory import MemoryStore
from ussd_gateway.storage.vault import ScryptHasher

CONFIG = Path(__file__).parents[2] / "config.yaml"
STRANGER = "74951234567"
SQLITE = "sqlite:///{folder}/gateway.db"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory", "sqlite"])
async def app(request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path) -> AsyncIterator[App]:
    app = await started("memory://" if request.param == "memory" else SQLITE, clock, tmp_path)
    yield app
    await app.stop()


async def started(url: str, clock: ManualClock, folder: Path) -> App:
    """The whole gateway but its listeners and menus."""
    for name in ("menus", "commands"):
        (folder / name).mkdir(exist_ok=True)
    environment = {
        "USSDGW_STORAGE__URL": url.format(folder=folder),
        "USSDGW_STORAGE__MAILBOX": str(folder / "mail"),
        "USSDGW_PATHS__MENUS": str(folder / "menus"),
        "USSDGW_PATHS__SMS_COMMANDS": str(folder / "commands"),
    }
    app = App(load_config(CONFIG, environment), clock=clock, hasher=ScryptHasher(b"pepper", cost=2))
    await app.start(listen=False)
    return app


async def account(app: App, msisdn: str) -> Account:
    found = await app.store.account(msisdn)
    assert found is not None
    return found


async def do(app: App, action: str, key: str, **args: Any) -> None:
    performed = await app.gateway.perform(ALICE, action, args, key=key, request="")
    assert performed.outcome.name == "done", performed.outcome


async def leave(app: App, *orders: Order) -> None:
    await app.store.commit(
        Commit(f"leave {orders[0].order_id}", "r", app.clock.now_ms(), {}, orders=list(orders))
    )


async def moved(app: App, clock: ManualClock, by_ms: int) -> Report:
    with app.jobs.watch() as report:
        clock.advance(by_ms)
        await app.jobs.catch_up()
    return report


# ---------------------------------------------------------------- time


async def test_time_goes_on_for_those_who_sleep(app: App, clock: ManualClock) -> None:
    await do(app, "svc.on", "on", code="134")
    before = await account(app, ALICE)
    report = await moved(app, clock, 3 * DAY_MS)
    after = await account(app, ALICE)
    assert after.balance_kop == before.balance_kop - 3 * 200
    assert report.counts["service fees"] == 3
    assert [line.what for line in report.lines if line.msisdn == ALICE] == ["service fees"] * 3
    assert after.due_ms > clock.now_ms()


async def test_a_year_at_once_or_day_by_day(app: App, clock: ManualClock) -> None:
    await do(app, "account.topup", "t", amount_kop=1_000_000)
    await do(app, "svc.on", "on", code="130")
    start = await account(app, ALICE)
    report = await moved(app, clock, 365 * DAY_MS)
    after = await account(app, ALICE)
    # 365 nights of the black list, 12 months of the tariff.
    assert start.balance_kop - after.balance_kop == 365 * 100 + 12 * 32_000
    assert report.counts["tariff fee"] >= 12
    assert (await app.store.audit()).problems == ()
    # The clock stands still: there is nothing more to do.
    assert (await moved(app, clock, 0)).counts == {}


async def test_a_restart_in_between_changes_nothing(clock: ManualClock, tmp_path: Path) -> None:
    app = await started(SQLITE, clock, tmp_path)
    await do(app, "svc.on", "on", code="134")
    before = await account(app, ALICE)
    await app.stop()
    clock.advance(2 * DAY_MS)
    for _ in range(2):
        app = await started(SQLITE, clock, tmp_path)
        await app.jobs.catch_up()
        assert (await account(app, ALICE)).balance_kop == before.balance_kop - 400
        await app.stop()


async def test_looking_at_an_account_shows_it_as_it_must_be_now(app: App, clock: ManualClock) -> None:
    await do(app, "svc.on", "on", code="134")
    stored = await account(app, ALICE)
    app.jobs.wake = lambda: None  # type: ignore[method-assign]
    clock.advance(DAY_MS)
    assert (await app.gateway.account(ALICE)).balance_kop == stored.balance_kop - 200
    assert (await account(app, ALICE)).version == stored.version


async def test_who_was_settled_while_the_job_was_on_its_way_is_not_set_aside(
    app: App, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await do(app, "svc.on", "on", code="134")
    before = await account(app, ALICE)
    clock.advance(before.due_ms - 1 - clock.now_ms())
    answers = [[ALICE]]

    async def looked_a_moment_ago(now_ms: int, limit: int) -> list[str]:
        return answers.pop() if answers else []

    with monkeypatch.context() as patch:
        patch.setattr(app.store, "due", looked_a_moment_ago)
        await app.jobs.catch_up()
    report = await moved(app, clock, 1)
    assert report.counts["service fees"] == 1
    assert (await account(app, ALICE)).balance_kop == before.balance_kop - 200


async def test_a_system_clock_that_was_put_back_meets_the_same_midnight_again(
    app: App, clock: ManualClock
) -> None:
    await do(app, "svc.on", "on", code="134")
    midnight_ms = (await account(app, ALICE)).due_ms
    assert (await moved(app, clock, midnight_ms - clock.now_ms())).counts["service fees"] == 1
    clock._now_ms -= 5
    await do(app, "svc.off", "off", code="134")
    await do(app, "svc.on", "on again", code="134")
    before = await account(app, ALICE)
    assert before.due_ms == midnight_ms
    assert (await moved(app, clock, 5)).counts["service fees"] == 1
    assert (await account(app, ALICE)).balance_kop == before.balance_kop - 200


class Shared(MemoryStore):
    """One gateway's view of a store it shares: that answers late, and what the view has cached may be old."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.cache: dict[str, Account] = {}
        for name in ("outcome", "ledger", "undelivered", "mark", "inbox", "due", "orders_pending"):
            setattr(self, name, self.late(getattr(store, name)))
        for name in ("mark_orders", "reserve_ids", "latest_ms", "audit", "phone_states"):
            setattr(self, name, self.late(getattr(store, name)))

    def late(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def answer(*args: Any) -> Any:
            await asyncio.sleep(0)
            return await method(*args)

        return answer

    def cached(self, msisdn: str) -> Account | None:
        return self.cache.get(msisdn)

    async def account(self, msisdn: str) -> Account | None:
        if msisdn not in self.cache:
            await asyncio.sleep(0)
            found = await self.store.account(msisdn)
            if found is None:
                return None
            self.cache[msisdn] = found
        return self.cache[msisdn]

    async def commit(self, commit: Commit) -> Committed:
        await asyncio.sleep(0)
        for each in commit.accounts:
            self.cache.pop(each.msisdn, None)
        committed = await self.store.commit(commit)
        if not committed.replayed:
            self.cache.update({each.msisdn: each for each in commit.accounts})
        return committed


async def lived(gateways: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    """A store after 40 days of fees, loans and transfers, by so many gateways that all do the jobs."""
    shared, clock = MemoryStore(), ManualClock()
    monkeypatch.setattr("ussd_gateway.app.open_store", lambda *_, **__: Shared(shared))
    apps = [await started("memory://", clock, folder) for _ in range(gateways)]
    numbers = [str(79_270_000_000 + n) for n in range(20)]
    for n, number in enumerate(numbers):
        to = numbers[(n + 1) % len(numbers)]
        wishes: list[tuple[str, dict[str, Any]]] = [
            ("svc.on", {"code": "134"}),
            ("tariff.change", {"code": "16M"}),
            ("pay.promised", {"tier": "50"}),
            ("bonus.join", {}),
            ("acct.detail", {"month": 0, "email": "ivanov@mail.ru"}),
            ("pay.transfer_now", {"to": to, "amount_kop": 700}),
        ]
        for action, args in wishes:
            # Both gateways are asked for the same: as somebody does who heard no answer.
            asked = [
                app.gateway.perform(number, action, args, key=f"{action} {number}", request="")
                for app in apps
            ]
            first, *others = await asyncio.gather(*asked)
            assert first.outcome.name == "done"
            assert all(other.outcome == first.outcome for other in others)
    for _ in range(4):
        clock.advance(10 * DAY_MS)
        await asyncio.gather(*(app.jobs.catch_up() for app in apps))
    for app in apps:
        await app.stop()
    return shared


async def test_two_gateways_on_one_store_do_what_one_would_have_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = [await lived(number, tmp_path, monkeypatch) for number in (1, 2)]
    assert (await two.audit()).problems == ()
    assert (await two.due(10**15, 99)) == (await one.due(10**15, 99))
    assert await two.orders_pending(10**15, 99) == []
    for n in range(20):
        number = str(79_270_000_000 + n)
        mine, theirs = await one.account(number), await two.account(number)
        assert mine is not None
        assert theirs is not None
        assert theirs._replace(version=0) == mine._replace(version=0)
        told = [sorted(each.text for each in await store.inbox(number, 999)) for store in (one, two)]
        assert told[0] == told[1]
        lines = [
            sorted((line.at_ms, line.kind, line.amount_kop) for line in await store.ledger(number, 999))
            for store in (one, two)
        ]
        assert lines[0] == lines[1]


# ---------------------------------------------------------------- orders


async def in_transit(app: App, order_id: str, target: str) -> None:
    """5 roubles are on their way."""
    await do(app, "account.topup", f"topup {order_id}", amount_kop=20_000)
    await do(app, "pay.transfer_now", f"transfer {order_id}", to=target, amount_kop=500)


async def test_an_order_is_carried_out_once(app: App) -> None:
    before = await account(app, BOB)
    await in_transit(app, "a", BOB)
    await app.jobs.catch_up()
    after = await account(app, BOB)
    assert after.balance_kop == before.balance_kop + 500
    assert await app.store.orders_pending(app.clock.now_ms(), 9) == []
    await app.jobs.catch_up()
    assert (await account(app, BOB)).version == after.version


async def test_done_but_not_marked_is_not_done_again(app: App) -> None:
    """A crash between an order's commit and its mark."""
    mark, app.store.mark_orders = app.store.mark_orders, fails  # type: ignore[method-assign, assignment]
    before = await account(app, BOB)
    await in_transit(app, "a", BOB)
    with pytest.raises(StoreUnavailable):
        await app.jobs.catch_up()
    assert (await account(app, BOB)).balance_kop == before.balance_kop + 500
    app.store.mark_orders = mark  # type: ignore[method-assign]
    await app.jobs.catch_up()
    assert (await account(app, BOB)).balance_kop == before.balance_kop + 500
    assert await app.store.orders_pending(app.clock.now_ms(), 9) == []
    assert (await app.store.audit()).problems == ()


async def fails(*args: object) -> None:
    raise StoreUnavailable("gone")


async def test_a_round_that_loses_the_store_ends_as_a_whole(app: App, clock: ManualClock) -> None:
    """Nothing it has begun goes on afterwards, at another time; nothing is begun that was not."""
    perform, tries, under_way = app.gateway.perform, 0, 0

    async def slow(*args: Any, **options: Any) -> Performed:
        nonlocal tries, under_way
        tries += 1
        if tries > 4:
            raise StoreUnavailable("gone")
        under_way += 1
        for _ in range(20):
            await asyncio.sleep(0)
        try:
            return await perform(*args, **options)
        finally:
            under_way -= 1

    app.gateway.perform = slow  # type: ignore[method-assign]
    numbers = [str(79_270_000_000 + n) for n in range(3 * AT_ONCE)]
    asked = [order(f"{to}/0", to, action="relatives.asked", args={"from": ALICE, "to": to}) for to in numbers]
    await leave(app, *asked)
    with pytest.raises(StoreUnavailable):
        await app.jobs.catch_up()
    assert under_way == 0
    assert tries <= 2 * AT_ONCE, "a round by the clock may have come first; no more than that"
    app.gateway.perform = perform  # type: ignore[method-assign]
    await app.jobs.catch_up()
    assert await app.store.orders_pending(clock.now_ms(), 9) == []


async def test_what_is_refused_comes_back(app: App, clock: ManualClock) -> None:
    """He bars transfers while the money is on its way."""
    before = await account(app, ALICE)
    wake, app.gateway.on_orders = app.gateway.on_orders, lambda: None
    await in_transit(app, "a", BOB)
    await app.gateway.perform(BOB, "pay.transfer_bar", {"on": True}, key="bar", request="")
    app.gateway.on_orders = wake
    assert (await account(app, ALICE)).balance_kop == before.balance_kop + 20_000 - 500 - 500
    await app.jobs.catch_up()
    assert (await account(app, ALICE)).balance_kop == before.balance_kop + 20_000
    assert await app.store.orders_pending(clock.now_ms(), 9) == []


async def test_nobody_there_is_a_refusal(app: App) -> None:
    await leave(app, order("x/0", STRANGER, action="relatives.asked", args={"from": ALICE, "to": STRANGER}))
    await app.jobs.catch_up()
    assert await app.store.orders_pending(app.clock.now_ms(), 9) == []


async def test_an_order_that_cannot_be_carried_out_disturbs_no_other(app: App, clock: ManualClock) -> None:
    before = await account(app, BOB)
    await leave(app, order("bad/0", BOB, action="no.such.action"))
    await in_transit(app, "a", BOB)
    await app.jobs.catch_up()
    assert (await account(app, BOB)).balance_kop == before.balance_kop + 500
    assert [each.order_id for each in await app.store.orders_pending(clock.now_ms(), 9)] == ["bad/0"]
    # It is tried again after a while, not all the time.
    assert (await moved(app, clock, SET_ASIDE_MS)).counts == {}


async def test_an_order_waits_for_its_time(app: App, clock: ManualClock) -> None:
    later_ms = clock.now_ms() + 5_000
    args = {"from": BOB, "to": ALICE}
    await leave(app, order("x/0", ALICE, action="relatives.asked", args=args, not_before_ms=later_ms))
    assert (await moved(app, clock, 4_999)).counts == {}
    assert (await moved(app, clock, 1)).counts == {"relatives.asked": 1}


async def test_a_clock_that_jumps_halts_where_an_order_waits(app: App, clock: ManualClock) -> None:
    start_ms = clock.now_ms()
    for days, number in ((20, "79261112222"), (2, "79261112223"), (2, "79261112224"), (40, "79261112225")):
        args = {"from": number, "to": BOB}
        await leave(
            app,
            order(f"x/{number}", action="relatives.asked", args=args, not_before_ms=start_ms + days * DAY_MS),
        )
    with app.jobs.watch() as report:
        await app.jobs.pass_time(clock, start_ms + 31 * DAY_MS)
    assert clock.now_ms() == start_ms + 31 * DAY_MS
    times = [line.at_ms for line in report.lines if line.what == "relatives.asked"]
    assert times == [start_ms + days * DAY_MS for days in (2, 2, 20)]
    with pytest.raises(ValueError, match="forward only"):
        await app.jobs.pass_time(clock, start_ms)


async def test_a_document_arrives_in_the_mailbox(app: App, clock: ManualClock, tmp_path: Path) -> None:
    await do(app, "acct.detail", "d", month=0, email="ivanov@mail.ru")
    report = await moved(app, clock, 900_000)
    assert report.counts == {"documents": 1, "mail": 1}
    [file] = (tmp_path / "mail" / "ivanov@mail.ru").iterdir()
    assert "opening" in file.read_text(encoding="utf-8-sig")


async def test_a_lost_store_is_tried_again(app: App, clock: ManualClock) -> None:
    await do(app, "svc.on", "on", code="134")
    before = await account(app, ALICE)
    commit, app.store.commit = app.store.commit, fails  # type: ignore[method-assign, assignment]
    with pytest.raises(StoreUnavailable):
        await moved(app, clock, DAY_MS)
    app.store.commit = commit  # type: ignore[method-assign]
    report = await moved(app, clock, 0)
    assert (await account(app, ALICE)).balance_kop == before.balance_kop - 200
    assert report.counts["service fees"] == 1


def test_a_report_tells_the_first_and_counts_all() -> None:
    from ussd_gateway.jobs import TOLD, Line

    report = Report()
    for n in range(TOLD + 50):
        report.add(Line(n, ALICE, "fee", {}))
    assert (len(report.lines), report.counts["fee"]) == (TOLD, TOLD + 50)
