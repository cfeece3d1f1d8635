"""What must happen though nobody asks: time goes on for sleeping accounts, orders are carried out.

    store.due            -> settle the account, in the lane of its number
    store.orders_pending -> perform the action on the target's account, else the refund on the origin's
                         -> or write the document into the mailbox

Everything has a key of its own (`settle:{number}:{instant}:{version}`, `order:{id}`, `refund:{id}`), so what
was begun before a crash, or by another gateway at the same time, is done once.  So that gateways on one store
do not all begin the same, each looks after its share of the numbers, and those that live share anew when one
dies; an order is carried out at once by the gateway that left it.  A clock that jumps makes a longer round.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple, Protocol, TypeVar

import structlog

from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.rules.base import Happening
from ussd_gateway.billing.store import Order, OrderState, Store
from ussd_gateway.billing.subscribers import UnknownSubscriber
from ussd_gateway.clock import Clock, MovableClock
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.gateway import Gateway
from ussd_gateway.msisdn import mask
from ussd_gateway.papers import WRITERS
from ussd_gateway.service import Service
from ussd_gateway.vocabulary import Value

T = TypeVar("T")

BATCH = 2_000
"""Accounts and orders looked up together."""
AT_ONCE = 256
"""How many of them are under way at a time."""
MOST_HALTS = 100_000
"""Orders that are looked through for the instants they wait for."""
SET_ASIDE_MS = 60_000
"""How long something that failed is left alone before the next try."""
TOLD = 200
"""Happenings a report tells one by one; of the rest it gives the number."""

log = structlog.get_logger(__name__)


class LaneRunner(Protocol):
    """Runs the work of one number strictly in order (`access.lanes.Lanes`)."""

    def run(self, key: str, work: Coroutine[Any, Any, object]) -> None: ...


class MailboxPort(Protocol):
    """Where documents go (`storage.mailbox.Mailbox`)."""

    async def put(self, address: str, name: str, content: bytes, document_id: str) -> None: ...


class Line(NamedTuple):
    """One thing that happened: when, to whom, what, and a few words about it."""

    at_ms: int
    msisdn: str
    what: str
    params: Mapping[str, Value]


@dataclass(slots=True)
class Report:
    """What happened while somebody watched: how often each thing, and the first of them one by one."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: list[Line] = field(default_factory=list)

    def add(self, line: Line) -> None:
        self.counts[line.what] += 1
        if len(self.lines) < TOLD:
            self.lines.append(line)


class Jobs:
    """Works in rounds: until nothing is due any more, then sleeps until `wake`."""

    def __init__(
        self,
        gateway: Gateway,
        store: Store,
        lanes: LaneRunner,
        clock: Clock,
        mailbox: MailboxPort,
        *,
        share: Callable[[str], bool] = lambda msisdn: True,
    ) -> None:
        """`share` says whether an account is ours to look after (else another gateway's)."""
        self._share = share
        self._whole = False
        self._gateway = gateway
        self._store = store
        self._lanes = lanes
        self._clock = clock
        self._mailbox = mailbox
        self._round: asyncio.Task[None] | None = None
        self._again = False
        self._stopped = False
        self._aside: dict[str, int] = {}
        self._trouble: StoreUnavailable | None = None
        self._watchers: list[Report] = []
        self._carried_out = _nothing_carried_out()

    @property
    def set_aside(self) -> int:
        """How many things failed and wait for another try."""
        return len(self._aside)

    def wake_for_orders(self) -> None:
        """We have just left orders: carry them out, whoever's accounts they concern."""
        self._whole = True
        self.wake()

    def wake(self) -> None:
        """See soon whether something is due; cheap, and harmless while a round is under way."""
        self._again = True
        if self._round is None and not self._stopped:
            self._round = asyncio.get_running_loop().create_task(self._run())

    async def catch_up(self) -> None:
        """Return when nothing is due any more, whoever's share it is; StoreUnavailable when it stays due."""
        self._whole = True
        self.wake()
        while self._round is not None:
            await asyncio.wait([self._round])
        if self._trouble is not None:
            raise self._trouble

    async def pass_time(self, clock: MovableClock, until_ms: int) -> None:
        """Move the clock to an instant and do all that comes due on the way.

        ValueError for a step back; StoreUnavailable leaves the clock where something is still to be done.
        It halts wherever an order waits for its time: what time does to an account has an instant of its own,
        however late it is looked at, but an order is carried out when the clock says so.
        """
        if until_ms < clock.now_ms():
            raise ValueError("the clock moves forward only")
        while True:
            waiting = await self._store.orders_pending(until_ms, MOST_HALTS)
            halts = [order.not_before_ms for order in waiting if order.not_before_ms > clock.now_ms()]
            clock.advance(max(0, min(halts, default=until_ms) - clock.now_ms()))
            await self.catch_up()
            if not halts:
                return

    @contextmanager
    def watch(self) -> Iterator[Report]:
        """A report of all that happens meanwhile."""
        report = Report()
        self._watchers.append(report)
        try:
            yield report
        finally:
            self._watchers = [watcher for watcher in self._watchers if watcher is not report]

    async def stop(self) -> None:
        """Finish what is in hand and begin nothing more."""
        self._stopped = True
        if self._round is not None:
            await asyncio.wait([self._round])

    # ------------------------------------------------------------ a round

    async def _run(self) -> None:
        self._trouble = None
        try:
            while self._again:
                self._again = False
                while await self._batch():
                    if self._stopped:
                        return
        except StoreUnavailable as error:
            self._trouble = error
            log.warning("jobs wait for the store", error=str(error))
        except Exception:
            log.exception("jobs failed")
        finally:
            self._round = None
            self._whole = False

    async def _batch(self) -> bool:
        """Do what is due now, at most so much of it; False when there is nothing."""
        now_ms = self._clock.now_ms()
        self._aside = {key: until_ms for key, until_ms in self._aside.items() if until_ms > now_ms}
        limit = BATCH + len(self._aside)
        due = [
            number
            for number in await self._store.due(now_ms, limit)
            if number not in self._aside and (self._whole or self._share(number))
        ]
        orders = [
            order
            for order in await self._store.orders_pending(now_ms, limit)
            if order.order_id not in self._aside and (self._whole or self._share(order.origin))
        ]
        work = chain(
            (self._try(number, self._settle(number)) for number in due),
            (self._try(order.order_id, self._carry_out(order)) for order in orders),
        )
        # As one is done the next begins: decisions go on while the store writes, and nobody else waits long.
        at_once = min(AT_ONCE, len(due) + len(orders))
        await asyncio.gather(*(self._each(work) for _ in range(at_once)))
        if self._trouble is not None:
            raise self._trouble
        await self._mark()
        return bool(due or orders)

    async def _each(self, work: Iterator[Awaitable[None]]) -> None:
        # Without the store nothing more is begun, and what was begun is waited for: a round leaves nothing
        # behind that would go on at another time.
        while self._trouble is None and (one := next(work, None)) is not None:
            await one

    async def _mark(self) -> None:
        """Note what became of the orders of a batch together: one flush for all.

        Those a crash leaves unnoted are carried out again under their keys, which changes nothing.
        """
        carried_out, self._carried_out = self._carried_out, _nothing_carried_out()
        for state, order_ids in carried_out.items():
            if order_ids:
                await self._store.mark_orders(order_ids, state, self._clock.now_ms())

    async def _try(self, key: str, work: Awaitable[bool]) -> None:
        """Do one thing; when it fails or gets nowhere, leave it alone for a while."""
        try:
            if await work:
                return
        except StoreUnavailable as error:
            self._trouble = error
            return
        except Exception:
            log.exception("job failed", job=mask(key) if key.isdigit() else "order")
        self._aside[key] = self._clock.now_ms() + SET_ASIDE_MS

    async def _in_lane(self, msisdn: str, work: Coroutine[Any, Any, T]) -> T:
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def run() -> None:
            try:
                result = await work
            except Exception as error:  # whatever it is, it is the round's to answer
                answer.set_exception(error)
            else:
                answer.set_result(result)

        self._lanes.run(msisdn, run())
        return await answer

    def _tell(self, line: Line) -> None:
        for watcher in self._watchers:
            watcher.add(line)

    # ------------------------------------------------------------ time

    async def _settle(self, msisdn: str) -> bool:
        """Let an account catch up with the time; whether that got it anywhere."""
        before_ms, after_ms = await self._in_lane(msisdn, self._settle_now(msisdn))
        return after_ms != before_ms or after_ms == 0

    async def _settle_now(self, msisdn: str) -> tuple[int, int]:
        account = await self._store.account(msisdn)
        if account is None or not 0 < account.due_ms <= self._clock.now_ms():
            # Somebody who used the account has settled it meanwhile.
            return 0, 0
        # The version too: a system clock that is put back may bring the same instant again.
        key = f"settle:{msisdn}:{account.due_ms}:{account.version}"
        # The draft settles by itself; there is nothing else to do in it.
        for event in await self._gateway.carry_out(msisdn, key=key, request="settle", work=_happened):
            self._tell(Line(event.at_ms, msisdn, event.name, event.decision.outcome.params))
        after = await self._store.account(msisdn)
        return account.due_ms, after.due_ms if after else 0

    # ------------------------------------------------------------ orders

    async def _carry_out(self, order: Order) -> bool:
        now_ms = self._clock.now_ms()
        if order.kind == "mail":
            paper = await WRITERS[order.action](order, self._store, self._gateway.service.catalogue)
            await self._mailbox.put(order.target, paper.name, paper.content, order.order_id)
            self._tell(Line(now_ms, order.origin, "mail", {"document": order.action}))
        elif not await self._perform(order, order.target, order.action, f"order:{order.order_id}"):
            if order.refund is not None:
                refunded = await self._perform(order, order.origin, order.refund, f"refund:{order.order_id}")
                if not refunded:
                    log.error("refund refused", action=order.refund, msisdn=mask(order.origin))
            self._carried_out["refunded"].append(order.order_id)
            return True
        self._carried_out["done"].append(order.order_id)
        return True

    async def _perform(self, order: Order, msisdn: str, action: str, key: str) -> bool:
        """Perform an action for an order, once; whether it was done."""
        try:
            performed = await self._in_lane(
                msisdn,
                self._gateway.perform(
                    msisdn, action, order.args, key=key, request=order.order_id, remember=True
                ),
            )
        except UnknownSubscriber:
            return False
        if performed.outcome.name == "done":
            self._tell(Line(self._clock.now_ms(), msisdn, action, performed.outcome.params))
            return True
        return False


def _nothing_carried_out() -> dict[OrderState, list[str]]:
    return {"done": [], "refunded": []}


async def _happened(service: Service, draft: Draft) -> list[Happening]:
    return draft.happened
