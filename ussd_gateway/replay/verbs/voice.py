"""`call`, `press`, `expect_voice`: a call to a voice menu.

`expect_voice` is about what was said last; what was said before it, key by key, is told in the report.
"""

from ussd_gateway.clock import duration_ms
from ussd_gateway.phone.calls import Caller
from ussd_gateway.replay.bodies import Call, ExpectVoice, Press
from ussd_gateway.replay.handset import Handset
from ussd_gateway.replay.matching import match_voice
from ussd_gateway.replay.stage import Act, Failed, NotChecked
from ussd_gateway.replay.verdict import Difference


async def call(act: Act, body: Call) -> None:
    """Call a number."""
    handset = await act.handset(body.phone)
    caller = await _caller(handset)
    _listen(act, handset)
    act.tell("phone", "call", body.number, handset.msisdn, peer=body.number)
    await caller.call(body.number)


async def press(act: Act, body: Press) -> None:
    """Press keys, or none for a while."""
    handset = await act.handset(body.phone)
    caller = await _caller(handset)
    _listen(act, handset)
    act.tell("phone", "press", body.keys or "", handset.msisdn)
    if body.keys is None:
        await caller.be_silent()
    elif left := await caller.press(body.keys):
        _listen(act, handset)
        if (refusal := handset.take_refusal()) is not None:
            raise act.refused(refusal, handset.msisdn)
        raise Failed(f"the call ended before all keys were pressed; left over: {left}")


async def expect_voice(act: Act, body: ExpectVoice) -> None:
    """Compare what was said last."""
    handset = await act.handset(body.phone)
    await _caller(handset)
    within_s = act.lab.answer_s if body.within is None else duration_ms(body.within) / 1000
    if handset.voice is None:
        await handset.until(lambda: bool(handset.voices or handset.refusals), within_s)
    heard = _listen(act, handset)
    if not heard and (refusal := handset.take_refusal()) is not None:
        raise act.refused(refusal, handset.msisdn)
    if handset.voice is None:
        act.outcome.differences.append(Difference("voice", "a prompt", f"none within {within_s:g} s"))
        raise Failed(f"nothing was said within {within_s:g} s")
    if not heard:
        act.show_voice(handset.voice, handset.msisdn)
    act.judge(match_voice(body, handset.voice))


async def _caller(handset: Handset) -> Caller:
    caller = await handset.caller()
    if caller is None:
        raise NotChecked("nothing carries voice to this gateway")
    return caller


def _listen(act: Act, handset: Handset) -> bool:
    """Tell what was said since; whether there was anything."""
    heard = handset.take_voices()
    for seen in heard:
        act.show_voice(seen.event, handset.msisdn)
    return bool(heard)
