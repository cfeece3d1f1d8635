"""What a run plays on: its phones and variables, and the step that is being performed.

A verb gets an `Act`.  It ends by returning (performed, and as expected unless a difference was noted), or
with `Failed`, `CannotPerform` or `NotChecked`, which are the other three statuses of a verdict.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ussd_gateway.phone.events import Failure, Screen, SmsArrived, Voice
from ussd_gateway.replay.handset import Handset, Inbox
from ussd_gateway.replay.lab import BackRoom, Lab
from ussd_gateway.replay.matching import Match
from ussd_gateway.replay.script import Script
from ussd_gateway.replay.suspects import hide
from ussd_gateway.replay.variables import Secrets, Variables, number_of
from ussd_gateway.replay.verdict import Happening, Outcome, Side


class Failed(Exception):
    """Seen, and not what was expected."""


class CannotPerform(Exception):
    """The step could not be performed."""


class NotChecked(Exception):
    """This way to the gateway cannot tell."""


@dataclass(slots=True)
class Stage:
    """One run: everything its steps share.

    `ledgers` are the lines that stood in a ledger when the steps began, by number.
    """

    script: Script
    lab: Lab
    secrets: Secrets
    realtime: bool
    started_s: float = field(default_factory=time.monotonic)
    handsets: dict[str, Handset] = field(default_factory=dict)
    ledgers: dict[str, Counter[tuple[str, ...]]] = field(default_factory=dict)

    async def handset(self, msisdn: str, *, forget: bool = False) -> Handset:
        """The phone of a number, switched on when first needed; raises GatewayError.

        `forget` what waited for it: at the start of a run that is history.
        """
        handset = self.handsets.get(msisdn)
        if handset is None:
            back_room = self.lab.back_room
            inbox = None if back_room is None else Inbox(msisdn, back_room)
            # Known before it is on: two branches that want the same phone share it.
            handset = self.handsets[msisdn] = Handset(msisdn, self.lab, inbox)
        await handset.open(forget=forget)
        return handset

    async def close(self) -> None:
        """Switch all phones off."""
        for handset in self.handsets.values():
            await handset.close()
        self.handsets.clear()


@dataclass(slots=True)
class Act:
    """One step being performed: `outcome` grows while it is.

    `default_phone` is the number of whoever acts when the step names nobody; `alone` is False in a branch of
    `parallel`.
    """

    stage: Stage
    variables: Variables
    outcome: Outcome
    default_phone: str
    alone: bool

    # ------------------------------------------------------------ what a verb needs

    def number(self, phone: str | None) -> str:
        """The number of a phone: a name of the script or a number; by default whoever acts."""
        if phone is None:
            return self.default_phone
        return number_of(self.stage.script, self.variables, phone)

    def destination(self, text: str) -> str:
        """Where a message or a login goes: the number of a named phone, else the text as it is."""
        return self.number(text) if text in self.stage.script.phones else text

    async def handset(self, phone: str | None) -> Handset:
        """The phone, switched on."""
        return await self.stage.handset(self.number(phone))

    @property
    def lab(self) -> Lab:
        return self.stage.lab

    def back_room(self, what: str) -> BackRoom:
        """The operator's side; NotChecked when the gateway is somebody else's."""
        if self.lab.back_room is None:
            raise NotChecked(f"{what}: nobody here can look into this gateway")
        return self.lab.back_room

    # ------------------------------------------------------------ what a verb tells

    def tell(
        self, side: Side, kind: str, text: str, msisdn: str = "", *, peer: str = "", op: str = ""
    ) -> None:
        """One line of the conversation, now."""
        self._add(Happening(side, kind, text, msisdn, peer, op))

    def show_screen(self, screen: Screen, msisdn: str) -> None:
        """A screen has been looked at."""
        code, dialogue = screen.service_code, screen.dialogue
        self._add(Happening("gateway", "screen", screen.text, msisdn, code, screen.op, dialogue=dialogue))

    def show_sms(self, sms: SmsArrived, msisdn: str) -> None:
        """A message has been looked at."""
        self._add(Happening("gateway", "sms", sms.text, msisdn, sms.source, parts=sms.parts))

    def show_voice(self, voice: Voice, msisdn: str) -> None:
        """A prompt was heard."""
        self.tell("gateway", "voice", voice.text, msisdn, op=voice.state)

    def show_refusal(self, failure: Failure, msisdn: str) -> None:
        """The network refused."""
        self._add(Happening("gateway", "failure", describe(failure), msisdn, code=failure.status))

    def _add(self, happening: Happening) -> None:
        at_ms = (time.monotonic() - self.stage.started_s) * 1000
        self.outcome.happenings.append(replace(happening, at_ms=at_ms))

    def judge(self, match: Match) -> None:
        """Take over what a comparison found: differences fail the step, captures become variables."""
        outcome = self.outcome
        outcome.differences += match.differences
        if match.differences:
            hide(self.stage.secrets, match.regex, match.seen)
            outcome.status = "failed"
            return
        for name, value in match.captures.items():
            self.variables.set(name, value)
        if match.unknown and outcome.status == "passed":
            outcome.status = "not_checked"
            outcome.message = f"{', '.join(match.unknown)}: cannot be seen this way"

    def refused(self, failure: Failure, msisdn: str) -> Exception:
        """What a refusal that nobody expected makes of the step that met it."""
        self.show_refusal(failure, msisdn)
        if failure.final:
            return CannotPerform(describe(failure))
        return Failed(f"the network refused: {describe(failure)}")


def describe(failure: Failure) -> str:
    """`refused: ESME_RINVSRCADR (0x0000000A)`, or the reason alone."""
    return failure.reason if failure.status is None else f"{failure.reason} (0x{failure.status:08X})"


def ledger_line(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """What tells one line of a ledger from another."""
    return tuple(str(entry[name]) for name in ("transfer", "account", "amount_kop", "kind", "at"))


def new_lines(
    entries: Sequence[Mapping[str, Any]], before: Counter[tuple[str, ...]]
) -> list[Mapping[str, Any]]:
    """The lines that were not there before."""
    left = Counter(before)
    fresh = []
    for entry in entries:
        line = ledger_line(entry)
        if left[line]:
            left[line] -= 1
        else:
            fresh.append(entry)
    return fresh
