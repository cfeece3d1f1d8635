"""What of the menus was visited: shares, each menu as a map, lists of what was not."""

from collections.abc import Sequence

from ussd_gateway.replay.figures import plural
from ussd_gateway.replay.html.layout import lay_out
from ussd_gateway.replay.html.map_svg import draw
from ussd_gateway.replay.html.markup import Markup, joined, tag
from ussd_gateway.replay.menu_map import Coverage, MenuMap, Tally, share

OPEN_AT_ONCE = 2
BAR_WIDTH = 140


def coverage_section(coverage: Coverage) -> Markup:
    """Everything; a menu of which nothing was visited is drawn too."""
    legend = tag(
        "p",
        tag("span", "visited", class_="key hit"),
        tag("span", "not visited", class_="key miss"),
        tag("span", "numbers say how often", class_="facts"),
        class_="legend",
    )
    few = len(coverage.maps) <= OPEN_AT_ONCE
    maps = [_menu(each, few) for each in coverage.maps]
    return joined(legend if maps else None, *maps, *map(_tally, coverage.tallies))


def _menu(menu: MenuMap, few: bool) -> Markup:
    spots, roads = [spot.hits for spot in menu.spots], [road.hits for road in menu.roads]
    missed = [spot.name for spot in menu.spots if not spot.hits]
    ways = [
        f"{road.source} → {road.target}{f': {road.on}' if road.on else ''}"
        for road in menu.roads
        if not road.hits
    ]
    return tag(
        "details",
        tag(
            "summary",
            tag("span", menu.menu, class_="name"),
            _bar("screens", spots),
            _bar("choices", roads),
        ),
        tag("p", menu.about, class_="facts") if menu.about else None,
        tag("div", draw(lay_out(menu)), class_="scroll map"),
        _missing(f"{plural(len(missed), 'screen')} never shown", missed),
        _missing(f"{plural(len(ways), 'way')} never taken", ways),
        class_="menu",
        open=few,
    )


def _tally(tally: Tally) -> Markup:
    missed = [name for name, hits in tally.items if not hits]
    return tag(
        "details",
        tag("summary", tag("span", tally.title, class_="name"), _bar("", [hits for _, hits in tally.items])),
        tag(
            "ul",
            *(
                tag("li", tag("b", str(hits)), f" {name}", class_="hit" if hits else "miss")
                for name, hits in tally.items
            ),
            class_="tally",
        ),
        class_="menu",
        open=bool(missed) and len(tally.items) <= 40,
    )


def _bar(name: str, hits: Sequence[int]) -> Markup:
    """A share as a bar and in words."""
    taken, total = share(hits)
    filled = BAR_WIDTH * taken / total if total else BAR_WIDTH
    percent = f"{100 * taken / total:.0f} %" if total else "—"
    drawn = tag(
        "svg",
        tag("rect", x=0, y=0, width=BAR_WIDTH, height=8, rx=4, class_="rest"),
        tag("rect", x=0, y=0, width=round(filled, 1), height=8, rx=4, class_="done") if filled else None,
        width=BAR_WIDTH,
        height=8,
        viewBox=f"0 0 {BAR_WIDTH} 8",
        aria_hidden="true",
    )
    told = " ".join(part for part in (percent, name, f"({taken} of {total})") if part)
    return tag("span", drawn, tag("span", told), class_="share")


def _missing(title: str, names: Sequence[str]) -> Markup | None:
    if not names:
        return None
    return tag(
        "details",
        tag("summary", title),
        tag("ul", *(tag("li", name) for name in names)),
        class_="missing",
    )
