"""A compiled menu drawn: Mermaid, Graphviz DOT, or plain JSON for other programs.  Pure text making."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ussd_gateway.flow.model import ActionScreen, Case, EndScreen, InputScreen, Way
from ussd_gateway.menu.model import AppScreen, ChoiceScreen, Crossing, ListEnd, Menu, Screen

_KINDS = {
    ChoiceScreen: "choices",
    InputScreen: "input",
    ActionScreen: "action",
    AppScreen: "app",
    EndScreen: "end",
    ListEnd: "end",
    Crossing: "crossing",
}
_MERMAID = {
    "choices": ("[", "]"),
    "list": ("[", "]"),
    "input": ("[/", "/]"),
    "action": ("{{", "}}"),
    "app": ("[[", "]]"),
    "end": ("([", "])"),
    "crossing": ("{", "}"),
}
_DOT = {
    "choices": "box",
    "list": "box",
    "input": "parallelogram",
    "action": "hexagon",
    "app": "component",
    "end": "ellipse",
    "crossing": "diamond",
}


@dataclass(frozen=True, slots=True)
class Edge:
    """A way between two screens (or from a dialled code): what happens, and under which condition."""

    source: str
    target: str
    on: str
    when: str = ""
    sms: bool = False

    @property
    def label(self) -> str:
        """One line for a drawing."""
        words = [self.on, f"if {self.when}" if self.when else "", "+ SMS" if self.sms else ""]
        return " ".join(word for word in words if word)


def edges(menu: Menu, language: str) -> list[Edge]:
    """Every way the file describes; what happens to every menu alike is left out."""
    opened = [*menu.codes.items(), *((code, menu.leads_to(code)) for code in menu.direct)]
    found = [Edge(code, case.screen, "", _when(case)) for code, target in opened for case in target]
    for screen in menu.screens.values():
        if isinstance(screen, InputScreen) and screen.name.startswith("_"):
            continue  # takes a parameter of a direct code; drawn as the code itself
        for way in screen.ways():
            if isinstance(screen, ActionScreen | AppScreen) and way.event not in screen.declared:
                continue
            found += _way_edges(screen, way, language)
    return found


def kind_of(screen: Screen) -> str:
    """`choices`, `list`, `input`, `action`, `app`, `crossing` or `end`."""
    is_list = isinstance(screen, ChoiceScreen) and screen.rows is not None
    return "list" if is_list else _KINDS[type(screen)]


def to_json(menu: Menu) -> dict[str, Any]:
    """The menu as plain JSON values: codes, screens with their texts, edges."""
    return {
        "menu": menu.name,
        "about": menu.about,
        "version": menu.version,
        "service_codes": list(menu.codes),
        "direct": {code: [case.screen for case in menu.leads_to(code)] for code in menu.direct},
        "screens": [
            {"name": screen.name, "kind": kind_of(screen), "text": _texts(menu, screen)}
            for screen in _drawn(menu)
        ],
        "edges": [
            {"from": edge.source, "to": edge.target, "on": edge.on, "when": edge.when, "sms": edge.sms}
            for edge in edges(menu, menu.languages[0])
        ],
    }


def to_mermaid(menu: Menu, language: str) -> str:
    """A Mermaid flowchart."""
    lines = ["flowchart LR"]
    ids = _identifiers(menu)
    for name, identifier in ids.items():
        screen = menu.screens.get(name)
        left, right = _MERMAID[kind_of(screen)] if screen is not None else ("((", "))")
        caption = _caption(menu, name, language)
        lines.append(f'    {identifier}{left}"{_mermaid_text(caption)}"{right}')
    for edge in edges(menu, language):
        arrow = f'-->|"{_mermaid_text(edge.label)}"|' if edge.label else "-->"
        lines.append(f"    {ids[edge.source]} {arrow} {ids[edge.target]}")
    return "\n".join(lines) + "\n"


def to_dot(menu: Menu, language: str) -> str:
    """A Graphviz digraph."""
    lines = [f"digraph {_dot_text(menu.name)} {{", "    rankdir=LR;", '    node [fontname="sans-serif"];']
    ids = _identifiers(menu)
    for name, identifier in ids.items():
        screen = menu.screens.get(name)
        shape = _DOT[kind_of(screen)] if screen is not None else "circle"
        lines.append(f"    {identifier} [shape={shape}, label={_dot_text(_caption(menu, name, language))}];")
    for edge in edges(menu, language):
        lines.append(f"    {ids[edge.source]} -> {ids[edge.target]} [label={_dot_text(edge.label)}];")
    return "\n".join([*lines, "}"]) + "\n"


# ---------------------------------------------------------------- pieces


def _way_edges(screen: Screen, way: Way, language: str) -> Iterator[Edge]:
    on = _event(screen, way.event, language)
    shown = [way.when.source] if way.when is not None else []
    for case in way.branch.target:
        conditions = [*shown, case.when.source] if case.when is not None else shown
        yield Edge(screen.name, case.screen, on, " and ".join(conditions), way.branch.sms is not None)


def _event(screen: Screen, event: str, language: str) -> str:
    """An event as a reader would say it."""
    match screen:
        case ChoiceScreen() if event.startswith("key:"):
            choice = screen.by_key[event.removeprefix("key:")]
            return f"{choice.key} {choice.label.template(language).source}"
        case ChoiceScreen() if event == "text":
            return "row"
        case InputScreen():
            return f"{{{screen.variable}}}"
    return "" if event == "pass" else event


def _when(case: Case) -> str:
    return case.when.source if case.when is not None else ""


def _drawn(menu: Menu) -> list[Screen]:
    """The screens some edge touches."""
    touched = {name for edge in edges(menu, menu.languages[0]) for name in (edge.source, edge.target)}
    return [screen for name, screen in menu.screens.items() if name in touched]


def _identifiers(menu: Menu) -> dict[str, str]:
    """Code or screen -> a name both languages take for an identifier."""
    names = [*menu.codes, *menu.direct, *(screen.name for screen in _drawn(menu))]
    return {name: f"n{index}" for index, name in enumerate(dict.fromkeys(names))}


def _caption(menu: Menu, name: str, language: str) -> str:
    screen = menu.screens.get(name)
    if screen is None:
        return name
    if isinstance(screen, Crossing):
        return name
    if isinstance(screen, ActionScreen):
        return f"{name}\n{screen.action}"
    if isinstance(screen, AppScreen):
        return f"{name}\n{screen.host}"
    text = screen.text.template(language).source
    return name if text == "{choices}" else f"{name}\n{text}"


def _texts(menu: Menu, screen: Screen) -> dict[str, str]:
    if isinstance(screen, ActionScreen | AppScreen | Crossing):
        return {}
    return {language: screen.text.template(language).source for language in menu.languages}


def _mermaid_text(text: str) -> str:
    for character, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, entity)
    return text.replace("\n", "<br/>")


def _dot_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
