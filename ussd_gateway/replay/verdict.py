"""What came of a script: one `Run` a data row, one `Outcome` a step.  Reports are made of these alone.

Nothing here holds a secret: whoever fills it in masks what a script captured as one.
"""

from dataclasses import dataclass, field
from typing import Literal

Status = Literal["passed", "failed", "error", "not_checked"]
"""`failed`: seen and different; `error`: could not be performed (no gateway, refused bind, bad variable);
`not_checked`: the way to this gateway cannot tell."""

Side = Literal["phone", "gateway", "script"]
"""Who did it: what the phone sent, what it was shown, or what the script itself did (waits, checks)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a script; lines and columns count from 1."""

    file_name: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file_name}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the conversation.

    `kind`: `dial`, `send`, `cancel`, `screen`, `sms` (either way, by `side`), `call`, `press`, `voice`,
    `failure`, `wait`, `check`, `note`.  `op` is that of a screen or the state of a voice prompt.
    `peer` is the service code, short number or voice number; `at_ms` the time since the run began, on the
    watch of whoever replays.  `dialogue` is that of a screen, `parts` those of a message, `code` the
    command_status of a failure.
    """

    side: Side
    kind: str
    text: str
    msisdn: str = ""
    peer: str = ""
    op: str = ""
    at_ms: float = 0.0
    dialogue: str = ""
    parts: int = 1
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was not as expected: `what` (`text`, `op`, `balance`), in words for people."""

    what: str
    expected: str
    actual: str


@dataclass(slots=True)
class Outcome:
    """One performed step.  `took_ms` is real time."""

    place: Place
    verb: str
    summary: str
    """The step in one line, as a person would say it: `dial *105*00#`."""
    status: Status
    took_ms: float = 0.0
    happenings: list[Happening] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    message: str = ""
    """Why it failed, could not be performed or was not checked."""
    depth: int = 0
    """How deep in `include`, `repeat` and `parallel` it lies."""
    latency_ms: float | None = None
    """From what the phone sent to the screen that answered it, where the step waited for one."""


@dataclass(slots=True)
class Run:
    """One pass of a script with one data row."""

    script: str
    file_name: str
    row: int
    """Number of the data row, from 1."""
    variables: dict[str, str] = field(default_factory=dict)
    """The data row, without what is secret."""
    outcomes: list[Outcome] = field(default_factory=list)
    took_ms: float = 0.0
    phones: dict[str, str] = field(default_factory=dict)
    """Numbers and the names that the script has for them."""
    settled: bool = False
    """Whether no step to come can make a secret of what has been shown: until then it is not to be told."""

    @property
    def status(self) -> Status:
        """`error` or `failed` if any step was; `not_checked` when nothing at all could be checked."""
        found = {outcome.status for outcome in self.outcomes}
        for status in ("error", "failed", "passed", "not_checked"):
            if status in found:
                return status
        return "passed"

    @property
    def not_checked(self) -> int:
        """Steps that this way to the gateway could not check."""
        return sum(outcome.status == "not_checked" for outcome in self.outcomes)


@dataclass(slots=True)
class Verdict:
    """All runs of all scripts of one replay; `via` is `embedded`, `smpp` or `http`."""

    via: str
    runs: list[Run] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return all(run.status in ("passed", "not_checked") for run in self.runs)
