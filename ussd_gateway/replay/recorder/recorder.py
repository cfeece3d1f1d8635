"""The recorder: takes notes of a session and writes the script."""

from collections.abc import Mapping
from typing import Any

from ussd_gateway.replay.recorder.notes import Note
from ussd_gateway.replay.recorder.page import page
from ussd_gateway.replay.recorder.patterns import OPEN
from ussd_gateway.replay.recorder.setup import PASSWORD, setup_of
from ussd_gateway.replay.recorder.steps import steps_of
from ussd_gateway.replay.recorder.values import alike, named

_TYPED = "What the phone typed of secrets, each replaced by something alike: the true ones are not here."
_BEFORE = "Secret77"
"""A password has its shape; the likeness of this one is in no recording a secret of anybody's."""


class Recorder:
    """A session of one phone.

    `account` is what `GET /api/v1/subscribers/{msisdn}` said when it began, None for a gateway that cannot be
    asked.  With `loose`, digits in expected texts match any others.
    """

    def __init__(self, msisdn: str, *, account: Mapping[str, Any] | None = None, loose: bool = False) -> None:
        self.msisdn = msisdn
        self.notes: list[Note] = []
        self._before = account
        self._after: Mapping[str, Any] | None = None
        self._loose = loose

    def add(self, *notes: Note) -> None:
        """Note what happened next."""
        self.notes += notes

    def ended(self, account: Mapping[str, Any]) -> None:
        """How the account is now: what the session has changed, the script must bring back."""
        self._after = account

    @property
    def empty(self) -> bool:
        """Whether there is nothing to replay: a script needs a step."""
        return all(note.kind == "remark" for note in self.notes)

    def script(self, name: str, *, made: str) -> str:
        """The script as text; `made` says when and how it was recorded, for the first line."""
        session = named(self.notes)
        steps = steps_of(self.notes, session, loose=self._loose)
        variables = dict(session.variables)
        setup = []
        if self._before is not None:
            setup = setup_of(self._before, self._after or self._before, session.present)
            if self._before.get("login", {}).get("password_set") and session.present is None:
                variables[PASSWORD] = alike(_BEFORE, 0)
        if any(f"{{{{ {OPEN} }}}}" in str(step.body) for step in steps):
            variables[OPEN] = "{"
        members: dict[str, Any] = {"script": name, "msisdn": self.msisdn}
        if variables:
            members["variables"] = variables
        if session.secrets:
            members["secrets"] = session.secrets
        comments = {"variables": _TYPED} if session.variables or PASSWORD in variables else {}
        return page([made], members, comments, setup, steps)
