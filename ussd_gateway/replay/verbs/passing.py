"""`wait`: time passes."""

import asyncio

from ussd_gateway.clock import duration_ms
from ussd_gateway.replay.bodies import Wait
from ussd_gateway.replay.stage import Act, CannotPerform

HINT = "the gateway's clock is not ours to move: start it with `clock: virtual`, or replay with --realtime"


async def wait(act: Act, body: Wait) -> None:
    """Move the gateway's clock; where it cannot be moved, really wait, if that is wanted."""
    delta_ms = duration_ms(body.time)
    stage, back_room = act.stage, act.lab.back_room
    act.tell("script", "wait", body.time)
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
