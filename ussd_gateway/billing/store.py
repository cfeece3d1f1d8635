"""The port behind which accounts, ledger and messages live, and the unit it commits.

A `Commit` is everything one request changes: the idempotency row with the reply, new account states,
ledger entries, messages to send, orders for others.  It happens as a whole or not at all, and once: the
same key again gets the stored reply.  `storage/` implements the port; `storage/memory` is the plainest
rendition and the oracle of the others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal, NamedTuple, Protocol

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.ledger import EMPTY, POCKETS, Holding, LedgerEntry, holding, owner, pocket_name
from ussd_gateway.msisdn import mask
from ussd_gateway.terms import Terms
from ussd_gateway.vocabulary import Value

MessageState = Literal["queued", "sent", "acked", "failed", "expired", "deleted"]
MESSAGE_STATES: tuple[MessageState, ...] = ("queued", "sent", "acked", "failed", "expired", "deleted")
FINAL_STATES: frozenset[MessageState] = frozenset(MESSAGE_STATES[2:])
"""A message moves along its states, never back, and on from no final one."""

MAX_MESSAGE_ID = 0xFFFFFFFF


@dataclass(slots=True)
class OutMessage:
    """A short message to a phone or to an application, kept until its end is known.

    `source` is the short code it comes from, `destination` the MSISDN, or the access of an application
    (`smpp:app`) for what phones send it and for receipts.  `text` is the whole text (parts are made on the
    way out); `secret` keeps it out of logs; it leaves not before `not_before_ms`.  `terms` is what its
    sender asked for, None for texts of our own.  When its state is final, the end came at `ended_ms`, and
    for the reason `status`: the command_status of a phone's answer, or 0x400 and an error number of MAP
    (3GPP TS 29.002 §17.6.6), 0 for none.
    """

    message_id: int
    source: str
    destination: str
    text: str
    secret: bool
    created_ms: int
    not_before_ms: int
    state: MessageState = "queued"
    terms: Terms | None = None
    ended_ms: int | None = None
    status: int = 0


OrderKind = Literal["action", "mail"]
OrderState = Literal["done", "refunded"]
"""`refunded`: it was refused, and its origin knows."""


@dataclass(slots=True)
class Order:
    """Something a commit leaves to be done elsewhere, kept until it is done; carried out once, by its id.

    `action`: perform the internal action `action` with `args` on the account of `target`; when that is
    refused, perform `refund` with the same arguments on the account of `origin`.  `mail`: write the document
    `action`, made with `args` about `origin`, into the mailbox of the address `target`.
    Nothing happens before `not_before_ms`.
    """

    order_id: str
    kind: OrderKind
    origin: str
    target: str
    action: str
    args: Mapping[str, Value]
    refund: str | None = None
    not_before_ms: int = 0


@dataclass(slots=True)
class Commit:
    """What one request changes.

    `key` names the request for ever; `request` is a short hash of what was asked (`request_hash`);
    `reply` is JSON-able and what a repeat of the key must get.  `home` is the subscriber whose request it
    is (or another text that says where it belongs): a store may keep what is at one home together and
    elsewhere what is at another, so the key is looked for there, and no account but that of the home can
    change.  It need not be said when there is such an account.
    An account in `accounts` (one, or none) expects the stored version to be one less; version 1 creates
    it.  `entries` sum to zero, carry `key` as their transfer, and explain every kopeck by which the
    account's pockets change.
    """

    key: str
    request: str
    at_ms: int
    reply: Mapping[str, Any]
    accounts: list[Account] = field(default_factory=list)
    entries: list[LedgerEntry] = field(default_factory=list)
    messages: list[OutMessage] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    home: str = ""

    def __post_init__(self) -> None:
        if self.accounts and not self.home:
            self.home = self.accounts[0].msisdn


class Committed(NamedTuple):
    """The reply that stands under the key; `replayed`: it stood there before, nothing was changed now."""

    reply: Mapping[str, Any]
    replayed: bool


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit saw; sound when `problems` is empty.

    `balances_kop` is the sum over all ledger accounts: zero.
    """

    accounts: int
    entries: int
    balances_kop: int
    problems: tuple[str, ...] = ()


class BrokenCommit(ValueError):
    """A commit whose money does not add up, or that no store can keep: our own bug.  Nothing was stored."""


class Store(Protocol):
    """Accounts, ledger, idempotency keys, messages and orders.

    Every method may raise errors.StoreUnavailable; `cached` and `trouble` never do.
    """

    async def open(self) -> None:
        """Make ready; errors.ConfigError when the place is not usable or its contents are unsound."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of the place."""
        ...

    def trouble(self) -> str | None:
        """Why nothing can be committed at present; None as far as is known all is well."""
        ...

    def cached(self, msisdn: str) -> Account | None:
        """The account as it was last seen, without waiting; None says nothing about its existence.

        Another gateway may have changed it since: enough to choose a language by, not to decide on.
        """
        ...

    async def account(self, msisdn: str) -> Account | None:
        """The newest committed account; None when there is none."""
        ...

    async def commit(self, commit: Commit) -> Committed:
        """Make it durable.

        Raises errors.Conflict (an account has another version: load again, decide again), errors.KeyReused
        (the key stands for another request), BrokenCommit, and errors.StoreUnavailable, where
        `outcome_unknown` says that only `outcome` of the key, asked later, can tell what happened.
        """
        ...

    async def outcome(self, key: str, request: str, home: str) -> Mapping[str, Any] | None:
        """The reply of a key committed at that home; None when it never was; errors.KeyReused."""
        ...

    async def ledger(self, msisdn: str, limit: int, kind: str | None = None) -> list[LedgerEntry]:
        """At most `limit` lines of the subscriber's pockets, newest first, of one kind or of all."""
        ...

    async def ledger_page(
        self, msisdn: str, limit: int, kind: str | None = None, before: int | None = None
    ) -> list[tuple[int, LedgerEntry]]:
        """As `ledger`, each line with its number: later lines have larger ones, and a number is for ever.

        `before`: only lines older than the one that a page gave this number.
        """
        ...

    async def company_lines(self, company: str, begin_ms: int, end_ms: int) -> list[LedgerEntry]:
        """All lines of a company's ledger account from an instant on and before another, oldest first."""
        ...

    async def undelivered(self, limit: int, after: int = 0) -> list[OutMessage]:
        """At most `limit` messages in no final state with an id above `after`, by id."""
        ...

    async def pending(self, destination: str) -> list[OutMessage]:
        """All messages to one destination in no final state, by id."""
        ...

    async def message(self, message_id: int) -> OutMessage | None:
        """One message in any state; None when there is none."""
        ...

    async def mark(
        self, message_ids: Sequence[int], state: MessageState, at_ms: int, status: int = 0
    ) -> None:
        """Note how far messages have come; of a final state also when, and why (`OutMessage.status`).

        Never moves one back; unknown ids are ignored.
        """
        ...

    async def amend(self, message: OutMessage) -> bool:
        """Put other contents into a message: text, secret, not_before_ms and terms.

        False, and nothing is changed: it is in a final state, or there is none.
        """
        ...

    async def inbox(self, msisdn: str, limit: int) -> list[OutMessage]:
        """The subscriber's newest messages, in any state, those with the largest ids first."""
        ...

    async def inbox_after(self, msisdn: str, limit: int, after: int) -> list[OutMessage]:
        """At most `limit` of the subscriber's messages with an id above `after`, by id."""
        ...

    async def due(self, now_ms: int, limit: int) -> list[str]:
        """At most `limit` numbers whose account's `due_ms` has come by `now_ms`, those due first first."""
        ...

    async def orders_pending(self, now_ms: int, limit: int) -> list[Order]:
        """At most `limit` orders not yet marked that may be carried out by `now_ms`.

        Those of one origin as they came; the origins in any order.
        """
        ...

    async def mark_orders(self, order_ids: Sequence[str], state: OrderState, at_ms: int) -> None:
        """Note what became of orders, once and for all; unknown ids and marked ones are ignored."""
        ...

    async def phone_states(self) -> dict[str, str]:
        """The network state of every phone that is not simply switched on (`phone_states`)."""
        ...

    async def set_phone_state(self, msisdn: str, state: str | None) -> None:
        """Remember the network state of a phone; None forgets it."""
        ...

    async def latest_ms(self) -> int:
        """The instant of the latest commit, 0 when there is none.  May take long: asked once, at a start."""
        ...

    async def reserve_ids(self, count: int) -> int:
        """The first of `count` message ids (1..2^32-1) that nobody else will ever be given."""
        ...

    async def audit(self) -> AuditReport:
        """Add everything up: each pocket is the sum of its lines, each transfer and the whole are zero."""
        ...


def request_hash(*parts: str) -> str:
    """A short hash of what was asked.  Leave secrets out: a short secret could be guessed from it."""
    digest = blake2b(digest_size=8)
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part.encode())
    return digest.hexdigest()


def pocket_moves(commit: Commit) -> Holding:
    """By how much the entries move each pocket of the home's account, kopecks.

    Raises BrokenCommit for whatever is wrong with the commit in itself, without knowing what is stored.
    """
    moved: dict[str, int] = {}
    for entry in commit.entries:
        if entry.transfer != commit.key:
            raise BrokenCommit(f"{commit.key}: an entry names another transfer")
        moved[entry.account] = moved.get(entry.account, 0) + entry.amount_kop
    if sum(moved.values()):
        raise BrokenCommit(f"{commit.key}: entries sum to {sum(moved.values())}, not to zero")
    moves = EMPTY
    for account in commit.accounts:
        if account.msisdn != commit.home:
            raise BrokenCommit(f"{commit.key}: changes the account of another home")
        after = holding(account)
        if after[0] < account.floor_kop or after[1] < 0 or after[2] < 0:
            raise BrokenCommit(f"{commit.key}: {mask(account.msisdn)} falls below its limit")
        main, budget, personal = (moved.pop(pocket_name(account.msisdn, pocket), 0) for pocket in POCKETS)
        moves = (main, budget, personal)
    if any(owner(name) for name in moved):
        raise BrokenCommit(f"{commit.key}: an entry moves money of an account that is not in the commit")
    return moves


def check_commit(commit: Commit, before: Mapping[str, Holding]) -> None:
    """Raise BrokenCommit unless the commit's money adds up.

    `before`: what the stored accounts hold that the commit changes; a missing one is new and holds nothing.
    """
    moves = pocket_moves(commit)
    for account in commit.accounts:
        was = before.get(account.msisdn, EMPTY)
        for pocket, was_kop, moved_kop, is_kop in zip(POCKETS, was, moves, holding(account), strict=True):
            if was_kop + moved_kop != is_kop:
                raise BrokenCommit(
                    f"{commit.key}: {mask(account.msisdn)}:{pocket} changes by more than its entries"
                )


def audit_report(
    accounts: int,
    entries: int,
    total_kop: int,
    pockets: Iterable[tuple[str, int, int]],
    transfers: Iterable[tuple[str, int]],
) -> AuditReport:
    """The verdict on what a store added up.

    `pockets`: (ledger account, what the account row holds, what its lines sum to), only those that differ;
    `transfers`: (key, sum of its lines), only those that are not zero.
    """
    problems = [f"{name} holds {held}, its entries sum to {lines}" for name, held, lines in pockets]
    problems += [f"transfer {key} sums to {total}, not to zero" for key, total in transfers]
    if total_kop:
        problems.append(f"all entries together sum to {total_kop}, not to zero")
    return AuditReport(accounts, entries, total_kop, tuple(problems))
