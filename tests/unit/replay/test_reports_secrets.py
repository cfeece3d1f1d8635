"""A secret that a script meets stands in no report: not where it was seen before it was known, either."""

import io

import pytest
from rich.console import Console

from tests.unit.replay.stage import Told, laboratory
from ussd_gateway.replay.as_json import JsonLines
from ussd_gateway.replay.html import to_html
from ussd_gateway.replay.junit import to_junit
from ussd_gateway.replay.loader import load_script
from ussd_gateway.replay.player import replay
from ussd_gateway.replay.reporter import Reporters
from ussd_gateway.replay.transcript import Transcript
from ussd_gateway.replay.verdict import Outcome, Run

CANARY = "Canary77"

SCRIPT = f"""
script: canary
data: {{rows: [{{word: {CANARY}}}]}}
secrets: [word, found]
steps:
  - dial: "*105*00#"
  - expect: {{op: end}}
  - sms: {{to: "000105", text: "PAS {CANARY}"}}
  - push: {{text: "early 4815162342", ask: true}}
  - expect: {{contains: early}}
  - expect: {{regex: "early (?P<found>\\\\d+)"}}
  - expect_sms: {{regex: "(?P<password>\\\\d{{6}})"}}
  - login: {{password: "{{{{ word }}}}"}}
  - expect_sms: изменен
"""


async def test_no_report_shows_a_secret() -> None:
    out, lines = io.StringIO(), io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, _environ={"TERM": "xterm"})
    script = load_script(SCRIPT, file_name="canary.yaml")
    told = Reporters([Transcript(console), JsonLines(lines.write)])
    async with laboratory() as opened:
        verdict = await replay([script], opened.lab, told)
    assert [run.status for run in verdict.runs] == ["passed"], out.getvalue()
    reports = [out.getvalue(), lines.getvalue(), to_junit(verdict), to_html(verdict)]
    for report in reports:
        assert "canary.yaml" in report
        assert "***" in report
        assert CANARY not in report
        assert "4815162342" not in report


SHOWN = f"""
  - push: {{text: "early word: {CANARY}", ask: true}}
"""
TEXTED = f"""
  - sms: {{to: "{{{{ msisdn }}}}", text: "early word: {CANARY}"}}
"""

FAILURES = {
    "a regex that does not match": f"""{SHOWN}
  - expect: {{regex: "early word: (?P<password>\\\\d{{6}})$"}}
""",
    "a regex beside something else that differs": f"""{SHOWN}
  - expect: {{regex: "early word: (?P<password>\\\\S+)", op: end}}
""",
    "a regex that is never reached": f"""{SHOWN}
  - expect: {{contains: nothing}}
  - repeat:
      times: 2
      steps:
        - expect: {{regex: "early word: (?P<password>\\\\S+)"}}
""",
    "the same screen looked at before": f"""{SHOWN}
  - expect: {{contains: early}}
  - expect: {{regex: "early word: (?P<password>[0-9])"}}
""",
    "a message from somebody else": f"""{TEXTED}
  - expect_sms: {{from: "000110", regex: "early word, another: (?P<pin>\\\\d+)", within: 2s}}
""",
    "a message that does not match": f"""{TEXTED}
  - expect_sms: {{regex: "early word: (?P<pin>\\\\d+)$"}}
""",
}


@pytest.mark.parametrize("steps", FAILURES.values(), ids=FAILURES.keys())
async def test_no_failure_shows_a_secret_that_was_not_captured(steps: str) -> None:
    out, lines = io.StringIO(), io.StringIO()
    script = load_script(f"script: canary\nsteps:{steps}", file_name="canary.yaml")
    told = Reporters([Transcript(Console(file=out, width=100)), JsonLines(lines.write)])
    async with laboratory() as opened:
        verdict = await replay([script], opened.lab, told)
    assert [run.status for run in verdict.runs] == ["failed"], out.getvalue()
    for report in [out.getvalue(), lines.getvalue(), to_junit(verdict), to_html(verdict)]:
        assert "early" in report
        assert "***" in report
        assert CANARY not in report


class Watcher(Told):
    """Looks at whatever may be told while a run goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.settled: list[bool] = []
        self.seen = ""

    def outcome(self, run: Run, outcome: Outcome) -> None:
        self.settled.append(run.settled)
        if run.settled:
            self.seen += str(run)


async def test_a_run_is_told_while_it_goes_when_no_secret_can_come() -> None:
    watcher = Watcher()
    later = """
  - dial: "*105#"
  - expect: {op: ask}
"""
    async with laboratory() as opened:
        await replay([load_script(SCRIPT + later, file_name="canary.yaml")], opened.lab, watcher)
        last_capture = SCRIPT[: SCRIPT.index("expect_sms")].split("steps:")[1].count("\n  - ")
        assert watcher.settled.index(True) == last_capture
        assert watcher.settled == sorted(watcher.settled)
        assert "early ***" in watcher.seen
        assert CANARY not in watcher.seen
        assert "4815162342" not in watcher.seen


async def test_a_run_without_secrets_is_told_from_its_first_step() -> None:
    watcher = Watcher()
    script = load_script('script: plain\nsteps:\n  - dial: "*105#"\n  - expect: {op: ask}\n', file_name="p")
    async with laboratory() as opened:
        await replay([script], opened.lab, watcher)
    assert watcher.settled == [True, True]
