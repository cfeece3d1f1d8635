"""What a gateway counts while it works: plain integers, read by `/metrics` whenever somebody asks.

Whatever comes from outside (a code that was dialled) is counted by name only when it is known to the files,
so that no subscriber can make the list of names grow.
"""

SLOTS = 17
_SHIFT = 16


class Timings:
    """How long something took: slot `i` counts what lasted less than 2^(16+i) ns, the last all the rest."""

    __slots__ = ("counts", "total_ns")

    def __init__(self) -> None:
        self.counts = [0] * SLOTS
        self.total_ns = 0

    def add(self, ns: int) -> None:
        """One more, of so many nanoseconds."""
        self.counts[min((ns >> _SHIFT).bit_length(), SLOTS - 1)] += 1
        self.total_ns += ns

    @staticmethod
    def bounds_s() -> list[float]:
        """The upper bounds of all slots but the last, in seconds: 66 us, 131 us, ... 2.1 s."""
        return [2 ** (_SHIFT + slot) / 1e9 for slot in range(SLOTS - 1)]


class Meters:
    """The counters of one gateway; `gateway.Gateway` and `office.Office` turn them."""

    __slots__ = ("begun", "commits", "ended", "messages", "operations", "steps", "writes")

    def __init__(self) -> None:
        self.begun = 0
        """Dialogues that a phone began."""
        self.ended: dict[str, int] = {}
        """Reason -> dialogues."""
        self.steps: dict[str, Timings] = {}
        """Service code of a menu -> its steps, from the request to the screen."""
        self.messages: dict[tuple[str, str], int] = {}
        """(short code, outcome) -> messages of phones."""
        self.operations: dict[tuple[str, str], int] = {}
        """(action, outcome) -> how often it was decided."""
        self.commits: dict[str, int] = {}
        """`done`, `replayed`, `conflict`, `lost` -> commits."""
        self.writes = Timings()
        """How long the store took to make a commit durable."""

    def end(self, reason: str) -> None:
        """A dialogue is over."""
        self.ended[reason] = self.ended.get(reason, 0) + 1

    def step(self, service_code: str, ns: int) -> None:
        """A menu made a step; service codes are those of the files."""
        timings = self.steps.get(service_code)
        if timings is None:
            timings = self.steps[service_code] = Timings()
        timings.add(ns)

    def message(self, short_code: str, outcome: str) -> None:
        """A phone sent a message; `short_code` is empty for one to another phone, or to nobody."""
        key = short_code, outcome
        self.messages[key] = self.messages.get(key, 0) + 1

    def operation(self, action: str, outcome: str) -> None:
        """Something was decided on an account."""
        key = action, outcome
        self.operations[key] = self.operations.get(key, 0) + 1

    def commit(self, outcome: str, ns: int) -> None:
        """The store answered to a commit."""
        self.commits[outcome] = self.commits.get(outcome, 0) + 1
        self.writes.add(ns)
