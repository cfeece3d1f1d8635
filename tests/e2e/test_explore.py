"""`explore` finds every way through the shipped menus, its scripts run green, and coverage sees all of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Explored
from tests.e2e.running import ROOT, clean_environment, in_process
from ussd_gateway.replay.coverage.world import exceptions

Explore = Callable[[str], Explored]
MENUS = sorted(path.stem for path in (ROOT / "menus").glob("*.yaml"))


def explore(folder: Path, *arguments: str) -> tuple[int, str]:
    done = in_process(clean_environment(), "explore", *arguments, "-q", "-o", str(folder))
    return done.returncode, done.stdout


def replay(folder: Path, *arguments: str) -> tuple[int, str]:
    done = in_process(clean_environment(), "replay", str(folder), "--via", "embedded", *arguments)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_scripts_take_every_way_through_the_shipped_menus_and_run_green(explored: Explore) -> None:
    done = [explored(menu) for menu in MENUS]
    told = "".join(each.told for each in done)
    assert {each.code for each in done} == {0}, (
        f"no situation of explore/situations.yaml leads there:\n{told}"
    )
    folder = done[0].folder.parent
    assert sorted(each.name for each in folder.iterdir()) == MENUS
    covered = [option for menu in MENUS for option in ("--cover", menu)]
    code, told = replay(folder, "--min-coverage", "100", *covered)
    assert code == 0, told[-3000:]
    assert exceptions(), "what nobody can reach is written down, not forgotten"


def test_the_same_menu_gives_the_same_scripts(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert explore(tmp_path / name, "relatives")[0] == 0
    files = sorted((tmp_path / "one" / "relatives").iterdir())
    assert [path.name for path in files] == ["asked_by_a_relative.yaml", "ordinary.yaml"]
    for path in files:
        assert path.read_bytes() == (tmp_path / "two" / "relatives" / path.name).read_bytes()


def test_another_language_and_scripts_of_before(tmp_path: Path) -> None:
    folder = tmp_path / "balance"
    folder.mkdir()
    (folder / "mine.yaml").write_text("script: mine\nsteps: [{wait: 1s}]\n", encoding="utf-8")
    assert explore(tmp_path, "balance")[0] == 0
    (folder / "employee.yaml").rename(folder / "old.yaml")
    assert explore(tmp_path, "balance", "--language", "en")[0] == 0
    assert {path.name for path in folder.iterdir()} == {"mine.yaml", "employee.yaml", "ordinary.yaml"}
    assert "Points: 2000" in (folder / "ordinary.yaml").read_text(encoding="utf-8")
    code, told = replay(tmp_path, "--min-coverage", "100", "--cover", "balance")
    assert code == 0, told


def test_a_changed_menu_turns_its_scripts_red(tmp_path: Path) -> None:
    assert explore(tmp_path, "number")[0] == 0
    (script,) = (tmp_path / "number").iterdir()
    text = script.read_text(encoding="utf-8")
    script.write_text(text.replace("Ваш номер", "Мой номер"), encoding="utf-8")
    code, told = replay(tmp_path)
    assert code == 1
    assert f"{script}:" in told


def test_what_situations_do_not_reach_is_listed(tmp_path: Path) -> None:
    own = tmp_path / "situations.yaml"
    own.write_text("answers: ['1']\nsituations: [{name: somebody}]\n", encoding="utf-8")
    code, told = explore(tmp_path / "out", "balance", "--situations", str(own))
    assert code == 1
    assert "balance: 4 of 6 ways in" in told
    assert "  not found: *100# -> corporate" in told.splitlines()


def test_an_unknown_menu_is_a_wrong_use(tmp_path: Path) -> None:
    assert explore(tmp_path, "nothing")[0] == 2
    assert replay(ROOT / "menus")[0] == 2


def test_too_little_coverage_fails_and_is_told(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text('script: one\nsteps:\n  - dial: "*100#"\n  - expect: {op: end}\n', encoding="utf-8")
    code, told = replay(path, "--coverage", "--cover", "balance", "--min-coverage", "50")
    assert code == 1
    assert "*100# -> corporate" in told
    assert "are wanted" in told
    assert replay(path, "--cover", "balance", "--min-coverage", "10")[0] == 0
    assert replay(path, "--cover", "blance", "--min-coverage", "10")[0] == 2
    report = tmp_path / "report.html"
    assert replay(path, "--cover", "balance", "--report", str(report))[0] == 0
    assert "Menu coverage" in report.read_text(encoding="utf-8")
