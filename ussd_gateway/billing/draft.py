"""A draft: what one request decided so far, gathered until its one commit.

A menu step may ask for several actions, and its branches for messages of their own; each works on the
account as the ones before left it, and all of it becomes true at once or not at all.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.operations.base import Context, Decision, Operation
from ussd_gateway.billing.store import Commit, OutMessage
from ussd_gateway.vocabulary import Outcome, Value


class Draft:
    """One request on one account, begun from its newest committed state.

    `account` is the state as decided so far.  When the commit meets a Conflict, `again` begins anew on
    the reloaded account and keeps what was slow to prepare.
    """

    __slots__ = ("account", "catalogue", "entries", "key", "now_ms", "prepared", "_base", "_messages")

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
        self.entries: list[LedgerEntry] = []
        self._base = account
        self._messages: list[OutMessage] = []

    def again(self, account: Account) -> "Draft":
        """The same request once more, on what another writer left."""
        return Draft(account, self.catalogue, key=self.key, now_ms=self.now_ms, prepared=self.prepared)

    @property
    def changed(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self.account is not self._base or self.entries or self._messages)

    def decide(self, operation: Operation, args: Mapping[str, Value], prepared: Mapping[str, str]) -> Outcome:
        """Let the operation decide on the account as it is now; take what it decided into the draft."""
        decision = operation(self.account, args, Context(self.now_ms, self.catalogue, self.key, prepared))
        self._take(decision)
        return decision.outcome

    def _take(self, decision: Decision) -> None:
        if decision.account is not None:
            self.account = decision.account
        self.entries += decision.entries
        for message in decision.messages:
            text = self.catalogue.texts[message.text_key]
            self.send(
                text.render(self.account.language, message.params),
                message.sender,
                secret=message.secret or text.secret,
                delay_ms=message.delay_ms,
            )

    def send(self, text: str, sender: str, *, secret: bool = False, delay_ms: int = 0) -> None:
        """Add a message to the subscriber."""
        self._messages.append(
            OutMessage(0, sender, self.account.msisdn, text, secret, self.now_ms, self.now_ms + delay_ms)
        )

    def commit(self, request: str, reply: Mapping[str, Any], message_id: Callable[[], int]) -> Commit:
        """The whole as one commit; `message_id` is asked once for each message."""
        accounts = []
        if self.account is not self._base:
            accounts.append(self.account._replace(version=self._base.version + 1))
        for message in self._messages:
            message.message_id = message_id()
        return Commit(self.key, request, self.now_ms, reply, accounts, self.entries, self._messages)
