"""What a process tells on `/metrics`: what the rooms have counted, read when somebody asks (docs/metrics.md).

Labels come from the files, the configuration and SMPP itself, so there can never be many.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

from aiohttp import web
from prometheus_client import ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from ussd_gateway.access.link import Link
from ussd_gateway.meters import Timings
from ussd_gateway.smpp.constants import command_name, status_name
from ussd_gateway.smpp.tally import OTHER, Tally
from ussd_gateway.web.services import Services

LAG_PERIOD_S = 0.25

LOOP_LAG = web.AppKey("loop_lag", Timings)


async def watch_loop(application: web.Application) -> AsyncIterator[None]:
    """Measure, as long as the server runs, how late the loop wakes whoever sleeps."""
    lag = application[LOOP_LAG] = Timings()
    loop = asyncio.get_running_loop()

    async def measure() -> None:
        while True:
            due_s = loop.time() + LAG_PERIOD_S
            await asyncio.sleep(LAG_PERIOD_S)
            lag.add(max(0, round((loop.time() - due_s) * 1e9)))

    task = loop.create_task(measure())
    yield
    task.cancel()


def of_pages(connections: int) -> Metric:
    """Pages and programs that are connected to `/ws`."""
    return _gauge("ussdgw_ws_connections", "Pages and programs connected to /ws.", connections)


async def counted(services: Services, loop_lag: Timings) -> list[Metric]:
    """What this process counts, now."""
    gathered = Gathered(services, loop_lag, await services.dialogues.count())
    return [*ProcessCollector(registry=None).collect(), *gathered.collect()]


class Gathered(Collector):
    """All there is to tell at one moment, with `dialogues` open."""

    def __init__(self, services: Services, loop_lag: Timings, dialogues: int) -> None:
        self._services = services
        self._loop_lag = loop_lag
        self._dialogues = dialogues

    def collect(self) -> Iterator[Metric]:
        """One metric after another, each whether or not there is anything to tell."""
        listener = self._services.listener()
        tally = listener.settings.session.tally if listener else Tally()
        yield _pdus(tally)
        yield from _links(listener.links.values() if listener else ())
        yield from self._centres()
        yield from self._requests()
        yield from self._store()
        yield from self._queues()

    def _centres(self) -> Iterator[Metric]:
        """Our binds to message centres of others (`links`)."""
        states = self._services.links()
        rows = [((str(each["name"]), str(each["state"])), 1) for each in states]
        yield _gauges("ussdgw_links", "Links to centres, by how they stand.", ["link", "state"], rows)
        waiting = {str(each["name"]): int(str(each["waiting"])) for each in states}
        about = "Submits that wait for the answer of a centre."
        yield _gauges("ussdgw_link_waiting", about, ["link"], _single(waiting))

    def _requests(self) -> Iterator[Metric]:
        meters = self._services.gateway.meters
        begun = CounterMetricFamily("ussdgw_dialogues_begun", "Dialogues that phones began.")
        begun.add_metric([], meters.begun)
        yield begun
        yield _counter("ussdgw_dialogues_ended", "Dialogues that ended.", ["reason"], _single(meters.ended))
        yield _gauge("ussdgw_dialogues_open", "Dialogues that are open.", self._dialogues)
        steps = HistogramMetricFamily(
            "ussdgw_step_seconds", "Steps of menus, from the request to the screen.", labels=["service_code"]
        )
        for code, timings in tuple(meters.steps.items()):
            _add_timings(steps, [code], timings)
        yield steps
        yield _counter(
            "ussdgw_sms_received",
            "Messages that phones sent.",
            ["short_code", "outcome"],
            tuple(meters.messages.items()),
        )
        yield _counter(
            "ussdgw_operations",
            "Operations of the billing core that were decided.",
            ["action", "outcome"],
            tuple(meters.operations.items()),
        )

    def _store(self) -> Iterator[Metric]:
        meters = self._services.gateway.meters
        yield _counter(
            "ussdgw_commits", "Answers of the store to commits.", ["outcome"], _single(meters.commits)
        )
        writes = HistogramMetricFamily("ussdgw_commit_seconds", "How long a commit took to be durable.")
        _add_timings(writes, [], meters.writes)
        yield writes
        ready = self._services.not_ready() is None
        yield _gauge("ussdgw_ready", "Whether the gateway can serve.", int(ready))

    def _queues(self) -> Iterator[Metric]:
        services = self._services
        yield _gauge("ussdgw_lanes_busy", "Subscribers with a request in progress.", len(services.lanes))
        yield _gauge(
            "ussdgw_lanes_waiting", "Requests behind others of their subscriber.", services.lanes.waiting
        )
        yield _gauge("ussdgw_sms_held", "Messages in memory, on their way to phones.", len(services.delivery))
        lag = HistogramMetricFamily("ussdgw_loop_lag_seconds", "How late the loop wakes whoever sleeps.")
        _add_timings(lag, [], self._loop_lag)
        yield lag


def _pdus(tally: Tally) -> Metric:
    counts: dict[tuple[str, ...], int] = {}
    for direction, kinds in (("in", tally.received), ("out", tally.sent)):
        for kind, count in tuple(kinds.items()):
            key = direction, *_names(kind)
            counts[key] = counts.get(key, 0) + count
    labels = ["direction", "command", "status"]
    return _counter("ussdgw_smpp_pdus", "PDUs that passed.", labels, counts.items())


def _names(kind: bytes) -> tuple[str, str]:
    """Command and status of a kind of PDU, by their names in SMPP."""
    if kind == OTHER:
        return "other", "other"
    return command_name(int.from_bytes(kind[:4], "big")), status_name(int.from_bytes(kind[4:], "big"))


def _links(links: Iterable[Link]) -> Iterator[Metric]:
    binds: dict[tuple[str, ...], int] = {}
    windows: dict[tuple[str, ...], int] = {}
    free: dict[str, int] = {}
    connections = 0
    for link in tuple(links):
        connections += 1
        if link.account is None:
            continue
        account, session = link.account.system_id, link.session
        key = account, session.state.value
        binds[key] = binds.get(key, 0) + 1
        for direction, used in (("in", session.unanswered_in), ("out", session.unanswered_out)):
            windows[account, direction] = windows.get((account, direction), 0) + used
        free[account] = free.get(account, 0) + session.window_free
    yield _gauge("ussdgw_smpp_connections", "Connections of peers.", connections)
    yield _gauges("ussdgw_smpp_binds", "Binds of accounts.", ["account", "state"], binds.items())
    yield _gauges(
        "ussdgw_smpp_unanswered",
        "Requests that wait for an answer, those of peers (in) and ours (out).",
        ["account", "direction"],
        windows.items(),
    )
    yield _gauges(
        "ussdgw_smpp_window_free",
        "How many more requests of ours the windows take.",
        ["account"],
        _single(free),
    )


# ---------------------------------------------------------------- forms

Rows = Iterable[tuple[tuple[str, ...], int]]


def _single(counts: Mapping[str, int]) -> Rows:
    return [((label,), count) for label, count in tuple(counts.items())]


def _counter(name: str, about: str, labels: list[str], rows: Rows) -> Metric:
    family = CounterMetricFamily(name, about, labels=labels)
    for values, count in rows:
        family.add_metric(values, count)
    return family


def _gauges(name: str, about: str, labels: list[str], rows: Rows) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for values, count in rows:
        family.add_metric(values, count)
    return family


def _gauge(name: str, about: str, value: int) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _add_timings(family: HistogramMetricFamily, labels: list[str], timings: Timings) -> None:
    total = 0
    buckets: list[tuple[str, float]] = []
    for bound, count in zip([*map(str, timings.bounds_s()), "+Inf"], timings.counts, strict=True):
        total += count
        buckets.append((bound, total))
    family.add_metric(labels, buckets=buckets, sum_value=timings.total_ns / 1e9)
