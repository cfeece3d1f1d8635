"""A laid out menu as SVG: what was visited is filled and solid, what was not is hollow and dashed."""

from collections.abc import Iterator

from ussd_gateway.replay.html.layout import NODE_HEIGHT, NODE_WIDTH, Drawing, Link, Node
from ussd_gateway.replay.html.markup import Markup, tag

NAME_CHARACTERS = 21
TEXT_CHARACTERS = 25
LABEL_CHARACTERS = 20

_CORNERS = {"end": NODE_HEIGHT / 2, "action": 2, "crossing": 2}


def draw(drawing: Drawing) -> Markup:
    """The whole map."""
    behind = [
        _line(link) for link in sorted(drawing.links, key=lambda link: (not link.across, link.road.hits))
    ]
    labels = [label for link in drawing.links for label in _label(link)]
    return tag(
        "svg",
        tag("title", f"Map of {drawing.title}"),
        *behind,
        *map(_box, drawing.nodes),
        *labels,
        viewBox=f"0 0 {drawing.width:g} {drawing.height:g}",
        width=drawing.width,
        height=drawing.height,
        role="img",
    )


def _box(node: Node) -> Markup:
    spot = node.spot
    kind = "code" if spot is None else spot.kind
    text = "" if spot is None else " ".join(spot.text.split())
    lines = [(node.name, NAME_CHARACTERS, "name")]
    if text not in ("", "{choices}"):
        lines.append((text, TEXT_CHARACTERS, "words"))
    middle = node.y + NODE_HEIGHT / 2
    heights = [middle + 4] if len(lines) == 1 else [middle - 3, middle + 12]
    told = (
        f"{node.name} ({kind}), shown {node.hits} times"
        if spot
        else f"{node.name}, dialled {node.hits} times"
    )
    return tag(
        "g",
        tag("title", f"{told}\n{spot.text}" if spot and spot.text else told),
        tag(
            "rect",
            x=node.x,
            y=node.y,
            width=NODE_WIDTH,
            height=NODE_HEIGHT,
            rx=_CORNERS.get(kind, 8),
        ),
        *(
            tag("text", _short(line, limit), x=node.x + 10, y=y, class_=style)
            for (line, limit, style), y in zip(lines, heights, strict=True)
        ),
        tag(
            "text", str(node.hits), x=node.x + NODE_WIDTH - 8, y=middle - 3, class_="count", text_anchor="end"
        )
        if node.hits
        else None,
        class_=f"node {kind} {'hit' if node.hits else 'miss'}",
    )


def _line(link: Link) -> Markup:
    """A curve from the right side of one to the left side of the other."""
    x1, y1 = link.source.x + NODE_WIDTH, link.source.y + NODE_HEIGHT / 2
    x2, y2 = link.target.x, link.target.y + NODE_HEIGHT / 2
    if link.source is link.target:
        path = f"M{x1:g},{y1 - 8:g} c26,-16 26,32 0,16"
    elif link.across and x2 <= x1:
        path = f"M{x1:g},{y1:g} C{x1 + 70:g},{y1:g} {x2 - 70:g},{y2:g} {x2:g},{y2:g}"
    else:
        bend, flat = x1 + (x2 - x1) * 0.35, x1 + (x2 - x1) * 0.4
        path = f"M{x1:g},{y1:g} C{bend:g},{y1:g} {x1 + 20:g},{y2:g} {flat:g},{y2:g} L{x2:g},{y2:g}"
    kind = f"road {'hit' if link.road.hits else 'miss'}{' across' if link.across else ''}"
    return tag("path", tag("title", _told(link)), d=path, class_=kind)


def _label(link: Link) -> Iterator[Markup]:
    """What leads there, before the screen it leads to; of ways across the tree only the tooltip says it."""
    if link.across or not link.road.on:
        return
    kind = f"label {'hit' if link.road.hits else 'miss'}"
    yield tag(
        "text",
        tag("title", _told(link)),
        _short(link.road.on, LABEL_CHARACTERS),
        x=link.target.x - 6,
        y=link.target.y + NODE_HEIGHT / 2 - 5,
        text_anchor="end",
        class_=kind,
    )


def _told(link: Link) -> str:
    road = link.road
    on = f": {road.on}" if road.on else ""
    return f"{road.source} → {road.target}{on}, taken {road.hits} times"


def _short(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
