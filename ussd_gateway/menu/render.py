"""A screen -> the pages a phone can show, in the subscriber's language."""

from collections.abc import Sequence

from ussd_gateway.flow.model import Choice, EndScreen, InputScreen
from ussd_gateway.flow.steps import Scope
from ussd_gateway.menu.model import ChoiceScreen, Menu, Rows
from ussd_gateway.menu.paging import clip, fits, paginate
from ussd_gateway.templates import Template
from ussd_gateway.vocabulary import Facts


def visible(screen: ChoiceScreen, scope: Scope) -> Sequence[Choice]:
    """The choices this subscriber has at this moment."""
    if not screen.conditional:
        return screen.choices
    return [choice for choice in screen.choices if choice.when is None or choice.when.holds(scope)]


def row_count(rows: Rows, facts: Facts) -> int:
    """How many rows of a list can be chosen."""
    return min(len(facts.rows(rows.source)), rows.limit)


def choice_pages(
    menu: Menu, screen: ChoiceScreen, shown: Sequence[Choice], scope: Scope, language: str
) -> list[str]:
    """All pages of a screen with choices; on several pages the ways back stand at the foot of each."""
    template = screen.text.template(language)
    lines = [_line(choice, scope, language) for choice in shown]
    rows = _row_lines(screen.rows, scope, language) if screen.rows is not None else []
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
    text = screen.text.render(language, scope)
    if fits(text):
        return [text]
    return paginate(
        text,
        more=f"{menu.more} {menu.more_label.render(language, scope)}",
        less=f"{menu.less} {menu.less_label.render(language, scope)}",
        final=True,
    )


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


def _row_lines(rows: Rows, scope: Scope, language: str) -> list[str]:
    lines = []
    for number, row in enumerate(scope.facts.rows(rows.source)[: rows.limit], 1):
        columns = Scope({**scope.variables, **row}, scope.facts)
        lines.append(f"{number} {rows.label.render(language, columns)}")
    return lines
