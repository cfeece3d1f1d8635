"""What several workers count, put together."""

import pytest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from ussd_gateway.web.worker_totals import Report, Totals


def report(pid: int, *, begun: int, open_: int = 0, busy: int = 0, ready: int = 1) -> Report:
    begins = CounterMetricFamily("ussdgw_dialogues_begun", "Begun.", labels=["code"])
    begins.add_metric(["*105#"], begun)
    steps = HistogramMetricFamily("ussdgw_step_seconds", "Steps.")
    steps.add_metric([], buckets=[("0.1", begun), ("+Inf", begun)], sum_value=begun / 100)
    gauges = [
        GaugeMetricFamily("ussdgw_dialogues_open", "Open.", value=open_),
        GaugeMetricFamily("ussdgw_lanes_busy", "Busy.", value=busy),
        GaugeMetricFamily("ussdgw_ready", "Ready.", value=ready),
    ]
    told = Report.of(pid, [begins, steps, *gauges])
    assert Report.from_json(told.as_json().encode()) == told, "nothing is lost between two processes"
    return told


def shown(totals: Totals, heard: dict[int, Report]) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in totals.show(heard)
        for sample in metric.samples
    }


def test_sums_stand_under_the_usual_names_and_each_worker_under_its_own() -> None:
    found = shown(
        Totals(),
        {0: report(10, begun=3, open_=7, busy=1), 1: report(11, begun=5, open_=7, busy=2, ready=0)},
    )
    assert found["ussdgw_dialogues_begun_total", "*105#"] == 8
    assert found["ussdgw_worker_dialogues_begun_total", "*105#", "0"] == 3
    assert found["ussdgw_worker_dialogues_begun_total", "*105#", "1"] == 5
    assert found["ussdgw_step_seconds_bucket", "+Inf"] == found["ussdgw_step_seconds_count",] == 8
    assert found["ussdgw_step_seconds_sum",] == pytest.approx(0.08)
    assert found["ussdgw_lanes_busy",] == 3
    assert found["ussdgw_dialogues_open",] == 7, "each counts all that are in the store"
    assert found["ussdgw_ready",] == 0, "all are ready when each is"


def test_a_total_never_falls() -> None:
    totals = Totals()
    first = report(10, begun=3, busy=1)
    shown(totals, {0: first, 1: report(11, begun=5, busy=2)})
    silent = shown(totals, {0: first})
    assert silent["ussdgw_dialogues_begun_total", "*105#"] == 8
    assert silent["ussdgw_worker_up", "1"] == 0
    assert silent["ussdgw_lanes_busy",] == 1, "nobody knows what it is busy with"
    for _ in range(2):
        replaced = shown(totals, {0: first, 1: report(12, begun=1)})
        assert replaced["ussdgw_dialogues_begun_total", "*105#"] == 9
        assert replaced["ussdgw_worker_dialogues_begun_total", "*105#", "1"] == 1
        assert replaced["ussdgw_step_seconds_count",] == 9


def test_what_only_a_dead_worker_had_counted_is_not_forgotten() -> None:
    totals = Totals()
    shown(totals, {0: report(10, begun=3)})
    other = Report(11, [family._replace(samples={}) for family in report(11, begun=0).families])
    assert shown(totals, {0: other})["ussdgw_dialogues_begun_total", "*105#"] == 3
