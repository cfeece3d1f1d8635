"""Files of a folder -> menus, all or nothing."""

import json
from pathlib import Path

import pytest

from tests.unit.menu.playbook import SURROUNDINGS, FixedFacts
from ussd_gateway.errors import ConfigError
from ussd_gateway.menu.engine import Engine, Entry, Finish, Position
from ussd_gateway.menu.loader import check_menus, load_menus

ONE = """\
menu: one
service_codes: ["*1#", "*2#"]
direct: {"*1*0#": b}
start: a
screens: {a: {end: x}, b: {end: y}}
"""
TWO = "menu: two\nservice_codes: ['*3#']\nstart: a\nscreens: {a: {end: z}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.yaml").write_text(ONE)
    (tmp_path / "two.yml").write_text(TWO)
    (tmp_path / "README.md").write_text("not a menu")
    return tmp_path


def test_a_folder(folder):
    menus = load_menus(folder, SURROUNDINGS)
    assert sorted(menus.by_name) == ["one", "two"]
    assert [(route.code, route.entry) for route in menus.routes] == [
        ("*1#", Entry("one", "*1#")),
        ("*2#", Entry("one", "*2#")),
        ("*3#", Entry("two", "*3#")),
        ("*1*0#", Entry("one", "*1*0#", direct=True)),
    ]
    position, step = Engine(menus).begin(Entry("one", "*1*0#", direct=True), [], FixedFacts(), "ru")
    assert isinstance(step, Finish)
    assert (step.text, position.menu, position.version) == ("y", "one", menus.by_name["one"].version)


def test_single_files(folder):
    assert sorted(load_menus([folder / "two.yml"], SURROUNDINGS).by_name) == ["two"]


def test_all_or_nothing(folder):
    (folder / "two.yml").write_text(TWO.replace("start: a", "start: b"))
    (folder / "three.yaml").write_text("menu: [")
    with pytest.raises(ConfigError) as caught:
        load_menus(folder, SURROUNDINGS)
    assert [f"{Path(p.file).name}:{p.line}:{p.column}" for p in caught.value.problems] == [
        "three.yaml:2:1",
        "two.yml:3:8",
        "two.yml:4:11",
    ]


def test_a_missing_file_is_a_problem(tmp_path):
    problems = check_menus(tmp_path / "none", SURROUNDINGS)
    assert [problem.message for problem in problems] == ["cannot be opened: No such file or directory"]


def test_the_version_follows_the_meaning_not_the_comments(folder):
    before = load_menus(folder, SURROUNDINGS).by_name
    (folder / "one.yaml").write_text("# a remark\n" + ONE)
    (folder / "two.yml").write_text(TWO.replace("end: z", "end: zz"))
    after = load_menus(folder, SURROUNDINGS).by_name
    assert before["one"].version == after["one"].version
    assert before["two"].version != after["two"].version


def test_positions_survive_json_and_copying():
    position = Position("m", "v", "s", {"a": 1, "b": "x", "c": True}, 2, 1, ("r",), ("5",))
    assert Position.from_json(json.loads(json.dumps(position.to_json()))) == position
    copy = position.copy()
    assert copy == position
    copy.variables["a"] = 2
    copy.history += ("t",)
    copy.pending = ()
    assert position == Position("m", "v", "s", {"a": 1, "b": "x", "c": True}, 2, 1, ("r",), ("5",))
