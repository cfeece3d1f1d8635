"""What happened, counted against what could; told as a table, as data, as maps."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.replay.coverage.menus import menu_of
from ussd_gateway.replay.coverage.follow import following, happening_of
from ussd_gateway.replay.coverage.meter import Command, Meter, chosen
from ussd_gateway.replay.coverage.plan import Plan, World, plan_of
from ussd_gateway.replay.coverage.reports import as_json, as_maps, table
from ussd_gateway.watch import Move, SmsTaken, StepTaken
from ussd_gateway.web.events import as_json as event_json

COMMANDS = [
    Command("000105", 4, "bl.on"),
    Command("0001{code:3}", 7, "svc.on"),
    Command("a subscriber", 2, "x"),
]


def step(plan: Plan, *moves: Move, version: str | None = None) -> StepTaken:
    return StepTaken(
        0, "79261234567", "ussd", "embedded", "d1", "*900#", "dial",
        menu=plan.name, version=plan.version if version is None else version, moves=moves,
    )  # fmt: skip


def sms(short_code: str, line: int) -> SmsTaken:
    return SmsTaken(0, "79261234567", short_code, "x", False, short_code, line, "bl.on", "done")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(menu_of(tmp_path), World())


def test_ways_and_the_screens_they_lead_to_are_counted(plan: Plan) -> None:
    meter = Meter([plan])
    assert meter.of_plan(plan).taken == 0
    meter(step(plan, ("_start", "code:*900#", "root")))
    meter(step(plan, ("root", "key:1", "own")))
    meter(step(plan, ("root", "key:1", "own"), ("own", "back", "root")))
    assert meter.hits(plan, ("root", "key:1", "own")) == 2
    assert meter.shown(plan, "root") == 2
    assert (meter.of_group(plan, "codes").taken, meter.of_group(plan, "choices").taken) == (1, 1)
    assert ("root", "key:1", "company") in meter.missed(plan)
    assert "own" not in meter.missed_screens(plan)


def test_another_version_of_the_menu_counts_nothing_and_is_told(plan: Plan) -> None:
    meter = Meter([plan])
    meter(step(plan, ("_start", "code:*900#", "root"), version="another"))
    assert meter.of_plan(plan).taken == 0
    assert "small: the gateway runs another version" in table(meter)


def test_commands_are_known_by_number_and_line() -> None:
    meter = Meter([], COMMANDS)
    meter(sms("000105", 4))
    meter(sms("0001777", 7))
    meter(sms("0001777", 9))
    meter(sms("", 0))
    assert meter.missed_sms() == [COMMANDS[2]]
    meter(sms("79261234568", 2))
    assert meter.of_sms().percent == 100


def test_the_table_tells_shares_and_what_was_missed(plan: Plan) -> None:
    meter = Meter([plan], COMMANDS)
    meter(step(plan, ("_start", "code:*900#", "root")))
    told = table(meter)
    assert told.splitlines()[0].split() == ["menu", "screens", "codes", "choices", "outcomes", "branches"]
    assert "  root -> company: 1 Balance" in told.splitlines()
    assert "  000105 line 4: bl.on" in told.splitlines()
    assert "*900# -> root" not in told


def test_data_and_maps_hold_the_same_counts(plan: Plan) -> None:
    meter = Meter([plan], COMMANDS)
    meter(step(plan, ("_start", "code:*900#", "root")))
    (menu,) = as_json(meter)["menus"]
    assert menu["screens"] == {"taken": 1, "of": len(plan.screens)}
    assert {"from": "root", "to": "tones", "event": "key:3", "on": "3 Tones"} in menu["missed"]
    assert {"reason": "happens only while the store is lost"}.items() <= menu["not_counted"][0].items()
    coverage = as_maps(meter)
    (drawn,) = coverage.maps
    assert (drawn.roads[0].source, drawn.roads[0].target, drawn.roads[0].hits) == ("*900#", "root", 1)
    assert {spot.name: spot.hits for spot in drawn.spots}["root"] == 1
    assert coverage.tallies[0].items[0] == ("000105 line 4: bl.on", 0)


def test_only_the_menus_that_are_wanted_are_counted(tmp_path: Path) -> None:
    menu = menu_of(tmp_path)
    assert chosen([menu], COMMANDS, ["small"]) == ([menu], [])
    assert chosen([menu], COMMANDS, ["sms"]) == ([], COMMANDS)
    assert chosen([menu], COMMANDS, []) == ([menu], COMMANDS)
    with pytest.raises(KeyError, match="other"):
        chosen([menu], COMMANDS, ["other"])


class Source:
    """Events as the API tells them, one poll after another."""

    def __init__(self, *polls: list[dict[str, Any]]) -> None:
        self.polls = list(polls)

    async def events(self, after: int | None, wait: str) -> dict[str, Any]:
        found = self.polls.pop(0) if self.polls and after is not None else []
        return {"events": found, "next": (after or 0) + len(found), "missed": False}


async def test_events_of_the_api_are_happenings_again(plan: Plan) -> None:
    taken = step(plan, ("_start", "code:*900#", "root"))
    assert happening_of(event_json(1, taken)) == taken
    assert happening_of(event_json(2, sms("000105", 4))) == sms("000105", 4)
    assert happening_of({"event": "sms"}) is None
    meter = Meter([plan], COMMANDS)
    async with following(
        Source([event_json(1, taken)], [event_json(2, sms("000105", 4))]), meter
    ) as followed:
        assert not followed.missed
    assert (meter.of_plan(plan).taken, meter.of_sms().taken) == (2, 1)
