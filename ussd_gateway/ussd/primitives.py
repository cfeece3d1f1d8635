"""What passes between a phone and a dialogue, with the operator's quirks taken off.

MO (from the phone): Begin, Continue, Abort, Confirm, and Unmarked until it is known which of the first two.
MT (to the phone): Ask, End, Notify; an application may also Drop its dialogue, which the phone is told.
3GPP TS 24.090 calls them ProcessUnstructuredSS-Request, its answers, and Unstructured SS-Request/Notify.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Begin:
    """The phone dialled `dialled` (for example `*105*1#`).

    `access` names the way back (`smpp:handset`, `http`, `embedded`); `session_info` is whatever the
    dialect needs echoed there (for SMPP the two octets of its_session_info), empty when the peer sent none.
    `one_shot`: the phone is of phase 1 (PSSD) and can only be shown one screen, the last.
    """

    msisdn: str
    dialled: str
    access: str
    session_info: bytes = b""
    one_shot: bool = False


@dataclass(slots=True)
class Continue:
    """The subscriber's answer, taken literally: may be empty, may look like a code, is never one."""

    msisdn: str
    text: str
    access: str
    session_info: bytes = b""


@dataclass(slots=True)
class Unmarked:
    """Something the phone sent that does not say whether it opens a dialogue or answers in one.

    It answers when the subscriber has a dialogue waiting, else it dials.  Only the subscriber's lane knows
    that, after everything before it has been handled; so the choice is made there, not on the wire.
    """

    msisdn: str
    dialled: str
    text: str
    access: str
    session_info: bytes = b""

    def as_begin(self) -> Begin:
        """Taken as dialled."""
        return Begin(self.msisdn, self.dialled, self.access, self.session_info)

    def as_continue(self) -> Continue:
        """Taken as an answer."""
        return Continue(self.msisdn, self.text, self.access, self.session_info)


@dataclass(slots=True)
class Abort:
    """The subscriber (or the network on the phone's side) hung up."""

    msisdn: str
    access: str
    session_info: bytes = b""


@dataclass(slots=True)
class Confirm:
    """The phone has shown a notification (USSN confirm)."""

    msisdn: str
    access: str
    session_info: bytes = b""


@dataclass(slots=True)
class Ask:
    """A screen that wants an answer."""

    text: str


@dataclass(slots=True)
class End:
    """The last screen of a dialogue."""

    text: str


@dataclass(slots=True)
class Notify:
    """A screen that is only shown; the dialogue, if any, goes on."""

    text: str


@dataclass(slots=True)
class Drop:
    """The application gave the dialogue up; no screen of its own comes with that."""


MobileOriginated = Begin | Continue | Unmarked | Abort | Confirm
MobileTerminated = Ask | End | Notify
ApplicationOriginated = Ask | End | Notify | Drop
ToApplication = Begin | Continue | Confirm | Abort
