"""Which variables a screen may count on: a must-analysis over the ways between screens.

A variable is known at a screen when *every* way there sets it.  Going back keeps what was set, so only the
forward ways matter.
"""

from collections.abc import Iterable, Mapping

from ussd_gateway.flow.model import ActionScreen, Case, InputScreen, Screen, Way
from ussd_gateway.vocabulary import Value, Vocabulary

Known = frozenset[str]

REASON_SAMPLE = "Ж" * 60
RESULT_SAMPLE = "9" * 12
SAID_SAMPLE = "Ж" * 80
"""Stand for the reason of a refusal, an action's result and what came from outside in checks of length."""


def known_at(
    screens: Mapping[str, Screen],
    entries: Iterable[Case],
    vocabulary: Vocabulary,
    given: Iterable[str] = (),
) -> Mapping[str, Known]:
    """Screen -> variables set on every way there; screens nothing leads to are left out.

    `entries` are the ways in, `given` are variables every dialogue begins with.
    """
    found: dict[str, Known] = {}
    waiting: list[tuple[str, Known]] = [
        (case.screen, frozenset(given) | case.sets.keys()) for case in entries
    ]
    while waiting:
        name, known = waiting.pop()
        screen = screens.get(name)
        before = found.get(name)
        after = known if before is None else before & known
        if screen is None or after == before:
            continue
        found[name] = after
        for way in screen.ways():
            there = after | gained(screen, way, vocabulary)
            waiting += [(case.screen, there | case.sets.keys()) for case in way.branch.target]
    return found


def gained(screen: Screen, way: Way, vocabulary: Vocabulary) -> Known:
    """The variables set by leaving `screen` on this way."""
    if isinstance(screen, ActionScreen):
        reason = {"reason"} if way.event == "denied" else set()
        return results(screen, way.event, vocabulary) | reason
    return way.sets | frozenset(vocabulary.lists.get(way.row_of, {}) if way.row_of else ())


def results(screen: ActionScreen, event: str, vocabulary: Vocabulary) -> Known:
    """What the action itself adds on this outcome."""
    spec = vocabulary.actions.get(screen.action)
    if spec is None or event == "error":
        return frozenset()
    return spec.results if event == "done" else spec.denied_results


def samples(
    screens: Iterable[Screen], vocabulary: Vocabulary, entries: Iterable[Case] = ()
) -> dict[str, Value]:
    """Name -> a long value of the right type, for every variable set anywhere and every fact."""
    values: dict[str, Value] = dict(vocabulary.facts)
    screens = list(screens)
    for case in _cases(screens, entries):
        for name, value in case.sets.items():
            values[name] = max(value, values.get(name, value), key=_length)
    for screen in screens:
        match screen:
            case InputScreen():
                values[screen.variable] = 10**screen.longest if screen.kind is int else "Ж" * screen.longest
            case ActionScreen():
                for name in results(screen, "done", vocabulary) | results(screen, "denied", vocabulary):
                    values.setdefault(name, RESULT_SAMPLE)
                values["reason"] = REASON_SAMPLE
            case _:
                for columns in _rows(screen, vocabulary):
                    values |= columns
                for name in _told(screen):
                    values.setdefault(name, SAID_SAMPLE)
    return values


def types(screens: Iterable[Screen], vocabulary: Vocabulary, entries: Iterable[Case] = ()) -> dict[str, type]:
    """Name -> type where it is certain: facts, answers, columns; not the results of actions."""
    certain: dict[str, type] = {name: type(value) for name, value in vocabulary.facts.items()}
    uncertain: set[str] = set()
    screens = list(screens)
    for case in _cases(screens, entries):
        for name, value in case.sets.items():
            if certain.setdefault(name, type(value)) is not type(value):
                uncertain.add(name)
    for screen in screens:
        found: dict[str, type] = {}
        match screen:
            case InputScreen():
                found = {screen.variable: screen.kind}
            case ActionScreen():
                uncertain |= results(screen, "done", vocabulary) | results(screen, "denied", vocabulary)
            case _:
                found = dict.fromkeys(_told(screen), str)
                for columns in _rows(screen, vocabulary):
                    found |= {name: type(value) for name, value in columns.items()}
        for name, kind in found.items():
            if certain.setdefault(name, kind) is not kind:
                uncertain.add(name)
    return {name: kind for name, kind in certain.items() if name not in uncertain}


def _cases(screens: Iterable[Screen], entries: Iterable[Case]) -> list[Case]:
    """Everything that leads to a screen."""
    return [*entries, *(case for screen in screens for way in screen.ways() for case in way.branch.target)]


def _length(value: Value) -> int:
    return len(str(value))


def _told(screen: Screen) -> list[str]:
    """Variables that somebody outside gives a text."""
    return [name for way in screen.ways() for name in way.sets]


def _rows(screen: Screen, vocabulary: Vocabulary) -> list[Mapping[str, Value]]:
    """Columns of the lists whose rows can be chosen on this screen."""
    sources = [way.row_of for way in screen.ways() if way.row_of is not None]
    return [vocabulary.lists[source] for source in sources if source in vocabulary.lists]
