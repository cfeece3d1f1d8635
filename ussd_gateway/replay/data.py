"""Data rows of a script: one run each.  They stand in the script or in a CSV file beside it.

The CSV file is UTF-8; its first line names the columns; commas, semicolons or tabs part them, whichever the
first line has most of.  Everything is text, blanks around it are dropped.
"""

import csv
import io
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.replay.fields import is_name

Row = dict[str, str]

MAX_CSV_BYTES = 64 << 20
MAX_PROBLEMS = 50


def ordered(rows: list[Row], order: str, seed: int) -> list[Row]:
    """The rows in the order of their runs: as they are, or at random, the same for the same seed."""
    if order == "random":
        rows = rows.copy()
        random.Random(seed).shuffle(rows)  # noqa: S311  no secret, and it must repeat
    return rows


def read_csv(path: Path) -> list[tuple[int, Row]]:
    """Line number and values of each row; ConfigError with every mistake at its line."""
    name = str(path)
    lines = _lines(_text(path), name)
    line, header = next(lines, (1, []))
    problems = _header_problems(name, line, header)
    if problems:
        raise ConfigError(f"{name} cannot be read", problems=problems)
    rows: list[tuple[int, Row]] = []
    for line, cells in lines:
        if len(cells) == len(header):
            rows.append((line, dict(zip(header, cells, strict=True))))
        elif len(problems) < MAX_PROBLEMS:
            problems.append(Problem(name, line, 1, f"{len(cells)} values, the header names {len(header)}"))
    if not rows and not problems:
        problems.append(Problem(name, 1, 1, "there are no rows under the header"))
    if problems:
        raise ConfigError(f"{name} cannot be read", problems=problems)
    return rows


def _text(path: Path) -> str:
    name = str(path)
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_CSV_BYTES + 1)
    except OSError as error:
        raise _at(name, 1, f"cannot be opened: {error.strerror or error}") from error
    if len(octets) > MAX_CSV_BYTES:
        raise _at(name, 1, f"larger than {MAX_CSV_BYTES} bytes")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _at(name, octets.count(b"\n", 0, error.start) + 1, "not UTF-8 text") from error


def _lines(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """First line number and cells of every record that is not blank."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=Counter(first).__getitem__)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise _at(name, line, f"not CSV: {error}") from error


def _header_problems(name: str, line: int, header: list[str]) -> list[Problem]:
    if not header:
        return [Problem(name, 1, 1, "the first line must name the columns")]
    messages = [
        f"column {number} is called `{column}`: letters, digits and _ only, no digit first"
        for number, column in enumerate(header, 1)
        if not is_name(column)
    ]
    messages += [
        f"two columns are called `{column}`" for column, times in Counter(header).items() if times > 1
    ]
    return [Problem(name, line, 1, message) for message in messages]


def _at(name: str, line: int, message: str) -> ConfigError:
    return ConfigError(f"{name} cannot be read", problems=[Problem(name, line, 1, message)])
