"""A secret that a script meets stands in no report: not where it was seen before it was known, either."""

import io

from rich.console import Console

from tests.unit.replay.stage import laboratory
from ussd_gateway.replay.as_json import JsonLines
from ussd_gateway.replay.html import to_html
from ussd_gateway.replay.junit import to_junit
from ussd_gateway.replay.loader import load_script
from ussd_gateway.replay.player import replay
from ussd_gateway.replay.reporter import Reporters
from ussd_gateway.replay.transcript import Transcript

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
