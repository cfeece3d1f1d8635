"""YAML reading: what survives as text, what is refused, and where each mistake is said to be."""

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from ussd_gateway import documents
from ussd_gateway.documents import FileModel, read_yaml, salvage, validate
from ussd_gateway.errors import ConfigError, Problem


class Item(FileModel):
    count: int
    label: str = ""


class Sheet(FileModel):
    title: str
    items: dict[str, Item] = Field(default_factory=dict)
    sources: list[int] = Field(default_factory=list, alias="from")


@pytest.fixture(params=["libyaml", "pure"], autouse=True)
def parser(request, monkeypatch):
    """Both parsers PyYAML may offer must read alike."""
    loader = getattr(yaml, "CSafeLoader", None) if request.param == "libyaml" else yaml.SafeLoader
    if loader is None:
        pytest.skip("this PyYAML has no libyaml")
    monkeypatch.setattr(documents, "_PARSER", loader)


def problems_of(text: str | bytes) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        read_yaml(text, "f.yaml")
    return caught.value.problems


def places(problems: list[Problem]) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.message) for problem in problems]


@pytest.mark.parametrize(
    "text,value",
    [
        ("no", "no"),
        ("yes", "yes"),
        ("off", "off"),
        ("0123", "0123"),
        ("00", "00"),
        ("12:30", "12:30"),
        ("1.50", "1.50"),
        ("+79261234567", "+79261234567"),
        ("1e3", "1e3"),
        ("0x1F", "0x1F"),
        ("2026-06-14", "2026-06-14"),
        ("'*105#'", "*105#"),
        ("'5'", "5"),
        ("5", 5),
        ("-3", -3),
        ("0", 0),
        ("1.5", 1.5),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("{}", {}),
        ("[]", []),
    ],
)
def test_scalars_are_lossless(text, value):
    read = read_yaml(f"key: {text}\n").value["key"]
    assert (type(read), read) == (type(value), value)


def test_keys_stay_text():
    value = read_yaml("{1: a, 01: b, no: c, true: d, 12:30: e, '': f}").value
    assert value == {"1": "a", "01": "b", "no": "c", "true": "d", "12:30": "e", "": "f"}


def test_marks_point_at_values_and_keys():
    document = read_yaml("a: 1\nb:\n  - x: [10, 20]\n", "f.yaml")
    assert document.mark(("a",)) == (1, 4)
    assert document.mark(("b", 0, "x", 1)) == (3, 13)
    assert document.mark(("b", 0, "x"), key=True) == (3, 5)
    assert document.mark(("b", 0, "gone", "deeper")) == document.mark(("b", 0)) == (3, 5)
    assert str(document.problem(("a",), "bad", key=True)) == "f.yaml:1:1: bad"


@pytest.mark.parametrize(
    "text,expected",
    [
        ("a: &x 1\nb: !!str 2\n<<: 3\n", [
            (1, 4, "anchors (&x) are not allowed"),
            (2, 4, "tags (tag:yaml.org,2002:str) are not allowed"),
            (3, 1, "merge keys (<<) are not allowed"),
        ]),
        ("x:\n  a: 1\n  a: 2\n", [(3, 3, "duplicate key `a`, first on line 2")]),
        ("a: 1\n---\nb: 2\n", [(2, 1, "only one document per file")]),
        ("a: *x\n", [(1, 4, "aliases (*x) are not allowed; text with a star needs quotes")]),
        ("a: *105#\n", [(1, 4, "text that begins with a star needs quotes")]),
        ("text: {{choices}: 1}\n", [
            (1, 8, "a key must be plain text; a text with braces or brackets needs quotes"),
        ]),
        (b"a: 1\nb: \xff\n", [(2, 4, "not UTF-8 text")]),
    ],
)  # fmt: skip
def test_refused_with_place(text, expected):
    assert places(problems_of(text)) == expected


@pytest.mark.parametrize("text", ["a: [1\nb: 2", "a: 'x", "\tb: 1", "a: b: c", "a: \0", "%YAML 3"])
def test_broken_yaml_is_a_problem_not_a_crash(text):
    assert problems_of(text)[0].message.startswith("not YAML: ")


@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 200_000,
        "{" * 200_000,
        "- " * 200_000,
        "? " * 200_000,
        "a: [\n" * 100_000,
        "[" + "1," * 200_000 + "]",
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n",
        "a: &a {k: v}\nb: {<<: [" + "*a," * 20_000 + "]}",
        "x" * (documents.MAX_BYTES + 1),
    ],
    ids=["brackets", "braces", "dashes", "questions", "nested", "wide", "laughs", "merge", "huge"],
)  # fmt: skip
def test_bombs_are_refused_quickly(bomb):
    started = time.process_time()
    assert problems_of(bomb)
    assert time.process_time() - started < 5


@given(st.text(alphabet="ab01:-[]{},&*!|>'\"#%@?~ \n\t\r\0\ud800Ж€", max_size=60))
def test_any_text_is_read_or_refused(text):
    problems: list[Problem] = []
    try:
        read_yaml(text, "f.yaml")
    except ConfigError as error:
        problems = error.problems
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)


def test_a_file_is_read_by_its_path(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_bytes("\ufeffтекст: да\n".encode())
    assert read_yaml(path).value == {"текст": "да"}
    with pytest.raises(ConfigError, match=r"none\.yaml:1:1: cannot be opened"):
        read_yaml(tmp_path / "none.yaml")


def test_numbers_become_text_where_text_is_wanted():
    sheet = validate(read_yaml("title: 5010\nitems: {a: {count: '7', label: 1.50}}\nfrom: [1]"), Sheet)
    assert (sheet.title, sheet.items["a"].count, sheet.items["a"].label) == ("5010", 7, "1.50")
    assert sheet.sources == [1]


BROKEN = """\
tittle: x
items:
  a: {count: z, label: [1]}
  b: {label: 5}
  c: {count: 5, lable: 010}
  d: 3
  e: {count: 1, title: t}
from: [1, q]
"""


def test_all_mistakes_at_once_with_places():
    with pytest.raises(ConfigError) as caught:
        validate(read_yaml(BROKEN, "f.yaml"), Sheet)
    assert [str(problem) for problem in caught.value.problems] == [
        "f.yaml:1:1: missing key `title`",
        "f.yaml:1:1: unknown key `tittle` (did you mean `title`?)",
        "f.yaml:3:14: expected a whole number",
        "f.yaml:3:24: expected text",
        "f.yaml:4:3: missing key `count`",
        "f.yaml:5:17: unknown key `lable` (did you mean `label`?)",
        "f.yaml:6:6: expected a mapping (`key: value` lines)",
        "f.yaml:7:17: key `title` does not belong here",
        "f.yaml:8:11: expected a whole number",
    ]


def test_an_empty_file_is_a_mistake():
    with pytest.raises(ConfigError, match=r"f\.yaml:1:1: expected a mapping"):
        validate(read_yaml("", "f.yaml"), Sheet)


def test_salvage_keeps_what_is_sound():
    saved = salvage(read_yaml("title: t\nitems: {a: {count: 1, x: 2}}\n", "f"), Sheet)
    assert saved.model == Sheet(title="t", items={"a": Item(count=1)})
    assert places(saved.problems) == [(2, 23, "unknown key `x`")]
    assert not saved.damaged(())


def test_salvage_tells_what_it_dropped():
    text = "title: t\nitems: {a: {count: [], label: a}, b: {}, c: {count: 1}}"
    saved = salvage(read_yaml(text), Sheet)
    assert saved.model == Sheet(title="t", items={"c": Item(count=1)})
    assert len(saved.problems) == 2
    assert saved.damaged(("items", "a"))
    assert saved.damaged(("items", "b"))
    assert not saved.damaged(("items", "c"))
    assert salvage(read_yaml("5"), Sheet).model is None


def test_collected_mistakes_leave_a_value():
    collected: list[Problem] = []
    document = read_yaml("a: 1\na: &x 2\n", "f.yaml", collect=collected)
    assert document.value == {"a": 2}
    assert places(collected) == [
        (2, 1, "duplicate key `a`, first on line 1"),
        (2, 4, "anchors (&x) are not allowed"),
    ]
