"""A verdict as JUnit XML, which every CI server reads: a suite per script, a testcase per data row."""

import re
from itertools import groupby
from xml.etree import ElementTree as ET

from ussd_gateway.replay.differences import diff_text
from ussd_gateway.replay.figures import culprits, row_of, statuses
from ussd_gateway.replay.transcript import plain
from ussd_gateway.replay.verdict import Outcome, Run, Verdict

# What XML 1.0 §2.2 does not let stand in a document, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(verdict: Verdict) -> str:
    """The whole document; times are in seconds.

    A run of which nothing could be checked is `skipped`.
    """
    suites = ET.Element("testsuites", {"name": "session scripts", **_counts(verdict.runs)})
    for (file_name, script), runs in groupby(verdict.runs, key=lambda run: (run.file_name, run.script)):
        _add_suite(suites, verdict.via, file_name, script, list(runs))
    return document(suites)


def document(root: ET.Element) -> str:
    """The text of a document, for a file in UTF-8."""
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join(
        ['<?xml version="1.0" encoding="UTF-8"?>\n', "\n"]
    )


def _add_suite(suites: ET.Element, via: str, file_name: str, script: str, runs: list[Run]) -> None:
    named = {"name": clean(script), "file": clean(file_name)}
    suite = ET.SubElement(suites, "testsuite", {**named, **_counts(runs)})
    _add_properties(suite, {"via": via})
    for run in runs:
        _add_case(suite, run)


def _add_case(suite: ET.Element, run: Run) -> None:
    row = row_of(run)
    case = ET.SubElement(
        suite,
        "testcase",
        classname=clean(run.script),
        name=clean(f"row {run.row}: {row}" if row else f"row {run.row}"),
        file=clean(run.file_name),
        time=_seconds(run.took_ms),
    )
    _add_properties(case, run.variables)
    if run.status == "not_checked":
        reasons = dict.fromkeys(each.message for each in run.outcomes if each.message)
        ET.SubElement(case, "skipped", message=clean("; ".join(reasons) or "not checked"))
    for outcome in culprits(run):
        kind = "failure" if outcome.status == "failed" else "error"
        told = ET.SubElement(case, kind, message=clean(_headline(outcome)), type=clean(outcome.verb))
        told.text = clean(_explained(outcome))
    ET.SubElement(case, "system-out").text = clean(plain(run))


def _headline(outcome: Outcome) -> str:
    """What went wrong in one line: lists of CI servers show no more."""
    if outcome.message:
        return f"{outcome.summary}: {outcome.message}"
    names = dict.fromkeys(each.what for each in outcome.differences)
    return f"{outcome.summary}: {', '.join(names)} not as expected"


def _explained(outcome: Outcome) -> str:
    parts = [f"{outcome.place}: {outcome.summary}", outcome.message, *map(diff_text, outcome.differences)]
    return "\n".join(part for part in parts if part)


def _add_properties(element: ET.Element, values: dict[str, str]) -> None:
    if values:
        properties = ET.SubElement(element, "properties")
        for name, value in values.items():
            ET.SubElement(properties, "property", name=clean(name), value=clean(value))


def _counts(runs: list[Run]) -> dict[str, str]:
    found = statuses(runs)
    return {
        "tests": str(len(runs)),
        "failures": str(found["failed"]),
        "errors": str(found["error"]),
        "skipped": str(found["not_checked"]),
        "time": _seconds(sum(run.took_ms for run in runs)),
    }


def _seconds(took_ms: float) -> str:
    return f"{took_ms / 1000:.3f}"


def clean(text: str) -> str:
    """The text without what no document may hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
