"""What flows: messages from phone to phone, and dialogues of one or more steps.

A slot counts as free again only when its work is done in full: a message when it was accepted *and* arrived
at the other phone, a dialogue when its last screen came.  So the window is what is truly in flight, and a
server cannot look fast by answering early and delivering late.
"""

from collections import Counter, deque
from collections.abc import Sequence

from benchmarks import wire
from benchmarks.generator import Link, Slot, Tally

RESPONSE, DELIVERY = 1, 2
MARK = b"bench:"
"""Opens every text; the six digits behind it name the slot it came from."""


def phone_number(link: int, index: int) -> str:
    """The number of a phone on a link: 7925 LL NNNNN, so one prefix tells whose it is."""
    return f"7925{link:02d}{index:05d}"


def address_range(link: int) -> str:
    """What a link binds for: the common prefix of its phones."""
    return f"7925{link:02d}"


class SmsTraffic:
    """Phone A of one link writes to phone B of the next link; `window` messages in flight a link.

    With `delivery` False the server only accepts (a do-nothing peer hands nothing over).
    """

    operations = ("submit_sm", "delivery")

    def __init__(self, links: Sequence[Link], window: int, *, delivery: bool) -> None:
        self.errors: Counter[str] = Counter()
        self.open_units = 0
        self._stopping = False
        self._wanted = RESPONSE | DELIVERY if delivery else RESPONSE
        self._slots: list[Slot] = []
        for number, link in enumerate(links):
            for index in range(window):
                text = MARK + b"%06d a short message to a friend, how are you" % len(self._slots)
                source = phone_number(number, index)
                destination = phone_number((number + 1) % len(links), index)
                template = wire.submit_sm(source, destination, text)
                self._slots.append(Slot(link, source.encode(), (template,)))
        self.next_phase()

    def next_phase(self) -> Tally:
        """See `Traffic`."""
        done = getattr(self, "_tally", Tally(self.operations))
        self._tally = Tally(self.operations)
        self._responses = self._tally.latencies["submit_sm"].counts
        self._deliveries = self._tally.latencies["delivery"].counts
        return done

    def begin(self, now_us: int) -> None:
        """See `Traffic`."""
        for slot in self._slots:
            slot.awaited = self._wanted
            slot.submit(now_us)
        self.open_units = len(self._slots)

    def stop(self) -> None:
        """See `Traffic`."""
        self._stopping = True

    def answered(self, slot: Slot, status: int, now_us: int) -> None:
        """See `Traffic`."""
        if status:
            self.errors[f"submit_sm_resp {status:#010x}"] += 1
            self.open_units -= 1
            return
        self._tally.accepted += 1
        self._responses[now_us - slot.sent_us] += 1
        slot.awaited &= ~RESPONSE
        if not slot.awaited:
            self._finish(slot, now_us)

    def delivered(self, data: bytes, position: int, end: int, now_us: int) -> None:
        """See `Traffic`."""
        at = data.find(MARK, position, end) + len(MARK)
        if at < len(MARK):
            self.errors["a text nobody sent was delivered"] += 1
            return
        slot = self._slots[int(data[at : at + 6])]
        if not slot.awaited & DELIVERY:
            self.errors["delivered twice"] += 1
            return
        self._tally.delivered += 1
        self._deliveries[now_us - slot.sent_us] += 1
        slot.awaited &= ~DELIVERY
        if not slot.awaited:
            self._finish(slot, now_us)

    def _finish(self, slot: Slot, now_us: int) -> None:
        self._tally.units += 1
        self._tally.steps += 1
        if self._stopping:
            self.open_units -= 1
        else:
            slot.awaited = self._wanted
            slot.submit(now_us)


class DialogueTraffic:
    """Phones dial `code` and answer each screen with the next of `inputs`; the last screen must end the
    dialogue and contain `proof`, which tells a done deed from a polite refusal.

    `window` dialogues are open a link; its `phones` numbers take turns, so a subscriber never has two.
    """

    operations = ("submit_sm", "screen", "dialogue")

    def __init__(
        self,
        links: Sequence[Link],
        window: int,
        *,
        code: str,
        inputs: Sequence[str],
        proof: str,
        phones: int,
    ) -> None:
        self.errors: Counter[str] = Counter()
        self._proofs = proof.encode(), proof.encode("utf-16-be")
        self.open_units = 0
        self._stopping = False
        self._window = window
        self._open: dict[bytes, Slot] = {}
        self._resting: dict[Link, deque[Slot]] = {}
        for number, link in enumerate(links):
            self._resting[link] = deque(
                self._phone(link, phone_number(number, index), code, inputs) for index in range(phones)
            )
        self._steps = 1 + len(inputs)
        self.next_phase()

    @staticmethod
    def _phone(link: Link, number: str, code: str, inputs: Sequence[str]) -> Slot:
        dial = wire.submit_sm(number, code, code.encode(), ussd_op=wire.OP_BEGIN)
        answers = (wire.submit_sm(number, code, text.encode(), ussd_op=wire.OP_ANSWER) for text in inputs)
        return Slot(link, number.encode(), (dial, *answers))

    def next_phase(self) -> Tally:
        """See `Traffic`."""
        done = getattr(self, "_tally", Tally(self.operations))
        self._tally = Tally(self.operations)
        self._responses = self._tally.latencies["submit_sm"].counts
        self._screens = self._tally.latencies["screen"].counts
        self._dialogues = self._tally.latencies["dialogue"].counts
        return done

    def begin(self, now_us: int) -> None:
        """See `Traffic`."""
        for resting in self._resting.values():
            for _ in range(self._window):
                self._dial(resting.popleft(), now_us)

    def stop(self) -> None:
        """See `Traffic`."""
        self._stopping = True

    def answered(self, slot: Slot, status: int, now_us: int) -> None:
        """See `Traffic`."""
        if status:
            self.errors[f"submit_sm_resp {status:#010x}"] += 1
            self._close(slot)
            return
        self._tally.accepted += 1
        self._responses[now_us - slot.sent_us] += 1
        slot.awaited &= ~RESPONSE

    def delivered(self, data: bytes, position: int, end: int, now_us: int) -> None:
        """See `Traffic`."""
        number, destination_end = wire.delivered_to(data, position)
        slot = self._open.get(number)
        if slot is None or slot.awaited != DELIVERY:
            self.errors["a screen nobody waits for, or ahead of its submit_sm_resp"] += 1
            return
        op, text = wire.ussd_op_of(data, destination_end, end)
        slot.step += 1
        last = slot.step == self._steps
        if op != (wire.OP_END if last else wire.OP_REQUEST):
            self.errors[f"screen {slot.step}: ussd_service_op {op}"] += 1
            self._close(slot)
            return
        if last and self._proofs[0] not in text and self._proofs[1] not in text:
            self.errors["a last screen with another text"] += 1
        tally = self._tally
        tally.delivered += 1
        tally.steps += 1
        self._screens[now_us - slot.sent_us] += 1
        if not last:
            slot.awaited = RESPONSE | DELIVERY
            slot.submit(now_us)
            return
        tally.units += 1
        self._dialogues[now_us - slot.begun_us] += 1
        self._close(slot)
        if not self._stopping:
            self._dial(self._resting[slot.link].popleft(), now_us)

    def _dial(self, slot: Slot, now_us: int) -> None:
        slot.step = 0
        slot.begun_us = now_us
        slot.awaited = RESPONSE | DELIVERY
        self._open[slot.number] = slot
        self.open_units += 1
        slot.submit(now_us)

    def _close(self, slot: Slot) -> None:
        del self._open[slot.number]
        self.open_units -= 1
        self._resting[slot.link].append(slot)
