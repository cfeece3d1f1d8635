"""SMPP 3.4 (and 3.3, and 5.0 where it is met) for both sides of a link, from octets and time alone.

Five nouns carry the room:

* **Frame** - the octets of one PDU, cut out of the stream by `framing`; nothing in it is understood yet.
* **PDU** - a request or response as an object: `pdus` declares each one once, `codec` reads and writes
  them, `tlvs` knows their optional parameters, `constants` the numbers in them.
* **Text** - the octets in short_message or message_payload: `text` and `gsm7` turn them into characters
  and back and know what fits a carrier, `udh` reads the header of a part, `times` the time strings.
* **Session** - one connection from accept to close: it eats octets, hands out events and octets to write,
  keeps the matrix of `operations`, the `window` of unanswered requests and the `timers`.
* **Event** - what a session tells its shell: a bind to judge, a request to answer, an answer that came.

Nothing here knows a socket, a clock or a dialogue. A shell is a loop of three lines: give `receive` what
arrived, act on the events, write `take_output()`; `session` says what else it owes.
"""

from ussd_gateway.smpp.codec import Header, decode, encode, read_header
from ussd_gateway.smpp.constants import CommandId, CommandStatus, command_name, status_name
from ussd_gateway.smpp.events import (
    BindRequested,
    CloseReason,
    Event,
    RequestReceived,
    RequestTimedOut,
    ResponseReceived,
    SessionClosed,
    Unanswered,
    UnbindReceived,
)
from ussd_gateway.smpp.framing import Framer
from ussd_gateway.smpp.limits import SessionConfig, SessionCounters
from ussd_gateway.smpp.operations import Role, SessionState
from ussd_gateway.smpp.pdus import Pdu
from ussd_gateway.smpp.session import Session
from ussd_gateway.smpp.timers import TimerConfig

__all__ = [
    "BindRequested",
    "CloseReason",
    "CommandId",
    "CommandStatus",
    "Event",
    "Framer",
    "Header",
    "Pdu",
    "RequestReceived",
    "RequestTimedOut",
    "ResponseReceived",
    "Role",
    "Session",
    "SessionClosed",
    "SessionConfig",
    "SessionCounters",
    "SessionState",
    "TimerConfig",
    "Unanswered",
    "UnbindReceived",
    "command_name",
    "decode",
    "encode",
    "read_header",
    "status_name",
]
