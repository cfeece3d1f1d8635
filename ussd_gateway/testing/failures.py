"""What a test is told when something is not as expected: what was wanted, what came, what was before it.

A difference is an AssertionError, so that every test runner counts it as a failure and not as an error.
"""

from collections.abc import Callable, Iterable

from ussd_gateway.errors import GatewayError
from ussd_gateway.replay.differences import diff_text
from ussd_gateway.replay.verdict import Happening, Outcome

REMEMBERED = 30
"""How many lines of the conversation a failure tells."""

_SENT = {"dial": "dials", "send": "sends", "cancel": "hangs up", "call": "calls", "press": "presses"}


class NotAsExpected(AssertionError):
    """Something else was seen; the message tells what, and the conversation until then."""


class NetworkRefused(NotAsExpected):
    """The network refused what a phone did; `status` is the SMPP command_status, if there was one."""

    def __init__(self, message: str, status: int | None) -> None:
        super().__init__(message)
        self.status = status


class CannotCheck(GatewayError):
    """Nobody here can look into this gateway: it is somebody else's, or its HTTP address was not given."""


def raise_for(outcome: Outcome, msisdn: str, story: Iterable[Happening], mask: Callable[[str], str]) -> None:
    """Raise what a performed step deserves; nothing when it passed.  `mask` takes out secrets."""
    if outcome.status == "passed":
        return
    if outcome.status == "not_checked":
        raise CannotCheck(f"{outcome.summary}: {outcome.message}")
    refusals = [each for each in outcome.happenings if each.kind == "failure"]
    if outcome.status == "error" and not refusals:
        raise GatewayError(mask(f"{msisdn}: {outcome.summary}: {outcome.message}"))
    message = mask("\n".join(_lines(outcome, msisdn, story)))
    if refusals:
        raise NetworkRefused(message, refusals[-1].code)
    raise NotAsExpected(message)


def _lines(outcome: Outcome, msisdn: str, story: Iterable[Happening]) -> Iterable[str]:
    yield f"{msisdn}: {outcome.summary}" + (f": {outcome.message}" if outcome.message else "")
    for difference in outcome.differences:
        yield from diff_text(difference).split("\n")
    told = told_story(story)
    if told:
        yield "what happened:"
        yield from told


def told_story(story: Iterable[Happening]) -> list[str]:
    """The conversation, a line or a few for each thing that happened: `>` by the phone, `<` to it."""
    lines = []
    for each in story:
        first, *more = each.text.split("\n")
        sign = {"phone": ">", "gateway": "<", "script": "."}[each.side]
        words = [sign, each.msisdn, _words(each), first]
        lines.append("  " + " ".join(word for word in words if word))
        lines += [f"      {line}".rstrip() for line in more]
    return lines


def _words(each: Happening) -> str:
    if each.kind == "screen":
        return f"{each.peer} {each.op}:"
    if each.kind == "sms":
        return f"SMS to {each.peer}:" if each.side == "phone" else f"SMS from {each.peer}:"
    if each.kind == "voice":
        return f"hears ({each.op}):"
    if each.kind == "failure":
        return "refused:"
    return _SENT.get(each.kind, f"{each.kind}:")
