"""When a session must act although nothing arrived (SMPP 3.4 §7.2). Time is an argument, in seconds.

The timers keep the moments at which something last happened; deadlines are derived from them, so that
the hot path only stores a number. Response timers live with the requests they guard, in `window.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class TimerConfig:
    """Seconds each timer runs; None turns one off. The specification names them and gives no values.

    `session_init_timer_s`: from connect to an accepted bind.
    `enquire_link_timer_s`: silence of the peer before we ask; `enquire_link_response_timer_s`: how long
    it may then stay silent before the link counts as dead.
    `inactivity_timer_s`: without any PDU but enquire_link, before we unbind.
    `response_timer_s`: for the answer to any other request of ours.
    `read_timer_s`: from the first octet of a PDU to its last.
    """

    session_init_timer_s: float | None = 5.0
    enquire_link_timer_s: float | None = 30.0
    enquire_link_response_timer_s: float = 10.0
    inactivity_timer_s: float | None = None
    response_timer_s: float = 60.0
    read_timer_s: float | None = 5.0


class Due(Enum):
    """What a timer that ran out asks for."""

    SESSION_INIT = "session_init"
    READ = "read"
    ENQUIRE_LINK = "enquire_link"
    ENQUIRE_LINK_RESPONSE = "enquire_link response"
    INACTIVITY = "inactivity"


class Timers:
    """The timers of one session. Its owner sets the moments; `bound` and `judging` say which ones run."""

    __slots__ = (
        "active_s",
        "bound",
        "config",
        "enquired_s",
        "heard_s",
        "judging",
        "opened_s",
        "partial_since_s",
    )

    def __init__(self, config: TimerConfig, now_s: float) -> None:
        self.config = config
        self.opened_s = now_s
        self.heard_s = now_s  # a PDU of the peer
        self.active_s = now_s  # a PDU of either side, enquire_link apart
        self.enquired_s: float | None = None  # our enquire_link, until the peer is heard
        self.partial_since_s: float | None = None  # first octet of a PDU that is not complete
        self.bound = False
        self.judging = False  # a bind waits for its verdict: the peer is not to blame for the time

    def due(self, now_s: float) -> Due | None:
        """The timer that ran out first, if any did."""
        ran_out = [(deadline, due) for deadline, due in self._running() if deadline <= now_s]
        return min(ran_out, key=lambda item: item[0])[1] if ran_out else None

    def next_deadline_s(self) -> float | None:
        """When the next timer runs out; None when none is running."""
        return min((deadline for deadline, _ in self._running()), default=None)

    def _running(self) -> Iterator[tuple[float, Due]]:
        config = self.config
        if self.partial_since_s is not None and config.read_timer_s is not None:
            yield self.partial_since_s + config.read_timer_s, Due.READ
        if not self.bound:
            if config.session_init_timer_s is not None and not self.judging:
                yield self.opened_s + config.session_init_timer_s, Due.SESSION_INIT
            return
        if self.enquired_s is not None:
            yield self.enquired_s + config.enquire_link_response_timer_s, Due.ENQUIRE_LINK_RESPONSE
        elif config.enquire_link_timer_s is not None:
            yield self.heard_s + config.enquire_link_timer_s, Due.ENQUIRE_LINK
        if config.inactivity_timer_s is not None:
            yield self.active_s + config.inactivity_timer_s, Due.INACTIVITY
