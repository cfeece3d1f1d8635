"""Plays scripts against a lab: a run for each data row, an outcome for each step.

    Script, row -> phones switched on -> setup -> steps, one after another -> Run

A run ends with its first step that fails or cannot be performed; what comes after it in the script is not
performed.  Whoever is told of outcomes (`reporter`) is told at once, secrets masked.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ussd_gateway.errors import GatewayError
from ussd_gateway.replay.bodies import Assert, OfPhone
from ussd_gateway.replay.lab import Lab
from ussd_gateway.replay.reporter import Reporter
from ussd_gateway.replay.script import Branch, Include, Repeat, Script, Set, Step
from ussd_gateway.replay.stage import Act, CannotPerform, Failed, NotChecked, Stage, describe, ledger_line
from ussd_gateway.replay.summary import summary
from ussd_gateway.replay.suspects import hide_unreached, reveals
from ussd_gateway.replay.variables import (
    Secrets,
    VariableError,
    Variables,
    begin,
    number_of,
    shown,
)
from ussd_gateway.replay.verbs import VERBS
from ussd_gateway.replay.verdict import Difference, Happening, Outcome, Run, Verdict

CONNECT = "connect"
"""Stands for a verb in the outcome of a run that found no gateway."""


class Unreachable(GatewayError):
    """The phones of a run could not be switched on: there is no gateway, or it does not want them."""


async def replay(
    scripts: Sequence[Script], lab: Lab, reporter: Reporter, *, realtime: bool = False
) -> Verdict:
    """Play all runs of all scripts, one after another; raises Unreachable when that is so from the start.

    With `realtime` a `wait` really waits where the gateway's clock cannot be moved.
    """
    verdict = Verdict(lab.via)
    runs = [(script, row, index) for script in scripts for index, row in enumerate(script.rows, 1)]
    for number, (script, row, index) in enumerate(runs, 1):
        play = Play(script, row, index, lab, reporter, realtime=realtime)
        verdict.runs.append(play.run)
        reporter.run_started(play.run, number, len(runs))
        try:
            await play.perform()
        except Unreachable as error:
            if number == 1:
                raise
            play.could_not_connect(error)  # it was there before: what was found out is worth a report
        reporter.run_finished(play.run)
    reporter.finished(verdict)
    return verdict


@dataclass(slots=True)
class Strand:
    """One after another: who acts, what variables mean, where the outcomes go."""

    variables: Variables
    phone: str
    outcomes: list[Outcome]
    depth: int = 0
    alone: bool = True

    def deeper(self, variables: Variables | None = None, phone: str | None = None) -> "Strand":
        """The same, one level further in."""
        return replace(
            self,
            variables=variables or self.variables,
            phone=phone or self.phone,
            depth=self.depth + 1,
        )


class Play:
    """One run of a script."""

    def __init__(
        self,
        script: Script,
        row: Mapping[str, str],
        index: int,
        lab: Lab,
        reporter: Reporter,
        *,
        realtime: bool = False,
    ) -> None:
        """`index`: the number of the row, from 1."""
        self._script = script
        self._row = row
        self._lab = lab
        self._reporter = reporter
        secrets = Secrets(script.secrets)
        for name, value in row.items():
            secrets.learn(name, value)
        self.run = Run(script.name, script.file_name, index, shown(row, secrets))
        self._stage = Stage(script, lab, secrets, realtime)
        revealing = [step for step in (*script.setup, *script.steps) if reveals(step, secrets)]
        self._last_revealing = revealing[-1] if revealing else None

    async def perform(self) -> Run:
        """Setup and steps; raises Unreachable when the phones cannot be switched on."""
        script, run, stage = self._script, self.run, self._stage
        started_s = time.monotonic()
        try:
            variables = begin(script, self._row, stage.secrets)
            run.phones = {variables.get(name) or "": name for name in script.phones}
            run.settled = self._last_revealing is None
            strand = Strand(variables, number_of(script, variables, None), run.outcomes)
            await self._switch_on(strand)
            if await self._perform(script.setup, strand):
                await self._remember_ledgers(strand)
                if await self._perform(script.steps, strand):
                    await self._finish(strand)
        except VariableError as error:
            place = script.steps[0].place
            self._add(Outcome(place, "begin", "begin", "error", message=str(error)), run.outcomes)
        finally:
            await stage.close()
        if run.status in ("failed", "error"):
            self._hide_unreached()
        self._settle()
        run.took_ms = (time.monotonic() - started_s) * 1000
        return run

    def _settle(self) -> None:
        """What was shown before it was known to be secret is hidden; the rest may be told."""
        for outcome in self.run.outcomes:
            _mask(outcome, self._stage.secrets)
        self.run.settled = True

    def _hide_unreached(self) -> None:
        """What later steps would have captured as secrets has perhaps been shown already."""
        seen = [each.text for outcome in self.run.outcomes for each in outcome.happenings]
        try:
            fill = partial(begin(self._script, self._row, self._stage.secrets).fill, literal=True)
        except VariableError:
            return
        hide_unreached(self._stage.secrets, self._script.steps, fill, seen)

    def could_not_connect(self, error: Unreachable) -> None:
        """The whole run is an error."""
        outcome = Outcome(self._script.steps[0].place, CONNECT, CONNECT, "error", message=str(error))
        self._add(outcome, self.run.outcomes)

    # ------------------------------------------------------------ before and after

    async def _switch_on(self, strand: Strand) -> None:
        for msisdn in dict.fromkeys(_phones(self._script, self._script.setup, strand)):
            await self._switch_one_on(msisdn)
        for msisdn in dict.fromkeys(_phones(self._script, self._script.steps, strand)):
            await self._switch_one_on(msisdn)

    async def _switch_one_on(self, msisdn: str) -> None:
        try:
            await self._stage.handset(msisdn, forget=True)
        except GatewayError as error:
            raise Unreachable(str(error)) from error

    async def _remember_ledgers(self, strand: Strand) -> None:
        """`assert` counts the lines that the steps cause, not those of before."""
        back_room = self._lab.back_room
        if back_room is None:
            return
        for msisdn in dict.fromkeys(_ledgers_asked(self._script, strand)):
            lines = map(ledger_line, await back_room.ledger(msisdn, None))
            self._stage.ledgers[msisdn] = Counter(lines)

    async def _finish(self, strand: Strand) -> None:
        """What nobody looked at: a screen still to come, and a refusal, which never passes in silence."""
        last = self.run.outcomes[-1].place
        outcome = Outcome(last, "end", "end of the script", "passed")
        act = Act(self._stage, strand.variables, outcome, strand.phone, strand.alone)
        for handset in self._stage.handsets.values():
            if handset.awaiting:
                await handset.until(
                    lambda handset=handset: bool(handset.fresh_screens or handset.refusals),  # type: ignore[misc]
                    self._lab.answer_s,
                )
                for screen in handset.drop_screens():
                    act.show_screen(screen, handset.msisdn)
            while (refusal := handset.take_refusal()) is not None:
                act.show_refusal(refusal, handset.msisdn)
                outcome.status = "failed"
                outcome.message = f"the network refused: {describe(refusal)}"
        if outcome.happenings:
            self._add(outcome, self.run.outcomes)

    # ------------------------------------------------------------ steps

    async def _perform(self, steps: Sequence[Step], strand: Strand) -> bool:
        """Perform steps until one is not as it should be; whether all were."""
        for step in steps:
            outcome = Outcome(step.place, step.verb, summary(step.verb, step.body), "passed")
            outcome.depth = strand.depth
            if step.steps or step.branches:
                going_on = await self._compound(step, strand, outcome)
            else:
                await self._simple(step, strand, outcome)
                going_on = outcome.status in ("passed", "not_checked")
                self._add(outcome, strand.outcomes)
            if not going_on:
                return False
            if step is self._last_revealing:
                self._settle()
        return True

    async def _simple(self, step: Step, strand: Strand, outcome: Outcome) -> None:
        """One verb; whatever comes of it stands in the outcome."""
        act = Act(self._stage, strand.variables, outcome, strand.phone, strand.alone)
        started_s = time.monotonic()
        try:
            body = strand.variables.filled(step)
            outcome.summary = summary(step.verb, body)
            if isinstance(body, Set):
                for name, value in body.values.items():
                    strand.variables.set(name, value)
            else:
                if step.verb not in _IN_DIALOGUE:
                    await self._be_answered(strand)
                await VERBS[step.verb](act, body)
        except Failed as failed:
            outcome.status, outcome.message = "failed", str(failed)
        except NotChecked as unknown:
            outcome.status, outcome.message = "not_checked", str(unknown)
        except (CannotPerform, GatewayError) as error:
            outcome.status, outcome.message = "error", str(error)
        outcome.took_ms = (time.monotonic() - started_s) * 1000
        if outcome.differences:
            outcome.place = step.at(outcome.differences[0].what.split(" ")[0])

    async def _be_answered(self, strand: Strand) -> None:
        """What a phone has begun is done before anybody looks at what came of it, or time goes on."""
        for handset in self._stage.handsets.values():
            if strand.alone or handset.msisdn == strand.phone:
                await handset.be_answered()

    async def _compound(self, step: Step, strand: Strand, outcome: Outcome) -> bool:
        """A step made of steps; whether all went as they should."""
        try:
            body = strand.variables.filled(step)
            outcome.summary = summary(step.verb, body)
            inner = self._inside(body, strand)
        except VariableError as error:
            outcome.status, outcome.message = "error", str(error)
        self._add(outcome, strand.outcomes)
        if outcome.status == "error":
            return False
        if step.branches:
            return await self._parallel(step.branches, strand)
        times = int(body.times) if isinstance(body, Repeat) else 1
        for _ in range(times):
            if not await self._perform(step.steps, inner):
                return False
        return True

    def _inside(self, body: object, strand: Strand) -> Strand:
        """How things are inside an included script, or a repetition."""
        if not isinstance(body, Include):
            return strand.deeper()
        variables = strand.variables.within(body.with_)
        phone = None
        if body.phone is not None or "msisdn" in body.with_:
            phone = number_of(self._script, variables, body.phone)
        return strand.deeper(variables, phone)

    async def _parallel(self, branches: Sequence[Branch], strand: Strand) -> bool:
        """All at once, each until its own first failure; their outcomes stand in the order of the file."""
        strands = []
        for branch in branches:
            inner = strand.deeper(strand.variables.branch())
            inner.outcomes, inner.alone = [], False
            if branch.phone is not None:
                inner.phone = number_of(self._script, inner.variables, branch.phone)
            strands.append(inner)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._perform(branch.steps, inner))
                for branch, inner in zip(branches, strands, strict=True)
            ]
        for inner in strands:
            strand.outcomes += inner.outcomes
            strand.variables.absorb(inner.variables)
        return all(task.result() for task in tasks)

    def _add(self, outcome: Outcome, outcomes: list[Outcome]) -> None:
        _mask(outcome, self._stage.secrets)
        outcomes.append(outcome)
        self._reporter.outcome(self.run, outcome)


_IN_DIALOGUE = frozenset(["dial", "send", "cancel", "expect", "note"])
"""Verbs that see themselves to a screen that is still to come, or do not look."""

# ---------------------------------------------------------------- what a script will need

_ON_PHONES = frozenset(
    [
        "dial",
        "send",
        "cancel",
        "expect",
        "sms",
        "expect_sms",
        "no_sms",
        "call",
        "press",
        "expect_voice",
        "push",
    ]
)


def _phones(script: Script, steps: Sequence[Step], strand: Strand) -> Iterator[str]:
    """Numbers of the phones that steps use, as far as they are known beforehand."""
    for step, phone in _with_phones(script, steps, strand):
        if step.verb in _ON_PHONES:
            yield phone


def _ledgers_asked(script: Script, strand: Strand) -> Iterator[str]:
    for step, phone in _with_phones(script, script.steps, strand):
        if isinstance(step.body, Assert) and step.body.ledger:
            yield phone


def _with_phones(script: Script, steps: Sequence[Step], strand: Strand) -> Iterator[tuple[Step, str]]:
    """Every step and the number of its phone; those that only a capture will tell are left out."""
    for step in steps:
        inner = strand
        try:
            if isinstance(step.body, Include):
                variables = strand.variables.within(step.body.with_)
                named = step.body.phone is not None or "msisdn" in step.body.with_
                inner = strand.deeper(
                    variables, number_of(script, variables, step.body.phone) if named else None
                )
            elif isinstance(step.body, OfPhone):
                named_phone = step.body.phone
                yield (
                    step,
                    strand.phone if named_phone is None else number_of(script, strand.variables, named_phone),
                )
            yield from _with_phones(script, step.steps, inner)
            for branch in step.branches:
                if branch.phone is not None:
                    inner = strand.deeper(phone=number_of(script, strand.variables, branch.phone))
                yield from _with_phones(script, branch.steps, inner)
        except VariableError:
            continue


# ---------------------------------------------------------------- secrets


def _mask(outcome: Outcome, secrets: Secrets) -> None:
    """Take every secret known by now out of what will be reported."""
    mask = secrets.mask
    outcome.summary = mask(outcome.summary)
    outcome.message = mask(outcome.message)
    outcome.differences = [
        Difference(each.what, mask(each.expected), mask(each.actual)) for each in outcome.differences
    ]
    outcome.happenings = [_masked(each, secrets) for each in outcome.happenings]


def _masked(happening: Happening, secrets: Secrets) -> Happening:
    text, peer = secrets.mask(happening.text), secrets.mask(happening.peer)
    if (text, peer) == (happening.text, happening.peer):
        return happening
    return replace(happening, text=text, peer=peer)
