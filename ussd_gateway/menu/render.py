"""A screen -> the pages a phone can show, in the subscriber's language."""

from collections.abc import Mapping, Sequence

from ussd_gateway.flow.model import Choice, EndScreen, InputScreen
from ussd_gateway.flow.steps import Scope
from ussd_gateway.menu.model import ChoiceScreen, Lines, ListEnd, Menu, Rows
from ussd_gateway.menu.paging import clip, fits, paginate
from ussd_gateway.templates import Template
from ussd_gateway.vocabulary import Value

Row = Mapping[str, Value]
"""One row of a list of the operator: column -> value."""


def visible(screen: ChoiceScreen, scope: Scope) -> Sequence[Choice]:
    """The choices this subscriber has at this moment."""
    if not screen.conditional:
        return screen.choices
    return [choice for choice in screen.choices if choice.when is None or choice.when.holds(scope)]


def chosen_from(rows: Rows, scope: Scope) -> Sequence[Row]:
    """The rows of a list that can be chosen."""
    return rows_of(rows.lines, scope)[: rows.limit]


def rows_of(lines: Lines, scope: Scope) -> Sequence[Row]:
    """The rows of the operator's list that have the wanted values."""
    rows = scope.facts.rows(lines.source)
    if not lines.where.names:
        return rows
    wanted = lines.where.values("", scope).items()
    return [row for row in rows if all(row[name] == value for name, value in wanted)]


def choice_pages(
    menu: Menu, screen: ChoiceScreen, shown: Sequence[Choice], scope: Scope, language: str
) -> list[str]:
    """All pages of a screen with choices; on several pages the ways back stand at the foot of each."""
    template = screen.text.template(language)
    lines = [_line(choice, scope, language) for choice in shown]
    rows = _numbered(screen.rows, scope, language) if screen.rows is not None else []
    if "rows" in template.variables:
        scope.rows, rows = "\n".join(rows), []
    text = _fill(template, rows + lines, scope, language)
    if fits(text):
        return [text]
    pinned: list[str] = []
    if "choices" in template.variables:
        pinned = [line for line, choice in zip(lines, shown, strict=True) if choice.target is None]
        lines = [line for line, choice in zip(lines, shown, strict=True) if choice.target is not None]
        text = _fill(template, rows + lines, scope, language)
    return paginate(
        text,
        more=f"{screen.more} {menu.more_label.render(language, scope)}",
        less=f"{screen.less} {menu.less_label.render(language, scope)}",
        pinned="\n".join(pinned),
    )


def end_pages(menu: Menu, screen: EndScreen, scope: Scope, language: str) -> list[str]:
    """All pages of a last text."""
    text = end_text(screen, scope, language)
    if fits(text):
        return [text]
    return paginate(
        text,
        more=f"{menu.more} {menu.more_label.render(language, scope)}",
        less=f"{menu.less} {menu.less_label.render(language, scope)}",
        final=True,
    )


def end_text(screen: EndScreen, scope: Scope, language: str) -> str:
    """A last text, uncut."""
    if isinstance(screen, ListEnd) and not fill_rows(screen, scope, language):
        return screen.empty.render(language, scope)
    return screen.text.render(language, scope)


def fill_rows(screen: ListEnd, scope: Scope, language: str) -> bool:
    """Make `{rows}` of the scope the rows of this text; whether there are any."""
    lines = _written(screen.lines, rows_of(screen.lines, scope), scope, language)
    scope.rows = screen.join.join(lines)
    return bool(lines)


def prompt(screen: InputScreen, scope: Scope, language: str) -> str:
    """A prompt: always one page, since an answer to it could not be told from a paging key."""
    return clip(screen.text.render(language, scope))


def with_notice(notice: str, text: str) -> str:
    """The notice above the text when both fit, otherwise the text alone."""
    both = f"{notice}\n{text}"
    return both if fits(both) else text


def _fill(template: Template, lines: list[str], scope: Scope, language: str) -> str:
    scope.choices = "\n".join(lines)
    return scope.choices if template.source == "{choices}" else template.render(language, scope)


def _line(choice: Choice, scope: Scope, language: str) -> str:
    return f"{choice.key} {choice.label.render(language, scope)}"


def _numbered(rows: Rows, scope: Scope, language: str) -> list[str]:
    written = _written(rows.lines, chosen_from(rows, scope), scope, language)
    return [f"{number} {line}" for number, line in enumerate(written, 1)]


def _written(lines: Lines, rows: Sequence[Row], scope: Scope, language: str) -> list[str]:
    """One line a row; a label may end in a value that is empty here, so blanks at its end are dropped."""
    written: list[str] = []
    for row in rows:
        label = lines.label if written else lines.first
        columns = Scope({**scope.variables, **row}, scope.facts)
        written.append(label.render(language, columns).rstrip())
    return written
