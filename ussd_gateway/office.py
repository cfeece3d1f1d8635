"""What every channel does with an account: load it, decide on it, commit, and again when another was faster.

Everything a request changes (the account, the ledger, messages to the phone) is gathered in one `Draft` and
committed at once; between processes the store's versions decide who was first, and the loser computes again
on what the winner left.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter_ns
from typing import Any, TypeVar

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.states import AccountState
from ussd_gateway.billing.store import Commit, Committed, OutMessage, Store, request_hash
from ussd_gateway.billing.subscribers import Subscribers, UnknownSubscriber
from ussd_gateway.clock import Clock
from ussd_gateway.errors import Conflict, StoreUnavailable
from ussd_gateway.meters import Meters
from ussd_gateway.ports import Ids, Outlet, Performed
from ussd_gateway.service import Service
from ussd_gateway.vocabulary import Outcome, Value

MAX_ATTEMPTS = 8
"""How often a request lost to another writer is computed again before we give up."""

Result = TypeVar("Result")


class Office:
    """Accounts at work; `gateway.Gateway` is one that also speaks to phones."""

    def __init__(
        self,
        service: Service,
        *,
        store: Store,
        subscribers: Subscribers,
        outlet: Outlet,
        ids: Ids,
        clock: Clock,
    ) -> None:
        self.service = service
        self._store = store
        self._subscribers = subscribers
        self._outlet = outlet
        self._ids = ids
        self._clock = clock
        self.meters = Meters()
        self.on_orders: Callable[[], None] = lambda: None
        """Told when a commit has left orders; the composition root has them carried out (`jobs.py`)."""

    # ------------------------------------------------------------ accounts

    async def account(self, msisdn: str) -> Account:
        """The account as it must be now, opened if the rules allow it; else UnknownSubscriber.

        To look at only: what time has brought since the last request is in it and not yet committed.
        """
        catalogue, now_ms = self.service.catalogue, self._clock.now_ms()
        account = await self._subscribers.account(msisdn, catalogue, now_ms)
        return Draft(account, catalogue, key="", now_ms=now_ms).account

    async def provision(self) -> int:
        """Open the accounts the catalogue describes, those that are not there yet; how many were opened."""
        return await self._subscribers.provision(self.service.catalogue, self._clock.now_ms())

    async def perform(
        self,
        msisdn: str,
        action: str,
        args: Mapping[str, Value],
        *,
        key: str,
        request: str,
        remember: bool = False,
    ) -> Performed:
        """Carry out one named action for the API, once per `key`.

        `request` is what was asked, without secrets: the same key with another request raises KeyReused.
        `remember` keeps the answer under the key even when nothing changed, so that a repeat hears it again.
        Raises UnknownSubscriber, StoreUnavailable.
        """
        service, now_ms = self.service, self._clock.now_ms()
        asked = request_hash(msisdn, action, request)

        async def attempt(draft: Draft) -> tuple[Performed, Sequence[OutMessage]]:
            # Not before the account was loaded: else a state that the key's first use left would be refused.
            known = await self._store.outcome(key, asked, msisdn)
            if known is not None:
                return _performed_before(known), ()
            outcome = await service.actions.perform(draft, action, args)
            self.meters.operation(action, outcome.name)
            if not (draft.changed or remember):
                return Performed(outcome, replayed=False), ()
            reply = {"outcome": outcome.name, "params": dict(outcome.params)}
            commit = draft.commit(asked, reply, self._ids.message_id)
            committed = await self._make_durable(commit)
            if committed.replayed:
                # The same key twice at once: the other one was first, and its answer is the answer.
                return _performed_before(committed.reply), ()
            return Performed(outcome, replayed=False), commit.messages

        account = await self._subscribers.account(msisdn, service.catalogue, now_ms)
        draft = Draft(account, service.catalogue, key=key, now_ms=now_ms)
        performed, messages = await self._attempt(draft, attempt)
        self._outlet.texts(messages)
        return performed

    async def bring(self, msisdn: str, state: AccountState, *, key: str) -> Outcome:
        """Bring an account into a state, once per `key`; `denied` when the catalogue does not know a code.

        Raises UnknownSubscriber, StoreUnavailable, and KeyReused for a key that stands for something else.
        """

        async def work(service: Service, draft: Draft) -> Outcome:
            return await service.actions.bring(draft, state)

        return await self.carry_out(msisdn, key=key, request=f"bring {state.told()}", work=work)

    # ------------------------------------------------------------ any channel

    async def carry_out(
        self, msisdn: str, *, key: str, request: str, work: Callable[[Service, Draft], Awaitable[Result]]
    ) -> Result:
        """Work on the account for any channel (an SMS, a call); what it put in the draft is committed.

        `work` runs again when another writer was faster, so it must begin from the same state each time.
        Its messages leave after the commit.  Raises UnknownSubscriber, StoreUnavailable.
        """
        service, now_ms = self.service, self._clock.now_ms()

        async def attempt(draft: Draft) -> tuple[Result, Sequence[OutMessage]]:
            result = await work(service, draft)
            if not draft.changed:
                return result, ()
            return result, await self._commit(draft, request_hash(request), {})

        account = await self._subscribers.account(msisdn, service.catalogue, now_ms)
        draft = Draft(account, service.catalogue, key=key, now_ms=now_ms)
        result, messages = await self._attempt(draft, attempt)
        if messages:
            self._outlet.texts(messages)
        return result

    # ------------------------------------------------------------ commit

    async def _commit(self, draft: Draft, request: str, reply: Mapping[str, object]) -> Sequence[OutMessage]:
        """Commit the draft; the messages that may leave now."""
        commit = draft.commit(request, reply, self._ids.message_id)
        committed = await self._make_durable(commit)
        # Committed before, perhaps by another gateway: whoever did it has sent the messages.
        return () if committed.replayed else commit.messages

    async def _make_durable(self, commit: Commit) -> Committed:
        committed = await self.write(commit)
        if commit.orders and not committed.replayed:
            self.on_orders()
        return committed

    async def write(self, commit: Commit) -> Committed:
        """Commit, and count what came of it."""
        began_ns, outcome = perf_counter_ns(), "lost"
        try:
            committed = await self._store.commit(commit)
            outcome = "replayed" if committed.replayed else "done"
        except Conflict:
            outcome = "conflict"
            raise
        finally:
            self.meters.commit(outcome, perf_counter_ns() - began_ns)
        return committed

    async def _attempt(self, draft: Draft, attempt: Callable[[Draft], Awaitable[Result]]) -> Result:
        """Compute and commit; after losing to another writer, again on the account as that one left it."""
        for _ in range(MAX_ATTEMPTS):
            try:
                return await attempt(draft)
            except Conflict:
                account = await self._store.account(draft.account.msisdn)
                if account is None:
                    raise UnknownSubscriber(draft.account.msisdn) from None
                draft = draft.again(account)
        raise StoreUnavailable("other writers were always first")


def _performed_before(reply: Mapping[str, Any]) -> Performed:
    return Performed(Outcome(reply["outcome"], reply["params"]), replayed=True)
