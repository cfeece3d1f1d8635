"""Data rows from CSV files, with mistakes at their lines."""

import pytest

from ussd_gateway.errors import ConfigError
from ussd_gateway.replay.data import ordered, read_csv


def read(tmp_path, content: str | bytes):
    path = tmp_path / "n.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_first_line_tells_columns_and_delimiter(tmp_path, delimiter):
    lines = [["msisdn", "сумма"], ["79261234567", " 1 "], [], ["2", "x"]]
    text = "\ufeff" + "\r\n".join(delimiter.join(line) for line in lines)
    assert read(tmp_path, text) == [
        (2, {"msisdn": "79261234567", "сумма": "1"}),
        (4, {"msisdn": "2", "сумма": "x"}),
    ]


def test_a_quoted_value_may_span_lines_and_places_stay_right(tmp_path):
    assert read(tmp_path, 'a,b\n"x\ny,",1\n2,3\n') == [
        (2, {"a": "x\ny,", "b": "1"}),
        (4, {"a": "2", "b": "3"}),
    ]


@pytest.mark.parametrize(
    "content, expected",
    [
        ("", ["1:1: the first line must name the columns"]),
        ("a,b\n", ["1:1: there are no rows under the header"]),
        ("a,a\n1,2\n", ["1:1: two columns are called `a`"]),
        ("a,1b\n1,2", ["1:1: column 2 is called `1b`: letters, digits and _ only, no digit first"]),
        ("a,b\n1\n1,2\n1,2,3", ["2:1: 1 values, the header names 2", "4:1: 3 values, the header names 2"]),
        (b"a,b\n1,\xff", ["2:1: not UTF-8 text"]),
        ('a,b\n1,"2', ["2:1: not CSV: unexpected end of data"]),
    ],
)
def test_mistakes_have_their_line(tmp_path, content, expected):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, content)
    found = [str(problem).removeprefix(f"{tmp_path}/n.csv:") for problem in caught.value.problems]
    assert found == expected


def test_a_seed_repeats_the_order():
    rows = [{"n": str(number)} for number in range(20)]
    first, again, other = (ordered(rows, "random", seed) for seed in (1, 1, 2))
    assert first == again != other
    assert sorted(first, key=str) == sorted(rows, key=str) != first
    assert ordered(rows, "sequential", 1) == rows
