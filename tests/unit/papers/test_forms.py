"""Tables as files that other programs open, and files that open with a password only."""

import csv
import io
import re
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.papers.base import Paper, Table
from ussd_gateway.papers.forms import EXTENSIONS, written
from ussd_gateway.papers.locked import locked

TABLE = Table("Отчет", ("номер", "roubles"), [("79260000001", "-1.50"), ("=A1 & <b>\x00", "2.00")])
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def part(content: bytes, name: str) -> ElementTree.Element:
    with ZipFile(io.BytesIO(content)) as archive:
        for each in archive.namelist():
            ElementTree.fromstring(archive.read(each))
        return ElementTree.fromstring(archive.read(name))


def test_csv_holds_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(written(TABLE, "csv", "n").content.decode("utf-8-sig"))))
    assert rows == [["номер", "roubles"], ["79260000001", "-1.50"], ["'=A1 & <b>\x00", "2.00"]]


def test_excel_has_texts_and_numbers() -> None:
    paper = written(TABLE, "excel", "n")
    sheet = part(paper.content, "xl/sheet.xml")
    assert paper.name == "n.xlsx"
    assert [each.text for each in sheet.iter(f"{MAIN}t")] == [
        "номер",
        "roubles",
        "79260000001",
        "=A1 & <b> ",
    ]
    assert [each.text for each in sheet.iter(f"{MAIN}v")] == ["-1.50", "2.00"]


def test_word_has_a_title_and_a_table() -> None:
    document = part(written(TABLE, "word", "n").content, "word/document.xml")
    assert next(document.iter(f"{WORD}t")).text == "Отчет"
    assert len(list(document.iter(f"{WORD}tr"))) == 3


def test_pdf_has_pages_and_a_table_of_places() -> None:
    rows = [(str(number), "(Анна)\\") for number in range(100)]
    content = written(Table("Отчет", ("n", "name"), rows), "pdf", "n").content
    assert content.count(b"/Type /Page ") == 3
    assert b"(99  \\(Anna\\)\\\\) Tj" in content
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", content), 1):
        assert content[int(place) :].startswith(b"%d 0 obj" % number)
    start = int(content.rsplit(b"startxref\n", 1)[1].split()[0])
    assert content[start:].startswith(b"xref\n")


@given(st.sampled_from(sorted(EXTENSIONS)), st.lists(st.tuples(st.text(), st.text()), max_size=3))
def test_any_text_is_a_sound_file_and_always_the_same(form: str, rows: list[tuple[str, str]]) -> None:
    table = Table("t", ("a", "b"), rows)
    content = written(table, form, "n").content
    assert content == written(table, form, "n").content
    if form in ("excel", "word"):
        part(content, "_rels/.rels")


@given(st.binary(max_size=2000), st.text("0123456789", min_size=1, max_size=10))
def test_a_locked_file_opens_with_its_password(content: bytes, password: str) -> None:
    paper = locked(Paper("n.csv", content), password, "salt")
    with ZipFile(io.BytesIO(paper.content)) as archive:
        assert archive.namelist() == ["n.csv"]
        assert archive.read("n.csv", password.encode()) == content
        with pytest.raises(RuntimeError, match="password required"):
            archive.read("n.csv")
