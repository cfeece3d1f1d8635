"""Which variables a screen may count on: a must-analysis over the ways between screens.

A variable is known at a screen when *every* way there sets it.  Going back keeps what was set, so only the
forward ways matter.
"""

from collections.abc import Mapping

from ussd_gateway.menu.model import ActionScreen, ChoiceScreen, InputScreen, Menu, Screen, ways
from ussd_gateway.vocabulary import Value, Vocabulary

Known = frozenset[str]

REASON_SAMPLE = "Ж" * 60
RESULT_SAMPLE = "9" * 12
"""Stand for the reason of a refusal and for an action's result in checks of length."""


def known_at(menu: Menu, vocabulary: Vocabulary) -> Mapping[str, Known]:
    """Screen -> variables set on every way there; screens nothing leads to are left out."""
    found: dict[str, Known] = {}
    waiting: list[tuple[str, Known]] = [(case.screen, frozenset()) for case in menu.start]
    waiting += [(screen, frozenset()) for screen in menu.direct.values()]
    while waiting:
        name, known = waiting.pop()
        screen = menu.screens.get(name)
        before = found.get(name)
        after = known if before is None else before & known
        if screen is None or after == before:
            continue
        found[name] = after
        for way in ways(screen):
            there = after | gained(screen, way.event, vocabulary)
            waiting += [(case.screen, there) for case in way.branch.target]
    return found


def gained(screen: Screen, event: str, vocabulary: Vocabulary) -> Known:
    """The variables set by leaving `screen` on `event`."""
    match screen:
        case InputScreen():
            return frozenset({screen.variable})
        case ChoiceScreen() if event == "text" and screen.rows is not None:
            return frozenset(vocabulary.lists.get(screen.rows.source, {}))
        case ActionScreen() if event == "denied":
            return results(screen, event, vocabulary) | {"reason"}
        case ActionScreen():
            return results(screen, event, vocabulary)
    return frozenset()


def results(screen: ActionScreen, event: str, vocabulary: Vocabulary) -> Known:
    """What the action itself adds on this outcome."""
    spec = vocabulary.actions.get(screen.action)
    if spec is None or event == "error":
        return frozenset()
    return spec.results if event == "done" else spec.denied_results


def samples(menu: Menu, vocabulary: Vocabulary) -> dict[str, Value]:
    """Name -> a long value of the right type, for every variable set anywhere and every fact."""
    values: dict[str, Value] = dict(vocabulary.facts)
    for screen in menu.screens.values():
        match screen:
            case InputScreen():
                values[screen.variable] = 10**screen.longest if screen.kind is int else "Ж" * screen.longest
            case ChoiceScreen() if screen.rows is not None:
                values |= vocabulary.lists.get(screen.rows.source, {})
            case ActionScreen():
                for name in results(screen, "done", vocabulary) | results(screen, "denied", vocabulary):
                    values.setdefault(name, RESULT_SAMPLE)
                values["reason"] = REASON_SAMPLE
    return values


def types(menu: Menu, vocabulary: Vocabulary) -> dict[str, type]:
    """Name -> type where it is certain: facts, answers, columns; not the results of actions."""
    certain: dict[str, type] = {name: type(value) for name, value in vocabulary.facts.items()}
    uncertain: set[str] = set()
    for screen in menu.screens.values():
        found: dict[str, type] = {}
        match screen:
            case InputScreen():
                found = {screen.variable: screen.kind}
            case ChoiceScreen() if screen.rows is not None:
                columns = vocabulary.lists.get(screen.rows.source, {})
                found = {name: type(value) for name, value in columns.items()}
            case ActionScreen():
                uncertain |= results(screen, "done", vocabulary) | results(screen, "denied", vocabulary)
        for name, kind in found.items():
            if certain.setdefault(name, kind) is not kind:
                uncertain.add(name)
    return {name: kind for name, kind in certain.items() if name not in uncertain}
