"""What the tests of the player share: a gateway in this process, and a reporter that remembers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from ussd_gateway.config import load_config
from ussd_gateway.laboratory import Laboratory, open_laboratory
from ussd_gateway.replay.lab import Lab
from ussd_gateway.replay.loader import load_script
from ussd_gateway.replay.player import replay
from ussd_gateway.replay.verdict import Outcome, Run, Verdict

REPOSITORY = Path(__file__).parents[3]


class Told:
    """A `Reporter` that remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def run_started(self, run: Run, number: int, of: int) -> None:
        self.lines.append(f"run {number} of {of}")

    def outcome(self, run: Run, outcome: Outcome) -> None:
        self.lines.append(f"{outcome.status} {outcome.summary}")

    def run_finished(self, run: Run) -> None:
        self.lines.append(f"run {run.status}")

    def finished(self, verdict: Verdict) -> None:
        self.lines.append("finished")


@asynccontextmanager
async def laboratory() -> AsyncIterator[Laboratory]:
    """The shipped menus and demo subscribers."""
    async with open_laboratory(load_config(REPOSITORY / "config.yaml", {})) as opened:
        yield opened


_numbers = count(79262000000)


async def play(lab: Lab, steps: str, head: str = "", told: Told | None = None) -> Run:
    """Play one run of a script with these steps; `head` stands before them.

    Unless it says whose, the phone is one that no test has used.
    """
    if "msisdn" not in head:
        head += f'\nmsisdn: "{next(_numbers)}"'
    verdict = await play_all(lab, f"script: test\n{head}\nsteps:\n{steps}", told)
    (run,) = verdict.runs
    return run


async def play_all(lab: Lab, text: str, told: Told | None = None) -> Verdict:
    """Play a whole script."""
    return await replay([load_script(text, file_name="test.yaml")], lab, told or Told())
