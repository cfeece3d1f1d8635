"""Between the phones of a test and the verbs of session scripts: one gateway, its handsets, what happened.

perform("dial", Dial(...), msisdn) -> replay.verbs -> an outcome, which raises unless it passed
"""

from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.replay.bodies import Body
from ussd_gateway.replay.handset import Handset
from ussd_gateway.replay.script import DEFAULT_MSISDN, Script
from ussd_gateway.replay.stage import Act, CannotPerform, Failed, NotChecked, Stage
from ussd_gateway.replay.summary import summary
from ussd_gateway.replay.variables import Secrets, Variables
from ussd_gateway.replay.verbs import VERBS
from ussd_gateway.replay.verdict import Happening, Outcome, Place
from ussd_gateway.testing.failures import REMEMBERED, raise_for
from ussd_gateway.testing.labs import open_lab
from ussd_gateway.testing.options import Where

NOWHERE = Place("a test", 1, 1)
"""Steps of a test stand in no file."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step that passed: what was seen of it, what its regex captured."""

    happenings: Sequence[Happening]
    captured: Mapping[str, str]


@dataclass(slots=True)
class Scene:
    """One gateway and the phones that are switched on; `story` is what happened lately.

    `forget`: messages that waited for a phone are history, for the gateway had a life before this test.
    """

    stage: Stage
    forget: bool
    story: deque[Happening] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def number(self, text: str) -> str:
        """A number in any form people write it; ValueError."""
        number = self.stage.script.plan.parse(str(text))
        if number is None:
            raise ValueError(f"{text!r} is no phone number")
        return number

    def learn(self, *secrets: str | None) -> None:
        """Values that no failure may show."""
        for each in secrets:
            self.stage.secrets.learn("secret", each or "")

    async def handset(self, msisdn: str) -> Handset:
        """The phone, switched on; raises GatewayError."""
        return await self.stage.handset(msisdn, forget=self.forget)

    async def switch_off(self, msisdn: str) -> None:
        """Switch a phone off, if it is on."""
        handset = self.stage.handsets.pop(msisdn, None)
        if handset is not None:
            await handset.close()

    async def perform(self, verb: str, body: Body, msisdn: str) -> Done:
        """One verb; raises what `failures` has for one that did not pass."""
        outcome = Outcome(NOWHERE, verb, summary(verb, body), "passed")
        variables = Variables(self.stage.secrets)
        act = Act(self.stage, variables, outcome, msisdn, alone=True)
        try:
            if verb == "expect":
                await self._look_again(msisdn)
            await VERBS[verb](act, body)
            if verb == "sms":
                await self._accepted(act, msisdn)
        except Failed as failed:
            outcome.status, outcome.message = "failed", str(failed)
        except NotChecked as unknown:
            outcome.status, outcome.message = "not_checked", str(unknown)
        except CannotPerform as error:
            outcome.status, outcome.message = "error", str(error)
        self._remember(outcome.happenings)
        raise_for(outcome, msisdn, self.story, self.stage.secrets.mask)
        captured = {name: variables.get(name) or "" for name in variables.names()}
        return Done(outcome.happenings, captured)

    async def _look_again(self, msisdn: str) -> None:
        """Time that passed wants no screen of a test, which may look at the last one still."""
        handset = await self.handset(msisdn)
        handset.collect()
        handset.time_passed = bool(handset.fresh_screens)

    async def _accepted(self, act: Act, msisdn: str) -> None:
        """A refused message is the failure of who sent it, not of the next who looks."""
        refusal = (await self.handset(msisdn)).take_refusal()
        if refusal is not None:
            raise act.refused(refusal, msisdn)

    def _remember(self, happenings: Sequence[Happening]) -> None:
        """A second look at a screen is nothing new."""
        self.story.extend([each for each in happenings if not self._told(each)])

    def _told(self, seen: Happening) -> bool:
        """Whether it is what the gateway told this phone since it did something last."""
        for each in reversed(self.story):
            if each.msisdn == seen.msisdn and _what(each) == _what(seen):
                return seen.side == "gateway"
            if each.msisdn == seen.msisdn and each.side == "phone":
                return False
        return False


def _what(each: Happening) -> tuple[str, ...]:
    return (each.kind, each.peer, each.op, each.dialogue, each.text)


@asynccontextmanager
async def open_scene(where: Where) -> AsyncIterator[Scene]:
    """A gateway to play on; raises ConfigError, GatewayError."""
    async with open_lab(where) as (lab, plan):
        stage = Stage(_no_script(plan), lab, Secrets(), where.realtime)
        try:
            yield Scene(stage, forget=not where.embedded)
        finally:
            await stage.close()


def _no_script(plan: NumberingPlan) -> Script:
    """Verbs ask their script for names of phones: a test has none."""
    nothing: tuple[()] = ()
    return Script(
        "test", "a test", "", nothing, DEFAULT_MSISDN, {}, {}, frozenset(), nothing, nothing, nothing, plan
    )
