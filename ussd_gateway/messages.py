"""One short message of a phone -> what it causes: a command to a short number, or a text to somebody else.

    text -> keyword -> action on the account -> one commit -> replies

It is the gateway's other half: what needs no dialogue.  When a message is accepted, all it causes is durable.
"""

from ussd_gateway import witness
from ussd_gateway.actions import SubscriberFacts
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.store import Commit, Store, request_hash
from ussd_gateway.billing.subscribers import Subscribers, UnknownSubscriber
from ussd_gateway.clock import Clock
from ussd_gateway.forwarding import Forwarding
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.office import Office
from ussd_gateway.ports import Ids, MoSms, Outlet, SmsAccepted, SmsRefused, SmsResult
from ussd_gateway.service import Service
from ussd_gateway.sms.keywords import CommandMatch
from ussd_gateway.watch import Watch


class Messages(Office):
    """What phones send to short numbers and to each other."""

    def __init__(
        self,
        service: Service,
        *,
        store: Store,
        subscribers: Subscribers,
        outlet: Outlet,
        ids: Ids,
        clock: Clock,
        plan: NumberingPlan,
        watch: Watch,
    ) -> None:
        super().__init__(service, store=store, subscribers=subscribers, outlet=outlet, ids=ids, clock=clock)
        self.watch = watch
        self.forwarding = Forwarding(plan, {})
        """Where messages go that are no commands; the composition root knows the applications' numbers."""

    async def sms(self, message: MoSms) -> SmsResult:
        """A message from a phone: a command to a short number, or a text to another phone.

        When it returns `accepted`, the message and everything it causes are durable.  Raises
        StoreUnavailable: nothing may be acknowledged.
        """
        now_ms = self._clock.now_ms()
        match = self.service.commands.match(message.destination, message.text)
        if match is not None:
            return await self._command(message, match)
        text = self.forwarding.forwarded(message, now_ms)
        if text is None:
            self.meters.message("", "no_service")
            if self.watch.active:
                self.watch.tell(witness.sms(message, None, "no_service", now_ms, self.watch.disguise))
            return SmsRefused("no_service")
        to = text.destination
        match = self.service.commands.match_to_subscriber(to, message.text) if to.isdigit() else None
        if match is not None:
            result = await self._command(message, match, deliver_to=to)
            if isinstance(result, SmsAccepted):
                return result
            # Its sender is no subscriber of ours, so it is a text like any other.
        key = f"sms:{message.message_id}"
        await self.write(Commit(key, request_hash(key), now_ms, {}, messages=[text], home=to))
        self.meters.message("", "delivered")
        self._outlet.texts([text])
        if self.watch.active:
            self.watch.tell(witness.sms(message, None, "delivered", now_ms, self.watch.disguise))
        return SmsAccepted()

    async def _command(self, message: MoSms, match: CommandMatch, deliver_to: str | None = None) -> SmsResult:
        """Carry out what the text asks of its short number, and reply; perhaps deliver it as well."""

        async def work(service: Service, draft: Draft) -> str:
            draft.asked_at = "" if deliver_to else match.short_code
            perform = service.actions.perform
            outcome = await perform(draft, match.action, match.args) if match.action else None
            if match.action and outcome is not None:
                self.meters.operation(match.action, outcome.name)
            facts = SubscriberFacts(draft.account, service.catalogue, draft.now_ms)
            reply = service.commands.answer(match, outcome, facts, draft.account.language)
            if reply is not None:
                draft.send(reply.text, reply.source, secret=reply.secret)
            if deliver_to is not None:
                draft.send(message.text, message.source, to=deliver_to)
            return outcome.name if outcome is not None else "replied"

        key = f"sms:{message.message_id}"
        result: SmsResult = SmsAccepted()
        try:
            told = await self.carry_out(message.source, key=key, request=match.short_code, work=work)
        except UnknownSubscriber:
            told, result = "no_subscriber", SmsRefused("no_subscriber")
        if deliver_to is None or told != "no_subscriber":
            self.meters.message("" if deliver_to else match.short_code, told)
        if self.watch.active and (deliver_to is None or told != "no_subscriber"):
            now_ms = self._clock.now_ms()
            self.watch.tell(witness.sms(message, match, told, now_ms, self.watch.disguise))
        return result
