"""One conversation of a load: a machine that does its moves until it must wait for something.

    go_on -> move, move, ... -> waits for a screen, a message, an answer, time -> go_on

The words mean what they mean to the player (`replay.verbs`): `dial` and `send` leave a screen outstanding,
`expect` takes it or looks at the last one again.  Time here is always the loop's, in seconds.
"""

import math
from collections.abc import Callable, Mapping
from typing import Protocol, cast

from ussd_gateway.errors import LocalProtocolError
from ussd_gateway.phone.events import Failure, Screen, SmsArrived
from ussd_gateway.phone.network import screen_op, service_code_of
from ussd_gateway.replay.bodies import Body, Dial, Expect, ExpectSms, Send, Sms
from ussd_gateway.replay.load import wire
from ussd_gateway.replay.load.casts import Cast, HeardSecrets
from ussd_gateway.replay.load.lean import LeanScript, Move
from ussd_gateway.replay.load.link import Link
from ussd_gateway.replay.load.tally import Tally
from ussd_gateway.replay.matching import Match, match_refusal, match_screen, match_sms
from ussd_gateway.replay.script import Include, Set
from ussd_gateway.replay.suspects import hide
from ussd_gateway.replay.variables import VariableError, Variables
from ussd_gateway.replay.verdict import Difference
from ussd_gateway.smpp.constants import CommandStatus, UssdServiceOp, status_words
from ussd_gateway.smpp.pdus import DataSm, DeliverSm
from ussd_gateway.smpp.text import decode_text
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO, message_octets

_QUIET = -1
"""Instead of a line: nobody asks how long this answer took."""


class Generator(Protocol):
    """Who runs the conversations."""

    tally: Tally
    answer_s: float

    def finished(self, conversation: "Conversation", now_s: float) -> None:
        """It has come to its end, good or bad."""

    def wake_at(self, conversation: "Conversation", at_s: float) -> None:
        """Let it go on then."""


class _Broken(Exception):
    """The conversation fails here."""

    def __init__(self, reason: str, match: Match | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.match = match


class Conversation:
    """What one phone does and sees from the first move to the last.

    `intended_s` is when it ought to have begun, `dialogue` the number its USSD dialogue has now.
    `deadline_s` is until when what it waits for must have come.
    """

    __slots__ = (
        "_acted_s", "_asked_line", "_asked_s", "_at", "_awaited", "_awaiting", "_base_s",
        "_fresh", "_generator", "_in_dialogue", "_messages", "_moves", "_number", "_outer", "_refusal",
        "_row", "_screen", "_sent_s", "_service_code", "_time_passed", "_took_ms", "_unanswered",
        "_variables", "_wake_s", "deadline_s", "dialogue", "ended", "failed", "intended_s", "lean", "link",
        "msisdn", "script",
    )  # fmt: skip

    def __init__(
        self,
        generator: Generator,
        script: int,
        lean: LeanScript,
        cast: Cast,
        link: Link,
        dialogue: int,
        intended_s: float,
    ) -> None:
        """`script` is the number of `lean`; `dialogue`, of 15 bits, that of the phone's last dialogue."""
        self._generator = generator
        self.script = script
        self.lean = lean
        self.link = link
        self.msisdn = cast.msisdn
        self.intended_s = intended_s
        self.deadline_s = math.inf
        self.ended = self.failed = False
        self._number = cast.msisdn.encode()
        self._row = cast.row
        self._variables = cast.variables
        self._outer: list[Variables | None] = []
        self._moves = lean.moves
        self._at = 0
        self._awaited = ""
        self._wake_s: float | None = None
        self.dialogue = dialogue
        self._in_dialogue = False
        self._service_code = ""
        self._screen: Screen | None = None
        self._fresh: list[Screen] = []
        self._messages: list[tuple[SmsArrived, float]] = []
        self._refusal: Failure | None = None
        self._awaiting = False
        self._time_passed = False
        self._asked_line = _QUIET
        self._base_s = self._asked_s = self._sent_s = self._acted_s = intended_s
        self._took_ms: float | None = None
        self._unanswered = 0

    # ------------------------------------------------------------ what pushes it on

    def go_on(self, now_s: float, base_s: float | None = None) -> None:
        """Do every move that can be done; `base_s` is when that ought to have been, by default now."""
        if self.ended:
            return
        self._base_s = now_s if base_s is None else base_s
        moves = self._moves
        try:
            while self._at < len(moves):
                move = moves[self._at]
                if not _PERFORM[move.verb](self, move, now_s):
                    return
                self._at += 1
                self.deadline_s = math.inf
            if self._is_complete(now_s):
                self._end(now_s)
        except _Broken as broken:
            self.fail(now_s, broken.reason, broken.match)
        except (VariableError, LocalProtocolError, ValueError) as error:
            self.fail(now_s, str(error))

    def heard(self, pdu: DeliverSm | DataSm, op: bytes | None, now_s: float) -> None:
        """A screen; `op` is its ussd_service_op, None when it came without."""
        session_info = ITS_SESSION_INFO.octets(pdu)
        if session_info is not None and len(session_info) == 2:
            word = int.from_bytes(session_info, "big")
        else:
            word = self.dialogue << 1
        kind = screen_op(op, word)
        code = pdu.source_addr
        if kind == "notify":
            self.link.submit(wire.confirm_template(code), self._number, 0, None)
        else:
            # A centre may number the dialogue itself: from now on its number is the one that counts.
            self.dialogue = word >> 1 or self.dialogue
            self._in_dialogue = kind == "ask"
            if kind == "ask":
                self._service_code = code
        if self._asked_line >= 0:
            self._generator.tally.answered(self.script, self._asked_line, now_s - self._asked_s)
            self._took_ms = (now_s - self._sent_s) * 1000
            self._asked_line = _QUIET
        text = decode_text(message_octets(pdu), pdu.data_coding, ussd=True)
        self._fresh.append(Screen(kind, text, code, ""))
        self.go_on(now_s)

    def took(self, message: SmsArrived, now_s: float) -> None:
        """A short message."""
        self._messages.append((message, now_s))
        self.go_on(now_s)

    def answered(self, step: int, asked_s: float, status: int, now_s: float) -> None:
        """The network has taken a request of ours, or refused it (`link.Asker`)."""
        if self.ended:
            return
        self._unanswered -= 1
        if status != CommandStatus.ROK:
            if self._refusal is None:
                self._refusal = Failure(f"the gateway refused: {status_words(status)}", status)
            self.go_on(now_s)
            return
        if step >= 0:
            self._generator.tally.answered(self.script, step, now_s - asked_s)
        if self._at == len(self._moves):
            self.go_on(now_s)

    def too_late(self, now_s: float) -> None:
        """What it waits for has not come in time."""
        self.fail(now_s, self._awaited)

    def fail(self, now_s: float, reason: str, match: Match | None = None) -> None:
        """It ends here, and did not go as it should have."""
        if self.ended:
            return
        lines = self.lean.lines
        move = self._moves[min(self._at, len(self._moves) - 1)]
        if self._variables is not None:
            secrets = self._variables.secrets
        else:
            secrets = HeardSecrets(self.lean.script, self._row)
        match = match or Match()
        hide(secrets, match.regex, match.seen)
        mask = secrets.mask
        masked = [Difference(each.what, mask(each.expected), mask(each.actual)) for each in match.differences]
        self.failed = True
        self._generator.tally.failed(self.script, lines[move.line], mask(reason), masked)
        self._end(now_s)

    def hang_up(self) -> None:
        """Leave the dialogue, where one is open."""
        if self._in_dialogue and self.link.alive:
            self._in_dialogue = False
            self._ussd(UssdServiceOp.USER_ABORT, "", _QUIET, self._base_s, heed=False)

    # ------------------------------------------------------------ moves

    def _dial(self, move: Move, now_s: float) -> bool:
        if not self._last_has_come(now_s):
            return False
        code = cast(Dial, move.body).code
        if move.step.uses:
            code = cast(Dial, self._filled(move)).code
        self._fresh.clear()
        self._screen = None
        self._time_passed = False
        self.dialogue = self.dialogue % 0x7FFF + 1
        self._service_code = service_code_of(code)
        self._in_dialogue = True
        self._ask(UssdServiceOp.PSSR_INDICATION, code, move, now_s)
        return True

    def _send(self, move: Move, now_s: float) -> bool:
        if self._awaiting and not self._fresh:
            return self._wait_for_screen(self._generator.answer_s, now_s)
        text = cast(Send, move.body).text
        if move.step.uses:
            text = cast(Send, self._filled(move)).text
        if self._fresh:
            self._screen = self._fresh[-1]
            self._fresh.clear()
        self._ask(UssdServiceOp.USSR_CONFIRM, text, move, now_s)
        return True

    def _cancel(self, move: Move, now_s: float) -> bool:
        if not self._last_has_come(now_s):
            return False
        self._fresh.clear()
        self._screen = None
        self._time_passed = False
        if self._in_dialogue:
            self._in_dialogue = False
            self._ussd(UssdServiceOp.USER_ABORT, "", move.line, self._base_s)
        return True

    def _expect(self, move: Move, now_s: float) -> bool:
        wanted = cast(Expect, move.body)
        if wanted.error or wanted.status is not None:
            return self._expect_refusal(move, now_s)
        screen, took_ms = self._screen, None
        if screen is None or self._awaiting or self._time_passed or (self._fresh and screen.op == "notify"):
            if not self._fresh:
                return self._wait_for_screen(move.seconds or self._generator.answer_s, now_s)
            screen = self._screen = self._fresh.pop(0)
            self._awaiting = self._time_passed = False
            took_ms, self._took_ms = self._took_ms, None
        quick = move.quick
        if quick is not None and quick.holds(screen.text, screen.op, screen.service_code, took_ms):
            if quick.regex is None:
                return True
            if found := quick.regex.search(screen.text):
                self._capture(found.groupdict(default=""))
                return True
        body = wanted if quick is not None else cast(Expect, self._filled(move))
        self._judge(match_screen(body, screen, name=None, took_ms=took_ms))
        return True

    def _expect_refusal(self, move: Move, now_s: float) -> bool:
        if self._refusal is None and not self._fresh:
            return self._block("no refusal", move.seconds or self._generator.answer_s, now_s)
        if self._refusal is None:
            raise _Broken("a screen instead of a refusal")
        refusal, self._refusal = self._refusal, None
        self._awaiting = self._in_dialogue = False
        self._asked_line = _QUIET
        self._judge(match_refusal(cast(Expect, self._filled(move)), refusal))
        return True

    def _sms(self, move: Move, now_s: float) -> bool:
        body = cast(Sms, self._filled(move))
        to = body.to
        if to in self.lean.script.phones:
            to = (self._variables.get(to) if self._variables else None) or self.lean.script.phones[to]
        self._acted_s = self._base_s
        *before, last = wire.sms_templates(to, body.text, self.dialogue & 0xFF)
        for template in before:
            self._submit(template, 0, _QUIET, self._base_s)
        self._submit(last, 0, move.line, self._base_s)
        return True

    def _expect_sms(self, move: Move, now_s: float) -> bool:
        body = cast(ExpectSms, self._filled(move))
        for index, (message, at_s) in enumerate(self._messages):
            if body.from_ in (None, message.source):
                del self._messages[index]
                self._generator.tally.arrived(self.script, move.line, at_s - self._acted_s)
                self._judge(match_sms(body, message))
                return True
        if self._refusal is not None:
            raise _Broken(self._refusal.reason)
        sender = f" from {body.from_}" if body.from_ else ""
        seconds = move.seconds or self._generator.answer_s
        return self._block(f"no message{sender} within {seconds:g} s", seconds, now_s)

    def _wait(self, move: Move, now_s: float) -> bool:
        if self._wake_s is None:
            self._wake_s = self._base_s + (move.seconds or 0.0)
            self._generator.wake_at(self, self._wake_s)
            return False
        if now_s < self._wake_s:
            return False
        self._base_s, self._wake_s = self._wake_s, None
        self._time_passed = True
        return True

    def _set(self, move: Move, now_s: float) -> bool:
        self._capture(cast(Set, self._filled(move)).values)
        return True

    def _enter(self, move: Move, now_s: float) -> bool:
        assert self._variables is not None, "a script that includes another has variables"
        self._outer.append(self._variables)
        self._variables = self._variables.within(cast(Include, self._filled(move)).with_)
        return True

    def _leave(self, move: Move, now_s: float) -> bool:
        self._variables = self._outer.pop()
        return True

    # ------------------------------------------------------------ what moves are made of

    def _last_has_come(self, now_s: float) -> bool:
        """Let a screen that is on its way come first, so that the next dialogue is not answered by it."""
        if self._awaiting and not self._fresh:
            return self._wait_for_screen(self._generator.answer_s, now_s)
        self._awaiting = False
        return True

    def _wait_for_screen(self, seconds: float, now_s: float) -> bool:
        if self._refusal is not None:
            raise _Broken(self._refusal.reason)
        return self._block(f"no screen within {seconds:g} s", seconds, now_s)

    def _block(self, reason: str, seconds: float, now_s: float) -> bool:
        """Wait; `reason` is told when nothing comes for so long."""
        if self.deadline_s == math.inf:
            self.deadline_s = now_s + seconds
            self._awaited = reason
        return False

    def _is_complete(self, now_s: float) -> bool:
        """Whether all has been answered that was asked; a refusal nobody expected is none of them."""
        if self._awaiting and not self._fresh:
            return self._wait_for_screen(self._generator.answer_s, now_s)
        if self._refusal is not None:
            raise _Broken(self._refusal.reason)
        if self._unanswered:
            seconds = self._generator.answer_s
            return self._block(f"no answer of the gateway within {seconds:g} s", seconds, now_s)
        return True

    def _end(self, now_s: float) -> None:
        self.ended = True
        self.hang_up()
        self._generator.finished(self, now_s)

    def _ask(self, op: int, text: str, move: Move, now_s: float) -> None:
        """Send something that a screen must follow."""
        self._awaiting = True
        self._took_ms = None
        self._asked_line = move.line
        self._asked_s = self._acted_s = self._base_s
        self._sent_s = now_s
        self._ussd(op, text, _QUIET, self._base_s)

    def _ussd(self, op: int, text: str, line: int, asked_s: float, *, heed: bool = True) -> None:
        template = wire.ussd_template(op, self._service_code, text)
        word = self.dialogue << 1 | (op == UssdServiceOp.USER_ABORT)
        if heed:
            self._submit(template, word, line, asked_s)
        else:
            self.link.submit(template, self._number, word, None)

    def _submit(self, template: wire.Template, word: int, line: int, asked_s: float) -> None:
        self._unanswered += 1
        self.link.submit(template, self._number, word, self, line, asked_s)

    def _filled(self, move: Move) -> Body:
        if self._variables is None:
            return move.body
        return self._variables.filled(move.step)

    def _judge(self, match: Match) -> None:
        if match.differences:
            names = ", ".join(dict.fromkeys(each.what for each in match.differences))
            raise _Broken(f"{names} not as expected", match)
        self._capture(match.captures)

    def _capture(self, values: Mapping[str, str]) -> None:
        if self._variables is not None:
            for name, value in values.items():
                self._variables.set(name, value)


_PERFORM: Mapping[str, Callable[[Conversation, Move, float], bool]] = {
    "dial": Conversation._dial,
    "send": Conversation._send,
    "cancel": Conversation._cancel,
    "expect": Conversation._expect,
    "sms": Conversation._sms,
    "expect_sms": Conversation._expect_sms,
    "wait": Conversation._wait,
    "set": Conversation._set,
    "enter": Conversation._enter,
    "leave": Conversation._leave,
}
"""Each says whether the move is done; False: it waits, and is tried again when something has come."""
