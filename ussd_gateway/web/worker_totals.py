"""The metrics of several workers put together: each for itself, and the sum under the usual name.

A total must never fall, or whoever takes rates of it would see a burst: what a worker had counted stays in
the sum when it does not answer and when another takes its place.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from prometheus_client.core import Metric

LEAST = {"ussdgw_ready", "process_start_time_seconds"}
"""All are ready when each is; they have run since the first one began."""
MOST = {"ussdgw_dialogues_open"}
"""Counted in the store: each tells of all."""
MOVING = ("counter", "histogram")
"""Kinds that only grow."""

Labels = tuple[tuple[str, str], ...]
Place = tuple[str, Labels]


class Family(NamedTuple):
    """One metric of a worker."""

    name: str
    about: str
    kind: str
    samples: dict[Place, float]


class Report(NamedTuple):
    """All metrics of a worker: of the process that is it now."""

    pid: int
    families: list[Family]

    @classmethod
    def of(cls, pid: int, metrics: Iterable[Metric]) -> "Report":
        """What a process counts itself."""
        return cls(
            pid,
            [
                Family(
                    metric.name,
                    metric.documentation,
                    metric.type,
                    {(each.name, tuple(each.labels.items())): each.value for each in metric.samples},
                )
                for metric in metrics
            ],
        )

    def as_json(self) -> str:
        """For the way between two processes."""
        families = [[*family[:3], list(family.samples.items())] for family in self.families]
        return json.dumps([self.pid, families])

    @classmethod
    def from_json(cls, text: bytes) -> "Report":
        """Raises ValueError, TypeError or LookupError for anything else than `as_json` writes."""
        pid, families = json.loads(text)
        return cls(
            pid,
            [
                Family(
                    name,
                    about,
                    kind,
                    {
                        (sample, tuple((label, word) for label, word in labels)): value
                        for (sample, labels), value in samples
                    },
                )
                for name, about, kind, samples in families
            ],
        )


class Totals:
    """What every worker told last, and what those before them had counted."""

    def __init__(self) -> None:
        self._last: dict[int, Report] = {}
        self._gone: dict[Place, float] = {}

    def show(self, heard: Mapping[int, Report]) -> Iterator[Metric]:
        """All metrics at one moment, from the workers that have answered."""
        for worker, report in heard.items():
            self._succeed(worker, report)
        up = Metric("ussdgw_worker_up", "Whether the worker told what it counts.", "gauge")
        sums: dict[str, Family] = {}
        alone: dict[str, Metric] = {}
        for worker, report in sorted(self._last.items()):
            label = str(worker)
            up.add_sample(up.name, {"worker": label}, int(worker in heard))
            for family in report.families:
                if family.kind not in MOVING and worker not in heard:
                    continue
                name, about, kind, samples = family
                total = sums.setdefault(name, Family(name, about, kind, {}))
                metric = alone.setdefault(name, Metric(own_name(name), f"Of one worker: {about}", kind))
                for (sample, labels), value in samples.items():
                    metric.add_sample(own_name(sample), {**dict(labels), "worker": label}, value)
                    _join(name, total.samples, (sample, labels), value)
        yield up
        for family in sums.values():
            yield self._summed(family)
        yield from alone.values()

    def _succeed(self, worker: int, report: Report) -> None:
        last = self._last.get(worker)
        self._last[worker] = report
        if last is None or last.pid == report.pid:
            return
        for family in last.families:
            if family.kind in MOVING:
                for place, value in family.samples.items():
                    self._gone[place] = self._gone.get(place, 0) + value

    def _summed(self, family: Family) -> Metric:
        metric = Metric(family.name, family.about, family.kind)
        samples = family.samples
        if family.kind in MOVING:
            names = {family.name + ending for ending in ("_total", "_bucket", "_sum", "_count")}
            samples = {place: 0.0 for place in self._gone if place[0] in names} | samples
        for place, value in samples.items():
            metric.add_sample(place[0], dict(place[1]), value + self._gone.get(place, 0))
        return metric


def own_name(name: str) -> str:
    """What a metric of one worker is called: never as the sum, or a query would count twice."""
    return "ussdgw_worker_" + name.removeprefix("ussdgw_")


def _join(name: str, samples: dict[Place, float], place: Place, value: float) -> None:
    known = samples.get(place)
    if known is None:
        samples[place] = value
    elif name in LEAST:
        samples[place] = min(known, value)
    elif name in MOST:
        samples[place] = max(known, value)
    else:
        samples[place] = known + value
