"""The billing core without any shell: accounts in a dictionary, a clock, books added up at every step."""

from collections.abc import Mapping
from itertools import count

from tests.unit.billing.kit import NOW_MS, catalogue, opening_commit
from ussd_gateway.actions import ACTIONS
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.ledger import KINDS, POCKETS, holding, pocket_name
from ussd_gateway.billing.operations.base import NOTHING_PREPARED
from ussd_gateway.billing.settle import next_due_ms
from ussd_gateway.billing.store import Commit, Order, check_commit
from ussd_gateway.vocabulary import Outcome, Value


class Core:
    """Settles, decides and commits each request as the gateway does it."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.accounts: dict[str, Account] = {}
        self.totals_kop: dict[str, int] = {}
        self.orders: list[Order] = []
        self._keys, self._message_ids = count(1), count(1)

    def open(self, account: Account) -> None:
        account = account._replace(version=1)
        account = account._replace(due_ms=next_due_ms(account) or 0)
        self._take(opening_commit(account))

    def do(
        self,
        msisdn: str,
        action: str,
        args: Mapping[str, Value],
        prepared: Mapping[str, str] = NOTHING_PREPARED,
    ) -> Outcome:
        """One request."""
        draft = self.draft(msisdn)
        outcome = draft.decide(ACTIONS[action].decide, args, prepared)
        self._commit(draft)
        return outcome

    def settle(self, msisdn: str) -> None:
        """What the jobs do for those who sleep."""
        self._commit(self.draft(msisdn))

    def deliver(self) -> list[tuple[Order, bool]]:
        """Carry out the orders that wait; with each, whether it was refused and given back."""
        orders, self.orders = self.orders, []
        carried = []
        for order in orders:
            refused = self.do(order.target, order.action, order.args).name != "done"
            if refused and order.refund:
                assert self.do(order.origin, order.refund, order.args).name == "done"
            carried.append((order, refused))
        return carried

    def draft(self, msisdn: str) -> Draft:
        key = f"k{next(self._keys)}"
        return Draft(self.accounts[msisdn], catalogue(), key=key, now_ms=self.now_ms)

    def _commit(self, draft: Draft) -> None:
        if draft.changed:
            self._take(draft.commit("", {}, self._message_ids.__next__))

    def _take(self, commit: Commit) -> None:
        stored = {each.msisdn: self.accounts.get(each.msisdn) for each in commit.accounts}
        check_commit(commit, {msisdn: holding(account) for msisdn, account in stored.items() if account})
        for account in commit.accounts:
            before = stored[account.msisdn]
            assert account.version == (before.version if before else 0) + 1
            assert account.due_ms == 0 or account.due_ms > self.now_ms
            self.accounts[account.msisdn] = account
        for entry in commit.entries:
            assert entry.kind in KINDS
            self.totals_kop[entry.account] = self.totals_kop.get(entry.account, 0) + entry.amount_kop
        self.orders += commit.orders

    def check_books(self) -> None:
        """All ledger accounts together hold nothing; each pocket holds what its entries say."""
        assert sum(self.totals_kop.values()) == 0
        for msisdn, account in self.accounts.items():
            for pocket, held_kop in zip(POCKETS, holding(account), strict=True):
                assert held_kop == self.totals_kop.get(pocket_name(msisdn, pocket), 0)
        in_transit_kop = self.totals_kop.get("system:transit", 0)
        assert in_transit_kop == sum(int(order.args.get("amount_kop", 0)) for order in self.orders)
