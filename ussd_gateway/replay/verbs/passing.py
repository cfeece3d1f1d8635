"""`wait`: time passes; `note`: something is said about what follows."""

import asyncio
import time

from ussd_gateway.billing.calendar import day_of, day_start_ms, month_of, month_start_ms
from ussd_gateway.clock import duration_ms
from ussd_gateway.replay.bodies import Note, Wait
from ussd_gateway.replay.lab import BackRoom
from ussd_gateway.replay.stage import Act, CannotPerform

HINT = "the gateway's clock is not ours to move: start it with `clock: virtual`, or replay with --realtime"


async def wait(act: Act, body: Wait) -> None:
    """Move the gateway's clock; where it cannot be moved, really wait, if that is wanted."""
    stage, back_room = act.stage, act.lab.back_room
    delta_ms = await _left_ms(body, back_room)
    act.tell("script", "wait", body.time or f"until {body.until}")
    if back_room is not None and await back_room.can_move_time():
        await back_room.advance(delta_ms)
        await act.lab.settle()
    elif stage.realtime:
        await asyncio.sleep(delta_ms / 1000)
    else:
        raise CannotPerform(HINT)
    for handset in stage.handsets.values():
        if act.alone or handset.msisdn == act.default_phone:
            handset.time_passed = True


async def note(act: Act, body: Note) -> None:
    """Nothing happens: reports show the step itself."""
    act.tell("script", "note", body.text)


async def _left_ms(body: Wait, back_room: BackRoom | None) -> int:
    """How long to wait, by the gateway's clock where it can be read."""
    if body.time is not None:
        return duration_ms(body.time)
    now_ms = time.time_ns() // 1_000_000 if back_room is None else await back_room.now_ms()
    today = day_of(now_ms)
    until_ms = month_start_ms(month_of(today) + 1) if body.until == "next month" else day_start_ms(today + 1)
    return until_ms - now_ms
