"""When a session must act although nothing arrived (SMPP 3.4 §7.2). Time is an argument, in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimerConfig:
    """Seconds each timer runs; None turns one off. The specification names them and gives no values."""

    session_init_timer_s: float | None = 5.0
    enquire_link_timer_s: float | None = 30.0
    enquire_link_response_timer_s: float = 10.0
    inactivity_timer_s: float | None = None
    response_timer_s: float = 60.0
    read_timer_s: float | None = 5.0
