"""Committed messages -> phones, when several gateways share the store: each phone is one gateway's at a time.

    committed by us, or found in the store -> claim the phone
        ours          -> all that is under way to it, in the order it was committed, one after another
        another's     -> tell that gateway to look
        nobody's      -> it lies in the store until a bind comes

Only what can be delivered here and now is in memory.  Nothing depends on what gateways tell each other: each
looks through the store again and again for messages to the phones it can reach.  A gateway that may count
as dead (`Exchange.sure`) begins no delivery, and after it was dead nothing it had claimed is its own.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress

import structlog

from ussd_gateway.access.binds import Binds
from ussd_gateway.access.delivery import PAGE, TextDelivery
from ussd_gateway.access.endings import Endings
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.link import Link
from ussd_gateway.access.neighbours import Neighbours
from ussd_gateway.access.phone_queue import Queue
from ussd_gateway.access.scheduler import Scheduler
from ussd_gateway.billing.store import FINAL_STATES, MessageState, OutMessage, Store
from ussd_gateway.clock import Clock
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.exchange import Exchange, Parcel
from ussd_gateway.watch import Watch

SWEEP_S = 1.0
"""How often a page of the store is looked through."""
STATES_S = 10.0
"""How often it is looked up which phones other gateways have switched; they also say so, mostly at once."""
MOST_HOPS = 4
"""Gateways one after another that may pass a phone on; their knowledge of each other is a beat old."""

log = structlog.get_logger(__name__)


class SharedDelivery(TextDelivery):
    """`TextDelivery` beside other gateways."""

    def __init__(
        self,
        store: Store,
        scheduler: Scheduler,
        clock: Clock,
        binds: Binds,
        *,
        exchange: Exchange,
        neighbours: Neighbours,
        retry_s: Sequence[float] = (5, 30, 120, 600),
        max_held: int = 100_000,
        watch: Watch | None = None,
        endings: Endings | None = None,
    ) -> None:
        super().__init__(
            store,
            scheduler,
            clock,
            binds,
            retry_s=retry_s,
            max_held=max_held,
            watch=watch,
            endings=endings,
        )
        self._exchange = exchange
        self._neighbours = neighbours
        self._desk = Lanes()
        self._claims: dict[str, str] = {}
        """Phone -> the name under which we claimed it."""
        self._refs: dict[int, str] = {}
        self._numbers: dict[int, str] = {}
        self._unmarked: Counter[str] = Counter()
        self._sweeper: asyncio.Task[None] | None = None
        self._sweep_now = asyncio.Event()

    async def start(self) -> None:
        await self.states.load()
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    async def stop(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
        await super().stop()
        await self._desk.drain()
        with suppress(StoreUnavailable):
            for msisdn in self._claims:
                await self._exchange.claim(msisdn, (), in_hand=False)  # for nobody: it is free

    # ------------------------------------------------------------ what happens

    def deliver(self, messages: Sequence[OutMessage]) -> None:
        to: dict[str, list[OutMessage]] = {}
        for message in messages:
            to.setdefault(message.destination, []).append(message)
        for msisdn, fresh in to.items():
            self._desk.run(msisdn, self._take(msisdn, fresh=fresh))

    def look(self, msisdn: str, hops: int) -> None:
        """Another gateway says that there are messages for a phone of ours, or that it wants the phone."""
        if self.link_for(msisdn) is None and msisdn in self._resting:
            self._end_rest(msisdn)
        self._desk.run(msisdn, self._take(msisdn, hops))

    def recall(self, message: OutMessage) -> bool:
        """Take a message back; one that another gateway has in hand may just be leaving there."""
        if message.message_id not in self._held:
            for gateway in self._exchange.others:
                parcel = Parcel("recall", message.destination, {"id": message.message_id})
                self._exchange.send(gateway, parcel)
        return super().recall(message)

    def recalled(self, msisdn: str, message_id: int) -> None:
        """Another gateway ends or changes a message; if it is to go on, that gateway says `look`."""
        queue = self._queues.get(msisdn)
        later = self._later.get(msisdn, {}).pop(message_id, None)
        if later is not None:
            later.cancel()
        elif queue is None or queue.withdraw(message_id) is None:
            return
        self._forget([message_id])
        if queue is not None and not queue.messages:
            self.empty(queue)

    def bound(self, link: Link) -> None:
        self._exchange.reach_changed()
        for msisdn in [msisdn for msisdn in self._resting if self._binds.takes(link, msisdn)]:
            self._end_rest(msisdn)
        if link.address_range.isdigit():
            # Perhaps one phone alone: no need to wait until the sweep comes to it.
            self._desk.run(link.address_range, self._take(link.address_range))
        self._sweep_now.set()
        self.on_reachable(None)

    def unbound(self, link: Link) -> None:
        """A bind has gone: phones that rest, and messages that wait for their time, may go to others."""
        self._exchange.reach_changed()
        for msisdn in [msisdn for msisdn in self._resting if self.link_for(msisdn) is None]:
            self._end_rest(msisdn)
        for msisdn in [msisdn for msisdn in self._later if self._binds.choose(msisdn) is None]:
            self._desk.run(msisdn, self._take(msisdn))

    def reachable(self, msisdn: str) -> None:
        self._exchange.reach_changed()
        self._desk.run(msisdn, self._take(msisdn))
        self.on_reachable(msisdn)

    def access_to(self, msisdn: str) -> str | None:
        return super().access_to(msisdn) or self._neighbours.access_elsewhere(msisdn)

    # ------------------------------------------------------------ phone_queue.Post

    def link_for(self, msisdn: str) -> Link | None:
        """None also when the phone may be another's by now."""
        if self._claims.get(msisdn) != self._exchange.id or not self._exchange.sure():
            return None
        return super().link_for(msisdn)

    def finished(
        self, message: OutMessage, state: MessageState, command_status: int, told: int | None = None
    ) -> None:
        if message.message_id in self._refs:  # else it lay in the store alone
            self._numbers[message.message_id] = message.destination
            self._unmarked[message.destination] += 1
        super().finished(message, state, command_status, told)

    def absent(self, queue: Queue) -> None:
        """The phone has gone elsewhere, or is no longer ours: the store has it all."""
        self._waits(queue)
        self._put_away(queue)
        self._forget(message.message_id for message in queue.messages)
        self._desk.run(queue.msisdn, self._take(queue.msisdn))

    def empty(self, queue: Queue) -> None:
        self._put_away(queue)

    def _written(self, message_ids: list[int]) -> None:
        """The store knows that these are finished: take them off the phone's list, and put the phone down."""
        ended: dict[str, list[int]] = {}
        for message_id in message_ids:
            if message_id in self._numbers:
                ended.setdefault(self._numbers.pop(message_id), []).append(message_id)
            else:
                self._held.discard(message_id)
        for msisdn, ids in ended.items():
            self._desk.run(msisdn, self._finish(msisdn, ids))

    # ------------------------------------------------------------ claims, one thing after another for a phone

    async def _take(
        self, msisdn: str, hops: int = 0, *, bury: bool = False, fresh: Sequence[OutMessage] = ()
    ) -> None:
        """Ask for the phone; deliver to it, or tell whoever does.

        `bury`: also if nobody reaches it, for there are messages that are to be tried no more.  `fresh` are
        messages that nobody has tried to deliver yet.
        """
        exchange = self._exchange
        if not exchange.sure():
            return  # the sweep comes back to it
        takers: list[str] = []
        if self.states.takes_texts(msisdn):
            here = self.reaches(msisdn) or self.shows(msisdn)
            takers = [exchange.id] * here + list(self._neighbours.elsewhere(msisdn))
        if bury and exchange.id not in takers:
            takers.append(exchange.id)
        in_hand = msisdn in self._queues or self._unmarked[msisdn] > 0
        name = exchange.id
        try:
            claim = await exchange.claim(msisdn, takers, in_hand=in_hand)
            if claim.gateway == name:
                self._claims[msisdn] = name
                await self._fill(msisdn, claim.refs)
                return
        except StoreUnavailable:
            return
        self._claims.pop(msisdn, None)
        for message_id, handle in self._later.pop(msisdn, {}).items():
            handle.cancel()
            self._forget([message_id])
        if not claim.gateway:
            for message in fresh:
                self._is_late(message, self.reason(msisdn))
        if claim.gateway and hops < MOST_HOPS:
            exchange.send(claim.gateway, Parcel("look", msisdn, {"hops": hops + 1}))

    async def _fill(self, msisdn: str, refs: Sequence[str]) -> None:
        """Hold what is under way to our phone, in the order it was committed."""
        new = [ref for ref in refs if int(ref.partition("@")[0]) not in self._held]
        if not new:
            return
        ended = []
        messages = await self._exchange.fetch(msisdn, new)
        by_id = {int(ref.partition("@")[0]): ref for ref in new}
        for message in messages:
            if message.state in FINAL_STATES:
                ended.append(by_id[message.message_id])
                continue
            self._refs[message.message_id] = by_id[message.message_id]
            self._hold(message, self._clock.now_ms())
        if ended:
            await self._exchange.done(msisdn, ended, put_down=False)

    async def _finish(self, msisdn: str, ids: Sequence[int]) -> None:
        self._unmarked[msisdn] -= len(ids)
        if self._unmarked[msisdn] <= 0:
            del self._unmarked[msisdn]
        idle = msisdn not in self._queues and msisdn not in self._later and not self._unmarked[msisdn]
        refs = [self._refs[message_id] for message_id in ids]
        try:
            left = await self._exchange.done(msisdn, refs, put_down=idle)
        except StoreUnavailable:
            left = 0  # whoever looks next sees that they are at their end
        self._forget(ids)
        if idle and not left:
            self._claims.pop(msisdn, None)
        elif idle:
            await self._take(msisdn)

    def _forget(self, message_ids: Iterable[int]) -> None:
        for message_id in message_ids:
            self._held.discard(message_id)
            self._refs.pop(message_id, None)

    # ------------------------------------------------------------ the sweep

    async def _sweep(self) -> None:
        """Look through the store, a page a time; all of it at once when a bind has come."""
        after = turns = 0
        while True:
            turns += 1
            try:
                async with asyncio.timeout(SWEEP_S):
                    await self._sweep_now.wait()
            except TimeoutError:
                pass
            whole = self._sweep_now.is_set()
            self._sweep_now.clear()
            try:
                if turns % round(STATES_S / SWEEP_S) == 0:
                    await self.states.load()
                after = await self._look_through(0 if whole else after)
                while whole and after:
                    after = await self._look_through(after)
            except StoreUnavailable:
                continue
            except Exception:
                log.exception("sweep failed")

    async def _look_through(self, after: int) -> int:
        """One page; where to go on, 0 at the end."""
        page = await self._store.undelivered(PAGE, after)
        if len(self._held) < self._max_held and self._exchange.sure():
            too_old = {message.destination for message in page if self.has_expired(message)}
            for msisdn in dict.fromkeys(message.destination for message in page):
                if self._is_at_hand(msisdn):
                    continue
                here = self.states.takes_texts(msisdn) and (self.reaches(msisdn) or self.shows(msisdn))
                if here or msisdn in too_old:
                    self._desk.run(msisdn, self._take(msisdn, MOST_HOPS, bury=msisdn in too_old))
        return page[-1].message_id if len(page) == PAGE else 0

    def _is_at_hand(self, msisdn: str) -> bool:
        """Whether we deliver to the phone already, and may."""
        if self._claims.get(msisdn) != self._exchange.id:
            return False
        return msisdn in self._queues or msisdn in self._later or msisdn in self._unmarked
