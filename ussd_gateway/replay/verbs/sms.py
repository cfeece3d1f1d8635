"""`sms`, `expect_sms`, `no_sms`: short messages.

Where the gateway's clock can be moved nobody waits: it is moved little by little, as far as the step allows.
Elsewhere the time passes really.
"""

from ussd_gateway.clock import duration_ms
from ussd_gateway.phone.events import SmsArrived
from ussd_gateway.replay.bodies import ExpectSms, NoSms, Sms
from ussd_gateway.replay.handset import Handset, Seen
from ussd_gateway.replay.matching import match_sms
from ussd_gateway.replay.stage import Act, Failed
from ussd_gateway.replay.suspects import hide
from ussd_gateway.replay.verdict import Difference

WITHIN = "30s"
"""How long `expect_sms` waits when the script names no time."""
STEP_MS = 1_000
MOST_STEPS = 30
"""In a longer time each step of the clock is longer, too."""


async def sms(act: Act, body: Sms) -> None:
    """Send a message."""
    handset = await act.handset(body.phone)
    to = act.destination(body.to)
    act.tell("phone", "sms", body.text, handset.msisdn, peer=to)
    await handset.phone.send_sms(to, body.text)


async def expect_sms(act: Act, body: ExpectSms) -> None:
    """The earliest message from there that no step has taken."""
    handset = await act.handset(body.phone)
    within = body.within or WITHIN
    seen = await _arriving(act, body.from_, handset, duration_ms(within))
    if seen is None:
        if (refusal := handset.take_refusal()) is not None:
            raise act.refused(refusal, handset.msisdn)
        _miss(act, body, handset, within)
    else:
        act.show_sms(seen.event, handset.msisdn)
        act.judge(match_sms(body, seen.event))


async def no_sms(act: Act, body: NoSms) -> None:
    """No message has come that a step did not take, and none comes in this time."""
    handset = await act.handset(body.phone)
    seen = await _arriving(act, body.from_, handset, duration_ms(body.within))
    if seen is not None:
        act.show_sms(seen.event, handset.msisdn)
        told = f"{seen.event.source}: {seen.event.text}"
        act.outcome.differences.append(Difference("sms", f"none within {body.within}", told))
        raise Failed("a message has come")
    if (refusal := handset.take_refusal()) is not None:
        raise act.refused(refusal, handset.msisdn)


async def _arriving(
    act: Act, source: str | None, handset: Handset, within_ms: int
) -> Seen[SmsArrived] | None:
    """The next message from there, or None when the time is over."""

    def fits(message: SmsArrived) -> bool:
        return source in (None, message.source)

    def ready() -> bool:
        return bool(handset.refusals) or any(fits(seen.event) for seen in handset.messages)

    back_room = act.lab.back_room
    if back_room is None or not await back_room.can_move_time():
        await handset.until(ready, within_ms / 1000)
        return handset.take_message(fits)
    left_ms = within_ms
    await handset.let_messages_come(source)
    while left_ms > 0 and not ready():
        moved_ms = min(max(STEP_MS, within_ms // MOST_STEPS), left_ms)
        await back_room.advance(moved_ms)
        await handset.let_messages_come(source)
        left_ms -= moved_ms
    return handset.take_message(fits)


def _miss(act: Act, body: ExpectSms, handset: Handset, within: str) -> None:
    source = body.from_
    sender = f"a message from {source}" if source else "a message"
    others = [seen.event for seen in handset.messages]
    for other in others:
        hide(act.stage.secrets, body.regex, other.text)
        act.show_sms(other, handset.msisdn)
    told = "; ".join(f"{other.source}: {other.text}" for other in others) or "none"
    act.outcome.differences.append(Difference("sms", sender, told))
    raise Failed(f"no message{f' from {source}' if source else ''} within {within}")
