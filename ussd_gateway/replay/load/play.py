"""A whole load, from the first bind to the figures; Ctrl-C ends it early, and the figures are told."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ussd_gateway.replay.load.arrivals import Plan
from ussd_gateway.replay.load.figures import Result, result_of
from ussd_gateway.replay.load.generator import Load
from ussd_gateway.replay.load.lean import LeanScript
from ussd_gateway.replay.load.link import Target
from ussd_gateway.replay.load.tally import Point, Tally


async def play(
    scripts: Sequence[LeanScript],
    plan: Plan,
    target: Target,
    *,
    phones: Sequence[str] = (),
    told: Callable[[Point, Tally], None] = lambda point, tally: None,
) -> Result:
    """Play it; raises NoLink when the binds are not granted.

    `phones` go before those that data rows name; `told` hears of each second.
    """
    load = Load(scripts, plan, target, phones=phones, told=told)
    try:
        await load.open()
        began_s = time.process_time()
        with _interruptible(load.stop):
            await load.run()
        spent_s = time.process_time() - began_s
    finally:
        await load.close()
    return result_of(
        load.tally,
        scripts,
        plan,
        binds=target.binds,
        phones=load.phones,
        elapsed_s=load.elapsed_s,
        busy=spent_s / load.elapsed_s if load.elapsed_s else 0.0,
        interrupted=load.interrupted,
        lost=load.lost_reason,
    )


@contextmanager
def _interruptible(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM call `stop`; a second Ctrl-C is the usual one."""
    loop = asyncio.get_running_loop()
    taken = []
    for number in (signal.SIGINT, signal.SIGTERM):

        def stop_once(number: int = number) -> None:
            loop.remove_signal_handler(number)
            stop()

        try:
            loop.add_signal_handler(number, stop_once)
        except (NotImplementedError, ValueError, RuntimeError):
            continue  # no signals in this thread, or on this system
        taken.append(number)
    try:
        yield
    finally:
        for number in taken:
            loop.remove_signal_handler(number)
