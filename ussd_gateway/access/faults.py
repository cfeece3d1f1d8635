"""Deliberate misbehaviour towards phones over SMPP, for those who test what stands behind our bind.

A fault waits for a submit it fits and spoils the response, or for a screen and spoils the deliver_sm; the
octets are changed after the session has written them, so that its own books stay right.  While none waits,
nobody looks further than `Faults.active`.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Literal, get_args

from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO

ResponseFault = Literal[
    "drop_response", "late_response", "double_response", "wrong_sequence", "malformed_response",
    "truncated_response", "status", "close",
]  # fmt: skip
"""What may become of the answer to a submit; of these only `status` keeps the request from being done."""
ScreenFault = Literal[
    "no_screen", "delay", "double_screen", "wrong_session", "malformed_screen", "truncated_screen"
]
"""What may become of a screen."""
FaultName = ResponseFault | ScreenFault

RESPONSE_FAULTS = frozenset(get_args(ResponseFault))
MAX_FAULTS = 1000

Pieces = Sequence[tuple[float, bytes]]
"""What goes out instead: after how many seconds, which octets."""
Spoiler = Callable[[bytes], Pieces]


@dataclass(slots=True)
class Fault:
    """One fault that waits for its next `times` occasions (0: until it is removed).

    It fits one account, code or number when they are given.  Of the occasions that fit, it takes each with
    the probability `chance`, drawn from `seed`: the same seed draws the same.
    """

    id: int
    fault: FaultName
    account: str | None = None
    code: str | None = None
    msisdn: str | None = None
    times: int = 1
    delay_s: float = 5.0
    status: int = CommandStatus.RSYSERR
    chance: float = 1.0
    seed: int = 0
    hits: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def fits(self, account: str, msisdn: str, codes: Sequence[str]) -> bool:
        """Whether this occasion is one of its own; the dice are thrown last."""
        if self.account not in (None, account) or self.msisdn not in (None, msisdn):
            return False
        if self.code is not None and not any(_below(self.code, each) for each in codes):
            return False
        return self.chance >= 1 or self.dice.random() < self.chance


class Faults:
    """All faults that wait."""

    def __init__(self) -> None:
        self.active = False
        """Whether any does; look here first."""
        self._waiting: dict[int, Fault] = {}
        self._ids = count(1)

    def add(self, fault: FaultName, **settings: object) -> Fault:
        """Let it wait; `settings` are further fields of `Fault`.  ValueError when there are too many."""
        if len(self._waiting) >= MAX_FAULTS:
            raise ValueError(f"there are {MAX_FAULTS} faults already")
        made = Fault(next(self._ids), fault, **settings)  # type: ignore[arg-type]
        made.dice.seed(made.seed)
        self._waiting[made.id] = made
        self.active = True
        return made

    def all(self) -> list[Fault]:
        """Those that wait, oldest first."""
        return list(self._waiting.values())

    def remove(self, fault_id: int) -> bool:
        """Wait no more; False when it did not."""
        found = self._waiting.pop(fault_id, None)
        self.active = bool(self._waiting)
        return found is not None

    def clear(self) -> int:
        """Remove all; how many there were."""
        removed = len(self._waiting)
        self._waiting.clear()
        self.active = False
        return removed

    def for_response(self, account: str, msisdn: str, codes: Sequence[str]) -> Fault | None:
        """The fault that this submit meets."""
        return self._take(account, msisdn, codes, of_response=True)

    def for_screen(self, account: str, msisdn: str, code: str) -> Fault | None:
        """The fault that this screen meets."""
        return self._take(account, msisdn, [code], of_response=False)

    def _take(self, account: str, msisdn: str, codes: Sequence[str], *, of_response: bool) -> Fault | None:
        for fault in self._waiting.values():
            if (fault.fault in RESPONSE_FAULTS) is of_response and fault.fits(account, msisdn, codes):
                fault.hits += 1
                if fault.hits == fault.times:
                    self.remove(fault.id)
                return fault
        return None


def _below(code: str, dialled: str) -> bool:
    """Whether what was dialled is the code or continues it: `*105*1#` is below `*105#`."""
    stem = code.removesuffix("#")
    return dialled.startswith(stem) and dialled[len(stem) : len(stem) + 1] in ("", "*", "#")


# ---------------------------------------------------------------- octets


def spoiler(fault: Fault) -> Spoiler:
    """What the fault does to the octets of one PDU."""
    match fault.fault:
        case "late_response":
            return lambda octets: [(fault.delay_s, octets)]
        case "double_response":
            return lambda octets: [(0, octets), (0, octets)]
        case "wrong_sequence":
            return lambda octets: [(0, _with_another_sequence(octets))]
        case "malformed_response" | "malformed_screen":
            return lambda octets: [(0, _malformed(octets))]
        case "truncated_response" | "truncated_screen":
            return lambda octets: [(0, octets[: len(octets) // 2])]
    return lambda octets: []


def _with_another_sequence(octets: bytes) -> bytes:
    """The answer to a request that nobody sent (SMPP 3.4 §5.1.4)."""
    sequence = int.from_bytes(octets[12:16], "big") ^ 0x40000000
    return octets[:12] + sequence.to_bytes(4, "big") + octets[16:]


def _malformed(octets: bytes) -> bytes:
    """A PDU of the right length whose fields end in the middle."""
    body = octets[16 : 16 + (len(octets) - 16) // 2]
    return (16 + len(body)).to_bytes(4, "big") + octets[4:16] + body


def with_another_session(tlvs: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """The same TLVs with the number of another dialogue, the end bit left as it is."""
    return [
        (tag, bytes([value[0] ^ 0x55, *value[1:]])) if tag == ITS_SESSION_INFO.tag and value else (tag, value)
        for tag, value in tlvs
    ]
