"""What the gateway takes and gives beside USSD primitives, and what it needs of the shell around it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, Protocol, TypedDict

from ussd_gateway.billing.store import OutMessage
from ussd_gateway.flow.steps import Move
from ussd_gateway.terms import Terms
from ussd_gateway.ussd.dialogue import Dialogue, DialogueTimers
from ussd_gateway.ussd.primitives import Begin, Continue, MobileTerminated
from ussd_gateway.vocabulary import Outcome


class Outlet(Protocol):
    """The way out to the phones; implemented in `access/`."""

    def screen(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
        """Show it on the dialogue's phone, or keep it until that phone's peer is bound again."""
        ...

    def texts(self, messages: Sequence[OutMessage]) -> None:
        """Deliver these committed messages, each from its `not_before_ms` on."""
        ...

    def way_to(self, msisdn: str) -> str | None:
        """The access (`smpp:handset`, `http`, `embedded`) by which the phone can be reached now."""
        ...


class PushDesk(Protocol):
    """Who sends screens of the network's own (`pushes.Pushes`), told what the phones make of them."""

    def answered(self, dialogue: Dialogue, text: str) -> None:
        """The subscriber answered the question of this dialogue (state `push`), which ends with that."""
        ...

    def confirmed(self, msisdn: str) -> None:
        """The phone has shown its notification."""
        ...

    def undelivered(self, dialogue_id: str) -> None:
        """The phone's side refused a screen of no open dialogue: a notification."""
        ...

    def over(self, dialogue: Dialogue, how: str) -> None:
        """A dialogue ended: `ended`, `aborted`, `timeout`, `replaced`, `undeliverable` or another reason."""
        ...


class Visit(TypedDict):
    """A menu has handed its dialogue to a web application, and will have it back.

    `position` is where the menu stands (`menu.steps.Position.to_json`).  `moves` and `actions` led to the
    application and have been told to nobody yet.
    """

    position: dict[str, Any]
    moves: list[Move]
    actions: list[tuple[str, str]]


class Serving(TypedDict):
    """Where a dialogue with an application stands (`Dialogue.position`); plain values, so that any store can
    keep it.

    `app` is the application's name (`smpp:app`), `bind` the bind that it was begun through (0: none yet).
    `waits`: who is to speak next.  `session` is the number that an application gave a dialogue of its own
    making, in hexadecimal.  `notices` counts notifications that the phone has not confirmed.  `asked` and
    `text` are what the phone did last.  `one_shot`: the phone can be shown one screen only.  `memo` is
    whatever the way to the application needs again in the next turn.  With `visit` the application is a
    screen of a menu.  `via` is the gateway that the bind belongs to, where there are several.
    """

    app: str
    bind: int
    waits: Literal["application", "phone"]
    session: str
    notices: int
    asked: Literal["dial", "answer", "push"]
    text: str
    one_shot: bool
    memo: NotRequired[dict[str, str | int]]
    visit: NotRequired[Visit]
    via: NotRequired[str]


class Application(Protocol):
    """A service outside this process: what phones do reaches it here, in the lane of their number.

    None of these waits, none fails; what the application says comes back by `applications.Applications.says`.
    """

    def begin(self, dialogue: Dialogue, dialled: str) -> bool:
        """A phone dialled its code; False when the application cannot be reached."""
        ...

    def answer(self, dialogue: Dialogue, text: str) -> bool:
        """The subscriber answered; False when the application cannot be reached."""
        ...

    def confirm(self, dialogue: Dialogue) -> None:
        """The phone has shown a notification."""
        ...

    def over(self, dialogue: Dialogue, how: str) -> None:
        """The dialogue ended, and not by the application's word: `aborted`, `timeout`, `replaced`,
        `undeliverable` or another reason."""
        ...

    def overtaken(self, dialogue: Dialogue) -> None:
        """The dialogue ended because the application kept silent; it learns that when it speaks."""
        ...


class ApplicationDesk(Protocol):
    """Between the gateway and the applications (`applications.Applications`)."""

    async def begin(self, dialogue: Dialogue, name: str, request: Begin, now_ms: int) -> None:
        """A phone dialled a code that this application serves; the dialogue is new and not saved."""
        ...

    async def visit(
        self,
        dialogue: Dialogue,
        visit: Visit,
        request: Begin | Continue,
        text: str,
        inputs: Sequence[str],
        now_ms: int,
    ) -> None:
        """A menu has come to a screen that an application shows, after what the phone did last (`text`
        unless that is a secret); `inputs` are answers for the application."""
        ...

    async def overdue(self, dialogue: Dialogue, now_ms: int) -> bool:
        """A timer of the dialogue has run out: whether a menu goes on with that."""
        ...

    async def answer(self, dialogue: Dialogue, text: str, now_ms: int) -> None:
        """The subscriber answered in the dialogue of an application."""
        ...

    def confirmed(self, dialogue: Dialogue) -> bool:
        """The phone has shown a notification; whether it was one of this dialogue."""
        ...

    def owes(self, dialogue: Dialogue) -> bool:
        """Whether it is the application that has not spoken."""
        ...

    def over(self, dialogue: Dialogue, how: str) -> None:
        """The dialogue of an application ended; see `PushDesk.over`."""
        ...


class Ids(Protocol):
    """Numbers that are never given twice."""

    def message_id(self) -> int:
        """1..2^32-1; StoreUnavailable when the store gives no more."""
        ...

    def dialogue_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """The gateway's own settings, from `config.yaml`."""

    timers: DialogueTimers = field(default_factory=DialogueTimers)
    busy_on_second_begin: bool = False
    max_dialogues: int = 1_000_000


@dataclass(slots=True)
class MoSms:
    """A whole message from a phone (parts joined) or an application; `message_id` is what its
    submit_sm_resp will carry.  One to a phone or an application keeps its `terms`, and is not delivered
    before `not_before_ms`.
    """

    message_id: int
    source: str
    destination: str
    text: str
    access: str
    terms: Terms | None = None
    not_before_ms: int = 0


@dataclass(frozen=True, slots=True)
class SmsAccepted:
    """The message and all it causes are durable."""


@dataclass(frozen=True, slots=True)
class SmsRefused:
    """Nothing was stored.  `reason`: `no_service` (nobody has that number), `no_subscriber` (the sender)."""

    reason: str


SmsResult = SmsAccepted | SmsRefused


@dataclass(frozen=True, slots=True)
class Performed:
    """What became of an action asked for by the API; `replayed` when its key had been used before."""

    outcome: Outcome
    replayed: bool
