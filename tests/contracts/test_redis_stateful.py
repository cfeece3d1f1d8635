"""Redis against the oracle: any history of requests through two gateways leaves the same ledgers.

They are compared as bytes.  Requests come alone or in crowds, fresh or out of date, once or again, through
either gateway; gateways are closed and opened in between.
"""

import asyncio
import json
from collections.abc import Coroutine
from copy import deepcopy
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.contracts.test_store_stateful import ACCOUNTS, NUMBERS, amounts, keys, numbers, requests, states
from tests.redis_servers import Running
from tests.unit.billing.kit import NOW_MS, message, opening_commit, order
from ussd_gateway.billing import purse
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.store import Commit, MessageState, Order, OutMessage
from ussd_gateway.errors import GatewayError
from ussd_gateway.storage.memory import MemoryStore
from ussd_gateway.storage.redis import RedisStore
from ussd_gateway.storage.redis_settings import RedisSettings
from ussd_gateway.storage.redis_url import parse
from ussd_gateway.terms import Terms

ALL = 10**6
gateways = st.integers(0, 1)


class TwoGateways(RuleBasedStateMachine):
    running: ClassVar[Running]
    histories: ClassVar[int]

    @initialize()
    def open_all(self) -> None:
        type(self).histories += 1
        self.running.flush()
        self.loop = asyncio.new_event_loop()
        self.oracle = MemoryStore()
        self.stores = [self.open_gateway(), self.open_gateway()]
        self.sent = 0
        for number in NUMBERS[:2]:
            self.open_account(number, 0)

    def open_gateway(self) -> RedisStore:
        store = RedisStore(parse(self.running.url), RedisSettings())
        self.do(store.open())
        return store

    def teardown(self) -> None:
        for store in self.stores:
            self.do(store.close())
        self.loop.close()

    def do(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(coroutine)

    def both(self, gateway: int, name: str, *args: Any) -> tuple[Any, Any]:
        """Ask the same of the gateway and of the oracle."""

        async def ask(store: Any) -> Any:
            try:
                return await getattr(store, name)(*deepcopy(args))
            except (GatewayError, ValueError) as error:
                return type(error)

        return self.do(ask(self.stores[gateway])), self.do(ask(self.oracle))

    def agree(self, gateway: int, name: str, *args: Any) -> None:
        ours, theirs = self.both(gateway, name, *args)
        assert ours == theirs

    # ------------------------------------------------------------ what happens

    @rule(number=numbers, gateway=gateways)
    def open_account(self, number: str, gateway: int) -> None:
        self.agree(gateway, "commit", opening_commit(ACCOUNTS[number]))

    @rule(crowd=st.lists(requests, min_size=1, max_size=8), gateway=gateways)
    def crowd(self, crowd: list[tuple[str, str, str, int, int]], gateway: int) -> None:
        commits = [commit for request in crowd if (commit := self.decide(*request))]

        async def ask(store: Any) -> list[Any]:
            calls = (store.commit(deepcopy(commit)) for commit in commits)
            results = await asyncio.gather(*calls, return_exceptions=True)
            return [type(result) if isinstance(result, Exception) else result for result in results]

        assert self.do(ask(self.stores[gateway])) == self.do(ask(self.oracle))

    def decide(self, number: str, key: str, what: str, amount_kop: int, behind: int) -> Commit | None:
        account = self.do(self.oracle.account(number))
        if account is None:
            return None
        # Keys of one home only: the oracle knows them all, Redis those of a home.
        key = f"{number}/{key}"
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
            messages.append(message(self.sent, NUMBERS[self.sent % 3]))
            orders.append(order(f"{key}/{self.sent}", not_before_ms=amount_kop))
            after = account._replace(autologin=not account.autologin)
        due_ms = (account.balance_kop + account.personal_kop) % 4 * 100
        after = after._replace(version=account.version + 1 - behind, due_ms=due_ms)
        reply = {"left": amount_kop}
        return Commit(key, f"{what} {amount_kop}", NOW_MS, reply, [after], entries, messages, orders)

    @rule(number=numbers, gateway=gateways)
    def steal(self, number: str, gateway: int) -> None:
        """Money from nowhere."""
        account = self.do(self.oracle.account(number))
        if account is not None:
            rich = account._replace(version=account.version + 1, balance_kop=account.balance_kop + 1)
            self.agree(gateway, "commit", Commit("steal", "r", NOW_MS, {}, [rich]))

    @rule(ids=st.lists(st.integers(1, 30), max_size=5), state=states, gateway=gateways)
    def mark(self, ids: list[int], state: MessageState, gateway: int) -> None:
        self.agree(gateway, "mark", ids, state, NOW_MS + len(ids), len(ids))

    @rule(message_id=st.integers(1, 30), text=st.sampled_from(["one", "other"]), gateway=gateways)
    def amend(self, message_id: int, text: str, gateway: int) -> None:
        message: OutMessage | None = self.do(self.oracle.message(message_id))
        if message is not None:
            self.agree(gateway, "amend", replace(message, text=text, terms=Terms(origin=text)))

    @rule(marked=st.lists(st.tuples(numbers, keys, st.integers(1, 30)), max_size=4), gateway=gateways)
    def mark_orders(self, marked: list[tuple[str, str, int]], gateway: int) -> None:
        ids = [f"{number}/{key}/{sent}" for number, key, sent in marked]
        self.agree(gateway, "mark_orders", ids, "done", NOW_MS)

    @rule(count=st.integers(1, 1000), gateway=gateways)
    def reserve(self, count: int, gateway: int) -> None:
        self.agree(gateway, "reserve_ids", count)

    @rule(gateway=gateways)
    def restart(self, gateway: int) -> None:
        self.do(self.stores[gateway].close())
        self.stores[gateway] = self.open_gateway()

    # ------------------------------------------------------------ what can be seen

    @rule(now_ms=st.integers(0, 900), limit=st.integers(1, 9), gateway=gateways)
    def look_at_what_is_due(self, now_ms: int, limit: int, gateway: int) -> None:
        self.agree(gateway, "due", now_ms, limit)
        ours, theirs = self.both(gateway, "orders_pending", now_ms, ALL)
        assert sorted(ours, key=lambda one: one.order_id) == sorted(theirs, key=lambda one: one.order_id)

    @rule(number=numbers, limit=st.integers(1, 9), kind=st.sampled_from([None, "fee"]), gateway=gateways)
    def look_at_history(self, number: str, limit: int, kind: str | None, gateway: int) -> None:
        self.agree(gateway, "ledger", number, limit, kind)
        self.agree(gateway, "inbox", number, limit)

    @rule(limit=st.integers(1, 9), after=st.integers(0, 9), gateway=gateways)
    def look_at_queue(self, limit: int, after: int, gateway: int) -> None:
        self.agree(gateway, "undelivered", limit, after)
        self.agree(gateway, "pending", NUMBERS[after % len(NUMBERS)])
        self.agree(gateway, "message", limit + after)

    @rule(number=numbers, key=keys, amount_kop=amounts, gateway=gateways)
    def ask_for_outcome(self, number: str, key: str, amount_kop: int, gateway: int) -> None:
        self.agree(gateway, "outcome", f"{number}/{key}", f"charge {amount_kop}", number)

    @rule(gateway=gateways)
    def audit(self, gateway: int) -> None:
        self.agree(gateway, "audit")
        self.agree(gateway, "latest_ms")

    @invariant()
    def ledgers_are_the_same_to_the_byte(self) -> None:
        for number in NUMBERS:
            for gateway in (0, 1):
                self.agree(gateway, "account", number)
            ours, theirs = self.both(0, "ledger", number, ALL)
            assert json.dumps(ours).encode() == json.dumps(theirs).encode()


@pytest.mark.parametrize("place, examples", [("redis_server", 25), ("redis_cluster", 5)])
def test_two_gateways_and_the_oracle(place: str, examples: int, request: pytest.FixtureRequest) -> None:
    running: Running = request.getfixturevalue(place)
    machine: type[TwoGateways] = type("Machine", (TwoGateways,), {"running": running, "histories": 0})
    # Not shrunk: a history of 40 steps can be read as it is.
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )
    assert machine.histories >= examples
