"""Committed messages -> phones.  The store is the queue; here stands what can be delivered now.

A message is in memory while it waits for its instant, its turn or its answer.  When too many wait
(phones that nobody has bound for), the ones without a way are left to the store alone and read back when a
bind comes that takes them.  Delivery is at least once: an answer lost in a crash repeats the message.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from ussd_gateway import disguise
from ussd_gateway.access.binds import Binds
from ussd_gateway.access.link import Link
from ussd_gateway.access.marks import Marks
from ussd_gateway.access.phone_queue import PhoneQueue
from ussd_gateway.access.scheduler import Handle, Scheduler
from ussd_gateway.billing.store import MessageState, OutMessage, Store
from ussd_gateway.clock import Clock
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.phone_states import PhoneState, PhoneStates
from ussd_gateway.smpp.constants import status_name
from ussd_gateway.sms.concat import split_sms
from ussd_gateway.watch import SmsSent, Watch

PAGE = 500
RELOAD_RETRY_MS = 5_000

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
        retry_s: Sequence[float] = (5, 30, 120, 600),
        max_held: int = 100_000,
        max_per_phone: int = 1000,
        watch: Watch | None = None,
    ) -> None:
        self.show = show
        self.on_finished: Callable[[OutMessage, MessageState], None] = lambda message, state: None
        """Told of each message whose end is known."""
        self.shows: Callable[[str], bool] = lambda msisdn: False
        """Whether there is a phone with this number inside this process."""
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
        self._marks = Marks(store, clock, self._written)
        self._fresh: list[OutMessage] = []
        # Ids of messages in memory or delivered but not yet noted as such in the store.
        self._held: set[int] = set()
        self._queues: dict[str, PhoneQueue] = {}
        self._absent: dict[str, PhoneQueue] = {}
        self._resting: dict[str, tuple[PhoneQueue, Handle]] = {}
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
        for msisdn in [msisdn for msisdn in self._absent if self._binds.takes(link, msisdn)]:
            self._absent.pop(msisdn).go_on()
        for msisdn in [msisdn for msisdn in self._resting if self._binds.takes(link, msisdn)]:
            self._end_rest(msisdn)
        if any(self._binds.takes(link, msisdn) for msisdn in self._spilled):
            self._plan_reload()

    def unbound(self, link: Link) -> None:
        """A bind has gone; what was on its way through it is told so by the link."""

    def reachable(self, msisdn: str) -> None:
        """A phone in this process was switched on, or takes messages again."""
        queue = self._absent.pop(msisdn, None)
        if queue is not None:
            queue.go_on()
        if msisdn in self._spilled:
            self._plan_reload()

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

    def leaving(self, message: OutMessage) -> None:
        if not self._watch.active:
            return
        text, secret = message.text, message.secret
        try:
            parts = len(split_sms(message.text, 0))
        except ValueError:
            return  # it will be refused for its length
        self._watch.tell(
            SmsSent(
                self._clock.now_ms(),
                message.destination,
                message.message_id,
                message.source,
                "" if secret else text,
                secret,
                parts,
                self._watch.disguise.over(text, disguise.shown) if secret else "",
            )
        )

    def finished(self, message: OutMessage, state: MessageState, command_status: int) -> None:
        if state == "failed":
            log.warning(
                "message refused for good",
                message_id=message.message_id,
                msisdn=message.destination,
                status=status_name(command_status),
            )
        self._marks.mark(message.message_id, state)
        self.on_finished(message, state)

    def rest(self, queue: PhoneQueue, attempt: int) -> None:
        pause_s = self._retry_s[min(attempt, len(self._retry_s)) - 1]
        at_ms = self._clock.now_ms() + round(pause_s * 1000)
        timer = self._scheduler.call_at(at_ms, partial(self._end_rest, queue.msisdn))
        self._resting[queue.msisdn] = (queue, timer)

    def absent(self, queue: PhoneQueue) -> None:
        self._absent[queue.msisdn] = queue

    def empty(self, queue: PhoneQueue) -> None:
        self._queues.pop(queue.msisdn, None)
        if queue.msisdn in self._spilled:
            self._plan_reload()

    def _end_rest(self, msisdn: str) -> None:
        queue, timer = self._resting.pop(msisdn)
        timer.cancel()
        queue.go_on()

    # ------------------------------------------------------------ what is in memory

    def _hold(self, message: OutMessage, now_ms: int) -> None:
        self._held.add(message.message_id)
        if message.not_before_ms > now_ms:
            self._scheduler.call_at(message.not_before_ms, partial(self._enqueue, message))
        else:
            self._enqueue(message)

    def _enqueue(self, message: OutMessage) -> None:
        msisdn = message.destination
        queue = self._queues.get(msisdn)
        if queue is None:
            queue = self._queues[msisdn] = PhoneQueue(self, msisdn)
        queue.add(message)

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
            self._held.difference_update(message.message_id for message in queue.messages)
            self._spilled.add(msisdn)
            self._left.add(msisdn)
            del self._queues[msisdn]
        self._absent.clear()

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
                if not self._worth_holding(number) or number in self._left:
                    self._left.add(number)
                else:
                    self._hold(message, self._clock.now_ms())
            if len(page) < PAGE:
                break
            after = page[-1].message_id
        # A message committed during the reading may stand before or behind where we were.
        self._reload_again |= any(self._binds.choose(msisdn) for msisdn in self._passed_by)
        self._spilled = self._left | self._passed_by

    def _worth_holding(self, msisdn: str) -> bool:
        if not self._has_room(msisdn):
            return False
        return len(self._held) < self._max_held * 3 // 4 or self._binds.choose(msisdn) is not None
