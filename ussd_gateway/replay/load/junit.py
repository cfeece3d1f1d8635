"""A load as JUnit XML: a testcase for each script, with all its failures in one."""

from xml.etree import ElementTree as ET

from ussd_gateway.replay.differences import diff_text
from ussd_gateway.replay.figures import in_time
from ussd_gateway.replay.junit import clean, document
from ussd_gateway.replay.load.figures import Result, ScriptFigures
from ussd_gateway.replay.load.tally import Failures


def to_junit(result: Result) -> str:
    """The whole document; times are in seconds."""
    counts = {
        "tests": str(len(result.scripts)),
        "failures": str(sum(bool(script.counts.failed) for script in result.scripts)),
        "errors": str(sum(_error(result, script) is not None for script in result.scripts)),
        "skipped": "0",
        "time": f"{result.elapsed_s:.3f}",
    }
    suites = ET.Element("testsuites", {"name": "load", **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": "load", **counts})
    _add_properties(
        suite,
        {
            "rate": f"{result.plan.rate:g}",
            "limit": str(result.plan.limit),
            "dialogues_per_s": f"{result.dialogues_per_s:.3f}",
            "steps_per_s": f"{result.steps_per_s:.3f}",
            "p50_ms": f"{result.total.p50_ms:.3f}",
            "p95_ms": f"{result.total.p95_ms:.3f}",
            "p99_ms": f"{result.total.p99_ms:.3f}",
            "max_ms": f"{result.total.max_ms:.3f}",
        },
    )
    for script in result.scripts:
        _add_case(suite, script, result)
    return document(suites)


def _add_case(suite: ET.Element, script: ScriptFigures, result: Result) -> None:
    counts = script.counts
    case = ET.SubElement(
        suite,
        "testcase",
        classname=clean(script.name),
        name="load",
        file=clean(script.file_name),
        time=f"{result.elapsed_s:.3f}",
    )
    _add_properties(
        case,
        {"begun": str(counts.begun), "passed": str(counts.passed), "failed": str(counts.failed)}
        | ({"not_checked": str(len(script.left_out))} if script.left_out else {}),
    )
    if script.failures:
        worst = script.failures[0]
        message = f"{counts.failed} of {counts.begun} failed: {worst.line.summary}: {worst.reason}"
        told = ET.SubElement(case, "failure", message=clean(message), type=clean(worst.line.verb))
        told.text = clean("\n\n".join(map(_explained, script.failures)))
    error = _error(result, script)
    if error is not None:
        ET.SubElement(case, "error", message=clean(error), type="load")
    ET.SubElement(case, "system-out").text = clean("\n".join(_table(script)))


def _error(result: Result, script: ScriptFigures) -> str | None:
    """Why this script was not played as was asked, failures apart."""
    if result.lost is not None:
        return f"the connection was lost: {result.lost}"
    if result.interrupted:
        return "interrupted"
    return "never played" if not script.counts.begun else None


def _explained(failures: Failures) -> str:
    line = failures.line
    head = f"{failures.count} times {line.place}: {line.summary}: {failures.reason}"
    return "\n".join([head, *map(diff_text, failures.differences)])


def _table(script: ScriptFigures) -> list[str]:
    return [
        f"{row.name}: {row.latencies.count} times, p50 {in_time(row.latencies.p50_ms)}, "
        f"p95 {in_time(row.latencies.p95_ms)}, p99 {in_time(row.latencies.p99_ms)}, "
        f"max {in_time(row.latencies.max_ms)}"
        for row in script.rows
    ]


def _add_properties(element: ET.Element, values: dict[str, str]) -> None:
    properties = ET.SubElement(element, "properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=value)
