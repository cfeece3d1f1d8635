"""What passed on all links, remembered for a while and written to a capture file (`serve --pcap`).

A PDU is captured as it passes, but what its text is becomes known a moment later, when the step or the
message it led to is told (`watch`); so nothing is written before that moment has passed.
"""

import time
from collections import OrderedDict, deque
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ussd_gateway.access.pcap import FILE_HEADER, Captured, Streams
from ussd_gateway.access.tap import Direction
from ussd_gateway.access.veil import veiled
from ussd_gateway.access.whereabouts import Whereabouts
from ussd_gateway.smpp.pdus import Pdu
from ussd_gateway.watch import Happening, StepTaken, Watch

if TYPE_CHECKING:
    from ussd_gateway.access.link import Link

MAX_PDUS = 20_000
MAX_NUMBERS = 10_000
MAX_TEXTS = 50
"""Texts remembered as harmless, of each number."""
MAX_BETWEEN = 300
"""PDUs of all links between a request and its response that still find each other."""
SETTLED_NS = 2_000_000_000
"""So long after a PDU its text is known to be harmless, or it counts as a secret."""


class _Span(NamedTuple):
    """A dialogue: whose, and when its first and its last step were told."""

    msisdn: str
    begun_ns: int
    last_ns: int


class Wire:
    """Remembers the newest PDUs of all links; give `take` to them as `on_pdu`."""

    def __init__(self, watch: Watch, path: Path | None = None) -> None:
        """With a `path` all of it is written there, too; OSError when that cannot be."""
        self._file = path.open("wb") if path is not None else None
        if self._file is not None:
            self._file.write(FILE_HEADER)
        self._streams = Streams()
        self._kept: deque[Captured] = deque(maxlen=MAX_PDUS)
        self.last = 0
        """The number of the newest PDU: they are counted from 1."""
        self.whereabouts = Whereabouts()
        self._unwritten: deque[Captured] = deque()
        self._public: OrderedDict[str, deque[str]] = OrderedDict()
        self._dialogues: OrderedDict[str, _Span] = OrderedDict()
        self._deaf = watch.subscribe(self._told)

    def take(self, link: "Link", direction: Direction, frame: bytes) -> None:
        """A whole PDU passed."""
        captured = Captured(time.time_ns(), link.number, link.host, direction, frame)
        self._kept.append(captured)
        self.last += 1
        if self._file is not None:
            self._unwritten.append(captured)
            self._write(captured.at_ns - SETTLED_NS)

    def settle(self) -> None:
        """Write what is old enough; to be called now and then."""
        self._write(time.time_ns() - SETTLED_NS)
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Write the rest."""
        self._deaf()
        self._write(time.time_ns())
        if self._file is not None:
            self._file.close()

    def since(self, number: int, until_ns: int, limit: int) -> list[tuple[int, Captured]]:
        """The newest PDUs behind this number that passed before an instant; secrets replaced."""
        found: list[tuple[int, Captured]] = []
        for behind, each in enumerate(islice(reversed(self._kept), max(0, self.last - number))):
            if len(found) == limit:
                break
            if each.at_ns <= until_ns:
                found.append((self.last - behind, self.veil(each)))
        return found[::-1]

    def following(self, number: int, until_ns: int, limit: int) -> list[tuple[int, Captured]]:
        """The oldest PDUs behind this number that passed before an instant; secrets replaced."""
        oldest = self.last - len(self._kept) + 1
        first = max(oldest, number + 1)
        behind = islice(self._kept, first - oldest, first - oldest + limit)
        return [
            (place, self.veil(each)) for place, each in enumerate(behind, first) if each.at_ns <= until_ns
        ]

    def one(self, number: int) -> Captured | None:
        """The PDU of this number, secrets replaced; None for one that is not remembered."""
        behind = self.last - number
        if not 0 <= behind < len(self._kept):
            return None
        return self.veil(self._kept[-1 - behind])

    def asked(self, number: int) -> Captured | None:
        """The request that the response of this number answers, as far as it is near; secrets replaced."""
        response = self.one(number)
        if response is None:
            return None
        behind = self.last - number
        for each in islice(reversed(self._kept), behind + 1, behind + 1 + MAX_BETWEEN):
            if (
                each.link == response.link
                and each.direction != response.direction
                and not each.frame[4] & 0x80
                and each.frame[12:16] == response.frame[12:16]
            ):
                return self.veil(each)
        return None

    def of_number(self, msisdn: str) -> list[Captured]:
        """What passed to and from a number, with the answers; secrets replaced."""
        return self._found(msisdn, 0, time.time_ns())

    def of_dialogue(self, dialogue: str) -> list[Captured] | None:
        """What passed while a dialogue went on, to and from its number; None for one nobody knows."""
        span = self._dialogues.get(dialogue)
        if span is None:
            return None
        before = [other.last_ns for other in self._dialogues.values() if other.msisdn == span.msisdn]
        earlier = [last_ns for last_ns in before if last_ns < span.begun_ns]
        # The PDU that began it passed before its first step was told, what ended it was answered after.
        begin_ns = max([*earlier, span.begun_ns - SETTLED_NS])
        return self._found(span.msisdn, begin_ns, span.last_ns + SETTLED_NS)

    def _found(self, msisdn: str, begin_ns: int, end_ns: int) -> list[Captured]:
        number = msisdn.encode()
        asked: set[tuple[int, Direction, bytes]] = set()
        found = []
        for captured in tuple(self._kept):
            if not begin_ns <= captured.at_ns <= end_ns:
                continue
            sequence = captured.frame[12:16]
            back: Direction = "out" if captured.direction == "in" else "in"
            if captured.frame[4] & 0x80:
                wanted = (captured.link, back, sequence) in asked
            else:
                wanted = number in captured.frame[16:]
                if wanted:
                    asked.add((captured.link, captured.direction, sequence))
            if wanted:
                found.append(self.veil(captured))
        return found

    def veil(self, captured: Captured) -> Captured:
        """It without its secrets."""
        return captured._replace(frame=veiled(captured.frame, self._is_public))

    def _is_public(self, pdu: Pdu, text: str) -> bool:
        """Whether the text was told as no secret, of the number the PDU comes from or goes to."""
        ends = (getattr(pdu, "source_addr", ""), getattr(pdu, "destination_addr", ""))
        known = [told for end in ends for told in self._public.get(end.removeprefix("+"), ())]
        if getattr(pdu, "esm_class", 0) & 0x40:  # a part of a long one
            return any(text in told for told in known)
        return text in known

    def _told(self, happening: Happening) -> None:
        if isinstance(happening, StepTaken):
            self._note_dialogue(happening)
            texts = [happening.text, happening.shown]
        else:
            texts = [happening.text]
        if not happening.secret:
            known = self._public.setdefault(happening.msisdn, deque(maxlen=MAX_TEXTS))
            self._public.move_to_end(happening.msisdn)
            known.extend(text for text in texts if text)
            _bound(self._public)

    def _note_dialogue(self, step: StepTaken) -> None:
        now_ns = time.time_ns()
        self.whereabouts.note(step, now_ns)
        known = self._dialogues.pop(step.dialogue, None)
        begun_ns = known.begun_ns if known is not None else now_ns
        self._dialogues[step.dialogue] = _Span(step.msisdn, begun_ns, now_ns)
        _bound(self._dialogues)

    def _write(self, until_ns: int) -> None:
        while self._file is not None and self._unwritten and self._unwritten[0].at_ns <= until_ns:
            self._file.write(self._streams.packets(self.veil(self._unwritten.popleft())))


def _bound(known: OrderedDict[str, Any]) -> None:
    if len(known) > MAX_NUMBERS:
        known.popitem(last=False)
