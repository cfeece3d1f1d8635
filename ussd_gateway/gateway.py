"""One mobile-originated request -> its replies, top to bottom.

    load the dialogue . advance the menu . do the action . commit . save the dialogue . reply

Whatever a request changes is committed (`office.py`) *before* the subscriber sees anything: what was shown is
true and stays true.  The caller runs one request per subscriber at a time (`access/lanes.py`).
"""

from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter_ns
from typing import cast

import structlog

from ussd_gateway import witness
from ussd_gateway.actions import SubscriberFacts
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.store import OutMessage, Store, request_hash
from ussd_gateway.billing.subscribers import Subscribers, UnknownSubscriber
from ussd_gateway.clock import Clock
from ussd_gateway.errors import Conflict, StoreUnavailable
from ussd_gateway.flow.steps import Move
from ussd_gateway.menu.engine import ActionNeeded, AppNeeded, Finish, Position, Show, Step
from ussd_gateway.messages import Messages
from ussd_gateway.msisdn import NumberingPlan, mask
from ussd_gateway.ports import (
    ApplicationDesk,
    Ids,
    Limits,
    Outlet,
    PushDesk,
    Visit,
)
from ussd_gateway.service import Served, Service
from ussd_gateway.templates import DEFAULT_LANGUAGE
from ussd_gateway.ussd.dialogue import Dialogue, open_dialogue
from ussd_gateway.ussd.lately import LastScreen, Lately
from ussd_gateway.ussd.primitives import (
    Abort,
    Ask,
    Begin,
    Confirm,
    Continue,
    End,
    MobileOriginated,
    Unmarked,
)
from ussd_gateway.ussd.routing import shown_code
from ussd_gateway.ussd.store import DialogueStore
from ussd_gateway.vocabulary import Facts
from ussd_gateway.watch import Trail, Watch

__all__ = ["Gateway", "UnknownSubscriber"]

log = structlog.get_logger(__name__)

Reached = Show | Finish | AppNeeded
Advance = Callable[[Facts, str, list[Move] | None], tuple[Position, Step]]
"""(facts, language, where to note the moves) -> the position moved, the step."""


class Gateway(Messages):
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
        watch: Watch | None = None,
    ) -> None:
        super().__init__(
            service,
            store=store,
            subscribers=subscribers,
            outlet=outlet,
            ids=ids,
            clock=clock,
            plan=plan,
            watch=watch or Watch(),
        )
        self._dialogues = dialogues
        self._limits = limits
        # Bound once: the module's logger would look up the configuration at every line, shown or not.
        self._log = log.bind()
        self.lately = Lately()
        """The last screens of dialogues that ended."""
        self.pushes: PushDesk | None = None
        """Who asks phones by itself; the composition root appoints one."""
        self.applications: ApplicationDesk | None = None
        """Who takes the codes that applications serve; the composition root appoints one."""

    # ------------------------------------------------------------ USSD

    async def ussd(self, request: MobileOriginated) -> None:
        """One step of a dialogue.  What the subscriber is to see leaves through the outlet.

        Whatever goes wrong, a phone that waits for a screen gets one.
        """
        await self._guarded(request, self._ussd(request, self._clock.now_ms()))

    async def _guarded(self, request: MobileOriginated, work: Awaitable[None]) -> None:
        """Do what a phone asked for, and see to it that it is told when that fails."""
        try:
            await work
        except StoreUnavailable as error:
            log.error("store unavailable", msisdn=mask(request.msisdn), error=str(error))
            await self._give_up(request, "generic.ack" if error.outcome_unknown else "billing.down")
        except UnknownSubscriber:
            await self._give_up(request, "subscriber.unknown")
        except Conflict as error:
            # Another gateway has moved the dialogue on since we loaded it, and has answered the phone.
            log.warning("dialogue overtaken", msisdn=mask(request.msisdn), error=str(error))
            if isinstance(request, Begin):
                await self._turn_away(request, "ussd.busy")
        except Exception:
            log.exception("step failed", msisdn=mask(request.msisdn))
            await self._give_up(request, "billing.down")

    async def _ussd(self, request: MobileOriginated, now_ms: int) -> None:
        dialogue = await self._dialogues.get(request.msisdn)
        if dialogue is not None and dialogue.expired(now_ms):
            # Its time is over, though nobody has swept it out yet.
            if await self._dialogues.remove(dialogue):
                self.end(dialogue, "timeout", now_ms)
            dialogue = None
        if type(request) is Unmarked:
            request = request.as_begin() if dialogue is None else request.as_continue()
        if type(request) is Continue:
            await self._answer(request, dialogue, now_ms)
        elif type(request) is Begin:
            await self._begin(request, dialogue, now_ms)
        elif type(request) is Abort and dialogue is not None:
            await self._dialogues.remove(dialogue)
            self.end(dialogue, "aborted", now_ms)
            if self.watch.active:
                self.watch.tell(witness.bare_step(dialogue, "hang_up", now_ms))
        elif type(request) is Confirm:
            self._confirmed(request.msisdn, dialogue)

    async def expire(self, msisdn: str) -> None:
        """End the subscriber's dialogue if one of its timers has run out, and tell the phone."""
        now_ms = self._clock.now_ms()
        dialogue = await self._dialogues.get(msisdn)
        if dialogue is None or dialogue.expired(now_ms) is None:
            return
        if self.applications is not None and await self.applications.overdue(dialogue, now_ms):
            return
        if await self._dialogues.remove(dialogue):
            account = await self._store.account(msisdn)
            silent = self.applications is not None and self.applications.owes(dialogue)
            last = self.last_words(dialogue, "billing.down" if silent else "ussd.timeout", account)
            self.end(dialogue, "timeout", now_ms)
            if self.watch.active:
                self.watch.tell(witness.last_words("timeout", "", last))

    async def undeliverable(self, msisdn: str, dialogue_id: str) -> None:
        """The phone's side refused a screen: that dialogue can show nothing more and is over."""
        dialogue = await self._dialogues.get(msisdn)
        if dialogue is not None and dialogue.id == dialogue_id:
            await self._dialogues.remove(dialogue)
            now_ms = self._clock.now_ms()
            self.end(dialogue, "undeliverable", now_ms)
            if self.watch.active:
                self.watch.tell(witness.bare_step(dialogue, "lost", now_ms))
        elif self.pushes is not None:
            self.pushes.undelivered(dialogue_id)

    async def _begin(self, request: Begin, previous: Dialogue | None, now_ms: int) -> None:
        """A phone dialled: find the service, open a dialogue, take its first step."""
        self.meters.begun += 1
        if previous is not None:
            if self._limits.busy_on_second_begin:
                await self._turn_away(request, "ussd.busy")
                return
            await self._dialogues.remove(previous)
            self.end(previous, "replaced", now_ms)
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

        target = route.target
        if isinstance(target, Served):
            if self.applications is None:
                await self._turn_away(request, "billing.down")
            else:
                await self.applications.begin(dialogue, target.name, request, now_ms)
            return

        def first_screen(facts: Facts, language: str, moves: list[Move] | None) -> tuple[Position, Step]:
            return service.engine.begin(target, route.rest_inputs, facts, language, moves)

        await self._step(service, dialogue, first_screen, request, now_ms, self.watch.trail())

    async def _answer(self, request: Continue, dialogue: Dialogue | None, now_ms: int) -> None:
        """The subscriber answered a screen."""
        if dialogue is None:
            await self._turn_away(request, "ussd.gone")
            return
        # The phone may have moved to another bind since it last spoke; some peers number only their Begin.
        dialogue.access = request.access
        dialogue.session_info = request.session_info or dialogue.session_info
        if dialogue.state == "push":
            await self._answer_to_push(request, dialogue, now_ms)
            return
        if dialogue.state == "application":
            assert self.applications is not None, "nobody else opens such dialogues"
            await self.applications.answer(dialogue, request.text, now_ms)
            return
        service = self.service
        before = cast(Position, dialogue.position)

        def next_screen(facts: Facts, language: str, moves: list[Move] | None) -> tuple[Position, Step]:
            position = before.copy()
            return position, service.engine.advance(position, request.text, facts, language, moves)

        await self._step(service, dialogue, next_screen, request, now_ms, self.watch.trail())

    def _confirmed(self, msisdn: str, dialogue: Dialogue | None) -> None:
        """A notification was shown: one of an application in its dialogue, or one of the network's own."""
        if dialogue is not None and self.applications is not None and self.applications.confirmed(dialogue):
            return
        if self.pushes is not None:
            self.pushes.confirmed(msisdn)

    async def _answer_to_push(self, request: Continue, dialogue: Dialogue, now_ms: int) -> None:
        """The answer to a question of the network's own goes to whoever asked; that dialogue is over."""
        await self._dialogues.remove(dialogue)
        last = self.last_words(dialogue, "ussd.answered", self._store.cached(request.msisdn))
        if self.pushes is not None:
            self.pushes.answered(dialogue, request.text)
        self.end(dialogue, "ended", now_ms)
        if self.watch.active:
            self.watch.tell(witness.last_words("answer", request.text, last))

    async def come_back(
        self, dialogue: Dialogue, visit: Visit, request: Begin | Continue, said: str | None
    ) -> None:
        """A web application has done its part in a menu, with `said`, or failed (None); runs in the lane of
        the phone's number.  `request` is what the phone did last."""
        service = self.service

        def next_screen(facts: Facts, language: str, moves: list[Move] | None) -> tuple[Position, Step]:
            position = Position.from_json(visit["position"])
            return position, service.engine.come_back(position, said, facts, language, moves)

        trail = self.watch.trail(visit["moves"], visit["actions"])
        work = self._step(service, dialogue, next_screen, request, self._clock.now_ms(), trail)
        await self._guarded(request, work)

    async def _step(
        self,
        service: Service,
        dialogue: Dialogue,
        advance: Advance,
        request: Begin | Continue,
        now_ms: int,
        trail: Trail | None,
    ) -> None:
        """Move the menu on, commit what that changed, save the dialogue, show the screen."""
        began_ns = perf_counter_ns()
        moves = trail.moves if trail is not None else None

        async def attempt(draft: Draft) -> tuple[Position, Reached, Sequence[OutMessage]]:
            facts = SubscriberFacts(draft.account, service.catalogue, now_ms)
            if trail is not None:
                trail.begin_again()
            position, step = advance(facts, draft.account.language, moves)
            texts = step.messages
            while isinstance(step, ActionNeeded):
                outcome = await service.actions.perform(draft, step.action, step.args)
                self.meters.operation(step.action, outcome.name)
                if trail is not None:
                    trail.actions.append((step.action, outcome.name))
                facts = SubscriberFacts(draft.account, service.catalogue, now_ms)
                step = service.engine.resume(position, outcome, facts, draft.account.language, moves)
                texts = [*texts, *step.messages]
            for sms in texts:
                draft.send(sms.text, sms.sender or service.sms_sender, secret=sms.secret)
            if not draft.changed:
                return position, step, ()
            shown = "" if isinstance(step, AppNeeded) or step.secret else step.text
            reply = {"screen": step.screen, "text": shown}
            messages = await self._commit(draft, request_hash(dialogue.service_code), reply)
            return position, step, messages

        account = await self._subscribers.account(dialogue.msisdn, service.catalogue, now_ms)
        draft = Draft(account, service.catalogue, key=f"ussd:{dialogue.id}:{dialogue.step}", now_ms=now_ms)
        position, step, messages = await self._attempt(draft, attempt)
        if isinstance(step, AppNeeded):
            await self._hand_over(service, dialogue, position, step, request, trail)
        else:
            await self._show(dialogue, position, step, now_ms)
        self.meters.step(dialogue.service_code, perf_counter_ns() - began_ns)
        if trail is not None and not isinstance(step, AppNeeded):
            secret = service.engine.is_secret(position, trail.moves)
            cloak = self.watch.disguise
            told = witness.menu_step(
                dialogue, request, position, step, trail, now_ms, cloak, secret_text=secret
            )
            self.watch.tell(told)
        if messages:
            self._outlet.texts(messages)

    async def _show(self, dialogue: Dialogue, position: Position, step: Show | Finish, now_ms: int) -> None:
        """The screen of a menu, once the dialogue is saved."""
        dialogue.position = position
        if type(step) is Show:
            dialogue.wait_for_answer(now_ms, self._limits.timers)
            await self._dialogues.save(dialogue)
            self._outlet.screen(dialogue, Ask(step.text))
        else:
            if dialogue.version:
                await self._dialogues.remove(dialogue)
            self._outlet.screen(dialogue, End(step.text))
            self.lately.ended(dialogue, position.menu, step.screen, "" if step.secret else step.text, now_ms)
            self.end(dialogue, "ended", now_ms)

    async def _hand_over(
        self,
        service: Service,
        dialogue: Dialogue,
        position: Position,
        step: AppNeeded,
        request: Begin | Continue,
        trail: Trail | None,
    ) -> None:
        """A web application shows the screens from here on."""
        assert self.applications is not None, "whoever appoints none has no menus that need one"
        told = trail is not None and not service.engine.is_secret(position, trail.moves)
        text = witness.sent_by(request) if told else ""
        visit = witness.visit(position, trail)
        await self.applications.visit(dialogue, visit, request, text, step.inputs, self._clock.now_ms())

    def last_words(self, dialogue: Dialogue, text_key: str, account: Account | None) -> LastScreen:
        """Show a text of our own as the last screen; without `account`, in the language that is at hand."""
        account = account or self._store.cached(dialogue.msisdn)
        text = self.service.text(text_key, account.language if account else DEFAULT_LANGUAGE)
        self._outlet.screen(dialogue, End(text))
        return self.lately.ended(dialogue, "", text_key, text, self._clock.now_ms())

    def end(self, dialogue: Dialogue, how: str, now_ms: int) -> None:
        """A dialogue is over: one line in the log; and the phone is free for who waits to ask it."""
        self.meters.end(how)
        if self.pushes is not None:
            self.pushes.over(dialogue, how)
        if dialogue.state == "application" and self.applications is not None:
            self.applications.over(dialogue, how)
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
        dialled = request.dialled if isinstance(request, Begin) else ""
        now_ms = self._clock.now_ms()
        dialogue = open_dialogue(
            self._ids.dialogue_id(),
            request.msisdn,
            shown_code(dialled),
            access=request.access,
            session_info=request.session_info,
            position=None,
            now_ms=now_ms,
            timers=self._limits.timers,
        )
        last = self.last_words(dialogue, text_key, self._store.cached(request.msisdn))
        self.end(dialogue, text_key, now_ms)
        if self.watch.active:
            asked, sent = witness.asked_by(request), witness.sent_by(request)
            self.watch.tell(witness.last_words(asked, sent, last))

    async def _give_up(self, request: MobileOriginated, text_key: str) -> None:
        """A step could not be finished: forget the dialogue, tell the phone that waits."""
        try:
            dialogue = await self._dialogues.get(request.msisdn)
            if dialogue is not None and await self._dialogues.remove(dialogue):
                self.end(dialogue, text_key, self._clock.now_ms())
        except StoreUnavailable as error:
            log.warning("dialogue not forgotten", msisdn=mask(request.msisdn), error=str(error))
        if isinstance(request, Unmarked):
            request = request.as_begin()
        if isinstance(request, Begin | Continue):
            await self._turn_away(request, text_key)
