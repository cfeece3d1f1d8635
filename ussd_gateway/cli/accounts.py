"""`accounts import`: many numbers at once from a CSV file, with a progress bar."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ussd_gateway.cli.api import Api, subscriber_path, url_option
from ussd_gateway.cli.codes import EXIT_FAILED, EXIT_OK, EXIT_USAGE, CommandFailed
from ussd_gateway.cli.options import config_option, json_option, load
from ussd_gateway.cli.output import complain, say_json

if TYPE_CHECKING:
    from ussd_gateway.config import Config

_PLAIN = ("number", "balance")
_OF_COMPANY = ("number", "name", "position", "tariff")
TOLD = 10
"""Mistakes of a file that are told one by one."""


class Row(NamedTuple):
    """One line of the file: its number in the file, the phone number, the other cells that are not empty."""

    line: int
    msisdn: str
    cells: Mapping[str, str]


@click.command("accounts", short_help="Bring in many numbers from a CSV file.")
@click.argument("what", type=click.Choice(["import"]))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE.csv")
@click.option("--company", metavar="KEY", help="Let the numbers join this company of the catalogue.")
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
    """
    config = load(config_path)
    rows = read_rows(file, _OF_COMPANY if company else _PLAIN, config)
    api = Api.of(config, url)
    bring_in = _joining(api, company) if company else _opening(api)
    failed = 0
    for row in _shown(rows):
        try:
            outcome = bring_in(row)
        except CommandFailed as error:
            if error.code != EXIT_FAILED:
                raise
            failed += 1
            outcome = "failed"
            complain(f"{file.name}:{row.line}: {row.msisdn}: {error}")
        if as_lines:
            say_json({"line": row.line, "msisdn": row.msisdn, "outcome": outcome})
    if not as_lines:
        print(f"{len(rows) - failed} numbers imported, {failed} failed")
    return EXIT_FAILED if failed else EXIT_OK


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


def _joining(api: Api, company: str) -> Callable[[Row], str]:
    """A number that belongs to the company already is left alone."""
    from urllib.parse import quote

    path = f"/api/v1/companies/{quote(company, safe='')}/numbers"
    known = api.get(path)
    theirs = {row["msisdn"] for row in known["numbers"]} | set(known["joining"])

    def bring_in(row: Row) -> str:
        if row.msisdn in theirs:
            return "already"
        api.post(path, {"number": row.msisdn, **row.cells})
        theirs.add(row.msisdn)
        return "imported"

    return bring_in


def _shown(rows: list[Row]) -> Iterator[Row]:
    """The rows, with a progress bar on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(rows, description="import")
