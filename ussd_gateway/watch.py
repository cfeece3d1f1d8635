"""What happens in the gateway, told to whoever watches: recorders, coverage, monitors, phones over HTTP.

Nobody watches most of the time, so whoever has something to tell looks at `Watch.active` first and gathers
nothing when it is false.  Secrets are not told: a text that carries one is empty and marked `secret`.  Beside
it stands its likeness (`…_like`), with other characters in place of the secret.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from secrets import token_bytes
from typing import Literal

import structlog

from ussd_gateway.disguise import Disguise

log = structlog.get_logger(__name__)

Asked = Literal["dial", "answer", "hang_up", "timeout", "push", "confirm", "silence", "lost"]
"""What moved a dialogue: the phone's own doing, or `timeout` (the gateway's clock), `push` (a message of the
network's own), `silence` (no key was pressed in a call), `lost` (the phone's side refused the screen)."""

Move = tuple[str, str, str]
"""(screen, event, next screen) of a menu: `("root", "key:1", "account")`."""


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step of a dialogue or a call.

    `dialogue` is its id, `service_code` its code or, in a call, the number that was called; `access` the way
    it came (`smpp:handset`, `http`, `embedded`, `voice`).  `text` is what the phone sent.  `menu` and
    `version` are empty where the gateway answered by itself; then `screen` is the key of the text shown.
    `actions` are (name, outcome).  `op` and `shown` are what the phone got: `ask`, `end` or `notify`, in a
    call `prompt` or `end`; empty when it got nothing.
    """

    at_ms: int
    msisdn: str
    channel: Literal["ussd", "voice"]
    access: str
    dialogue: str
    service_code: str
    asked: Asked
    text: str = ""
    menu: str = ""
    version: str = ""
    moves: tuple[Move, ...] = ()
    actions: tuple[tuple[str, str], ...] = ()
    screen: str = ""
    op: str = ""
    shown: str = ""
    secret: bool = False
    text_like: str = ""
    """The likeness of `text` where that is a secret."""
    shown_like: str = ""
    """The likeness of `shown` where that is a secret."""


@dataclass(frozen=True, slots=True)
class SmsTaken:
    """A message of a phone, taken or refused.

    `short_code` is the file's and `line` the command's place in it (0: it is a text to another phone).
    `action` is empty for a command that only replies.  `outcome`: that of the action, `replied`,
    `delivered`, or the reason of a refusal.
    """

    at_ms: int
    msisdn: str
    to: str
    text: str
    secret: bool
    short_code: str
    line: int
    action: str
    outcome: str
    text_like: str = ""


@dataclass(frozen=True, slots=True)
class SmsSent:
    """A message that begins its way to a phone that can be reached; how far it gets, the store knows
    (`message_id`)."""

    at_ms: int
    msisdn: str
    message_id: int
    source: str
    text: str
    secret: bool
    parts: int
    text_like: str = ""


Happening = StepTaken | SmsTaken | SmsSent
Listener = Callable[[Happening], None]


class Trail:
    """What one step did on its way, while somebody watches."""

    __slots__ = ("_before", "actions", "moves")

    def __init__(self, moves: Iterable[Move] = (), actions: Iterable[tuple[str, str]] = ()) -> None:
        """With what was done before it and has not been told."""
        self._before = tuple(moves), tuple(actions)
        self.moves: list[Move] = list(self._before[0])
        self.actions: list[tuple[str, str]] = list(self._before[1])

    def begin_again(self) -> None:
        """Forget it: the step is computed anew."""
        self.moves[:], self.actions[:] = self._before


class Watch:
    """Where happenings are told.

    Listeners are called at once, in the middle of a step, so they must be quick; one that fails is logged and
    costs the subscriber nothing.
    """

    __slots__ = ("_listeners", "active", "disguise")

    def __init__(self) -> None:
        self.active = False
        """Whether anybody listens; look before you gather what to tell."""
        self.disguise = Disguise(token_bytes(32))
        """Makes likenesses of secrets, others in every process."""
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` everything from now on; the result ends that."""
        self._listeners.append(listener)
        self.active = True

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)
            self.active = bool(self._listeners)

        return unsubscribe

    def tell(self, happening: Happening) -> None:
        """Call every listener."""
        for listener in tuple(self._listeners):
            try:
                listener(happening)
            except Exception:
                log.exception("a listener failed")

    def trail(self, moves: Iterable[Move] = (), actions: Iterable[tuple[str, str]] = ()) -> Trail | None:
        """Something to note a step on, behind what went before; None when nobody watches."""
        return Trail(moves, actions) if self.active else None
