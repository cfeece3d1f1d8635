"""`dial`, `send`, `cancel`, `expect`: a dialogue.

`dial`, `send`, `push` and `wait` leave a screen outstanding, which the next `expect` takes; with none
outstanding `expect` looks at the last one again, so that several may examine one screen.
"""

from ussd_gateway.clock import duration_ms
from ussd_gateway.phone.events import Screen
from ussd_gateway.replay.bodies import Cancel, Dial, Expect, Send
from ussd_gateway.replay.handset import Handset, Seen
from ussd_gateway.replay.matching import Match, match_refusal, match_screen
from ussd_gateway.replay.stage import Act, Failed
from ussd_gateway.replay.verdict import Difference


async def dial(act: Act, body: Dial) -> None:
    """Dial; whatever an earlier dialogue still shows is history."""
    handset = await act.handset(body.phone)
    await _end_of_the_last(act, handset)
    act.tell("phone", "dial", body.code, handset.msisdn)
    handset.ask_for_screen()
    await handset.phone.dial(body.code)


async def send(act: Act, body: Send) -> None:
    """Answer the screen; one that has not come yet is waited for."""
    handset = await act.handset(body.phone)
    if handset.awaiting:
        seen = await next_screen(act, handset, act.lab.answer_s)
        act.show_screen(seen.event, handset.msisdn)
    while (more := handset.take_screen()) is not None:
        act.show_screen(more.event, handset.msisdn)
    act.tell("phone", "send", body.text, handset.msisdn)
    handset.ask_for_screen()
    await handset.phone.answer(body.text)


async def cancel(act: Act, body: Cancel) -> None:
    """Hang up: the dialogue, the call."""
    handset = await act.handset(body.phone)
    await _end_of_the_last(act, handset)
    act.tell("phone", "cancel", "", handset.msisdn)
    await handset.hang_up()


async def expect(act: Act, body: Expect) -> None:
    """Compare the next screen, or the last one again; or the refusal that comes instead."""
    handset = await act.handset(body.phone)
    within_s = act.lab.answer_s if body.within is None else duration_ms(body.within) / 1000
    if body.error or body.status is not None:
        await _expect_refusal(act, body, handset, within_s)
        return
    took_ms = None
    screen = handset.screen
    if screen is None or handset.wants_screen:
        seen = await next_screen(act, handset, within_s)
        screen = seen.event
        took_ms = act.outcome.latency_ms
    act.show_screen(screen, handset.msisdn)
    name = await _name_of_screen(act, body, handset)
    act.judge(match_screen(body, screen, name=name, took_ms=took_ms))


async def next_screen(act: Act, handset: Handset, within_s: float) -> Seen[Screen]:
    """Wait for a screen; Failed when none comes, and when the network refuses instead."""
    await handset.until(lambda: bool(handset.fresh_screens or handset.refusals), within_s)
    asked_s = handset.asked_s if handset.awaiting else None
    seen = handset.take_screen()
    if seen is not None:
        if asked_s is not None:
            act.outcome.latency_ms = (seen.at_s - asked_s) * 1000
        return seen
    refusal = handset.take_refusal()
    if refusal is not None:
        raise act.refused(refusal, handset.msisdn)
    act.outcome.differences.append(Difference("screen", "a screen", f"none within {within_s:g} s"))
    raise Failed(f"no screen within {within_s:g} s")


async def _end_of_the_last(act: Act, handset: Handset) -> None:
    """Let a screen that is on its way come first, so that the next dialogue is not answered by it."""
    if handset.awaiting:
        await handset.until(lambda: bool(handset.fresh_screens or handset.refusals), act.lab.answer_s)
    for screen in handset.drop_screens():
        act.show_screen(screen, handset.msisdn)


async def _expect_refusal(act: Act, body: Expect, handset: Handset, within_s: float) -> None:
    await handset.until(lambda: bool(handset.fresh_screens or handset.refusals), within_s)
    refusal = handset.take_refusal()
    if refusal is not None:
        handset.awaiting = False
        act.show_refusal(refusal, handset.msisdn)
        act.judge(match_refusal(body, refusal))
        return
    seen = handset.take_screen()
    match = Match()
    if seen is not None:
        act.show_screen(seen.event, handset.msisdn)
    match.differ("error", _refusal_wanted(body), seen.event.text if seen is not None else "no refusal")
    act.judge(match)


def _refusal_wanted(body: Expect) -> str:
    return body.status or (body.error if isinstance(body.error, str) else "a refusal of the network")


async def _name_of_screen(act: Act, body: Expect, handset: Handset) -> str | None:
    if body.screen is None or act.lab.back_room is None:
        return None
    return await act.lab.back_room.screen(handset.msisdn)
