"""SQLite against the oracle: any history of requests leaves both stores with the same answers and contents.

Requests come alone or in crowds, fresh or out of date, once or again; the SQLite store is closed and opened
in between.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.unit.billing.kit import EMPLOYEE, NOW_MS, employee, individual, message, opening_commit, order
from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.store import Commit, MessageState, Order, OutMessage
from ussd_gateway.errors import GatewayError
from ussd_gateway.storage.memory import MemoryStore
from ussd_gateway.storage.sqlite import SqliteStore
from ussd_gateway.terms import Terms

ACCOUNTS = {
    "79260000000": individual("79260000000", 3_000, floor_kop=-500),
    EMPLOYEE: employee(budget_kop=700, personal_kop=900),
    "79260000002": individual("79260000002", 0),
}
NUMBERS = list(ACCOUNTS)

numbers = st.sampled_from(NUMBERS)
keys = st.integers(0, 15).map(str)
amounts = st.sampled_from([1, 300, 500, 800])
requests = st.tuples(
    numbers,
    keys,
    st.sampled_from(["charge", "topup", "text"]),
    amounts,
    # How many versions behind the caller's idea of the account is.
    st.sampled_from([0, 0, 0, 0, 1, -1]),
)
states: st.SearchStrategy[MessageState] = st.sampled_from(["sent", "acked", "failed", "expired", "deleted"])


class TwoStores(RuleBasedStateMachine):
    @initialize()
    def open_both(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.oracle = MemoryStore()
        self.open_sqlite()
        self.sent = 0
        for number in NUMBERS[:2]:
            self.open_account(number)

    def open_sqlite(self) -> None:
        self.sqlite = SqliteStore(
            self.folder / "gateway.db", on_fatal=self.failures.append, cached_accounts=2
        )
        self.do(self.sqlite.open())

    def __init__(self) -> None:
        super().__init__()
        self.failures: list[Exception] = []

    def teardown(self) -> None:
        self.do(self.sqlite.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        shutil.rmtree(self.folder)
        assert not self.failures

    def do(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(coroutine)

    def both(self, name: str, *args: Any) -> None:
        """Ask the same of both; they must answer the same."""

        async def ask(store: Any) -> Any:
            try:
                return await getattr(store, name)(*deepcopy(args))
            except (GatewayError, ValueError) as error:
                return type(error)

        assert self.do(ask(self.sqlite)) == self.do(ask(self.oracle))

    # ------------------------------------------------------------ what happens

    @rule(number=numbers)
    def open_account(self, number: str) -> None:
        self.both("commit", opening_commit(ACCOUNTS[number]))

    @rule(crowd=st.lists(requests, min_size=1, max_size=8))
    def crowd(self, crowd: list[tuple[str, str, str, int, int]]) -> None:
        commits = [commit for request in crowd if (commit := self.decide(*request))]

        async def ask(store: Any) -> list[Any]:
            calls = (store.commit(deepcopy(commit)) for commit in commits)
            results = await asyncio.gather(*calls, return_exceptions=True)
            return [type(result) if isinstance(result, Exception) else result for result in results]

        assert self.do(ask(self.sqlite)) == self.do(ask(self.oracle))

    def decide(self, number: str, key: str, what: str, amount_kop: int, behind: int) -> Commit | None:
        account: Account | None = self.do(self.oracle.account(number))
        if account is None:
            return None
        messages: list[OutMessage] = []
        orders: list[Order] = []
        entries: list[LedgerEntry] = []
        if what == "topup":
            after, entries = purse.pay_in(account, amount_kop, "", key=key, now_ms=NOW_MS)
        elif what == "charge":
            paid = purse.charge(account, amount_kop, "fee", key=key, now_ms=NOW_MS, remember=2)
            if paid is None:
                return None
            after, entries = paid
        else:
            self.sent += 1
            messages.append(message(self.sent, number))
            orders.append(order(f"{key}/{self.sent}", not_before_ms=amount_kop))
            after = account._replace(autologin=not account.autologin)
        due_ms = (account.balance_kop + account.personal_kop) % 4 * 100
        after = after._replace(version=account.version + 1 - behind, due_ms=due_ms)
        reply = {"left": amount_kop}
        return Commit(key, f"{what} {amount_kop}", NOW_MS, reply, [after], entries, messages, orders)

    @rule(number=numbers)
    def steal(self, number: str) -> None:
        """Money from nowhere."""
        account: Account | None = self.do(self.oracle.account(number))
        if account is not None:
            rich = account._replace(version=account.version + 1, balance_kop=account.balance_kop + 1)
            self.both("commit", Commit("steal", "r", NOW_MS, {}, [rich]))

    @rule(ids=st.lists(st.integers(1, 30), max_size=5), state=states)
    def mark(self, ids: list[int], state: MessageState) -> None:
        self.both("mark", ids, state, NOW_MS + len(ids), len(ids))

    @rule(message_id=st.integers(1, 30), text=st.sampled_from(["one", "other"]))
    def amend(self, message_id: int, text: str) -> None:
        self.both("amend", message(message_id, text=text, terms=Terms(origin=text)))

    @rule(numbers=st.lists(st.tuples(keys, st.integers(1, 30)), max_size=4), done=st.booleans())
    def mark_orders(self, numbers: list[tuple[str, int]], done: bool) -> None:
        ids = [f"{key}/{number}" for key, number in numbers]
        self.both("mark_orders", ids, "done" if done else "refunded", NOW_MS)

    @rule(now_ms=st.integers(0, 900), limit=st.integers(1, 9))
    def look_at_what_is_due(self, now_ms: int, limit: int) -> None:
        self.both("due", now_ms, limit)
        self.both("orders_pending", now_ms, limit)

    @rule(count=st.integers(1, 1000))
    def reserve(self, count: int) -> None:
        self.both("reserve_ids", count)

    @rule()
    def restart(self) -> None:
        self.do(self.sqlite.close())
        self.open_sqlite()

    # ------------------------------------------------------------ what can be seen

    @rule(number=numbers, limit=st.integers(1, 9), kind=st.sampled_from([None, "fee", "topup"]))
    def look_at_history(self, number: str, limit: int, kind: str | None) -> None:
        self.both("ledger", number, limit, kind)
        self.both("inbox", number, limit)

    @rule(limit=st.integers(1, 9), after=st.integers(0, 9))
    def look_at_queue(self, limit: int, after: int) -> None:
        self.both("undelivered", limit, after)
        self.both("pending", NUMBERS[after % 3])
        self.both("message", limit + after)

    @rule(key=keys, amount_kop=amounts)
    def ask_for_outcome(self, key: str, amount_kop: int) -> None:
        self.both("outcome", key, f"charge {amount_kop}", "")

    @rule()
    def audit(self) -> None:
        self.both("audit")
        assert self.do(self.sqlite.audit()).problems == ()

    @invariant()
    def accounts_are_the_same(self) -> None:
        for number in NUMBERS:
            self.both("account", number)


TestTwoStores = TwoStores.TestCase
# Not shrunk: every attempt opens a database, and a history of 40 steps can be read as it is.
TestTwoStores.settings = settings(
    max_examples=40, stateful_step_count=40, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)
