"""Coverage told: as a table, as data, as the maps of the HTML report."""

from collections.abc import Iterator
from typing import Any

from ussd_gateway.menu.graph import kind_of
from ussd_gateway.menu.model import START
from ussd_gateway.replay.coverage.meter import Count, Meter
from ussd_gateway.replay.coverage.plan import GROUPS, Plan
from ussd_gateway.replay.menu_map import Coverage, MenuMap, Road, Spot, Tally
from ussd_gateway.templates import LocalText
from ussd_gateway.voice.model import RINGING, OfferScreen, PromptScreen, SayScreen
from ussd_gateway.watch import Move

_COLUMNS = ("screens", *GROUPS)
MAX_MISSED = 30
"""Of one menu; the rest is counted."""


def table(meter: Meter, *, every: bool = False) -> str:
    """Lines of text: a row for each menu, then what was not exercised (all of it with `every`)."""
    rows = [("menu", *_COLUMNS, "")]
    rows += [
        (plan.name, *map(_share, _counts(meter, plan)), _percent(meter.of_plan(plan))) for plan in meter.plans
    ]
    if meter.commands:
        rows.append(("SMS commands", _share(meter.of_sms()), *[""] * len(GROUPS), _percent(meter.of_sms())))
    rows.append(("all", "", *[""] * len(GROUPS), _percent(meter.of_all())))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(_right, row[1:], widths[1:])]).rstrip() for row in rows]
    for plan in meter.plans:
        lines += _missed(plan.name, [*_ways_missed(meter, plan)], every)
    lines += _missed("SMS commands", [str(each) for each in meter.missed_sms()], every)
    for name in sorted(meter.strangers):
        lines.append(f"{name}: the gateway runs another version of this menu; it is not counted")
    return "\n".join(lines) + "\n"


def as_json(meter: Meter) -> dict[str, Any]:
    """Everything as plain values."""
    return {
        "percent": round(meter.of_all().percent, 2),
        "menus": [
            {
                "menu": plan.name,
                "channel": plan.channel,
                "percent": round(meter.of_plan(plan).percent, 2),
                **{
                    name: {"taken": count.taken, "of": count.total}
                    for name, count in zip(_COLUMNS, _counts(meter, plan), strict=True)
                },
                "missed_screens": meter.missed_screens(plan),
                "missed": [_move_json(plan, move) for move in meter.missed(plan)],
                "not_counted": [
                    {**_move_json(plan, out.move), "reason": out.reason} for out in plan.left_out
                ],
            }
            for plan in meter.plans
        ],
        "sms": {
            "taken": meter.of_sms().taken,
            "of": meter.of_sms().total,
            "missed": [str(each) for each in meter.missed_sms()],
        },
    }


def as_maps(meter: Meter) -> Coverage:
    """For the HTML report."""
    maps = [_map(meter, plan) for plan in meter.plans]
    tallies = []
    if meter.commands:
        tallies.append(Tally("SMS commands", [(str(each), meter.sms[each]) for each in meter.commands]))
    return Coverage(maps, tallies)


def said(plan: Plan, move: Move) -> str:
    """A way in one line: `root -> payments: 4 Payments`."""
    return f"{_source(plan, move)} -> {move[2]}{f': {on}' if (on := plan.on(move)) else ''}"


# ---------------------------------------------------------------- pieces


def _counts(meter: Meter, plan: Plan) -> list[Count]:
    return [meter.of_screens(plan), *(meter.of_group(plan, group) for group in GROUPS)]


def _share(count: Count) -> str:
    return f"{count.taken}/{count.total}" if count.total else "-"


def _percent(count: Count) -> str:
    """Rounded down: 100 % is all of it."""
    return f"{int(count.percent * 10) / 10:.1f} %"


def _right(text: str, width: int) -> str:
    return text.rjust(width)


def _ways_missed(meter: Meter, plan: Plan) -> Iterator[str]:
    for move in meter.missed(plan):
        yield said(plan, move)
    led_to = {move[2] for move in plan.moves}
    for screen in meter.missed_screens(plan):
        if screen not in led_to:
            yield screen


def _missed(title: str, names: list[str], every: bool) -> list[str]:
    if not names:
        return []
    shown = names if every else names[:MAX_MISSED]
    lines = ["", f"not exercised of {title}:", *(f"  {name}" for name in shown)]
    return [*lines, f"  ... and {len(names) - len(shown)} more"] if len(names) > len(shown) else lines


def _source(plan: Plan, move: Move) -> str:
    return plan.code_of(move) or move[0]


def _move_json(plan: Plan, move: Move) -> dict[str, str]:
    return {"from": _source(plan, move), "to": move[2], "event": move[1], "on": plan.on(move)}


def _map(meter: Meter, plan: Plan) -> MenuMap:
    spots = [
        Spot(name, _kind(plan, name), _text(plan, name), meter.shown(plan, name)) for name in plan.screens
    ]
    first = [move for move in plan.moves if move[0] in (START, RINGING)]
    others = [move for move in plan.moves if move[0] not in (START, RINGING)]
    roads = [
        Road(_source(plan, move), move[2], plan.on(move), meter.hits(plan, move))
        for move in [*first, *others]
    ]
    return MenuMap(plan.name, plan.about, spots, roads)


def _kind(plan: Plan, name: str) -> str:
    screen: Any = plan.kinds[name]
    if isinstance(screen, PromptScreen | SayScreen):
        return "choices"
    return "list" if isinstance(screen, OfferScreen) else kind_of(screen)


def _text(plan: Plan, name: str) -> str:
    text = getattr(plan.kinds[name], "text", None)
    return text.template("ru").source if isinstance(text, LocalText) else ""
