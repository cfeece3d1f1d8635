"""One mobile-originated request -> its replies, top to bottom.

    load the dialogue . advance the menu . do the action . commit . save the dialogue . reply

Everything a request changes (the account, the ledger, messages to the phone) is gathered in one `Draft`
and committed at once, *before* the subscriber sees anything: what was shown is true and stays true.  The
caller runs one request per subscriber at a time (`access/lanes.py`); between processes the stores'
versions decide who was first, and the loser computes again on what the winner left.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import structlog

from ussd_gateway.actions import SubscriberFacts
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.store import Commit, Committed, OutMessage, Store, request_hash
from ussd_gateway.billing.subscribers import Subscribers, UnknownSubscriber
from ussd_gateway.clock import Clock
from ussd_gateway.errors import Conflict, StoreUnavailable
from ussd_gateway.menu.engine import ActionNeeded, Finish, Position, Show, Step
from ussd_gateway.msisdn import NumberingPlan, mask
from ussd_gateway.ports import (
    Ids,
    Limits,
    MoSms,
    Outlet,
    Performed,
    SmsAccepted,
    SmsRefused,
    SmsResult,
)
from ussd_gateway.service import Service
from ussd_gateway.sms.keywords import CommandMatch
from ussd_gateway.templates import DEFAULT_LANGUAGE
from ussd_gateway.ussd.dialogue import Dialogue, open_dialogue
from ussd_gateway.ussd.primitives import (
    Abort,
    Ask,
    Begin,
    Continue,
    End,
    MobileOriginated,
    Unmarked,
)
from ussd_gateway.ussd.store import DialogueStore
from ussd_gateway.vocabulary import Facts, Outcome, Value

__all__ = ["Gateway", "UnknownSubscriber"]

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
"""How often a request lost to another writer is computed again before we give up."""

Result = TypeVar("Result")
Shown = Show | Finish


class Gateway:
    """The heart of the house: requests of phones in, screens and messages out."""

    def __init__(
        self,
        service: Service,
        *,
        store: Store,
        dialogues: DialogueStore,
        subscribers: Subscribers,
        outlet: Outlet,
        ids: Ids,
        clock: Clock,
        plan: NumberingPlan,
        limits: Limits,
    ) -> None:
        self.service = service
        self._store = store
        self._dialogues = dialogues
        self._subscribers = subscribers
        self._outlet = outlet
        self._ids = ids
        self._clock = clock
        self._plan = plan
        self._limits = limits
        # Bound once: the module's logger would look up the configuration at every line, shown or not.
        self._log = log.bind()
        self.on_orders: Callable[[], None] = lambda: None
        """Told when a commit has left orders; the composition root has them carried out (`jobs.py`)."""

    # ------------------------------------------------------------ USSD

    async def ussd(self, request: MobileOriginated) -> None:
        """One step of a dialogue.  What the subscriber is to see leaves through the outlet.

        Whatever goes wrong, a phone that waits for a screen gets one.
        """
        try:
            await self._ussd(request, self._clock.now_ms())
        except StoreUnavailable as error:
            log.error("store unavailable", msisdn=mask(request.msisdn), error=str(error))
            await self._give_up(request, "generic.ack" if error.outcome_unknown else "billing.down")
        except UnknownSubscriber:
            await self._give_up(request, "subscriber.unknown")
        except Exception:
            log.exception("step failed", msisdn=mask(request.msisdn))
            await self._give_up(request, "billing.down")

    async def _ussd(self, request: MobileOriginated, now_ms: int) -> None:
        dialogue = await self._dialogues.get(request.msisdn)
        if dialogue is not None and dialogue.expired(now_ms):
            # Its time is over, though nobody has swept it out yet.
            await self._dialogues.remove(dialogue)
            dialogue = None
        if type(request) is Unmarked:
            request = request.as_begin() if dialogue is None else request.as_continue()
        if type(request) is Continue:
            await self._answer(request, dialogue, now_ms)
        elif type(request) is Begin:
            await self._begin(request, dialogue, now_ms)
        elif type(request) is Abort and dialogue is not None:
            await self._dialogues.remove(dialogue)
            self._log_end(dialogue, "aborted", now_ms)

    async def expire(self, msisdn: str) -> None:
        """End the subscriber's dialogue if one of its timers has run out, and tell the phone."""
        now_ms = self._clock.now_ms()
        dialogue = await self._dialogues.get(msisdn)
        if dialogue is None or dialogue.expired(now_ms) is None:
            return
        if await self._dialogues.remove(dialogue):
            account = await self._store.account(msisdn)
            text = self.service.text("ussd.timeout", account.language if account else DEFAULT_LANGUAGE)
            self._outlet.screen(dialogue, End(text))
            self._log_end(dialogue, "timeout", now_ms)

    async def undeliverable(self, msisdn: str, dialogue_id: str) -> None:
        """The phone's side refused a screen: that dialogue can show nothing more and is over."""
        dialogue = await self._dialogues.get(msisdn)
        if dialogue is not None and dialogue.id == dialogue_id:
            await self._dialogues.remove(dialogue)
            self._log_end(dialogue, "undeliverable", self._clock.now_ms())

    async def _begin(self, request: Begin, previous: Dialogue | None, now_ms: int) -> None:
        """A phone dialled: find the service, open a dialogue, take its first step."""
        if previous is not None:
            if self._limits.busy_on_second_begin:
                await self._turn_away(request, "ussd.busy")
                return
            await self._dialogues.remove(previous)
            self._log_end(previous, "replaced", now_ms)
        elif await self._dialogues.count() >= self._limits.max_dialogues:
            await self._turn_away(request, "billing.down")
            return
        service = self.service
        route = service.routes.find(request.dialled)
        if route is None:
            await self._turn_away(request, "bad.code")
            return
        dialogue = open_dialogue(
            self._ids.dialogue_id(),
            request.msisdn,
            route.code,
            access=request.access,
            session_info=request.session_info,
            position=None,
            now_ms=now_ms,
            timers=self._limits.timers,
        )

        def first_screen(facts: Facts, language: str) -> tuple[Position, Step]:
            return service.engine.begin(route.target, route.rest_inputs, facts, language)

        await self._step(service, dialogue, first_screen, now_ms)

    async def _answer(self, request: Continue, dialogue: Dialogue | None, now_ms: int) -> None:
        """The subscriber answered a screen."""
        if dialogue is None:
            await self._turn_away(request, "ussd.gone")
            return
        # The phone may have moved to another bind since it last spoke; some peers number only their Begin.
        dialogue.access = request.access
        dialogue.session_info = request.session_info or dialogue.session_info
        service = self.service
        before = cast(Position, dialogue.position)

        def next_screen(facts: Facts, language: str) -> tuple[Position, Step]:
            position = before.copy()
            return position, service.engine.advance(position, request.text, facts, language)

        await self._step(service, dialogue, next_screen, now_ms)

    async def _step(
        self,
        service: Service,
        dialogue: Dialogue,
        move: Callable[[Facts, str], tuple[Position, Step]],
        now_ms: int,
    ) -> None:
        """Move the menu on, commit what that changed, save the dialogue, show the screen."""

        async def attempt(draft: Draft) -> tuple[Position, Shown, Sequence[OutMessage]]:
            facts = SubscriberFacts(draft.account, service.catalogue, now_ms)
            position, step = move(facts, draft.account.language)
            texts = step.messages
            while isinstance(step, ActionNeeded):
                outcome = await service.actions.perform(draft, step.action, step.args)
                facts = SubscriberFacts(draft.account, service.catalogue, now_ms)
                step = service.engine.resume(position, outcome, facts, draft.account.language)
                texts = [*texts, *step.messages]
            for sms in texts:
                draft.send(sms.text, sms.sender or service.sms_sender, secret=sms.secret)
            if not draft.changed:
                return position, step, ()
            reply = {"screen": step.screen, "text": "" if step.secret else step.text}
            messages = await self._commit(draft, request_hash(dialogue.service_code), reply)
            return position, step, messages

        account = await self._subscribers.account(dialogue.msisdn, service.catalogue, now_ms)
        draft = Draft(account, service.catalogue, key=f"ussd:{dialogue.id}:{dialogue.step}", now_ms=now_ms)
        position, step, messages = await self._attempt(draft, attempt)
        if type(step) is Show:
            dialogue.position = position
            dialogue.wait_for_answer(now_ms, self._limits.timers)
            await self._dialogues.save(dialogue)
            self._outlet.screen(dialogue, Ask(step.text))
        else:
            if dialogue.version:
                await self._dialogues.remove(dialogue)
            self._outlet.screen(dialogue, End(step.text))
            self._log_end(dialogue, "ended", now_ms)
        if messages:
            self._outlet.texts(messages)

    def _log_end(self, dialogue: Dialogue, how: str, now_ms: int) -> None:
        """One line for each dialogue, at its end."""
        self._log.info(
            "dialogue",
            end=how,
            dialogue=dialogue.id,
            msisdn=mask(dialogue.msisdn),
            service_code=dialogue.service_code,
            steps=dialogue.step,
            lasted_ms=now_ms - dialogue.started_ms,
            access=dialogue.access,
        )

    async def _turn_away(self, request: Begin | Continue, text_key: str) -> None:
        """Answer with one last screen of our own; no dialogue comes of it."""
        account = self._store.cached(request.msisdn)
        text = self.service.text(text_key, account.language if account else DEFAULT_LANGUAGE)
        dialled = request.dialled if isinstance(request, Begin) else ""
        now_ms = self._clock.now_ms()
        dialogue = open_dialogue(
            self._ids.dialogue_id(),
            request.msisdn,
            _shown_code(dialled),
            access=request.access,
            session_info=request.session_info,
            position=None,
            now_ms=now_ms,
            timers=self._limits.timers,
        )
        self._outlet.screen(dialogue, End(text))
        self._log_end(dialogue, text_key, now_ms)

    async def _give_up(self, request: MobileOriginated, text_key: str) -> None:
        """A step could not be finished: forget the dialogue, tell the phone that waits."""
        dialogue = await self._dialogues.get(request.msisdn)
        if dialogue is not None:
            await self._dialogues.remove(dialogue)
        if isinstance(request, Unmarked):
            request = request.as_begin()
        if isinstance(request, Begin | Continue):
            await self._turn_away(request, text_key)

    # ------------------------------------------------------------ SMS

    async def sms(self, message: MoSms) -> SmsResult:
        """A message from a phone: a command to a short number, or a text to another phone.

        When it returns `accepted`, the message and everything it causes are durable.  Raises
        StoreUnavailable: nothing may be acknowledged.
        """
        now_ms = self._clock.now_ms()
        match = self.service.commands.match(message.destination, message.text)
        if match is not None:
            return await self._command(message, match)
        recipient = self._plan.parse(message.destination)
        if recipient is None or not self._plan.is_mobile(recipient):
            return SmsRefused("no_service")
        match = self.service.commands.match_to_subscriber(recipient, message.text)
        if match is not None:
            result = await self._command(message, match, deliver_to=recipient)
            if isinstance(result, SmsAccepted):
                return result
            # Its sender is no subscriber of ours, so it is a text like any other.
        text = OutMessage(message.message_id, message.source, recipient, message.text, False, now_ms, now_ms)
        key = f"sms:{message.message_id}"
        await self._store.commit(Commit(key, request_hash(key), now_ms, {}, messages=[text]))
        self._outlet.texts([text])
        return SmsAccepted()

    async def _command(self, message: MoSms, match: CommandMatch, deliver_to: str | None = None) -> SmsResult:
        """Carry out what the text asks of its short number, and reply; perhaps deliver it as well."""

        async def work(service: Service, draft: Draft) -> None:
            draft.asked_at = "" if deliver_to else match.short_code
            perform = service.actions.perform
            outcome = await perform(draft, match.action, match.args) if match.action else None
            facts = SubscriberFacts(draft.account, service.catalogue, draft.now_ms)
            reply = service.commands.answer(match, outcome, facts, draft.account.language)
            if reply is not None:
                draft.send(reply.text, reply.source, secret=reply.secret)
            if deliver_to is not None:
                draft.send(message.text, message.source, to=deliver_to)

        key = f"sms:{message.message_id}"
        try:
            await self.carry_out(message.source, key=key, request=match.short_code, work=work)
        except UnknownSubscriber:
            return SmsRefused("no_subscriber")
        return SmsAccepted()

    # ------------------------------------------------------------ the API

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
        known = await self._store.outcome(key, asked)
        if known is not None:
            return _performed_before(known)

        async def attempt(draft: Draft) -> tuple[Performed, Sequence[OutMessage]]:
            outcome = await service.actions.perform(draft, action, args)
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
        committed = await self._store.commit(commit)
        if commit.orders and not committed.replayed:
            self.on_orders()
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


_SHOWN_CODE = re.compile(r"[*#]{0,3}[0-9]{0,15}")


def _shown_code(dialled: str) -> str:
    """The service code as the sender of a screen for a string that found no service: `*999*1#` -> `*999#`.

    It must fit an SMPP address (20 characters, SMPP 3.4 §5.2.8), which a dialled string may not.
    """
    match = _SHOWN_CODE.match(dialled)
    code = match[0] if match else ""
    return f"{code}#" if code[:1] in ("*", "#") else code


def _performed_before(reply: Mapping[str, Any]) -> Performed:
    return Performed(Outcome(reply["outcome"], reply["params"]), replayed=True)
