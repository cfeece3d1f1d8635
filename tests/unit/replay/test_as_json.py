"""JSON lines: the events of a phone as every command has them, then the verdict."""

import json
from typing import Any

from tests.unit.replay.verdicts import all_kinds, broken, green
from ussd_gateway.replay.as_json import JsonLines
from ussd_gateway.replay.verdict import Verdict


def lines(verdict: Verdict) -> list[dict[str, Any]]:
    written: list[str] = []
    reporter = JsonLines(written.append)
    for number, run in enumerate(verdict.runs, 1):
        reporter.run_started(run, number, len(verdict.runs))
        reporter.run_finished(run)
    reporter.finished(verdict)
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in written)
    return [json.loads(line) for line in written]


def test_events_of_a_phone_keep_their_keys_and_order() -> None:
    (screen,) = (each for each in lines(Verdict("smpp", [green()])) if each["event"] == "screen")
    assert list(screen)[:5] == ["event", "op", "text", "service_code", "dialogue"]
    assert (screen["op"], screen["dialogue"], screen["msisdn"]) == ("ask", "d-1", "79261234567")
    (sms,) = (each for each in lines(Verdict("smpp", [green()])) if each["event"] == "sms")
    assert list(sms)[:4] == ["event", "from", "text", "parts"]
    assert (sms["from"], sms["parts"]) == ("000110", 2)
    (error,) = (each for each in lines(Verdict("smpp", [broken()])) if each["event"] == "error")
    assert error["status"] == 0x58


def test_every_step_and_run_has_its_line() -> None:
    events = [each["event"] for each in lines(Verdict("smpp", [green()]))]
    assert events == ["run", "step", "screen", "step", "step", "sms", "step", "run_end", "verdict"]


def test_a_failed_step_tells_where_and_what() -> None:
    (failed,) = (each for each in lines(all_kinds()) if each.get("status") == "failed" and "verb" in each)
    assert (failed["file"], failed["line"], failed["column"]) == ("life.yaml", 4, 5)
    assert failed["differences"][1] == {"what": "op", "expected": "end", "actual": "ask"}


def test_the_verdict_is_the_last_line() -> None:
    *_, last = lines(all_kinds())
    assert last["event"] == "verdict"
    assert last["passed"] is False
    assert last["runs"] == {"total": 4, "passed": 1, "failed": 1, "error": 1, "not_checked": 1}
    assert last["latency"] == {"count": 2, "p50_ms": 2.5, "p95_ms": 40.0, "p99_ms": 40.0, "max_ms": 40.0}
