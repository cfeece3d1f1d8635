"""Deliberate misbehaviour towards those who bind to us, for those who test what stands behind that bind.

A fault waits for an occasion it fits: a request of the peer, something we deliver, the end of a message.
Some wait because somebody asked for them (API, scripts), others stand in the profile of an account.  While
there is none, nobody looks further than `Faults.active`.

The dice are no stream that whoever comes first drinks from: the n-th throw about a number depends on the
seed, the rule and n alone.  So a run is the same again with the same seed, however phones beside each other
interleave.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count

from ussd_gateway.access.budgets import Budget
from ussd_gateway.access.fault_delays import Delay
from ussd_gateway.access.fault_rules import (
    FaultProfile,
    FaultRule,
    Kind,
    ReceiptState,
    shipped_profiles,
)
from ussd_gateway.access.scheduler import Scheduler
from ussd_gateway.clock import Clock, SystemClock
from ussd_gateway.msisdn import NumberingPlan

MAX_FAULTS = 1000
MAX_NUMBERS = 100_000
"""Numbers of which a rule remembers how often it threw the dice."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a rule is held against; `codes` are what may be a service code or a short number in it."""

    account: str
    kind: Kind
    msisdn: str = ""
    codes: tuple[str, ...] = ()
    destination: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Met:
    """The rule that an occasion met, and its throw, above 0 and below 1."""

    rule: FaultRule
    share: float

    def ms(self, delay: Delay) -> int:
        """How long it takes this time, milliseconds."""
        return delay.draw_ms(self.share)


@dataclass(frozen=True, slots=True)
class FailedReceipt:
    """How a message ends that is not to arrive: the state and error code of its receipt."""

    state: ReceiptState
    error: int


class Fault:
    """One rule at work; `hits` counts how often it happened."""

    __slots__ = (
        "_budget", "_kinds", "_name", "_seed", "_text", "_throws", "_to", "family", "hits", "id", "rule",
    )  # fmt: skip

    def __init__(self, fault_id: int, rule: FaultRule, *, seed: int = 0, place: int = 0) -> None:
        """`place` among the rules of a profile, so that two alike do not throw the same."""
        self.id = fault_id
        self.rule = rule
        self.family = rule.family
        self.hits = 0
        self._kinds = rule.kinds
        self._seed = seed if rule.seed is None else rule.seed
        self._name = f"{place}|{rule.fault}|{rule.on}|{rule.status}|{rule.account}|{rule.code}|{rule.state}"
        self._throws: OrderedDict[str, int] = OrderedDict()
        self._to = _pieces(rule.destination)
        self._text = _pieces(rule.text)
        self._budget = None
        if rule.above_per_s is not None:
            capacity = max(1.0, rule.above_per_s)
            self._budget = Budget(capacity=capacity, refill_per_s=rule.above_per_s)

    @property
    def over(self) -> bool:
        """Whether it has happened as often as it was to."""
        return 0 < self.rule.times <= self.hits

    def meet(self, occasion: Occasion, now_s: float) -> Met | None:
        """Take this occasion, if it is one of its own and the dice say so."""
        if not self._fits(occasion):
            return None
        if self._budget is not None and self._budget.has(occasion.account, now_s):
            self._budget.spend(occasion.account, now_s)
            return None
        chance, share = self._throw(occasion.msisdn)
        if chance >= self.rule.chance:
            return None
        self.hits += 1
        return Met(self.rule, share)

    def _fits(self, occasion: Occasion) -> bool:
        rule = self.rule
        return (
            occasion.kind in self._kinds
            and rule.account in (None, occasion.account)
            and rule.msisdn in (None, occasion.msisdn)
            and (rule.code is None or any(_below(rule.code, each) for each in occasion.codes))
            and (self._to is None or _matches(self._to, occasion.destination))
            and (self._text is None or _matches(self._text, occasion.text))
        )

    def _throw(self, number: str) -> tuple[float, float]:
        """Two numbers above 0 and below 1."""
        before = self._throws.pop(number, 0)
        self._throws[number] = before + 1
        if len(self._throws) > MAX_NUMBERS:
            self._throws.popitem(last=False)
        asked = f"{self._seed}|{self._name}|{number}|{before}".encode()
        thrown = blake2b(asked, digest_size=12).digest()
        first, second = int.from_bytes(thrown[:6], "big"), int.from_bytes(thrown[6:], "big")
        return (first + 0.5) / 2**48, (second + 0.5) / 2**48


@dataclass(frozen=True, slots=True)
class InUse:
    """The profiles of one account, their rules at work, and the seed."""

    names: tuple[str, ...]
    seed: int
    faults: tuple[Fault, ...]

    def hits(self) -> dict[str, int]:
        """How often each fault happened; those that did."""
        counted: Counter[str] = Counter()
        for fault in self.faults:
            counted[fault.rule.fault] += fault.hits
        return dict(+counted)


class Faults:
    """All faults that wait, and the profiles of accounts."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        plan: NumberingPlan | None = None,
        profiles: Mapping[str, FaultProfile] | None = None,
    ) -> None:
        """`profiles` beside those that come with the gateway; `plan` reads numbers of phones."""
        self.active = False
        """Whether there is any; look here first."""
        self.plan = plan or NumberingPlan()
        self.profiles: Mapping[str, FaultProfile] = {**shipped_profiles(), **(profiles or {})}
        self.scheduler: Scheduler | None = None
        """What waits for late things, on the gateway's clock; without it, the loop."""
        self._clock = clock or SystemClock()
        self._waiting: dict[int, Fault] = {}
        self._in_use: dict[str, InUse] = {}
        self._ids = count(1)

    # ------------------------------------------------------------ faults that wait

    def add(self, rule: FaultRule) -> Fault:
        """Let it wait.  ValueError when there are too many."""
        if len(self._waiting) >= MAX_FAULTS:
            raise ValueError(f"there are {MAX_FAULTS} faults already")
        made = Fault(next(self._ids), rule)
        self._waiting[made.id] = made
        self.active = True
        return made

    def all(self) -> list[Fault]:
        """Those that wait, oldest first."""
        return list(self._waiting.values())

    def remove(self, fault_id: int) -> bool:
        """Wait no more; False when it did not."""
        found = self._waiting.pop(fault_id, None)
        self._look()
        return found is not None

    def clear(self) -> int:
        """Remove all that wait; how many there were.  Profiles stay."""
        removed = len(self._waiting)
        self._waiting.clear()
        self._look()
        return removed

    # ------------------------------------------------------------ profiles

    def use(self, account: str, names: Iterable[str], seed: int = 0) -> None:
        """From now on an account has these profiles, one behind the other, and their dice begin anew.

        KeyError for a name that is not among `profiles`.
        """
        names = tuple(names)
        rules = [rule for name in names for rule in self.profiles[name].rules]
        own = f"{account}|{seed}"
        faults = tuple(Fault(0, rule, seed=_seed(own), place=place) for place, rule in enumerate(rules))
        self._in_use[account] = InUse(names, seed, faults)
        self._look()

    @property
    def in_use(self) -> Mapping[str, InUse]:
        """The accounts, each with what it has."""
        return self._in_use

    def _look(self) -> None:
        self.active = bool(self._waiting) or any(each.faults for each in self._in_use.values())

    # ------------------------------------------------------------ occasions

    def for_response(self, occasion: Occasion) -> Met | None:
        """What becomes of the answer to a request of the peer."""
        return self._meet("response", occasion)

    def for_screen(self, occasion: Occasion) -> Met | None:
        """What becomes of something that we deliver to the peer."""
        return self._meet("screen", occasion)

    def receipt_outcome(
        self, account: str, source: str, destination: str, text: str = ""
    ) -> FailedReceipt | None:
        """How a message of this account is to end, if it is not to arrive; to be asked once a message.

        `source`, `destination`: the addresses as they were submitted.
        """
        if not self.active:
            return None
        msisdn = self.plan.parse(destination) or destination
        occasion = Occasion(account, "sms", msisdn, (source, destination), destination, text)
        met = self._meet("end", occasion)
        return FailedReceipt(met.rule.state, met.rule.error) if met is not None else None

    def later(self, delay_ms: int, callback: Callable[[], None]) -> None:
        """Call it when so much time has passed on the gateway's clock."""
        if self.scheduler is None:
            asyncio.get_running_loop().call_later(delay_ms / 1000, callback)
        else:
            self.scheduler.call_at(self._clock.now_ms() + delay_ms, callback)

    def _meet(self, family: str, occasion: Occasion) -> Met | None:
        now_s = self._clock.now_ms() / 1000
        for fault in self.all():
            if fault.family == family and (met := fault.meet(occasion, now_s)) is not None:
                if fault.over:
                    self.remove(fault.id)
                return met
        used = self._in_use.get(occasion.account)
        for fault in used.faults if used is not None else ():
            if fault.family == family and not fault.over:
                met = fault.meet(occasion, now_s)
                if met is not None:
                    return met
        return None


def _seed(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _below(code: str, dialled: str) -> bool:
    """Whether what was dialled is the code or continues it: `*105*1#` is below `*105#`."""
    stem = code.removesuffix("#")
    return dialled.startswith(stem) and dialled[len(stem) : len(stem) + 1] in ("", "*", "#")


def _pieces(pattern: str | None) -> list[str] | None:
    """What stands between the stars."""
    return pattern.casefold().split("*") if pattern is not None else None


def _matches(pieces: Sequence[str], text: str) -> bool:
    """Whether the pieces stand in the text one behind another, with anything at the stars between them."""
    text = text.casefold()
    first, *rest = pieces
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    at = len(first)
    for piece in rest[:-1]:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return text.endswith(rest[-1]) and len(text) - len(rest[-1]) >= at
