"""`/api/v1/replays`: a session script is played against this gateway, while pages show it on their phones.

The player stands beside the gateway and uses its HTTP like any client.  Each step is told at `/ws` (topic
`replays`) and kept for whoever asks later.  A script that came over HTTP names no files: they would be read
from the disk of the gateway.  The player loads with the first script: most gateways never play one.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aiohttp import web
from pydantic import Field

from ussd_gateway.clock import duration_ms
from ussd_gateway.documents import read_yaml
from ussd_gateway.errors import ConfigError, GatewayError
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.itself import Itself, itself
from ussd_gateway.web.live import HUB, REPLAYS
from ussd_gateway.web.once import kept
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES

if TYPE_CHECKING:
    from ussd_gateway.replay.script import Script
    from ussd_gateway.replay.verdict import Outcome, Run, Verdict

MAX_SCRIPT = 60_000
"""Characters of a script."""
MAX_RUNS = 200
MAX_GOING_ON = 4
MAX_KEPT = 50
"""Replays that are remembered."""
MAX_STEPS = 5_000
"""Steps of one that are told and kept."""
MAX_LENGTH_S = 600.0
MAX_PAUSE_MS = 10_000
FILE_NAME = "script"

Tell = Callable[[dict[str, object]], None]


class Wanted(Body):
    """The script as text; how long phones wait before whatever they do."""

    script: str = Field(min_length=1, max_length=MAX_SCRIPT)
    pause: str = Field(default="0s", max_length=20)


@dataclass(slots=True)
class Replay:
    """One script being played, or played.

    `state`: `running`, then `passed`, `failed`, `error` (it could not be played to its end) or `stopped`.
    """

    id: str
    name: str
    runs: int
    state: str = "running"
    detail: str = ""
    steps: list[dict[str, object]] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    def as_json(self) -> dict[str, object]:
        """What is told of it without its steps."""
        return {
            "replay": self.id,
            "script": self.name,
            "runs": self.runs,
            "state": self.state,
            "detail": self.detail,
        }


class Replays:
    """The newest of them, by their ids."""

    def __init__(self) -> None:
        self._kept: dict[str, Replay] = {}

    def add(self, replay: Replay) -> None:
        """Remember it; ProblemError 429 when too many are being played."""
        if sum(each.state == "running" for each in self._kept.values()) >= MAX_GOING_ON:
            raise ProblemError(429, "too many scripts are being played")
        self._kept[replay.id] = replay
        ended = deque(each.id for each in self._kept.values() if each.state != "running")
        while len(self._kept) > MAX_KEPT:
            del self._kept[ended.popleft()]

    def of(self, request: web.Request) -> Replay:
        """The one of the address; ProblemError 404."""
        replay = self._kept.get(request.match_info["replay"])
        if replay is None:
            raise ProblemError(404, "there is no such replay")
        return replay

    async def close(self, application: web.Application) -> None:
        """The server stops."""
        for replay in self._kept.values():
            await stopped(replay)


REPLAY_BOOK = web.AppKey("replays", Replays)


@kept
async def begin(request: web.Request) -> web.Response:
    """Play it: 202; what comes of it is told at `/ws`, and at its own address."""
    body = await read_body(request, Wanted)
    try:
        pause_s = min(duration_ms(body.pause), MAX_PAUSE_MS) / 1000
    except ValueError as error:
        errors = [{"member": "pause", "message": str(error)}]
        raise ProblemError(422, "the body does not fit", errors=errors) from None
    script = _loaded(request, body.script)
    replay = Replay(uuid4().hex, script.name, len(script.rows))
    request.app[REPLAY_BOOK].add(replay)
    hub = request.app[HUB]

    def tell(message: dict[str, object]) -> None:
        hub.tell(REPLAYS, {"event": "replay", "replay": replay.id, **message})

    replay.task = asyncio.create_task(_play(replay, script, itself(request), pause_s, tell))
    return web.json_response(replay.as_json(), status=202)


async def show(request: web.Request) -> web.Response:
    """How far it has come, step by step."""
    replay = request.app[REPLAY_BOOK].of(request)
    return web.json_response({**replay.as_json(), "steps": replay.steps})


async def stop(request: web.Request) -> web.Response:
    """Stop it where it is; what it has done stays done."""
    replay = request.app[REPLAY_BOOK].of(request)
    await stopped(replay)
    return web.json_response(replay.as_json())


async def stopped(replay: Replay) -> None:
    """End it, if it goes on, and wait until its phones are off."""
    if replay.task is not None and not replay.task.done():
        replay.task.cancel()
        await asyncio.wait([replay.task])


# ---------------------------------------------------------------- reading


def _loaded(request: web.Request, text: str) -> "Script":
    """The script; ProblemError 422 with every mistake at its place."""
    from ussd_gateway.replay.loader import load_script

    try:
        document = read_yaml(text, FILE_NAME)
        files = [
            document.problem(path, "a script over HTTP names no files") for path in _files(document.value)
        ]
        if files:
            raise ConfigError("it names files", problems=files)
        script = load_script(text, request.app[SERVICES].plan, FILE_NAME)
    except ConfigError as error:
        errors = [problem._asdict() for problem in error.problems]
        raise ProblemError(422, "the script is not valid", errors=errors) from None
    if len(script.rows) > MAX_RUNS:
        raise ProblemError(422, f"more than {MAX_RUNS} rows of data")
    return script


def _files(value: Any) -> Iterator[tuple[str | int, ...]]:
    """Where a script names a file: rows of data, included scripts at any depth."""
    if not isinstance(value, dict):
        return
    data = value.get("data")
    if isinstance(data, dict) and "file" in data:
        yield ("data", "file")
    for key in ("setup", "steps"):
        yield from _included(value.get(key), (key,))


def _included(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Steps that include, in whatever they stand: a step is a mapping in a list."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict) and "include" in item:
                yield (*path, index, "include")
            yield from _included(item, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _included(item, (*path, key))


# ---------------------------------------------------------------- playing


class Teller:
    """`reporter.Reporter` that keeps each step and tells it."""

    def __init__(self, replay: Replay, tell: Tell) -> None:
        self._replay = replay
        self._tell = tell
        self._run = 0

    def run_started(self, run: "Run", number: int, of: int) -> None:
        self._run = number
        self._tell({"kind": "run", "run": number, "of": of, "variables": run.variables})

    def outcome(self, run: "Run", outcome: "Outcome") -> None:
        if len(self._replay.steps) >= MAX_STEPS:
            return
        step = {
            "run": self._run,
            "line": outcome.place.line,
            "verb": outcome.verb,
            "summary": outcome.summary,
            "status": outcome.status,
            "message": outcome.message,
            "differences": [asdict(each) for each in outcome.differences],
            "depth": outcome.depth,
        }
        self._replay.steps.append(step)
        self._tell({"kind": "step", **step})

    def run_finished(self, run: "Run") -> None:
        self._tell({"kind": "run_end", "run": self._run, "status": run.status})

    def finished(self, verdict: "Verdict") -> None:
        states = {run.status for run in verdict.runs}
        bad = next((state for state in ("error", "failed") if state in states), "passed")
        self._replay.state = bad


async def _play(replay: Replay, script: "Script", own: Itself, pause_s: float, tell: Tell) -> None:
    """Play it to its end, or as long as it may take."""
    try:
        async with asyncio.timeout(MAX_LENGTH_S):
            await _played(replay, script, own, pause_s, tell)
    except TimeoutError:
        replay.state, replay.detail = "stopped", "it took longer than ten minutes"
    except asyncio.CancelledError:
        replay.state = "stopped"
    except GatewayError as error:
        replay.state, replay.detail = "error", str(error)
    finally:
        if replay.state == "running":
            replay.state = "error"
        tell({"kind": "end", **replay.as_json()})


async def _played(replay: Replay, script: "Script", own: Itself, pause_s: float, tell: Tell) -> None:
    from ussd_gateway.replay import player
    from ussd_gateway.replay.labs.backroom_http import HttpBackRoom
    from ussd_gateway.replay.labs.http import HttpLab
    from ussd_gateway.replay.labs.over_http import HttpAddress
    from ussd_gateway.replay.labs.paced import PacedLab

    back_room = HttpBackRoom(own.url, token=own.token)
    await back_room.open()
    try:
        lab = HttpLab(HttpAddress(own.url, own.token), back_room)
        paced = PacedLab(lab, pause_s, lambda msisdn: tell({"kind": "phone", "msisdn": msisdn}))
        await player.replay([script], paced, Teller(replay, tell))
    finally:
        with suppress(GatewayError):
            await back_room.close()
