"""Session scripts inside a test: a verdict, or an AssertionError with the transcript of what failed."""

from collections.abc import Sequence

from ussd_gateway.replay.figures import counts_line
from ussd_gateway.replay.lab import Lab
from ussd_gateway.replay.player import replay
from ussd_gateway.replay.reporter import Reporters
from ussd_gateway.replay.script import Script
from ussd_gateway.replay.transcript import plain
from ussd_gateway.replay.verdict import Verdict
from ussd_gateway.testing.failures import NotAsExpected


async def play(scripts: Sequence[Script], lab: Lab, *, realtime: bool) -> Verdict:
    """Play all of them; raises NotAsExpected when one does not pass, or when there is none."""
    if not scripts:
        raise NotAsExpected("there is no script there")
    verdict = await replay(scripts, lab, Reporters(()), realtime=realtime)
    if not verdict.passed:
        transcripts = [plain(run) for run in verdict.runs if run.status in ("failed", "error")]
        raise NotAsExpected("\n".join([counts_line(verdict), *transcripts]))
    return verdict
