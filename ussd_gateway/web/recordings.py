"""`/api/v1/recordings`: what a phone does becomes a session script, as `ussd-gateway record` writes it.

The recorder stands beside the gateway and asks it over its own HTTP, so it sees what any client sees, and no
more.  It loads with the first recording: most gateways never make one.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from aiohttp import web
from pydantic import Field

from ussd_gateway.errors import GatewayError
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.itself import itself
from ussd_gateway.web.numbers import msisdn_of
from ussd_gateway.web.problems import ProblemError

if TYPE_CHECKING:
    from ussd_gateway.replay.labs.backroom_http import HttpBackRoom
    from ussd_gateway.replay.recorder.live import Follower
    from ussd_gateway.replay.recorder.recorder import Recorder

MAX_RECORDINGS = 20
"""At a time; further ones are refused."""
MAX_LENGTH_S = 3600.0


class Wanted(Body):
    """Whose session; with `loose`, digits in expected texts match any others."""

    msisdn: str = Field(max_length=40)
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """One that goes on."""

    id: str
    recorder: "Recorder"
    follower: "Follower"
    back_room: "HttpBackRoom"
    enough: asyncio.Event
    task: asyncio.Task[None]


class Recordings:
    """Those that go on, by their ids."""

    def __init__(self) -> None:
        self._going_on: dict[str, Recording] = {}

    def add(self, recording: Recording) -> None:
        """Remember it until `end`."""
        self._going_on[recording.id] = recording

    def of(self, request: web.Request) -> Recording:
        """The one of the address; ProblemError 404."""
        recording = self._going_on.get(request.match_info["recording"])
        if recording is None:
            raise ProblemError(404, "there is no such recording")
        return recording

    def check_room(self) -> None:
        """ProblemError 429 when there are too many."""
        if len(self._going_on) >= MAX_RECORDINGS:
            raise ProblemError(429, "too many recordings go on; end one")

    async def end(self, recording: Recording) -> None:
        """Note what has happened so far, and no more.  GatewayError."""
        self._going_on.pop(recording.id, None)
        recording.enough.set()
        try:
            await recording.task
            recording.recorder.ended(await recording.back_room.account(recording.recorder.msisdn))
        finally:
            await recording.back_room.close()

    async def close(self, application: web.Application) -> None:
        """The server stops: nobody will ask for them any more."""
        for recording in tuple(self._going_on.values()):
            recording.task.cancel()
            with suppress(asyncio.CancelledError, GatewayError):
                await self.end(recording)


RECORDINGS = web.AppKey("recordings", Recordings)


async def begin(request: web.Request) -> web.Response:
    """Note from now on what the phone does, whatever way it has to the gateway."""
    from ussd_gateway.replay.labs.backroom_http import HttpBackRoom
    from ussd_gateway.replay.recorder.live import Follower
    from ussd_gateway.replay.recorder.recorder import Recorder

    body = await read_body(request, Wanted)
    msisdn = msisdn_of(request, body.msisdn, "msisdn")
    recordings = request.app[RECORDINGS]
    recordings.check_room()
    own = itself(request)
    back_room = HttpBackRoom(own.url, token=own.token)
    try:
        await back_room.open()
        recorder = Recorder(msisdn, account=await back_room.account(msisdn), loose=body.loose)
        follower = Follower(back_room, recorder, lambda note: None)
        await follower.begin()
    except GatewayError as error:
        await back_room.close()
        raise ProblemError(422, str(error)) from None
    enough = asyncio.Event()
    task = asyncio.create_task(_follow(follower, enough))
    recording = Recording(uuid4().hex, recorder, follower, back_room, enough, task)
    recordings.add(recording)
    return web.json_response({"recording": recording.id, "msisdn": msisdn}, status=201)


async def show(request: web.Request) -> web.Response:
    """How much has been noted."""
    recording = request.app[RECORDINGS].of(request)
    return web.json_response(_so_far(recording))


async def end(request: web.Request) -> web.Response:
    """Note no more: the script."""
    recordings = request.app[RECORDINGS]
    recording = recordings.of(request)
    with suppress(GatewayError):  # it stops: what was seen until then is worth a script
        await recordings.end(recording)
    script = None
    if not recording.recorder.empty:
        now = datetime.now(UTC)
        made = f"Recorded {now:%Y-%m-%d %H:%M} over HTTP; times are UTC, the gateway's."
        script = recording.recorder.script(f"session-{now:%Y%m%d-%H%M%S}", made=made)
    return web.json_response({**_so_far(recording), "script": script})


async def _follow(follower: "Follower", enough: asyncio.Event) -> None:
    """Take notes until it is enough, or an hour has passed."""
    timer = asyncio.get_running_loop().call_later(MAX_LENGTH_S, enough.set)
    try:
        with suppress(GatewayError):  # the server stops
            await follower.follow(enough)
    finally:
        timer.cancel()


def _so_far(recording: Recording) -> dict[str, object]:
    return {
        "recording": recording.id,
        "msisdn": recording.recorder.msisdn,
        "notes": len(recording.recorder.notes),
        "missed": recording.follower.missed,
    }
