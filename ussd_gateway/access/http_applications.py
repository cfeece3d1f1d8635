"""USSD dialogues of web applications: what a phone does is a request, what its reply says is the screen.

The lane of the phone's number does not wait for a request under way; its reply comes back into the lane, and
is too late when the dialogue has ended meanwhile.  Whatever goes wrong with a request ends the dialogue: the
phone is told that the service is unavailable, the log why.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from ussd_gateway.access.http_calls import Caller, CallFailed
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.applications import BY_ITS_WORD, Applications, serving
from ussd_gateway.clock import Clock
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.menu.model import AppScreen
from ussd_gateway.msisdn import mask
from ussd_gateway.smpp.text import fits_ussd
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.http_profiles import (
    BadReply,
    Heard,
    Hop,
    HttpProfile,
    HttpRequest,
    Scalar,
    heard_in,
    request_of,
)
from ussd_gateway.ussd.primitives import End

MAX_CALLS = 1_000
"""Requests to one application under way; beyond it a phone is told that the service is unavailable."""
FAILED = "failed"
"""Why a dialogue ended that its application did not go on with."""

_EXIT_CODES = {"Success": 200, "Incomplete": 499, "Failed": 500}
Memo = dict[str, str | int]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What was the case when a request left."""

    msisdn: str
    dialogue: str
    values: dict[str, Scalar]
    memo: Memo

    def belongs(self, dialogue: Dialogue) -> bool:
        """Whether it is still the dialogue, and the visit to this application, that the request was for."""
        session = serving(dialogue).get("memo", {}).get("session")
        return dialogue.id == self.dialogue and session == self.memo["session"]


class HttpApplication:
    """One web application (`ports.Application`)."""

    def __init__(
        self,
        name: str,
        profile: HttpProfile,
        caller: Caller,
        desk: Applications,
        *,
        lanes: Lanes,
        clock: Clock,
        network: str,
        events_url: str | None = None,
    ) -> None:
        """`events_url`: where it is told that a dialogue is over, if not where it answers."""
        self.name = name
        self._profile = profile
        self._caller = caller
        self._desk = desk
        self._lanes = lanes
        self._clock = clock
        self._network = network
        self._events_url = events_url
        self._tasks: set[asyncio.Task[None]] = set()

    async def settle(self) -> None:
        """Wait until no request is under way; each has its time."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._caller.close()

    # ------------------------------------------------------------ ports.Application

    def begin(self, dialogue: Dialogue, dialled: str) -> bool:
        inputs = _behind(dialogue.service_code, dialled)
        # A menu may come to its application again in one dialogue.
        session = f"{dialogue.id}-{dialogue.step}" if "visit" in serving(dialogue) else dialogue.id
        memo: Memo = {"session": session, "dialled": dialled, "inputs": inputs, "sequence": 1}
        memo |= {"state": "", "shown": ""}
        return self._ask(self._profile.begin, dialogue, memo, dialled)

    def answer(self, dialogue: Dialogue, text: str) -> bool:
        memo = dict(serving(dialogue).get("memo", {}))
        before = memo.get("inputs", "")
        memo["inputs"] = f"{before}*{text}" if before else text
        memo["sequence"] = int(memo.get("sequence", 0)) + 1
        return self._ask(self._profile.answer, dialogue, memo, text)

    def confirm(self, dialogue: Dialogue) -> None:
        """Web applications notify nobody."""

    def over(self, dialogue: Dialogue, how: str) -> None:
        values = self._values(dialogue, serving(dialogue).get("memo", {}), "")
        self._tell_end(values, how)

    def overtaken(self, dialogue: Dialogue) -> None:
        """Its request has failed, or will."""

    # ------------------------------------------------------------ out

    def _ask(self, hop: Hop, dialogue: Dialogue, memo: Memo, text: str) -> bool:
        if len(self._tasks) >= MAX_CALLS:
            log.warning("too many requests wait for the application", application=self.name)
            return False
        serving(dialogue)["memo"] = memo
        values = self._values(dialogue, memo, text)
        turn = _Turn(dialogue.msisdn, dialogue.id, values, memo)
        self._spawn(self._turn(request_of(hop, values), turn))
        return True

    def _values(self, dialogue: Dialogue, memo: Memo, text: str) -> dict[str, Scalar]:
        sequence, code = memo.get("sequence", 0), dialogue.service_code
        began = datetime.fromtimestamp(dialogue.started_ms / 1000, UTC)
        return {
            **memo,
            "msisdn": dialogue.msisdn,
            "plus_msisdn": f"+{dialogue.msisdn}",
            "code": code,
            "digits": code.strip("*#"),
            "text": text,
            "last_input": "" if sequence == 1 else text,
            "first": sequence == 1,
            "network": self._network,
            "started": f"{began:%Y-%m-%d %H:%M:%S}",
            "lasted_ms": self._clock.now_ms() - dialogue.started_ms,
        }

    async def _turn(self, request: HttpRequest, turn: _Turn) -> None:
        """Ask, and bring the reply into the lane of the phone."""
        try:
            heard = heard_in(self._profile.reply, await self._caller.call(request))
            if not fits_ussd(heard.said.text):
                raise BadReply("the screen is too long for USSD")
        except (CallFailed, BadReply) as error:
            log.warning("web application failed", application=self.name, reason=str(error))
            self._lanes.run(turn.msisdn, self._fail(turn, str(error)))
        else:
            self._lanes.run(turn.msisdn, self._show(turn, heard))

    def _tell_end(self, values: dict[str, Scalar], how: str, error: str = "") -> None:
        """Let the application know, if its profile wants that."""
        hop = self._profile.timed_out if how == "timeout" else None
        hop = hop or self._profile.over
        by_itself = how in BY_ITS_WORD or how == FAILED
        if hop is None or (by_itself and not self._profile.every_end) or len(self._tasks) >= MAX_CALLS:
            return
        status = "Success" if how in BY_ITS_WORD else "Failed" if how == FAILED else "Incomplete"
        ending: dict[str, Scalar] = {
            "reason": how,
            "status": status,
            "exit_code": _EXIT_CODES[status],
            "error": error,
        }
        self._spawn(self._notify(request_of(hop, {**values, **ending})))

    async def _notify(self, request: HttpRequest) -> None:
        try:
            await self._caller.call(request, self._events_url)
        except CallFailed as error:
            log.info("web application not told of an end", application=self.name, reason=str(error))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ------------------------------------------------------------ back, in the lane of the phone

    async def _show(self, turn: _Turn, heard: Heard) -> None:
        memo = {**turn.memo, "state": heard.state, "shown": heard.said.text}
        try:
            outcome = await self._desk.says(
                self.name,
                turn.msisdn,
                heard.said,
                belongs=turn.belongs,
                unasked=False,
                memo=memo,
            )
        except StoreUnavailable as error:
            log.warning("dialogue not reached", msisdn=mask(turn.msisdn), error=str(error))
            return
        if outcome == "busy":
            await self._fail(turn, "the phone can answer no question")
        elif outcome == "taken" and isinstance(heard.said, End):
            self._tell_end({**turn.values, **memo}, "ended")

    async def _fail(self, turn: _Turn, error: str) -> None:
        """The dialogue cannot go on: the phone is told, and the application, if it hears of every end."""
        try:
            await self._desk.refused(turn.msisdn, turn.dialogue, turn.belongs)
        except StoreUnavailable as lost:
            log.warning("dialogue not reached", msisdn=mask(turn.msisdn), error=str(lost))
            return
        self._tell_end(turn.values, FAILED, error)


class HttpApplications:
    """All web applications of a gateway: those of service codes, and those of screens of menus.

    The latter are made when a dialogue comes to one; there are as many as people have ever written into menus
    of this process.
    """

    def __init__(
        self,
        desk: Applications,
        applications: Sequence[HttpApplication],
        at_screen: Callable[[str, AppScreen], HttpApplication],
    ) -> None:
        """`at_screen` makes the application of a screen, which is to go by that name."""
        self._applications = list(applications)
        self._make = at_screen
        self._of_screens: dict[tuple[str, str, str, int], HttpApplication] = {}
        for application in applications:
            desk.register(application.name, application)
        desk.at_screen = self._at_screen

    def _at_screen(self, name: str, screen: AppScreen) -> HttpApplication:
        key = name, screen.url, screen.profile, screen.timeout_ms
        application = self._of_screens.get(key)
        if application is None:
            application = self._of_screens[key] = self._make(name, screen)
            self._applications.append(application)
        return application

    async def settle(self) -> None:
        """Wait until no request is under way."""
        for application in self._applications:
            await application.settle()

    async def close(self) -> None:
        """Give up what is under way."""
        for application in self._applications:
            await application.close()


def _behind(code: str, dialled: str) -> str:
    """What was dialled behind the service code: `*500*1*2#` -> `1*2`."""
    stem = code.removesuffix("#")
    return dialled.removeprefix(stem).strip("*#") if dialled.startswith(stem) else ""
