"""A draft: what one request decided so far, gathered until its one commit.

    settle what time has done since the account was stored
    . decide, as often as the request asks . react to what that did to the money
    -> one Commit

A menu step may ask for several actions, and its branches for messages of their own; each works on the
account as the ones before left it, and all of it becomes true at once or not at all.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.operations.base import Context, Decision, Operation
from ussd_gateway.billing.reactions import react
from ussd_gateway.billing.rules.base import Course, Happening
from ussd_gateway.billing.settle import next_due_ms, settle
from ussd_gateway.billing.store import Commit, Order, OutMessage
from ussd_gateway.vocabulary import Outcome, Value


class Draft:
    """One request on one account, begun from its newest committed state.

    `account` is the state as decided so far, and from the beginning as it must be now: whatever time brought
    since it was stored is part of the draft.  When the commit meets a Conflict, `again` begins anew on the
    reloaded account and keeps what was slow to prepare.
    """

    __slots__ = (
        "account", "asked_at", "catalogue", "entries", "happened", "key", "now_ms", "prepared",
        "_base", "_messages", "_orders",
    )  # fmt: skip

    def __init__(
        self,
        account: Account,
        catalogue: Catalogue,
        *,
        key: str,
        now_ms: int,
        prepared: dict[object, Mapping[str, str]] | None = None,
    ) -> None:
        self.account = account
        self.catalogue = catalogue
        self.key = key
        self.now_ms = now_ms
        self.prepared = {} if prepared is None else prepared
        """Action and arguments -> what the prepare phase found."""
        self.asked_at = ""
        """The short number a command was written to: what usually comes from ours comes from it."""
        self.entries: list[LedgerEntry] = []
        self.happened: list[Happening] = []
        """What time and reactions did, oldest first."""
        self._base = account
        self._messages: list[OutMessage] = []
        self._orders: list[Order] = []
        if 0 < account.due_ms <= now_ms:
            self._settle()

    def again(self, account: Account) -> "Draft":
        """The same request once more, on what another writer left."""
        return Draft(account, self.catalogue, key=self.key, now_ms=self.now_ms, prepared=self.prepared)

    @property
    def changed(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self.account is not self._base or self.entries or self._messages or self._orders)

    def decide(self, operation: Operation, args: Mapping[str, Value], prepared: Mapping[str, str]) -> Outcome:
        """Let the operation decide on the account as it is now; take what it decided into the draft."""
        before = self.account
        context = Context(self.now_ms, self.catalogue, self.key, prepared)
        decision = operation(before, args, context)
        self._take(decision, self.now_ms, self.asked_at)
        if decision.account is not None:
            self.account = purse.relieved(decision.account)
            course = Course(self.account)
            react(course, before, decision.entries, context)
            self._follow(course)
            if course.happened and "balance_kop" in decision.outcome.params:
                # The balance that is told is the one that is left when all of it has happened.
                told = {**decision.outcome.params, "balance_kop": purse.own_kop(self.account)}
                return Outcome(decision.outcome.name, told)
        return decision.outcome

    def send(
        self, text: str, sender: str, *, to: str | None = None, secret: bool = False, delay_ms: int = 0
    ) -> None:
        """Add a message to the subscriber, or `to` another number."""
        self._send(text, sender, to or self.account.msisdn, secret, self.now_ms, delay_ms)

    def commit(self, request: str, reply: Mapping[str, Any], message_id: Callable[[], int]) -> Commit:
        """The whole as one commit; `message_id` is asked once for each message."""
        accounts = []
        if self.account is not self._base:
            due_ms = next_due_ms(self.account) or 0
            accounts.append(self.account._replace(version=self._base.version + 1, due_ms=due_ms))
        for message in self._messages:
            message.message_id = message_id()
        return Commit(
            self.key,
            request,
            self.now_ms,
            reply,
            accounts,
            self.entries,
            self._messages,
            self._orders,
            home=self.account.msisdn,
        )

    def _settle(self) -> None:
        course = settle(self.account, Context(self.now_ms, self.catalogue, self.key))
        if course.happened:
            self._follow(course)
        else:
            # Nothing was due after all: the instant it was stored with is out of date.
            self.account = self.account._replace(due_ms=next_due_ms(self.account) or 0)

    def _follow(self, course: Course) -> None:
        for happening in course.happened:
            self._take(happening.decision, happening.at_ms)
        self.happened += course.happened
        self.account = course.account

    def _take(self, decision: Decision, at_ms: int, asked_at: str = "") -> None:
        """Entries, messages and orders of a decision made at an instant."""
        account = self.account if decision.account is None else decision.account
        usual = (self.catalogue.settings.sms.service_from, self.catalogue.payments.sms_from)
        self.entries += decision.entries
        for message in decision.messages:
            text = self.catalogue.texts[message.text_key]
            self._send(
                text.render(account.language, message.params),
                asked_at if asked_at and not message.to and message.sender in usual else message.sender,
                message.to or account.msisdn,
                message.secret or text.secret,
                at_ms,
                message.delay_ms,
            )
        for order in decision.orders:
            order.order_id = f"{self.key}/{len(self._orders)}"
            order.origin = account.msisdn
            self._orders.append(order)

    def _send(
        self, text: str, sender: str, destination: str, secret: bool, created_ms: int, delay_ms: int
    ) -> None:
        message = OutMessage(0, sender, destination, text, secret, created_ms, created_ms + delay_ms)
        self._messages.append(message)
