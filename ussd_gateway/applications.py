"""Dialogues whose screens come from an application outside: between the phone and the application.

    phone dials -> begin -> the application asks -> screen -> the phone answers -> answer -> … -> it ends

The two sides take turns, and each has its time: the subscriber `ussd.answer_timer_s`, the application
`ussd.application_timer_s`.  An application that lets its time pass is overtaken: the phone is told that the
service is unavailable, and what it says too late is `gone`.  An application may also speak first: that is a
push (`pushes.Pushes`), and a question begins a dialogue like any other.

A screen of a menu may be handed to a web application, too (a visit): then the menu goes on when the
application has said its last word, or has failed.

Everything here runs in the lane of the phone's number.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from ussd_gateway import witness
from ussd_gateway.clock import Clock
from ussd_gateway.errors import Conflict, GatewayError
from ussd_gateway.gateway import Gateway
from ussd_gateway.menu.model import AppScreen
from ussd_gateway.menu.steps import Position
from ussd_gateway.ports import Application, Outlet, Serving, Visit
from ussd_gateway.pushes import Push, Pushes
from ussd_gateway.ussd.dialogue import Dialogue, DialogueTimers
from ussd_gateway.ussd.primitives import ApplicationOriginated, Ask, Begin, Continue, Drop, End, Notify
from ussd_gateway.ussd.store import DialogueStore

Heard = Literal["taken", "queued", "gone", "busy", "absent"]
"""What became of a word of an application.  `gone`: there is no such dialogue, any longer; `busy`: the phone
has another dialogue open, has not answered the last question, or is of those that answer none; `absent`: it
cannot be reached."""

Belongs = Callable[[Dialogue], bool | None]
"""Whether a word is meant for that dialogue; None where nothing tells."""

BY_ITS_WORD = frozenset({"ended", "dropped"})
"""Ends of a dialogue that its application brought about."""
BY_ITS_FAULT = frozenset({"application absent", "application refused"})
"""Ends that it cannot be told of."""
MAX_REMEMBERED = 10_000


@dataclass(slots=True)
class _Ended:
    """A dialogue of an application that ended, for whoever speaks too late; `owed`: it had the word then."""

    dialogue: Dialogue
    until_ms: int
    owed: bool


class Applications:
    """Implements `ports.ApplicationDesk`."""

    def __init__(
        self,
        gateway: Gateway,
        *,
        dialogues: DialogueStore,
        outlet: Outlet,
        clock: Clock,
        timers: DialogueTimers,
        application_timer_ms: int,
        pushes: Pushes,
    ) -> None:
        self._gateway = gateway
        self._dialogues = dialogues
        self._outlet = outlet
        self._clock = clock
        self._timers = timers
        self._application_timer_ms = application_timer_ms
        self._pushes = pushes
        self._known: dict[str, Application] = {}
        self._ended: dict[tuple[str, str], _Ended] = {}
        pushes.served = self._pushed
        self.at_screen: Callable[[str, AppScreen], Application | None] = lambda name, screen: None
        """Finds the application of a menu's screen, which goes by that name."""

    def register(self, name: str, application: Application) -> None:
        """Let the codes that are served under this name reach it."""
        self._known[name] = application

    # ------------------------------------------------------------ from phones (ports.ApplicationDesk)

    async def begin(self, dialogue: Dialogue, name: str, request: Begin, now_ms: int) -> None:
        dialogue.state = "application"
        dialogue.position = Serving(
            app=name,
            bind=0,
            waits="application",
            session="",
            notices=0,
            asked="dial",
            text=request.dialled,
            one_shot=request.one_shot,
        )
        application = self._known.get(name)
        if application is None or not application.begin(dialogue, request.dialled):
            self._fail(dialogue, "application absent", now_ms)
            return
        dialogue.answer_by_ms = now_ms + self._application_timer_ms
        try:
            await self._dialogues.save(dialogue)
        except GatewayError:
            application.over(dialogue, "undeliverable")
            raise

    async def visit(
        self,
        dialogue: Dialogue,
        visit: Visit,
        request: Begin | Continue,
        text: str,
        inputs: Sequence[str],
        now_ms: int,
    ) -> None:
        at = Position.from_json(visit["position"])
        dialogue.state = "application"
        dialogue.step += 1  # what the menu does afterwards is another step
        dialogue.position = Serving(
            app=f"menu:{at.menu}.{at.state}",
            bind=0,
            waits="application",
            session="",
            notices=0,
            asked="dial" if isinstance(request, Begin) else "answer",
            text=text,
            one_shot=isinstance(request, Begin) and request.one_shot,
            visit=visit,
        )
        application = self._serving(dialogue)
        dialled = "*".join([dialogue.service_code.removesuffix("#"), *inputs]) + "#"
        if application is None or not application.begin(dialogue, dialled):
            await self._back(dialogue, None)
            return
        dialogue.answer_by_ms = now_ms + self._application_timer_ms
        try:
            await self._dialogues.save(dialogue)
        except GatewayError:
            application.over(dialogue, "undeliverable")
            raise

    async def overdue(self, dialogue: Dialogue, now_ms: int) -> bool:
        if not self.owes(dialogue) or "visit" not in serving(dialogue) or dialogue.expired(now_ms) == "whole":
            return False
        await self._back(dialogue, None)
        return True

    async def answer(self, dialogue: Dialogue, text: str, now_ms: int) -> None:
        position = serving(dialogue)
        if position["waits"] == "application":
            return  # nothing was asked; the screen that is due will come
        position["waits"], position["asked"], position["text"] = "application", "answer", text
        application = self._serving(dialogue)
        if application is None or not application.answer(dialogue, text):
            await self._give_up(dialogue, "application absent", now_ms)
            return
        dialogue.answer_by_ms = now_ms + self._application_timer_ms
        await self._dialogues.save(dialogue)

    def confirmed(self, dialogue: Dialogue) -> bool:
        if dialogue.state != "application":
            return False
        position = serving(dialogue)
        if not position["notices"]:
            return False
        position["notices"] -= 1
        application = self._serving(dialogue)
        if application is not None:
            application.confirm(dialogue)
        return True

    def owes(self, dialogue: Dialogue) -> bool:
        return dialogue.state == "application" and serving(dialogue)["waits"] == "application"

    def over(self, dialogue: Dialogue, how: str) -> None:
        if how in BY_ITS_WORD:
            return
        self.remember(dialogue)
        application = self._serving(dialogue)
        if application is None or how in BY_ITS_FAULT:
            return
        if self.owes(dialogue) and how == "timeout":
            application.overtaken(dialogue)
        else:
            application.over(dialogue, how)

    def remember(self, dialogue: Dialogue) -> None:
        """A dialogue has ended, here or at another gateway, and its application may not know yet."""
        position = serving(dialogue)
        until_ms = self._clock.now_ms() + self._timers.whole_dialogue_ms
        key = position["app"], dialogue.msisdn
        self._ended.pop(key, None)
        self._ended[key] = _Ended(dialogue, until_ms, self.owes(dialogue))
        if len(self._ended) > MAX_REMEMBERED:
            del self._ended[next(iter(self._ended))]

    async def refused(self, msisdn: str, dialogue_id: str, belongs: Belongs = lambda dialogue: None) -> None:
        """The application did not take what it was told: its dialogue is over, the phone is told."""
        dialogue = await self._dialogues.get(msisdn)
        if dialogue is None or dialogue.id != dialogue_id or dialogue.state != "application":
            return
        if belongs(dialogue) is not False:
            await self._give_up(dialogue, "application refused", self._clock.now_ms())

    # ------------------------------------------------------------ from applications

    async def says(
        self,
        name: str,
        msisdn: str,
        said: ApplicationOriginated,
        *,
        belongs: Belongs = lambda dialogue: None,
        sender: str = "",
        session: bytes = b"",
        unasked: bool = True,
        memo: Mapping[str, str | int] | None = None,
    ) -> Heard:
        """Show it on the phone, in the dialogue that is open with this application, or unasked.

        `sender` is the service code, and `session` the application's number for the dialogue, where that
        makes a new one.  Unless `unasked`, a word that fits no open dialogue is `gone`.  `memo` is kept in
        the dialogue (`ports.Serving`).  Raises StoreUnavailable.
        """
        now_ms = self._clock.now_ms()
        dialogue = await self._dialogues.get(msisdn)
        if dialogue is not None and dialogue.expired(now_ms):
            await self._gateway.expire(msisdn)
            dialogue = None
        if dialogue is not None and _serves(name, dialogue) and belongs(dialogue) is not False:
            if memo is not None:
                serving(dialogue)["memo"] = dict(memo)
            try:
                return await self._go_on(dialogue, said, now_ms)
            except Conflict:
                return "gone"  # another gateway has moved the dialogue on meanwhile
        if not unasked or isinstance(said, End | Drop) or self._too_late(name, msisdn, belongs, now_ms):
            return "gone"
        push = await self._pushes.send(
            msisdn,
            said.text,
            ask=isinstance(said, Ask),
            sender=sender,
            application=name,
            session=session.hex(),
        )
        if push.state == "failed":
            return "busy" if push.reason == "busy" else "absent"
        return "queued" if push.state == "queued" else "taken"

    async def _go_on(self, dialogue: Dialogue, said: ApplicationOriginated, now_ms: int) -> Heard:
        """The next word in an open dialogue."""
        position = serving(dialogue)
        if isinstance(said, Ask | Notify) and (position["waits"] == "phone" or position["one_shot"]):
            return "busy"
        if isinstance(said, Drop):
            await self._dialogues.remove(dialogue)
            self._fail(dialogue, "dropped", now_ms)
        elif isinstance(said, End) and "visit" in position:
            await self._back(dialogue, said.text)
        elif isinstance(said, End):
            await self._dialogues.remove(dialogue)
            self._outlet.screen(dialogue, said)
            self._gateway.lately.ended(dialogue, "", position["app"], said.text, now_ms)
            self._gateway.end(dialogue, "ended", now_ms)
            self._tell(dialogue, "end", said.text, now_ms)
        else:
            if isinstance(said, Ask):
                position["waits"] = "phone"
                dialogue.wait_for_answer(now_ms, self._timers)
            else:
                position["notices"] += 1
                dialogue.answer_by_ms = now_ms + self._application_timer_ms
            of_menu = _of_menu(position)
            await self._dialogues.save(dialogue)
            self._outlet.screen(dialogue, said)
            self._tell(dialogue, "ask" if isinstance(said, Ask) else "notify", said.text, now_ms, of_menu)
        return "taken"

    def _too_late(self, name: str, msisdn: str, belongs: Belongs, now_ms: int) -> bool:
        """Whether the word was meant for a dialogue that has ended.

        Where the dialect numbers no dialogues, one that ended while the application had the word is owed one
        late answer; whatever comes after that is a push.
        """
        ended = self._ended.get((name, msisdn))
        if ended is None or now_ms >= ended.until_ms:
            return False
        meant = belongs(ended.dialogue)
        if meant is None and ended.owed:
            ended.owed = False
            return True
        return meant is True

    # ------------------------------------------------------------ pushes of applications

    def _pushed(self, push: Push, dialogue: Dialogue) -> None:
        """What an application asked for unasked has come to this."""
        application = self._known.get(push.application)
        if application is None:
            return
        if push.state == "confirmed":
            application.confirm(dialogue)
        elif push.state == "failed":
            application.over(dialogue, push.reason or "lost")

    # ------------------------------------------------------------ inside

    def _serving(self, dialogue: Dialogue) -> Application | None:
        """The application of a dialogue."""
        position = serving(dialogue)
        if "visit" not in position:
            return self._known.get(position["app"])
        screen = self._gateway.service.engine.app_at(Position.from_json(position["visit"]["position"]))
        return None if screen is None else self.at_screen(position["app"], screen)

    async def _back(self, dialogue: Dialogue, said: str | None) -> None:
        """A visit is over: the menu goes on, after the application's last text or its failure (None)."""
        position = serving(dialogue)
        visit, of, access = position["visit"], dialogue.msisdn, dialogue.access
        request: Begin | Continue = Continue(of, position["text"], access, dialogue.session_info)
        if position["asked"] == "dial":
            dialled = position["text"] or dialogue.service_code
            request = Begin(of, dialled, access, dialogue.session_info, position["one_shot"])
        dialogue.state = "menu"
        await self._gateway.come_back(dialogue, visit, request, said)

    async def _give_up(self, dialogue: Dialogue, how: str, now_ms: int) -> None:
        """The application will not go on with a dialogue that was saved."""
        if "visit" in serving(dialogue):
            await self._back(dialogue, None)
            return
        await self._dialogues.remove(dialogue)
        self._fail(dialogue, how, now_ms)

    def _fail(self, dialogue: Dialogue, how: str, now_ms: int) -> None:
        """The application can or will not go on: the phone is told."""
        position = serving(dialogue)
        last = self._gateway.last_words(dialogue, "billing.down", None)
        self._gateway.end(dialogue, how, now_ms)
        if self._gateway.watch.active:
            self._gateway.watch.tell(witness.last_words(position["asked"], position["text"], last))

    def _tell(
        self, dialogue: Dialogue, op: str, text: str, now_ms: int, of_menu: Mapping[str, Any] | None = None
    ) -> None:
        """Whoever watches hears of the screen, with what the phone did before it."""
        if self._gateway.watch.active:
            position = serving(dialogue)
            self._gateway.watch.tell(
                witness.bare_step(
                    dialogue,
                    position["asked"],
                    now_ms,
                    text=position["text"],
                    op=op,
                    shown=text,
                    **(of_menu or {"screen": position["app"]}),
                )
            )


def serving(dialogue: Dialogue) -> Serving:
    """Where a dialogue with an application stands."""
    return cast(Serving, dialogue.position)


def place_of(dialogue: Dialogue) -> tuple[str, str] | None:
    """(menu, screen) where a dialogue stands, also where a web application shows that; None in no menu."""
    position = dialogue.position
    if isinstance(position, Position):
        return position.menu, position.state
    visit = serving(dialogue).get("visit") if dialogue.state == "application" else None
    return (visit["position"]["menu"], visit["position"]["state"]) if visit is not None else None


def _of_menu(position: Serving) -> Mapping[str, Any] | None:
    """What a screen of a visit tells of its menu; how the menu came to it is told once."""
    visit = position.get("visit")
    if visit is None:
        return None
    at, moves, actions = Position.from_json(visit["position"]), visit["moves"], visit["actions"]
    visit["moves"], visit["actions"] = [], []
    return {
        "menu": at.menu,
        "version": at.version,
        "screen": at.state,
        "moves": tuple((left, event, reached) for left, event, reached in moves),
        "actions": tuple((name, outcome) for name, outcome in actions),
    }


def _serves(name: str, dialogue: Dialogue) -> bool:
    return dialogue.state == "application" and serving(dialogue)["app"] == name
