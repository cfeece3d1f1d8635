"""What is told of a load: tables, a line, JSON, JUnit, a page with charts."""

import json
from collections import Counter
from html.parser import HTMLParser
from io import StringIO
from xml.etree import ElementTree

import pytest
import pytest_asyncio
from rich.console import Console

from tests.unit.replay.load.servers import TALK, Stalling, listening, load_on
from ussd_gateway.replay.html.load import MOST_POINTS, load_to_html, thinned
from ussd_gateway.replay.load.arrivals import Plan
from ussd_gateway.replay.load.as_json import point_event, result_event
from ussd_gateway.replay.load.junit import to_junit
from ussd_gateway.replay.load.tally import Point
from ussd_gateway.replay.load.terminal import show

WRONG = 'script: wrong <1>\nsteps:\n  - dial: "*2#"\n  - expect: {op: ask, contains: Нечто}\n  - no_sms: 1s\n'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def result():
    async with listening(Stalling) as address:
        return await load_on(address, Plan(1000, calls=400, limit=5), TALK, WRONG)


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_tables(result):
    out = StringIO()
    show(Console(file=out, width=140), result)
    text = out.getvalue()
    assert "4: dial *105#" in text
    assert "every step" in text
    assert "200 failed  test.yaml:4:5: expect contains Нечто, op ask: contains not as expected" in text
    assert "had to wait for their beginning" in text
    assert "not checked  test.yaml:5:5" in text
    assert "200 passed, 200 failed" in text


async def test_json_begins_with_the_seven_figures(result):
    event = json.loads(json.dumps(result_event(result)))
    assert list(event)[1:8] == [
        "dialogues_per_s", "steps_per_s", "p50_ms", "p95_ms", "p99_ms", "max_ms", "failed",
    ]  # fmt: skip
    assert event["failed"] == 200
    assert event["p50_ms"] <= event["p95_ms"] <= event["p99_ms"] <= event["max_ms"]
    assert event["failures"][0]["line"] == 4
    assert sum(point_event(point)["steps"] for point in result.points) == event["steps"] == 600


async def test_junit_has_a_testcase_for_each_script(result):
    root = ElementTree.fromstring(to_junit(result))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("2", "1", "0")
    good, bad = root.iter("testcase")
    assert good.find("failure") is None
    failure = bad.find("failure")
    assert bad.get("classname") == "wrong <1>"
    assert failure is not None
    assert str(failure.get("message")).startswith("200 of 200 failed: expect")
    assert "Нечто" in str(failure.text)


async def test_the_page_has_its_charts_and_stands_alone(result):
    page = load_to_html(result, made="today")
    seen = Tags()
    seen.feed(page)
    assert seen.open == []
    assert seen.count["svg"] == 3
    assert seen.count["polyline"] + seen.count["circle"] >= 4
    assert "wrong &lt;1&gt;" in page
    assert "http" not in page.replace("http-equiv", "")


async def test_a_long_load_is_drawn_by_its_worst_seconds():
    points = [Point(float(at), 1, 1, 0, 2, 3, 0, 1.0, 2.0, float(at % 7)) for at in range(1, 2001)]
    drawn = thinned(points)
    assert len(drawn) <= MOST_POINTS
    assert sum(point.steps for point in drawn) == 4000
    assert max(point.max_ms for point in drawn) == 6.0
    assert drawn[-1].at_s == 2000.0


class Tags(HTMLParser):
    """Counts tags, and keeps those that are open."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.count: Counter[str] = Counter()

    def handle_starttag(self, tag, attrs):
        self.count[tag] += 1
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
