"""`python -m benchmarks pages`: handset pages that are open while phones dial over SMPP.

Each page is what a browser makes of it: a WebSocket on which its phone is switched on.  The phones that dial
over SMPP are those of the pages, so each step is told to one of them; beside that, pages dial by themselves,
and a page is loaded anew with all its files.  Measured are

  told    from a step in the gateway to the event in the page (both have the clock of this machine)
  dial    `POST /api/v1/ussd` and its answer, the first screen
  load    `/` and every file it is made of, one after the other over one connection
  screen  what phones over SMPP wait for theirs

without dialogues, without pages, and with both at once.
"""

import asyncio
import gc
import json
import selectors
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime
from typing import NamedTuple

import aiohttp
from rich.console import Console
from rich.table import Table

from benchmarks import machine, servers
from benchmarks.generator import LoadFailed
from benchmarks.histogram import Histogram
from benchmarks.servers import Server
from ussd_gateway.replay.load.arrivals import Plan
from ussd_gateway.replay.load.figures import Result
from ussd_gateway.replay.load.lean import lean
from ussd_gateway.replay.load.link import Target
from ussd_gateway.replay.load.play import play
from ussd_gateway.replay.loader import load_script
from ussd_gateway.web.pages import FOLDER

SCRIPT = """
script: three screens
steps:
  - dial: "*105#"
  - expect: {op: ask, contains: Счет}
  - send: "1"
  - expect: {op: ask}
  - send: "1"
  - expect: {op: end, contains: "100"}
"""
BINDS = 4
OPENED_AT_ONCE = 50
DIALS_PER_S = 20
LOADS_PER_S = 1
WARM_UP_S = 3.0
PATIENCE_S = 10.0


class Row(NamedTuple):
    """One arrangement: latencies of all kinds, megabytes and percent of a core of the gateway."""

    name: str
    histograms: dict[str, Histogram]
    load: Result | None
    resident_mb: float
    busy: machine.Busy


class Pages:
    """Open pages, and what they hear."""

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        self._http = http
        self._base = base
        self._sockets: list[aiohttp.ClientWebSocketResponse] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.told = Histogram()
        self.missed = 0

    async def open(self, numbers: list[str]) -> None:
        """One for each number, a few at a time."""
        turn = asyncio.Semaphore(OPENED_AT_ONCE)

        async def one(number: str) -> None:
            async with turn:
                socket = await self._http.ws_connect(f"{self._base}/ws")
                await socket.send_json({"subscribe": {"msisdn": number, "phone": True}})
                answer = await socket.receive_json(timeout=PATIENCE_S)
                if answer.get("event") != "subscribed":
                    raise LoadFailed(f"a page was refused: {answer}")
                self._sockets.append(socket)
                self._tasks.append(asyncio.create_task(self._listen(socket)))

        await asyncio.gather(*map(one, numbers))

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            now_s = time.time()
            event = json.loads(message.data)
            if event["event"] == "missed":
                self.missed += event["messages"]
            else:
                at_s = datetime.fromisoformat(event["at"]).timestamp()
                self.told.counts[max(0, round((now_s - at_s) * 1e6))] += 1

    @property
    def closed(self) -> int:
        """Pages whose connection the gateway has ended."""
        return sum(task.done() for task in self._tasks)

    async def close(self) -> None:
        """Close them all; the gateway answers, and switches their phones off."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in self._sockets))


class Visitors:
    """What people do at pages meanwhile: dial, and open the page."""

    def __init__(self, http: aiohttp.ClientSession, base: str, numbers: list[str]) -> None:
        self._http = http
        self._base = base
        self._numbers = numbers
        self._files = ["/", *(f"/static/{path.name}" for path in sorted(FOLDER.iterdir()))]
        self.dial = Histogram()
        self.load = Histogram()

    async def stay(self, seconds: float) -> None:
        """Go on for so long."""
        await asyncio.gather(
            _paced(DIALS_PER_S, seconds, self._dialled), _paced(LOADS_PER_S, seconds, self._loaded)
        )

    async def _dialled(self, number: int) -> None:
        body = {"msisdn": self._numbers[number % len(self._numbers)], "code": "*100#"}
        begun_s = time.perf_counter()
        async with self._http.post(f"{self._base}/api/v1/ussd", json=body) as response:
            screen = await response.json()
        if "100" not in screen.get("text", ""):
            raise LoadFailed(f"a page was shown {screen}")
        self.dial.counts[round((time.perf_counter() - begun_s) * 1e6)] += 1

    async def _loaded(self, number: int) -> None:
        begun_s = time.perf_counter()
        for path in self._files:
            async with self._http.get(self._base + path) as response:
                response.raise_for_status()
                await response.read()
        self.load.counts[round((time.perf_counter() - begun_s) * 1e6)] += 1


async def _paced(per_s: float, seconds: float, act: Callable[[int], Awaitable[None]]) -> None:
    """Begin at even distances, whether or not what was begun before has ended."""
    begun_s = time.perf_counter()
    tasks = []
    for number in range(round(per_s * seconds)):
        await asyncio.sleep(max(0.0, begun_s + number / per_s - time.perf_counter()))
        tasks.append(asyncio.ensure_future(act(number)))
    await asyncio.gather(*tasks)


async def _arrangement(
    server: Server, name: str, pages: int, rate: float, seconds: float, measured: bool
) -> Row:
    numbers = [f"7927{number:07}" for number in range(max(pages, 1000))]
    visitors_numbers = [f"7928{number:07}" for number in range(DIALS_PER_S)]
    target = Target(*server.address, "handset", "handset", BINDS, 1000)
    scripts = lean([load_script(SCRIPT, file_name="three screens")])
    base = f"http://127.0.0.1:{server.http_port}"
    async with AsyncExitStack() as opened:
        connector = aiohttp.TCPConnector(limit=0)
        http = await opened.enter_async_context(aiohttp.ClientSession(connector=connector))
        watching, visitors = Pages(http, base), Visitors(http, base, visitors_numbers)
        opened.push_async_callback(watching.close)
        await watching.open(numbers[:pages])
        watch = machine.Stopwatch(server.process.pid)
        result: Result | None = None
        staying = asyncio.ensure_future(visitors.stay(seconds))
        if rate:
            plan = Plan(rate, duration_s=seconds, limit=len(numbers))
            result = await play(scripts, plan, target, phones=numbers)
        await staying
        row = Row(
            name,
            {"told": watching.told, "dial": visitors.dial, "load": visitors.load},
            result,
            machine.resident_mb(server.process.pid),
            watch.read(seconds),
        )
        await asyncio.sleep(0.5 if measured else 0)
        if watching.missed or watching.closed or (result is not None and not result.passed):
            raise LoadFailed(f"{name}: {watching.missed} events missed, {watching.closed} pages cut off")
    return row


@contextmanager
def _runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.EpollSelector())) as runner:
        yield runner


def run(pages: int, rate: float, seconds: float, console: Console) -> list[Row]:
    """All arrangements on one gateway over SQLite; LoadFailed for any error, a lost event too."""
    conditions = machine.conditions()
    server_core, own_core = machine.cores_to_use(0, 1)
    rows = []
    with servers.gateway("sqlite", server_core) as server, _runner() as runner:
        machine.pin(own_core)
        # The accounts of all phones are opened before anything is measured.
        runner.run(_arrangement(server, "warm-up", 0, 400.0, max(WARM_UP_S, 1000 / 400), measured=False))
        bare_mb = machine.resident_mb(server.process.pid)
        for name, open_pages, dialogues in (
            ("pages", pages, 0.0),
            ("dialogues", 0, rate),
            ("both", pages, rate),
        ):
            # A collection of our own would be measured as somebody's wait.
            gc.collect()
            gc.disable()
            rows.append(runner.run(_arrangement(server, name, open_pages, dialogues, seconds, measured=True)))
            gc.enable()
    show(console, rows, conditions, pages, rate, bare_mb)
    return rows


def show(
    console: Console, rows: list[Row], conditions: dict[str, object], pages: int, rate: float, bare_mb: float
) -> None:
    """What waited how long, milliseconds; then what each arrangement took of the machine."""
    conditions_text = ", ".join(f"{name} {value}" for name, value in conditions.items())
    table = Table("", "what", "times", "p50", "p95", "p99", "max ms", title=f"{pages} pages, {rate:.0f}/s")
    for row in rows:
        for kind, histogram in row.histograms.items():
            if histogram.counts:
                figures = [f"{value:.1f}" for value in histogram.summary_ms().values()]
                table.add_row(row.name, kind, f"{len(histogram):,}", *figures)
        if row.load:
            screens = row.load.total
            figures = [
                f"{value:.1f}" for value in (screens.p50_ms, screens.p95_ms, screens.p99_ms, screens.max_ms)
            ]
            table.add_row(row.name, "screen", f"{screens.count:,}", *figures)
    console.print(table)
    console.print(f"memory before: {bare_mb:.0f} MB")
    for row in rows:
        console.print(
            f"{row.name}: {row.resident_mb:.0f} MB, the gateway {row.busy.server:.0f} % of a core, "
            f"load and pages {row.busy.generator:.0f} %, all others {row.busy.others:.0f} %"
        )
    console.print(conditions_text)
