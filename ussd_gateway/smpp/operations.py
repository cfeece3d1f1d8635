"""Who may send which request in which state, and what a violation gets (SMPP 3.4 §2.2, §2.8, table 2-1)."""

from enum import Enum

from ussd_gateway.smpp.constants import CommandId, CommandStatus
from ussd_gateway.smpp.pdus import RESPONSE_TYPES, GenericNack, Pdu


class Role(Enum):
    """One side of a link: the centre, or the application that binds to it."""

    SMSC = "S"
    ESME = "E"

    @property
    def other(self) -> "Role":
        return Role.ESME if self is Role.SMSC else Role.SMSC


class SessionState(Enum):
    """SMPP 3.4 §2.2, and UNBINDING for the time from an unbind to its response."""

    OPEN = "open"
    BOUND_TX = "bound_tx"
    BOUND_RX = "bound_rx"
    BOUND_TRX = "bound_trx"
    UNBINDING = "unbinding"
    CLOSED = "closed"


BIND_STATES = {
    CommandId.BIND_TRANSMITTER: SessionState.BOUND_TX,
    CommandId.BIND_RECEIVER: SessionState.BOUND_RX,
    CommandId.BIND_TRANSCEIVER: SessionState.BOUND_TRX,
}
"""Bind request -> the state its acceptance leads to."""

_COLUMNS = (
    SessionState.OPEN,
    SessionState.BOUND_TX,
    SessionState.BOUND_RX,
    SessionState.BOUND_TRX,
    SessionState.UNBINDING,
)

# One row per request, one column per state of _COLUMNS; E and S are the sides that may send it there.
# replace_sm in BOUND_TRX: table 2-1 forgets it, v5.0 has it. data_sm by an ESME in BOUND_RX: table 2-1
# has it, v5.0 does not; the 3.4 table wins. enquire_link in OPEN is in no table and harmless.
_MATRIX = {
    CommandId.BIND_TRANSMITTER: "E  -  -  -  -",
    CommandId.BIND_RECEIVER: "E  -  -  -  -",
    CommandId.BIND_TRANSCEIVER: "E  -  -  -  -",
    CommandId.OUTBIND: "S  -  -  -  -",
    CommandId.UNBIND: "-  ES ES ES ES",
    CommandId.SUBMIT_SM: "-  E  -  E  -",
    CommandId.SUBMIT_MULTI: "-  E  -  E  -",
    CommandId.QUERY_SM: "-  E  -  E  -",
    CommandId.CANCEL_SM: "-  E  -  E  -",
    CommandId.REPLACE_SM: "-  E  -  E  -",
    CommandId.DATA_SM: "-  E  ES ES -",
    CommandId.DELIVER_SM: "-  -  S  S  -",
    CommandId.ALERT_NOTIFICATION: "-  -  S  S  -",
    CommandId.ENQUIRE_LINK: "ES ES ES ES ES",
}

OPERATIONS: dict[int, dict[SessionState, frozenset[Role]]] = {
    command_id: {
        state: frozenset(Role(letter) for letter in cell if letter != "-")
        for state, cell in zip(_COLUMNS, row.split(), strict=True)
    }
    for command_id, row in _MATRIX.items()
}
"""Request -> state -> the roles that may send it; CLOSED has no cell."""


LEGAL_REQUESTS: dict[tuple[SessionState, Role], frozenset[int]] = {
    (state, sender): frozenset(
        command_id for command_id, cells in OPERATIONS.items() if sender in cells.get(state, ())
    )
    for state in SessionState
    for sender in Role
}
"""(state, sender) -> the command_ids that side may send."""

SESSION_REQUESTS = frozenset({*BIND_STATES, CommandId.UNBIND, CommandId.ENQUIRE_LINK})
"""Requests about the session itself; they take no place in the window."""


def refusal(command_id: int, sequence_number: int, state: SessionState) -> Pdu | None:
    """The answer to a request that may not be sent in this state, None for one that gets no answer.

    An unknown command_id gets a generic_nack with ESME_RINVCMDID (SMPP 3.4 §4.3), a second bind its own
    response with ESME_RALYBND, anything else its own with ESME_RINVBNDSTS (table 5-2).
    """
    if command_id not in OPERATIONS:
        return GenericNack(command_status=CommandStatus.RINVCMDID, sequence_number=sequence_number)
    if command_id in BIND_STATES and state is not SessionState.OPEN:
        return error_response(command_id, sequence_number, CommandStatus.RALYBND)
    return error_response(command_id, sequence_number, CommandStatus.RINVBNDSTS)


def error_response(command_id: int, sequence_number: int, command_status: int) -> Pdu | None:
    """The typed response with nothing but a status; outbind and alert_notification have none (§2.8)."""
    response_type = RESPONSE_TYPES.get(command_id)
    if response_type is None:
        return None
    return response_type(command_status=command_status, sequence_number=sequence_number)
