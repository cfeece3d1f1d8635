"""A gateway in a situation: its setup played, then dialogues one after another, as its watch tells them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ussd_gateway.errors import GatewayError
from ussd_gateway.replay.bodies import Body, ExpectSms
from ussd_gateway.replay.handset import Handset
from ussd_gateway.replay.lab import Lab
from ussd_gateway.replay.loader import load_script
from ussd_gateway.replay.script import Script
from ussd_gateway.replay.stage import Act, CannotPerform, Failed, Stage
from ussd_gateway.replay.variables import Secrets, VariableError, Variables, begin
from ussd_gateway.replay.verbs import VERBS
from ussd_gateway.replay.verdict import Outcome
from ussd_gateway.watch import Happening, Move, SmsSent, StepTaken, Watch

SOON_MS = 4000
"""Messages that leave within this time are the dialogue's; others come when they come."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A gateway that nobody else uses, and what tells of it."""

    lab: Lab
    watch: Watch


class OpenBench(Protocol):
    """Starts a gateway with an empty store; `later_ms` after the usual instant."""

    def __call__(self, later_ms: int = 0) -> AbstractAsyncContextManager[Bench]: ...


class NoSetup(GatewayError):
    """The setup of a situation does not do what it should."""


@dataclass(slots=True)
class Told:
    """What a dialogue was: its steps, and the messages it caused."""

    steps: list[StepTaken] = field(default_factory=list)
    messages: list[SmsSent] = field(default_factory=list)

    @property
    def moves(self) -> list[Move]:
        return [move for step in self.steps for move in step.moves]

    @property
    def acted(self) -> bool:
        """Whether anything may have changed."""
        return any(step.actions for step in self.steps)

    @property
    def last(self) -> StepTaken:
        return self.steps[-1]


class Session:
    """Between `opened` and the end of its block."""

    def __init__(
        self, stage: Stage, variables: Variables, handset: Handset, codes: Mapping[str, str]
    ) -> None:
        """`codes`: screen -> the expression for the message that comes before it is answered."""
        self._stage = stage
        self._variables = variables
        self._handset = handset
        self._codes = codes
        self._told: list[Happening] = []
        self._last_message = 0

    def hear(self, happening: Happening) -> None:
        """The listener of the gateway's watch."""
        if happening.msisdn == self._handset.msisdn:
            self._told.append(happening)

    async def dialogue(self, dialled: str, inputs: tuple[str, ...], *, messages: bool = False) -> Told | None:
        """Dial and answer; None when it ended before the last answer.  A dialogue still open is hung up.

        With `messages` those it causes are waited for.
        """
        phone, told = self._handset.phone, Told()
        self._told.clear()
        await phone.dial(self._variables.fill(dialled))
        await self._take_all(told)
        for text in inputs:
            if not told.steps or told.last.op != "ask":
                return None
            try:
                await self._await_code(told.last.screen)
                filled = self._variables.fill(text)
            except (Failed, VariableError):
                return None
            await phone.answer(filled)
            await self._take_all(told)
        if not told.steps:
            return None
        if told.last.op == "ask":
            await phone.hang_up()
        if messages:
            await self._messages(told)
        return told

    async def _await_code(self, screen: str) -> None:
        """Have the message that a screen asks about."""
        expression = self._codes.get(screen)
        if expression is not None:
            body = ExpectSms.model_validate({"regex": expression})
            await perform(self._stage, self._variables, "expect_sms", body)
            # The script takes it at this place, not after the dialogue.
            self._told = [each for each in self._told if not isinstance(each, SmsSent)]

    async def _take_all(self, told: Told) -> None:
        """What came of it; the screens of a web application come later."""
        if not any(isinstance(each, StepTaken) for each in self._told):
            await self._stage.lab.settle()
        self._take(told)

    def _take(self, told: Told) -> None:
        told.steps += [each for each in self._told if isinstance(each, StepTaken) and each.asked != "hang_up"]
        told.messages += [each for each in self._told if isinstance(each, SmsSent)]
        self._told.clear()

    async def _messages(self, told: Told) -> None:
        """Have the messages that leave soon, moving the clock no further than a script that expects them."""
        back_room, settle = self._stage.lab.back_room, self._stage.lab.settle
        assert back_room is not None
        await settle()
        inbox = await back_room.inbox(self._handset.msisdn, self._last_message)
        due_ms = [_instant_ms(message["not_before"]) for message in inbox]
        self._last_message = max([self._last_message, *(message["message_id"] for message in inbox)])
        now_ms = await back_room.now_ms()
        until_ms = max((each for each in due_ms if each <= now_ms + SOON_MS), default=now_ms)
        while now_ms < until_ms:
            await back_room.advance(1000)
            await settle()
            now_ms += 1000
        self._told = [each for each in self._told if isinstance(each, SmsSent)]
        self._take(told)


def _instant_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def readied(text: str) -> Script:
    """The script of a situation: its setup, and a step that is never played."""
    return load_script(text, file_name="situation")


@asynccontextmanager
async def opened(
    open_bench: OpenBench, script: Script, codes: Mapping[str, str], later_ms: int = 0
) -> AsyncIterator[Session]:
    """A fresh gateway on which the setup of `script` has been played; raises NoSetup."""
    async with open_bench(later_ms) as bench:
        secrets = Secrets(script.secrets)
        stage = Stage(script, bench.lab, secrets, realtime=False)
        variables = begin(script, {}, secrets)
        msisdn = variables.get("msisdn") or ""
        try:
            handset = await stage.handset(msisdn, forget=True)
            await _set_up(stage, variables)
            session = Session(stage, variables, handset, codes)
            bench.watch.subscribe(session.hear)
            yield session
        finally:
            await stage.close()


async def _set_up(stage: Stage, variables: Variables) -> None:
    for step in stage.script.setup:
        if step.verb not in VERBS:
            raise NoSetup(f"{step.place}: {step.verb} cannot stand in the setup of a situation")
        try:
            await perform(stage, variables, step.verb, variables.filled(step))
        except (Failed, CannotPerform) as error:
            raise NoSetup(f"{step.place}: {step.verb}: {error}") from error


async def perform(stage: Stage, variables: Variables, verb: str, body: Body) -> None:
    """One step, nobody told of it; raises Failed and CannotPerform."""
    place = stage.script.steps[0].place
    outcome = Outcome(place, verb, verb, "passed")
    await VERBS[verb](Act(stage, variables, outcome, variables.get("msisdn") or "", alone=True), body)
    if outcome.status != "passed":
        raise Failed(
            "; ".join(f"{each.what}: {each.actual}" for each in outcome.differences) or outcome.message
        )
