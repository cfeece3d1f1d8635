"""Who may send which request in which state, and what a violation gets (SMPP 3.4 §2.2, §2.8, table 2-1)."""

from enum import Enum

from ussd_gateway.smpp.constants import CommandId, CommandStatus


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


def legal_requests(state: SessionState, sender: Role) -> frozenset[int]:
    """The command_ids a side may send in a state."""
    return frozenset(
        command_id for command_id, cells in OPERATIONS.items() if sender in cells.get(state, frozenset())
    )


def refusal_status(command_id: int, state: SessionState) -> int:
    """The status of the typed response to a known request that is illegal in this state.

    A second bind gets ESME_RALYBND, anything else ESME_RINVBNDSTS (SMPP 3.4 table 5-2). Requests
    without a response type (outbind, alert_notification) get no answer at all.
    """
    if command_id in BIND_STATES and state is not SessionState.OPEN:
        return CommandStatus.RALYBND
    return CommandStatus.RINVBNDSTS
