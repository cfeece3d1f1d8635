"""JUnit: a testcase a data row, valid XML whatever was on a screen."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.replay.verdicts import all_kinds, dialled, run, screen, step
from ussd_gateway.replay.junit import to_junit
from ussd_gateway.replay.verdict import Difference, Verdict


def parsed(verdict: Verdict) -> ET.Element:
    return ET.fromstring(to_junit(verdict).encode("utf-8"))


def test_a_testcase_for_each_row_in_the_suite_of_its_script() -> None:
    root = parsed(all_kinds())
    assert [(suite.get("name"), suite.get("tests")) for suite in root] == [
        ("Life", "2"),
        ("Other", "1"),
        ("Blind", "1"),
    ]
    counts = [root.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["4", "1", "1", "1"]
    first = root.findall(".//testcase")[0]
    assert (first.get("classname"), first.get("name"), first.get("time")) == (
        "Life",
        "row 1: msisdn 79261234567",
        "1.234",
    )
    properties = {each.get("name"): each.get("value") for each in first.iterfind("properties/property")}
    assert properties == {"msisdn": "79261234567"}


def test_a_failure_holds_place_and_difference() -> None:
    (failure,) = parsed(all_kinds()).iter("failure")
    assert failure.get("message") == "expect text: text, op not as expected"
    assert failure.text is not None
    assert failure.text.startswith("life.yaml:4:5: expect text\n")
    assert "  - 2 Услуги\n  + 2 Услуга" in failure.text


def test_an_error_and_what_could_not_be_checked() -> None:
    root = parsed(all_kinds())
    (error,) = root.iter("error")
    assert "ESME_RTHROTTLED" in (error.get("message") or "")
    (skipped,) = root.iter("skipped")
    assert skipped.get("message") == "assert: cannot look"


def test_the_transcript_is_the_output() -> None:
    out = parsed(all_kinds()).find(".//system-out")
    assert out is not None
    assert "dials *105#" in (out.text or "")


@given(st.text(max_size=40))
def test_any_text_makes_valid_xml(text: str) -> None:
    bad = step(3, text, dialled(text), screen(text), status="failed", message=text,
               differences=(Difference(text, text, f"{text}!"),))  # fmt: skip
    verdict = Verdict("smpp", [run(bad, script=text, note=text)])
    (case,) = parsed(verdict).iter("testcase")
    assert case.find("failure") is not None
