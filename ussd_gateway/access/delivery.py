"""Committed messages -> phones and applications.  The store is the queue; here is what can be delivered now.

A message is in memory while it waits for its instant, its turn or its answer.  When too many wait
(phones that nobody has bound for), the ones without a way are left to the store alone and read back when a
bind comes that takes them.  Delivery is at least once: an answer lost in a crash repeats the message.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from ussd_gateway import witness
from ussd_gateway.access.application_binds import ApplicationBinds
from ussd_gateway.access.application_queue import ApplicationQueue
from ussd_gateway.access.binds import Binds
from ussd_gateway.access.endings import TOLD, End, Endings
from ussd_gateway.access.link import Link
from ussd_gateway.access.marks import Marks
from ussd_gateway.access.phone_queue import PhoneQueue, Post, Queue
from ussd_gateway.access.scheduler import Handle, Scheduler
from ussd_gateway.billing.store import MessageState, OutMessage, Store
from ussd_gateway.clock import Clock
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.phone_states import PhoneState, PhoneStates
from ussd_gateway.smpp.constants import MAP_ERRORS, status_name
from ussd_gateway.smpp.constants import MessageState as Told
from ussd_gateway.watch import Watch

PAGE = 500
RELOAD_RETRY_MS = 5_000
AGE_MS = 60_000
"""How often the store is searched for messages too old to be tried, when memory does not hold all."""
BY_SMPP = "smpp:"
"""How the accesses of applications behind SMPP begin."""

log = structlog.get_logger(__name__)


class TextDelivery:
    """Delivers short messages to phones, each number's in order, retrying what was refused for a while.

    `retry_s` are the pauses before the repetitions, the last one for all further ones.  `max_held` messages
    are kept in memory in all, `max_per_phone` of one number.  `show` gives a message to phones inside this
    process and says whether there was one.
    """

    def __init__(
        self,
        store: Store,
        scheduler: Scheduler,
        clock: Clock,
        binds: Binds,
        *,
        show: Callable[[OutMessage], bool] = lambda message: False,
        endings: Endings | None = None,
        retry_s: Sequence[float] = (5, 30, 120, 600),
        max_held: int = 100_000,
        max_per_phone: int = 1000,
        watch: Watch | None = None,
    ) -> None:
        self.show = show
        self.makers: dict[str, Callable[[Post, str], Queue]] = {"smpp": ApplicationQueue}
        """What makes a queue for a destination that is no number, by the word before its colon."""
        self.on_finished: Callable[[OutMessage, MessageState], None] = lambda message, state: None
        """Told of each message whose end is known."""
        self.shows: Callable[[str], bool] = lambda msisdn: False
        """Whether there is a phone with this number inside this process."""
        self.fate: Callable[[OutMessage], End | None] = lambda message: None
        """Asked when a message would reach its phone: the end it has instead, if that is wanted."""
        self.on_absent: Callable[[str, OutMessage], None] = lambda msisdn, message: None
        """Told of a message with terms that its phone did not take at the first attempt."""
        self.on_reachable: Callable[[str | None], None] = lambda msisdn: None
        """Told of a phone that may be back; None: any may."""
        self.states = PhoneStates(store)
        self.states.listen(self._switched)
        self._watch = watch or Watch()
        self._store = store
        self._scheduler = scheduler
        self._clock = clock
        self._binds = binds
        self._retry_s = tuple(retry_s)
        self._max_held = max_held
        self._max_per_phone = max_per_phone
        self.applications = ApplicationBinds()
        """The receiving binds of applications."""
        self.endings = endings
        self._marks = Marks(store, clock, endings, self._written, self.deliver)
        self._fresh: list[OutMessage] = []
        # Ids of messages in memory or delivered but not yet noted as such in the store.
        self._held: set[int] = set()
        self._later: dict[str, dict[int, Handle]] = {}
        self._queues: dict[str, Queue] = {}
        self._absent: dict[str, Queue] = {}
        self._resting: dict[str, tuple[Queue, Handle]] = {}
        self._ages: dict[str, Handle] = {}
        self._late: set[int] = set()
        # Numbers with messages that only the store holds.  A reload rewrites the set from what it had to
        # leave behind and from what it may have missed: messages that came while it was reading.
        self._spilled: set[str] = set()
        self._left: set[str] = set()
        self._passed_by: set[str] = set()
        self._was_full = False
        self._reloading: asyncio.Task[None] | None = None
        self._reload_again = False

    def __len__(self) -> int:
        """How many messages are held in memory."""
        return len(self._held)

    async def start(self) -> None:
        """Take up what the last run left undelivered; raises StoreUnavailable."""
        await self.states.load()
        await self._read_back()
        self._scheduler.every(AGE_MS, self._plan_reload)

    async def stop(self) -> None:
        """Note what has been delivered so far; the rest stays in the store."""
        if self._reloading is not None:
            self._reloading.cancel()
        await self._marks.close()

    def deliver(self, messages: Sequence[OutMessage]) -> None:
        """Deliver committed messages, each from its `not_before_ms` on.

        Begins in the next turn of the loop, so that the answer to the request that caused them goes first.
        """
        if not self._fresh:
            asyncio.get_running_loop().call_soon(self._take_fresh)
        self._fresh.extend(messages)

    def _take_fresh(self) -> None:
        fresh, self._fresh = self._fresh, []
        now_ms = self._clock.now_ms()
        for message in fresh:
            number = message.destination
            if message.message_id in self._held:
                continue  # a reload was quicker
            # In this order: making room may leave this very number to the store.
            if not self._has_room(number) or number in self._spilled:
                self._spilled.add(number)
                self._passed_by.add(number)
            else:
                self._hold(message, now_ms)

    def bound(self, link: Link) -> None:
        """A bind came: send what waited for it, now; read back what was left to the store."""
        for name in [name for name in self._absent if self._takes(link, name)]:
            self._absent.pop(name).go_on()
        for name in [name for name in self._resting if self._takes(link, name)]:
            self._end_rest(name)
        if any(self._takes(link, name) for name in self._spilled):
            self._plan_reload()
        self.on_reachable(None)

    def _takes(self, link: Link, name: str) -> bool:
        """Whether this bind is a way to the phone or the application of this name."""
        if name.startswith(BY_SMPP):
            return link.account is not None and link.account.access == name
        return self._binds.takes(link, name)

    def reaches(self, name: str) -> bool:
        """Whether there is a way to the phone or the application of this name, here and now."""
        if name.startswith(BY_SMPP):
            return self.applications.for_message(name.removeprefix(BY_SMPP), "") is not None
        if name.partition(":")[0] in self.makers:
            return True
        return self._binds.choose(name) is not None

    def unbound(self, link: Link) -> None:
        """A bind has gone; what was on its way through it is told so by the link."""

    def reachable(self, msisdn: str) -> None:
        """A phone in this process was switched on, or takes messages again."""
        queue = self._absent.pop(msisdn, None)
        if queue is not None:
            queue.go_on()
        if msisdn in self._spilled:
            self._plan_reload()
        self.on_reachable(msisdn)

    def _switched(self, msisdn: str, state: PhoneState) -> None:
        """The network state of a phone has changed: what waited for it to take messages goes at once."""
        if not self.states.takes_texts(msisdn):
            return
        if msisdn in self._resting:
            self._end_rest(msisdn)
        self.reachable(msisdn)

    def access_to(self, msisdn: str) -> str | None:
        """The access of the bind that takes the number (`smpp:handset`)."""
        link = self._binds.choose(msisdn)
        return link.account.access if link is not None and link.account is not None else None

    # ------------------------------------------------------------ phone_queue.Post

    def link_for(self, msisdn: str) -> Link | None:
        if not self.states.takes_texts(msisdn):
            return None
        return self._binds.choose(msisdn)

    def link_to_application(self, message: OutMessage) -> Link | None:
        terms = message.terms
        code = terms.destination.digits if terms is not None and terms.destination is not None else ""
        return self.applications.for_message(message.destination.removeprefix(BY_SMPP), code)

    def has_expired(self, message: OutMessage) -> bool:
        return message.terms is not None and 0 < message.terms.expires_ms <= self._clock.now_ms()

    def reason(self, msisdn: str) -> int:
        return MAP_ERRORS + self.states.error(msisdn)

    def leaving(self, message: OutMessage) -> bool:
        fate = self.fate(message)
        if fate is not None:
            self.finished(message, fate.state, fate.status, fate.told)
            return False
        if self._watch.active:
            witness.sms_sent(message, self._clock.now_ms(), self._watch)
        return True

    def finished(
        self, message: OutMessage, state: MessageState, command_status: int, told: int | None = None
    ) -> None:
        if state == "failed":
            log.warning(
                "message refused for good",
                message_id=message.message_id,
                msisdn=message.destination,
                status=status_name(command_status),
            )
        self._late.discard(message.message_id)
        told = TOLD[state] if told is None else told
        self._marks.mark(End(message, state, self._clock.now_ms(), command_status, told))
        self.on_finished(message, state)

    def rest(self, queue: Queue, attempt: int) -> None:
        pause_s = self._retry_s[min(attempt, len(self._retry_s)) - 1]
        at_ms = self._clock.now_ms() + round(pause_s * 1000)
        timer = self._scheduler.call_at(at_ms, partial(self._end_rest, queue.msisdn))
        self._resting[queue.msisdn] = (queue, timer)
        self._waits(queue)

    def absent(self, queue: Queue) -> None:
        self._absent[queue.msisdn] = queue
        self._waits(queue)

    def empty(self, queue: Queue) -> None:
        self._put_away(queue)
        if queue.msisdn in self._spilled:
            self._plan_reload()

    def _end_rest(self, msisdn: str) -> None:
        queue, timer = self._resting.pop(msisdn)
        timer.cancel()
        queue.go_on()

    def _put_away(self, queue: Queue) -> None:
        """It is empty: nothing shall wake it any more."""
        name = queue.msisdn
        self._queues.pop(name, None)
        self._absent.pop(name, None)
        if name in self._resting:
            self._resting.pop(name)[1].cancel()
        if name in self._ages:
            self._ages.pop(name).cancel()

    # ------------------------------------------------------------ what waits

    def _waits(self, queue: Queue) -> None:
        """What is in it may have to wait long: tell whoever asked for that, and look after its age."""
        if isinstance(queue, PhoneQueue):
            for message in queue.messages:
                self._is_late(message, queue.why)
                self._age_of(message)

    def _is_late(self, message: OutMessage, status: int) -> None:
        if message.terms is None or message.message_id in self._late:
            return
        self._late.add(message.message_id)
        self.on_absent(message.destination, message)
        end = End(message, "queued", self._clock.now_ms(), status, Told.ENROUTE)
        if self.endings is not None and self.endings.concerns(end):
            self._marks.mark(end)

    def _age_of(self, message: OutMessage) -> None:
        """Look at its queue again when the message is too old to be tried."""
        name, expires_ms = message.destination, message.terms.expires_ms if message.terms is not None else 0
        planned = self._ages.get(name)
        if not expires_ms or (planned is not None and planned.at_ms <= expires_ms):
            return
        if planned is not None:
            planned.cancel()
        self._ages[name] = self._scheduler.call_at(expires_ms, partial(self._give_up_old, name))

    def _give_up_old(self, name: str) -> None:
        del self._ages[name]
        queue = self._queues.get(name)
        if queue is not None:
            queue.give_up_old()
            if name in self._queues:
                self._waits(queue)

    # ------------------------------------------------------------ second thoughts of senders

    def recall(self, message: OutMessage) -> bool:
        """Take a message back that has not left; False: it is on its way, or over.

        Whoever takes it back says what becomes of it: `deliver_again`, or `finished`.
        """
        name, message_id = message.destination, message.message_id
        if message_id not in self._held:
            self._held.add(message_id)
            return True
        later = self._later.get(name, {}).pop(message_id, None)
        if later is not None:
            later.cancel()
            return True
        queue = self._queues.get(name)
        if queue is None or queue.withdraw(message_id) is None:
            return False
        if not queue.messages:
            self.empty(queue)
        return True

    def deliver_again(self, message: OutMessage) -> None:
        """Deliver a message that was taken back, perhaps with other contents."""
        self._held.discard(message.message_id)
        self.deliver([message])

    # ------------------------------------------------------------ what is in memory

    def _hold(self, message: OutMessage, now_ms: int) -> None:
        self._held.add(message.message_id)
        if message.not_before_ms <= now_ms:
            self._enqueue(message)
            return
        timer = self._scheduler.call_at(message.not_before_ms, partial(self._its_time, message))
        self._later.setdefault(message.destination, {})[message.message_id] = timer

    def _its_time(self, message: OutMessage) -> None:
        waiting = self._later[message.destination]
        del waiting[message.message_id]
        if not waiting:
            del self._later[message.destination]
        self._enqueue(message)

    def _enqueue(self, message: OutMessage) -> None:
        name = message.destination
        queue = self._queues.get(name)
        if queue is None:
            make = self.makers.get(name.partition(":")[0], PhoneQueue)
            queue = self._queues[name] = make(self, name)
        waits = name in self._absent or name in self._resting
        queue.add(message)
        if waits and isinstance(queue, PhoneQueue):
            self._is_late(message, queue.why)
            self._age_of(message)

    def _has_room(self, msisdn: str) -> bool:
        queue = self._queues.get(msisdn)
        if queue is not None and len(queue.messages) >= self._max_per_phone:
            return False
        if len(self._held) >= self._max_held:
            self._leave_absent_to_store()
            self._was_full = True
        return len(self._held) < self._max_held

    def _leave_absent_to_store(self) -> None:
        """Make room: whoever cannot be reached waits in the store."""
        for msisdn, queue in self._absent.items():
            if queue.in_flight:
                continue
            self._held.difference_update(message.message_id for message in queue.messages)
            self._spilled.add(msisdn)
            self._left.add(msisdn)
            del self._queues[msisdn]
        self._absent = {name: queue for name, queue in self._absent.items() if queue.in_flight}

    def _written(self, message_ids: list[int]) -> None:
        """The store knows that these are finished."""
        self._held.difference_update(message_ids)
        if self._was_full and len(self._held) <= self._max_held // 2:
            self._was_full = False
            self._plan_reload()

    # ------------------------------------------------------------ reading back from the store

    def _plan_reload(self) -> None:
        if self._reloading is not None:
            self._reload_again = True
        elif self._spilled:
            self._reloading = asyncio.get_running_loop().create_task(self._reload())

    async def _reload(self) -> None:
        try:
            self._reload_again = True
            while self._reload_again:
                self._reload_again = False
                await self._read_back()
        except StoreUnavailable as error:
            log.warning("undelivered messages not read", error=str(error))
            self._scheduler.call_at(self._clock.now_ms() + RELOAD_RETRY_MS, self._plan_reload)
        finally:
            self._reloading = None

    async def _read_back(self) -> None:
        """Go once through all undelivered messages and hold the ones that have a way, and room."""
        self._left.clear()
        self._passed_by.clear()
        after = 0
        while True:
            page = await self._store.undelivered(PAGE, after)
            for message in page:
                number = message.destination
                if message.message_id in self._held:
                    continue
                if self.has_expired(message):
                    self._held.add(message.message_id)
                    self.finished(message, "expired", self.reason(number))
                elif not self._worth_holding(number) or number in self._left:
                    self._left.add(number)
                else:
                    self._hold(message, self._clock.now_ms())
            if len(page) < PAGE:
                break
            after = page[-1].message_id
        # A message committed during the reading may stand before or behind where we were.
        self._reload_again |= any(self.reaches(name) for name in self._passed_by)
        self._spilled = self._left | self._passed_by

    def _worth_holding(self, msisdn: str) -> bool:
        if not self._has_room(msisdn):
            return False
        return len(self._held) < self._max_held * 3 // 4 or self.reaches(msisdn)
