"""Voice files of a folder become lines that answer, or are refused together."""

from pathlib import Path

import pytest

from tests.unit.voice.playbook import PLAN, TEXTS, VOCABULARY, voice_of
from ussd_gateway.errors import ConfigError
from ussd_gateway.voice.loader import load_voice, plain_number, read_voice

HELLO = 'channel: voice\nmenu: hello\nnumbers: {{"{0}": root}}\nscreens:\n  root: {{end: Hello}}\n'


def load(folder: Path):
    return load_voice(folder, VOCABULARY, TEXTS, PLAN)


def test_a_folder(tmp_path):
    (tmp_path / "a.yaml").write_text(HELLO.format("0505"), encoding="utf-8")
    (tmp_path / "b.yml").write_text(HELLO.format("0555").replace("hello", "bye"), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no menu", encoding="utf-8")
    menus = load(tmp_path)
    assert list(menus.by_name) == ["hello", "bye"]
    assert sorted(menus.lines) == ["0505", "0555"]
    assert menus.find("0500") is None


def test_no_folder_is_no_voice_menus(tmp_path):
    assert load(tmp_path / "voice").by_name == {}


def test_every_mistake_of_every_file_is_told(tmp_path):
    (tmp_path / "a.yaml").write_text(HELLO.format("0505").replace("end", "ends"), encoding="utf-8")
    (tmp_path / "b.yaml").write_text("channel: voice\n  menu", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    files = {Path(problem.file).name for problem in caught.value.problems}
    assert files == {"a.yaml", "b.yaml"}


def test_numbers_and_names_are_claimed_once(tmp_path):
    (tmp_path / "a.yaml").write_text(HELLO.format("88005500500"), encoding="utf-8")
    (tmp_path / "b.yaml").write_text(HELLO.format("78005500500"), encoding="utf-8")
    _, problems = read_voice(tmp_path, VOCABULARY, TEXTS, PLAN)
    first = tmp_path / "a.yaml"
    assert [problem.message for problem in problems] == [
        f"voice menu `hello` is also in {first}",
        f"number `78005500500` is also claimed by {first}, number 88005500500",
    ]


@pytest.mark.parametrize(
    "dialled, plain",
    [
        ("0505", "0505"),
        ("8 800 550-05-00", "78005500500"),
        ("+7 (800) 550-05-00", "78005500500"),
        ("88005500500", "78005500500"),
        ("+7 926 111-05-00", "79261110500"),
        ("", ""),
    ],
)
def test_a_number_as_people_dial_it(dialled, plain):
    assert plain_number(dialled) == plain


def test_the_same_line_however_its_number_is_written():
    menus = voice_of(HELLO.format("88005500500"))
    assert menus.find("+78005500500") is menus.find("8-800-550-05-00") is not None
