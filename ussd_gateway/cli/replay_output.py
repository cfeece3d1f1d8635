"""What `replay` prints when nobody looks: a line a step, what differs below it."""

from ussd_gateway.phone.display import printable
from ussd_gateway.replay.verdict import Outcome, Run, Verdict

_WORDS = {"passed": "ok", "failed": "FAILED", "error": "ERROR", "not_checked": "not checked"}


class PlainReporter:
    """`replay.reporter.Reporter`: plain text on standard output."""

    def run_started(self, run: Run, number: int, of: int) -> None:
        row = ", ".join(f"{name} {value}" for name, value in run.variables.items())
        print(printable(f"{run.script}{f' ({row})' if row else ''}"), flush=True)

    def outcome(self, run: Run, outcome: Outcome) -> None:
        indent = "  " * (outcome.depth + 1)
        place = "" if outcome.status == "passed" else f"{outcome.place}: "
        told = f": {outcome.message}" if outcome.message else ""
        print(printable(f"{indent}{place}{_WORDS[outcome.status]}  {outcome.summary}{told}"), flush=True)
        for difference in outcome.differences:
            for sign, text in (("-", difference.expected), ("+", difference.actual)):
                for line in text.split("\n"):
                    print(printable(f"{indent}    {sign} {difference.what}: {line}"))

    def run_finished(self, run: Run) -> None:
        print(f"  {_WORDS[run.status]} in {run.took_ms:.0f} ms", flush=True)

    def finished(self, verdict: Verdict) -> None:
        good = sum(run.status in ("passed", "not_checked") for run in verdict.runs)
        print(f"{good} of {len(verdict.runs)} passed, via {verdict.via}", flush=True)
