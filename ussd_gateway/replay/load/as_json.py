"""A load as JSON: a line for each second, and the figures of all of it in the last one."""

from dataclasses import asdict
from typing import Any

from ussd_gateway.replay.figures import Latencies
from ussd_gateway.replay.load.figures import Result, Row
from ussd_gateway.replay.load.tally import Failures, Point

Json = dict[str, Any]


def point_event(point: Point) -> Json:
    """One second."""
    values = asdict(point)
    return {"event": "second", **{name: _rounded(value) for name, value in values.items()}}


def result_event(result: Result) -> Json:
    """Everything; the seven figures that everybody looks for come first."""
    counts, total = result.counts, result.total
    return {
        "event": "load",
        "dialogues_per_s": round(result.dialogues_per_s, 3),
        "steps_per_s": round(result.steps_per_s, 3),
        **_percentiles(total),
        "failed": counts.failed,
        "passed": counts.passed,
        "begun": counts.begun,
        "unfinished": counts.unfinished,
        "waited": counts.waited,
        "strays": counts.strays,
        "steps": counts.steps,
        "elapsed_s": round(result.elapsed_s, 3),
        "rate": result.plan.rate,
        "calls": result.plan.calls,
        "limit": result.plan.limit,
        "arrival": result.plan.arrival,
        "seed": result.plan.seed,
        "binds": result.binds,
        "phones": result.phones,
        "interrupted": result.interrupted,
        "lost": result.lost,
        "not_checked": result.not_checked,
        "dialogue": _percentiles(result.dialogue),
        "waiting": _percentiles(result.waits),
        "generator": {"busy": round(result.busy, 3), "late": _percentiles(result.late)},
        "kinds": [_row(row) for row in result.kinds],
        "lines": [_row(row) for script in result.scripts for row in script.rows],
        "failures": [_failures(each) for each in result.failures],
    }


def _percentiles(latencies: Latencies) -> Json:
    return {name: _rounded(value) for name, value in asdict(latencies).items() if name != "count"}


def _row(row: Row) -> Json:
    script = {"script": row.script} if row.script else {}
    return {**script, "step": row.name, "count": row.latencies.count, **_percentiles(row.latencies)}


def _failures(failures: Failures) -> Json:
    line = failures.line
    return {
        "script": line.script,
        "file": line.place.file_name,
        "line": line.place.line,
        "column": line.place.column,
        "step": line.summary,
        "reason": failures.reason,
        "count": failures.count,
        "differences": [asdict(each) for each in failures.differences],
    }


def _rounded(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value
