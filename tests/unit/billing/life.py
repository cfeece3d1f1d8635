"""One subscriber through time: operations as requests, the clock between them, every commit checked."""

from dataclasses import replace
from itertools import count
from typing import Any

from tests.unit.billing.kit import NOW_MS, catalogue, individual
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of, day_start_ms
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.ledger import EMPTY, LedgerEntry, holding
from ussd_gateway.billing.operations.base import NOTHING_PREPARED, Decision, Operation, done
from ussd_gateway.billing.store import OutMessage, check_commit
from ussd_gateway.vocabulary import Outcome, Value


def under(**rules: Any) -> Catalogue:
    """The shipped catalogue under other rules: `under(block={"max_days": 3})`."""
    shipped = catalogue()
    changed = {name: getattr(shipped.rules, name).model_copy(update=each) for name, each in rules.items()}
    return replace(shipped, rules=shipped.rules.model_copy(update=changed))


def midnight_ms(nights: int = 1) -> int:
    """The so-manieth midnight after NOW_MS."""
    return day_start_ms(day_of(NOW_MS) + nights)


class Life:
    """An account and the clock; what was committed is gathered in `entries`, `messages` and `mails`."""

    def __init__(self, account: Account | None = None, rules: Catalogue | None = None) -> None:
        self.account = account or individual()
        self.catalogue = rules or catalogue()
        self.now_ms = NOW_MS
        self.entries: list[LedgerEntry] = []
        self.messages: list[OutMessage] = []
        self.mails: list[tuple[str, str]] = []
        self._requests, self._message_ids = count(1), count(1)

    def do(self, operation: Operation, **args: Value) -> Outcome:
        """One request, committed."""
        key = f"r{next(self._requests)}"
        draft = Draft(self.account, self.catalogue, key=key, now_ms=self.now_ms)
        outcome = draft.decide(operation, args, NOTHING_PREPARED)
        if draft.changed:
            commit = draft.commit("", {}, self._message_ids.__next__)
            check_commit(commit, {self.account.msisdn: holding(self.account) or EMPTY})
            self.account = commit.accounts[0] if commit.accounts else self.account
            self.entries += commit.entries
            self.messages += commit.messages
            self.mails += [(order.target, order.action) for order in commit.orders if order.kind == "mail"]
        return outcome

    def refused(self, operation: Operation, **args: Value) -> str:
        """The reason of a request that must be refused and change nothing."""
        before = (self.account, len(self.entries), len(self.messages))
        outcome = self.do(operation, **args)
        assert outcome.name == "denied"
        assert before == (self.account, len(self.entries), len(self.messages))
        return str(outcome.params["reason"])

    def until(self, at_ms: int) -> None:
        """Let time pass; whatever is due by then happens."""
        self.now_ms = at_ms
        self.do(lambda account, args, context: Decision(done()))

    def paid_kop(self, kind: str | None = None) -> int:
        """What the operator got, by fees of a kind or of all."""
        return sum(
            entry.amount_kop
            for entry in self.entries
            if entry.account == "system:fees" and kind in (None, entry.kind)
        )

    def texts(self) -> list[str]:
        """The messages since the last call."""
        found, self.messages = [message.text for message in self.messages], []
        return found
