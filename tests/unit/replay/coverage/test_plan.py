"""What can be exercised of a menu, what cannot, and why."""

from pathlib import Path

from tests.unit.replay.coverage.menus import ROOT, menu_of
from ussd_gateway.billing.catalogue import load_catalogue
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.replay.coverage import plan as plans
from ussd_gateway.replay.coverage.plan import World, plan_of
from ussd_gateway.replay.coverage.reports import said
from ussd_gateway.replay.coverage.world import exceptions, world_of
from ussd_gateway.service import Folders, load_files

NOW_MS = 1_780_000_000_000


def shipped_world() -> World:
    return world_of(load_catalogue(ROOT / "catalogue"), NOW_MS)


def test_every_way_that_a_subscriber_can_take_counts_by_itself(tmp_path: Path) -> None:
    plan = plan_of(menu_of(tmp_path), shipped_world())
    assert [said(plan, move) for move in plan.moves] == [
        "*900# -> root",
        "root -> company: 1 Balance",
        "root -> own: 1 Balance",
        "root -> points: 2 Points",
        "root -> tones: 3 Tones",
        "root -> password: 4 Password",
        "points -> points.done: done",
        "points -> points.denied: denied",
        "tones -> tone: a row",
        "password -> own",
        "send -> send.done: done",
        "send -> send.denied: denied",
        "*900*{to}# -> send",
    ]
    groups = {group: [said(plan, move) for move in plan.of_group(group)] for group in plans.GROUPS}
    assert groups["codes"] == ["*900# -> root", "*900*{to}# -> send"]
    assert groups["branches"] == ["password -> own"]
    assert len(groups["outcomes"]) == 4
    assert "_wrong" not in plan.screens
    assert "_*900*{to}#.to" not in plan.screens


def test_what_nobody_can_take_is_left_out_with_its_reason(tmp_path: Path) -> None:
    plan = plan_of(menu_of(tmp_path), shipped_world())
    assert {out.move: out.reason for out in plan.left_out} == {
        ("points", "error", "_unavailable"): plans.ERROR,
        ("send", "error", "_unavailable"): plans.ERROR,
        ("tones", "empty", "tones.empty"): plans.FILLED,
        ("password", "pass", "shown"): plans.SETTINGS,
    }
    assert "shown" not in plan.screens


def test_a_setting_decides_which_case_is_taken(tmp_path: Path) -> None:
    plan = plan_of(menu_of(tmp_path), World({"password.on_screen": True}, {}))
    assert ("password", "pass", "shown") in plan.moves
    assert plans.LeftOut(("password", "pass", "own"), plans.SETTINGS) in plan.left_out


def test_an_exception_takes_an_outcome_out_and_what_only_it_leads_to(tmp_path: Path) -> None:
    world = World(exceptions={("small", "points", "denied"): "never asked"})
    plan = plan_of(menu_of(tmp_path), world)
    assert plans.LeftOut(("points", "denied", "points.denied"), "never asked") in plan.left_out
    assert "points.denied" not in plan.screens


def test_each_exception_names_an_outcome_that_the_shipped_menus_have() -> None:
    folders = Folders(ROOT / "menus", ROOT / "sms_commands", ROOT / "catalogue")
    menus = load_files(folders, NumberingPlan()).menus.by_name
    for menu, screen, event in exceptions():
        assert event in {way.event for way in menus[menu].screens[screen].ways()}, (menu, screen)
