"""Runs a load: begins conversations when they are due, hands them what their phones hear, counts.

    Plan.instants -> due -> (limit, free phone) -> Conversation over one of the binds -> Tally

A conversation that must wait for its turn keeps the instant at which it was due: its first answer is measured
from there.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from ussd_gateway.phone.events import SmsArrived
from ussd_gateway.replay.load.arrivals import Plan, turns
from ussd_gateway.replay.load.casts import Casts, default_phones
from ussd_gateway.replay.load.conversation import Conversation
from ussd_gateway.replay.load.lean import LeanScript
from ussd_gateway.replay.load.link import Link, Target
from ussd_gateway.replay.load.tally import Point, Tally
from ussd_gateway.smpp.constants import EsmClass, ServiceType
from ussd_gateway.smpp.pdus import DataSm, DeliverSm
from ussd_gateway.smpp.tlvs import USSD_SERVICE_OP
from ussd_gateway.sms.concat import Reassembler, read_piece

SWEEP_S = 0.1
"""How often it is looked whose time is over."""
POINT_S = 1.0


class Load:
    """One load, from `open` to `close`; `run` between them."""

    def __init__(
        self,
        scripts: Sequence[LeanScript],
        plan: Plan,
        target: Target,
        *,
        phones: Sequence[str] = (),
        told: Callable[[Point, Tally], None] = lambda point, tally: None,
    ) -> None:
        """`phones` go before those that data rows name; `told` hears of each second."""
        self.plan = plan
        self.tally = Tally([script.lines for script in scripts])
        self.answer_s = plan.answer_s
        self.lost_reason: str | None = None
        self.interrupted = False
        self.elapsed_s = 0.0
        self._scripts = scripts
        self._turns = turns([script.script.weight for script in scripts])
        shared = deque(phones or default_phones())
        self._casts = [Casts(script, shared, only_shared=bool(phones)) for script in scripts]
        self._turns = _turns([script.script.weight for script in scripts])
        self._target = target
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._links: list[Link] = []
        self._active: dict[str, Conversation] = {}
        self._dialogues: dict[str, int] = {}
        self._waiting: deque[float] = deque()
        self._instants = plan.instants()
        self._next_s: float | None = None
        self._begun = 0
        self._began_s = self._ended_s = 0.0
        self._arriving = False
        self._catching_up = False
        self._reassembler = Reassembler()
        self._done = asyncio.Event()

    @property
    def phones(self) -> int:
        """How many numbers may be played."""
        return len(set().union(*(casts.phones() for casts in self._casts)))

    async def open(self) -> None:
        """Bind; raises NoLink when not all binds are granted."""
        for _ in range(self._target.binds):
            link = Link(self._target, self)
            self._links.append(link)
            await link.open()

    async def run(self) -> None:
        """Until the last conversation has ended, the links are lost or `stop` is called."""
        self._began_s = self._ended_s = self._loop.time()
        self._arriving = True
        self._next_s = self._due()
        self._arrive()
        sweeper = asyncio.create_task(self._sweep())
        try:
            await self._done.wait()
        finally:
            sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await sweeper
        self.elapsed_s = self._ended_s - self._began_s
        self._mark(self._ended_s)

    def stop(self) -> None:
        """Begin nothing any more, and leave what is open: phones hang up."""
        if self._done.is_set():
            return
        self.interrupted = True
        self._give_up()

    async def close(self) -> None:
        """Let the last hang-ups be acknowledged, and unbind."""
        await asyncio.gather(*(link.close() for link in self._links))

    # ------------------------------------------------------------ beginnings

    def _due(self) -> float | None:
        instant_s = next(self._instants, None)
        return None if instant_s is None else self._began_s + instant_s

    def _arrive(self) -> None:
        """Begin whatever is due by now."""
        if not self._arriving:
            return
        now_s = self._loop.time()
        tally = self.tally
        while self._next_s is not None and self._next_s <= now_s:
            due_s, self._next_s = self._next_s, self._due()
            if self._waiting or not self._begin(due_s, now_s):
                tally.counts.waited += 1
                self._waiting.append(due_s)
            else:
                tally.late.add(int((now_s - due_s) * 1e6))
        if self._next_s is not None:
            self._loop.call_at(self._next_s, self._arrive)
        else:
            self._arriving = False
            self._end_if_over()

    def _begin(self, due_s: float, now_s: float) -> bool:
        """Begin one; False when it must wait."""
        if len(self._active) >= self.plan.limit:
            return False
        index = self._turns[self._begun % len(self._turns)]
        cast = self._casts[index].take(self._active)
        if cast is None:  # the phones of this script are all busy: somebody else's turn
            taken = ((other, casts.take(self._active)) for other, casts in enumerate(self._casts))
            index, cast = next((each for each in taken if each[1] is not None), (index, None))
            if cast is None:
                return False
        alive = [link for link in self._links if link.alive]
        link = alive[self._begun % len(alive)]
        dialogue = self._dialogues.get(cast.msisdn, self._begun % 0x7FFF)
        self._begun += 1
        self.tally.counts.begun += 1
        self.tally.by_script[index].begun += 1
        lean = self._scripts[index]
        conversation = Conversation(self, index, lean, cast, link, dialogue, due_s)
        self._active[cast.msisdn] = conversation
        conversation.go_on(now_s, base_s=due_s)
        return True

    def _catch_up(self, now_s: float) -> None:
        """Begin those that waited, as far as there is room; what ends at once makes room for the next."""
        if self._catching_up:
            return
        self._catching_up = True
        try:
            while self._waiting and self._begin(self._waiting[0], now_s):
                due_s = self._waiting.popleft()
                self.tally.waits.add(int((now_s - due_s) * 1e6))
        finally:
            self._catching_up = False

    # ------------------------------------------------------------ what conversations tell

    def finished(self, conversation: Conversation, now_s: float) -> None:
        """See `conversation.Generator`."""
        del self._active[conversation.msisdn]
        self._dialogues[conversation.msisdn] = conversation.dialogue
        if not conversation.failed:
            counts = self.tally.counts
            counts.passed += 1
            self.tally.by_script[conversation.script].passed += 1
            self.tally.dialogues.add(int((now_s - conversation.intended_s) * 1e6))
        self._ended_s = now_s
        if self._waiting:
            self._catch_up(now_s)
        self._end_if_over()

    def wake_at(self, conversation: Conversation, at_s: float) -> None:
        """See `conversation.Generator`."""
        self._loop.call_at(at_s, self._wake, conversation)

    def _wake(self, conversation: Conversation) -> None:
        conversation.go_on(self._loop.time())

    # ------------------------------------------------------------ what links tell

    def heard(self, pdu: DeliverSm | DataSm, link: Link, now_s: float) -> None:
        """See `link.Ears`."""
        number = pdu.destination_addr
        conversation = self._active.get(number) or self._active.get(number.lstrip("+"))
        op = USSD_SERVICE_OP.octets(pdu)
        if op or pdu.service_type == ServiceType.USSD:
            if conversation is None:
                self.tally.counts.strays += 1
            else:
                conversation.heard(pdu, op, now_s)
        elif not pdu.esm_class & EsmClass.TYPE_MASK:  # anything else there is a receipt
            piece = read_piece(pdu)
            text = self._reassembler.add(number, piece, int(now_s * 1000))
            if text is None:
                return
            if conversation is None:
                self.tally.counts.strays += 1
            else:
                parts = piece.key.total if piece.key else 1
                conversation.took(SmsArrived(pdu.source_addr, text, parts), now_s)

    def lost(self, link: Link, reason: str) -> None:
        """See `link.Ears`."""
        now_s = self._loop.time()
        alive = any(each.alive for each in self._links)
        if not alive:
            self.lost_reason = reason
            self._arriving = False
            self._waiting.clear()
        for conversation in [each for each in self._active.values() if each.link is link]:
            conversation.fail(now_s, f"connection lost: {reason}")
        if not alive:
            self._give_up()

    # ------------------------------------------------------------ time and the end

    async def _sweep(self) -> None:
        point_s = self._began_s + POINT_S
        while True:
            await asyncio.sleep(SWEEP_S)
            now_s = self._loop.time()
            for conversation in [each for each in self._active.values() if each.deadline_s <= now_s]:
                conversation.too_late(now_s)
            for link in self._links:
                link.tick(now_s, self.answer_s)
            if now_s >= point_s:
                self._mark(now_s)
                point_s += POINT_S

    def _mark(self, now_s: float) -> None:
        point = self.tally.mark(now_s - self._began_s, open_now=len(self._active), waiting=len(self._waiting))
        self._told(point, self.tally)

    def _give_up(self) -> None:
        self._arriving = False
        self._next_s = None
        self._waiting.clear()
        for conversation in self._active.values():
            conversation.ended = True
            conversation.hang_up()
        self.tally.counts.unfinished += len(self._active)
        self._active.clear()
        self._ended_s = self._loop.time()
        self._done.set()

    def _end_if_over(self) -> None:
        if not (self._arriving or self._waiting or self._active):
            self._done.set()


def _turns(weights: Sequence[int]) -> list[int]:
    """Whose turn it is, over and over: each script as often as it weighs, spread as evenly as can be."""
    turns, owed = [], [0] * len(weights)
    total = sum(weights)
    for _ in range(total):
        owed = [credit + weight for credit, weight in zip(owed, weights, strict=True)]
        index = owed.index(max(owed))
        owed[index] -= total
        turns.append(index)
    return turns
