"""A replay as JSON lines: what phones were shown, each step, each run, and a verdict at the end.

Events of a phone are those that `dial --json` prints, with the number and the time behind them.  The lines
of a run come when it is over: a value that a late step finds to be secret has been on an earlier screen.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from ussd_gateway.phone.events import Event, Failure, Screen, SmsArrived, Voice, as_json
from ussd_gateway.replay.figures import latencies, statuses
from ussd_gateway.replay.story import story
from ussd_gateway.replay.verdict import Happening, Outcome, Run, Verdict

Json = dict[str, Any]


class JsonLines:
    """`reporter.Reporter` that gives each line to `write`, its line feed included."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._number = 0

    def run_started(self, run: Run, number: int, of: int) -> None:
        self._number = number

    def outcome(self, run: Run, outcome: Outcome) -> None:
        """Told when the run is over."""

    def run_finished(self, run: Run) -> None:
        for event in run_events(run, self._number):
            self._say(event)

    def finished(self, verdict: Verdict) -> None:
        self._say(verdict_event(verdict))

    def _say(self, event: Json) -> None:
        self._write(json.dumps(event, ensure_ascii=False) + "\n")


def run_events(run: Run, number: int) -> Iterator[Json]:
    """Everything about one run, in order; `number` counts from 1."""
    yield {
        "event": "run",
        "run": number,
        "script": run.script,
        "file": run.file_name,
        "row": run.row,
        "variables": run.variables,
    }
    for outcome, happenings in story(run):
        for happening in happenings:
            told = _told(happening)
            if told is not None:
                yield {**told, "msisdn": happening.msisdn, "at_ms": round(happening.at_ms, 3)}
        yield {"event": "step", "run": number, **_step(outcome)}
    yield {
        "event": "run_end",
        "run": number,
        "status": run.status,
        "steps": len(run.outcomes),
        "not_checked": run.not_checked,
        "took_ms": round(run.took_ms, 3),
    }


def verdict_event(verdict: Verdict) -> Json:
    """The last line: whether all passed, counts of runs and steps, latencies of the screens."""
    found = statuses(verdict.runs)
    outcomes = [outcome for run in verdict.runs for outcome in run.outcomes]
    waited = latencies(outcomes)
    return {
        "event": "verdict",
        "passed": verdict.passed,
        "via": verdict.via,
        "runs": {
            "total": len(verdict.runs),
            "passed": found["passed"],
            "failed": found["failed"],
            "error": found["error"],
            "not_checked": found["not_checked"],
        },
        "steps": {"total": len(outcomes), "not_checked": sum(run.not_checked for run in verdict.runs)},
        "took_ms": round(sum(run.took_ms for run in verdict.runs), 3),
        "latency": None if waited is None else _rounded(asdict(waited)),
    }


def _step(outcome: Outcome) -> Json:
    place = outcome.place
    return {
        "file": place.file_name,
        "line": place.line,
        "column": place.column,
        "verb": outcome.verb,
        "summary": outcome.summary,
        "status": outcome.status,
        "message": outcome.message,
        "differences": [asdict(each) for each in outcome.differences],
        "took_ms": round(outcome.took_ms, 3),
        "latency_ms": None if outcome.latency_ms is None else round(outcome.latency_ms, 3),
    }


def _told(happening: Happening) -> Json | None:
    """What a phone saw, as the contract of `--json` has it; what it did is in the line of the step."""
    if happening.side != "gateway":
        return None
    event: Event
    match happening.kind:
        case "screen":
            op: Any = happening.op
            event = Screen(op, happening.text, happening.peer, happening.dialogue)
        case "sms":
            event = SmsArrived(happening.peer, happening.text, happening.parts)
        case "voice":
            state: Any = happening.op
            event = Voice(happening.text, state)
        case _:
            event = Failure(happening.text, happening.code)
    return as_json(event)


def _rounded(values: Json) -> Json:
    return {name: round(value, 3) for name, value in values.items()}
