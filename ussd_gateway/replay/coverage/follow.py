"""What happens in a gateway, heard from outside: the long poll of `GET /api/v1/events`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

from ussd_gateway.watch import Happening, SmsTaken, StepTaken

WAIT = "20s"


class EventSource(Protocol):
    """A back room that tells events (`labs.backroom_http`)."""

    async def events(self, after: int | None, wait: str) -> Mapping[str, Any]:
        """The answer of `GET /api/v1/events`; raises GatewayError."""
        ...


class Followed:
    """What came of following."""

    missed = False
    """Whether events were lost: more happened at once than the gateway keeps."""


@asynccontextmanager
async def following(source: EventSource, listener: Callable[[Happening], None]) -> AsyncIterator[Followed]:
    """Tell `listener` every step and message that happens inside the block; raises GatewayError."""
    followed = Followed()
    answer = await source.events(None, "0s")
    after = int(answer["next"])

    def take(answer: Mapping[str, Any]) -> int:
        followed.missed = followed.missed or bool(answer["missed"])
        for event in answer["events"]:
            happening = happening_of(event)
            if happening is not None:
                listener(happening)
        return int(answer["next"])

    async def listen() -> None:
        nonlocal after
        while True:
            after = take(await source.events(after, WAIT))

    listening = asyncio.create_task(listen())
    try:
        yield followed
        if listening.done():
            listening.result()  # the gateway went away: say so
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await listening
    # Where the poll was cut short nothing was taken, so nothing is told twice.
    while True:
        answer = await source.events(after, "0s")
        after = take(answer)
        if not answer["events"]:
            return


def happening_of(event: Mapping[str, Any]) -> Happening | None:
    """A step or a message taken, as the gateway itself has it; None for anything else."""
    if event["event"] == "step":
        lists = {
            "moves": tuple(tuple(move) for move in event["moves"]),
            "actions": tuple(tuple(action) for action in event["actions"]),
        }
        return StepTaken(at_ms=0, **{**_members(event), **lists})
    if event["event"] == "sms_taken":
        return SmsTaken(at_ms=0, **_members(event))
    return None


def _members(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in ("event", "number", "at")}
