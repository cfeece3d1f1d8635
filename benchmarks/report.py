"""An outcome for people (terminal, Markdown) and for programs (JSON)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.matrix import Cell, Outcome

TITLES = {
    "sms": "(a) SMS from phone to phone: accepted and handed to the destination",
    "ussd": "(b) USSD dialogues through the YAML menus, with a balance read",
    "money": "(c) charges, each committed before its screen is shown",
}
UNITS = {"sms": "messages/s", "ussd": "dialog/s", "money": "charges/s"}
LEGEND = (
    "memory and sqlite are the gateway by its store; echo is a do-nothing asyncio server, npm a bare server "
    "of the npm package smpp: both only accept. Latencies (ms) run from submit_sm to the deliver_sm it "
    "causes (the message at the other phone, the next screen), with echo and npm to the submit_sm_resp; "
    "answer is the submit_sm_resp alone, p99. x echo is the rate of submit_sm against the echo's at the "
    "same window. us/step: the server's processor time for a step (or message). cpu: percent of one core for "
    "server/generator/all others; ≥ marks a generator busier than the server, which could then do more."
)


def headings(mode: str) -> tuple[str, ...]:
    """Column titles of a mode's table."""
    rates = ("steps/s", UNITS[mode]) if mode == "ussd" else (UNITS[mode],)
    return ("server", "win", *rates, "p50", "p95", "p99", "answer", "x echo", "us/step", "cpu %")


def rows(outcome: Outcome, mode: str) -> Iterator[tuple[str, ...]]:
    """Cells of a mode's table as text, in the order of `headings`."""
    echo = {cell.window: cell.accepted_per_s for cell in outcome.cells if cell.server == "echo"}
    for cell in outcome.cells:
        if cell.mode == mode:
            yield _row(cell, echo.get(cell.window))


def _row(cell: Cell, echo_per_s: float | None) -> tuple[str, ...]:
    answered = cell.latencies.get("submit_sm", {})
    shown = cell.latencies.get("screen") or cell.latencies.get("delivery") or answered
    at_least = "≥ " if cell.busy.generator > cell.busy.server else ""
    rates = (cell.steps_per_s, cell.units_per_s) if cell.mode == "ussd" else (cell.units_per_s,)
    return (
        cell.server,
        str(cell.window),
        *(f"{at_least}{rate:,.0f}" for rate in rates),
        *(f"{shown.get(key, 0):.2f}" for key in ("p50_ms", "p95_ms", "p99_ms")),
        f"{answered.get('p99_ms', 0):.2f}",
        f"{cell.accepted_per_s / echo_per_s:.2f}" if echo_per_s else "-",
        f"{cell.cpu_us_per_step:.0f}",
        f"{cell.busy.server:.0f}/{cell.busy.generator:.0f}/{cell.busy.others:.0f}",
    )


def _faults(outcome: Outcome) -> list[str]:
    faults = [
        f"{cell.server}, {cell.mode}, window {cell.window}: {count} x {error}"
        for cell in outcome.cells
        for error, count in cell.errors.items()
    ]
    faults += outcome.failures
    return [f"FAILED: {fault}" for fault in faults]


def _notes(outcome: Outcome) -> list[str]:
    notes = [f"Left out: {server}: {reason}" for server, reason in outcome.skipped.items()]
    return notes + [str(report) for report in outcome.audits]


def _modes(outcome: Outcome) -> list[str]:
    return [mode for mode in TITLES if any(cell.mode == mode for cell in outcome.cells)]


def _conditions(conditions: dict[str, Any]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in conditions.items())


def show(
    console: Console, outcome: Outcome, conditions: dict[str, Any], figures: Sequence[tuple[str, str]]
) -> None:
    """Tables on the terminal."""
    for mode in _modes(outcome):
        table = Table(title=TITLES[mode], title_justify="left", box=SIMPLE_HEAD, padding=0, pad_edge=False)
        for title in headings(mode):
            table.add_column(title, justify="left" if title == "server" else "right")
        for row in rows(outcome, mode):
            table.add_row(*row)
        console.print(table)
    for note in _notes(outcome):
        console.print(note, markup=False)
    for fault in _faults(outcome):
        console.print(fault, markup=False, style="bold red")
    for name, value in figures:
        console.print(f"{name}: {value}", markup=False, highlight=False)
    console.print(LEGEND, style="dim")
    console.print(_conditions(conditions), style="dim", markup=False, highlight=False)


def as_json(
    outcome: Outcome, conditions: dict[str, Any], figures: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """Everything that was measured, JSON-able."""
    return {"conditions": conditions, "ok": outcome.ok, **asdict(outcome), "figures": dict(figures)}


def as_markdown(outcome: Outcome, conditions: dict[str, Any], figures: Sequence[tuple[str, str]]) -> str:
    """The tables as a Markdown fragment."""
    lines = [f"Conditions: {_conditions(conditions)}.", "", LEGEND, ""]
    for mode in _modes(outcome):
        lines += [f"### {TITLES[mode]}", "", "| " + " | ".join(headings(mode)) + " |"]
        lines.append("|---|" + "---:|" * (len(headings(mode)) - 1))
        lines += ["| " + " | ".join(row) + " |" for row in rows(outcome, mode)]
        lines.append("")
    lines += [f"- {note}" for note in (*_notes(outcome), *_faults(outcome))]
    lines += [f"- {name}: {value}" for name, value in figures]
    return "\n".join(lines).rstrip() + "\n"
