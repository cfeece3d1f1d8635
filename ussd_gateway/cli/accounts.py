"""`accounts import`: many numbers at once from a CSV file, with a progress bar."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import click

from ussd_gateway.cli.api import Api, subscriber_path, url_option
from ussd_gateway.cli.codes import EXIT_FAILED, EXIT_OK, EXIT_USAGE, CommandFailed
from ussd_gateway.cli.options import config_option, json_option, load
from ussd_gateway.cli.output import complain, say_json

if TYPE_CHECKING:
    from ussd_gateway.config import Config

_PLAIN = ("number", "balance")
_OF_COMPANY = ("number", "name", "position", "tariff")
_LEAVING = ("number", "tariff")
MAX_BATCH = 500
MAX_OCTETS = 60_000
"""What of a request's body may be rows."""
TOLD = 10
"""Mistakes of a file that are told one by one."""


class Row(NamedTuple):
    """One line of the file: its number in the file, the phone number, the other cells that are not empty."""

    line: int
    msisdn: str
    cells: Mapping[str, str]


class Done(NamedTuple):
    """What became of a row, and why it failed; empty when it did not."""

    row: Row
    outcome: str
    why: str


@click.command("accounts", short_help="Bring in many numbers from a CSV file.")
@click.argument("what", type=click.Choice(["import", "release"]))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE.csv")
@click.option(
    "--company", metavar="KEY", help="Let the numbers join (or leave) this company of the catalogue."
)
@json_option
@url_option
@config_option
def command(
    what: str, file: Path, company: str | None, as_lines: bool, url: str | None, config_path: Path | None
) -> int:
    """Import the numbers of FILE.csv: open their accounts, or with --company let them join it.

    Columns, in this order or as a first line names them: `number,balance` for accounts (a balance is set,
    without one it stays), `number,name,position,tariff` for employees; only `number` must be there. The whole
    file is checked first. Importing a file again does no harm. Asks the running gateway over HTTP.

    `release` with --company lets the numbers leave it (`number,tariff`): their owners keep them.
    """
    if what == "release" and company is None:
        raise CommandFailed("release needs --company", EXIT_USAGE)
    config = load(config_path)
    rows = read_rows(file, _columns(what, company), config)
    api = Api.of(config, url)
    if company is None:
        outcomes = _each(rows, _opening(api))
    else:
        path = f"/api/v1/companies/{quote(company, safe='')}"
        outcomes = _each(rows, _leaving(api, path)) if what == "release" else _joining(api, path, rows)
    failed = 0
    for row, outcome, why in _shown(outcomes, len(rows)):
        if why:
            failed += 1
            complain(f"{file.name}:{row.line}: {row.msisdn}: {why}")
        if as_lines:
            say_json({"line": row.line, "msisdn": row.msisdn, "outcome": outcome})
    if not as_lines:
        print(f"{len(rows) - failed} numbers {what}{'d' if what == 'release' else 'ed'}, {failed} failed")
    return EXIT_FAILED if failed else EXIT_OK


def _columns(what: str, company: str | None) -> tuple[str, ...]:
    if what == "release":
        return _LEAVING
    return _OF_COMPANY if company else _PLAIN


def read_rows(file: Path, columns: tuple[str, ...], config: "Config") -> list[Row]:
    """The lines of the file; CommandFailed with its mistakes."""
    plan = config.numbering_plan()
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            lines = [(number, [cell.strip() for cell in line]) for number, line in _numbered(stream)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise CommandFailed(f"{file.name} is not CSV in UTF-8: {error}", EXIT_USAGE) from None
    if lines and "number" in lines[0][1]:
        columns = _named(lines.pop(0)[1], columns, file)
    rows, mistakes = [], []
    for number, cells in lines:
        values = {name: cell for name, cell in zip(columns, cells, strict=False) if cell}
        msisdn = plan.parse(values.pop("number", ""))
        if len(cells) > len(columns):
            mistakes.append(f"{file.name}:{number}: {len(cells)} cells, expected {','.join(columns)}")
        elif msisdn is None:
            mistakes.append(f"{file.name}:{number}: that is not a phone number")
        else:
            rows.append(Row(number, msisdn, values))
    if mistakes:
        more = f"\n... and {len(mistakes) - TOLD} more" if len(mistakes) > TOLD else ""
        raise CommandFailed("\n".join(mistakes[:TOLD]) + more, EXIT_USAGE)
    return rows


def _numbered(stream: Iterable[str]) -> list[tuple[int, list[str]]]:
    """The lines that are not empty, with their numbers."""
    reader = csv.reader(stream)
    return [(reader.line_num, line) for line in reader if any(cell.strip() for cell in line)]


def _named(head: list[str], known: tuple[str, ...], file: Path) -> tuple[str, ...]:
    unknown = [name for name in head if name not in known]
    if unknown:
        expected = ", ".join(known)
        raise CommandFailed(f"{file.name}:1: unknown column `{unknown[0]}`; known: {expected}", EXIT_USAGE)
    return tuple(head)


def _each(rows: list[Row], bring_in: Callable[[Row], str]) -> Iterator[Done]:
    """Row by row; what is refused does not stop the rest."""
    for row in rows:
        try:
            yield Done(row, bring_in(row), "")
        except CommandFailed as error:
            if error.code != EXIT_FAILED:
                raise
            yield Done(row, "failed", str(error))


def _opening(api: Api) -> Callable[[Row], str]:
    """Looking at an account opens it."""

    def bring_in(row: Row) -> str:
        path = subscriber_path(row.msisdn)
        if "balance" in row.cells:
            api.post(f"{path}/balance", {"balance": row.cells["balance"], "note": "import"})
        else:
            api.get(path)
        return "imported"

    return bring_in


def _leaving(api: Api, path: str) -> Callable[[Row], str]:
    def bring_in(row: Row) -> str:
        api.delete(f"{path}/numbers/{row.msisdn}", **row.cells)
        return "released"

    return bring_in


def _joining(api: Api, path: str, rows: list[Row]) -> Iterator[Done]:
    """Many at a time; a number that belongs to the company already is left alone."""
    api.get(path)
    for batch in _batches(rows):
        answer = api.post(
            f"{path}/import", {"numbers": [{"number": row.msisdn, **row.cells} for row in batch]}
        )
        for row, told in zip(batch, answer["numbers"], strict=True):
            if told["outcome"] == "done":
                yield Done(row, "imported", "")
            elif told["reason"] == "corp.already":
                yield Done(row, "already", "")
            else:
                yield Done(row, "failed", told["detail"])


def _batches(rows: list[Row]) -> Iterator[list[Row]]:
    """The rows in groups that fit into a request."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        octets = len(json.dumps({"number": row.msisdn, **row.cells})) + 2
        if batch and (size + octets > MAX_OCTETS or len(batch) == MAX_BATCH):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += octets
    if batch:
        yield batch


def _shown(outcomes: Iterable[Done], total: int) -> Iterator[Done]:
    """The outcomes, with a progress bar on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(outcomes, total=total, description="import")
