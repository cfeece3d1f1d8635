"""The whole error tree, drawn by consequence. A business refusal is a result value, never one of these.

GatewayError
 |- ConfigError          a file is wrong: print every problem, exit 2
 |- SmppError
 |   |- LocalProtocolError      our own bug: we tried to send what the session may not send
 |   |- RemoteProtocolError     the peer's fault; `command_status` is what to answer
 |       |- PduError            answer with the status and go on
 |       |- FramingError        generic_nack with the status, then close
 |- StoreUnavailable     the store cannot be reached: tell the subscriber, retry
 |- Conflict             somebody else saved first (lost optimistic-concurrency race): load again, retry
 |- KeyReused            an idempotency key came back with another request: refuse, never charge twice
"""

from collections.abc import Sequence
from typing import NamedTuple


class GatewayError(Exception):
    """Root of everything this project raises on purpose."""


class Problem(NamedTuple):
    """One mistake in one file. `line` and `column` count from 1, as editors do."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ConfigError(GatewayError):
    """Files that cannot be used, with every problem found in them, in file order."""

    def __init__(self, message: str, *, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = list(problems)

    def __str__(self) -> str:
        return "\n".join([self.message, *map(str, self.problems)])


class SmppError(GatewayError):
    """Something went wrong on an SMPP link."""


class LocalProtocolError(SmppError):
    """We asked the session for something the protocol forbids: a bug on this side."""


class RemoteProtocolError(SmppError):
    """The peer broke the protocol.

    `command_status` is the status to answer with (SMPP 3.4 §5.1.3); `command_id` and `sequence_number`
    are those of the offending PDU, 0 where its header could not be read.
    """

    def __init__(
        self, command_status: int, message: str = "", *, command_id: int = 0, sequence_number: int = 0
    ) -> None:
        super().__init__(message or f"command_status 0x{command_status:08X}")
        self.command_status = command_status
        self.command_id = command_id
        self.sequence_number = sequence_number


class PduError(RemoteProtocolError):
    """One PDU is wrong, the stream is sound: answer with `command_status` and go on."""


class FramingError(RemoteProtocolError):
    """The stream can no longer be trusted: generic_nack with `command_status`, then close (SMPP 3.4 §4.3)."""


class StoreUnavailable(GatewayError):
    """The store did not answer, or answered with an I/O error.

    `outcome_unknown`: the commit may have taken place; only its key can tell, never a new one.
    """

    def __init__(self, message: str, *, outcome_unknown: bool = False) -> None:
        super().__init__(message)
        self.outcome_unknown = outcome_unknown


class Conflict(GatewayError):
    """A save carried an old version: another writer was first."""


class KeyReused(GatewayError):
    """An idempotency key came back with a different request."""
