"""Where the screens of a menu stand on its map: a tidy tree from its root, other ways drawn across it.

Each screen stands one column right of the screen from which it is reached by the fewest steps, below the
ones that were reached there before; a screen stands at the middle of those behind it.
"""

from collections import deque
from dataclasses import dataclass, field

from ussd_gateway.replay.menu_map import MenuMap, Road, Spot

NODE_WIDTH = 190
NODE_HEIGHT = 40
COLUMN = 330
ROW = 52
MARGIN = 12


@dataclass(slots=True)
class Node:
    """A screen or, with `spot` None, a code; `x` and `y` are its upper left corner."""

    name: str
    spot: Spot | None
    hits: int
    x: float = 0.0
    y: float = 0.0
    behind: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Link:
    """A road between two nodes; `across` when the tree does not follow it."""

    source: Node
    target: Node
    road: Road
    across: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything in its place."""

    title: str
    nodes: list[Node]
    links: list[Link]
    width: float
    height: float


def lay_out(menu: MenuMap) -> Drawing:
    """Give every screen and code a place; the first code that is dialled is the root of most of them."""
    nodes = _nodes(menu)
    tree, roots = _tree(menu, nodes)
    row = 0.0
    for root in roots:
        row = _place(root, row)
    links = [
        Link(nodes[road.source], nodes[road.target], road, across=index not in tree)
        for index, road in enumerate(menu.roads)
        if road.target in nodes
    ]
    placed = list(nodes.values())
    width = max((node.x for node in placed), default=0.0) + NODE_WIDTH + MARGIN
    return Drawing(menu.menu, placed, links, width, row * ROW + 2 * MARGIN)


def _nodes(menu: MenuMap) -> dict[str, Node]:
    spots = {spot.name: spot for spot in menu.spots}
    nodes: dict[str, Node] = {}
    for road in menu.roads:
        if road.source not in spots:
            code = nodes.setdefault(road.source, Node(road.source, None, 0))
            code.hits += road.hits
    nodes.update((name, Node(name, spot, spot.hits)) for name, spot in spots.items())
    return nodes


def _tree(menu: MenuMap, nodes: dict[str, Node]) -> tuple[set[int], list[Node]]:
    """Numbers of the roads that make the tree, and its roots: codes, then screens no code leads to."""
    leaving: dict[str, list[int]] = {}
    for index, road in enumerate(menu.roads):
        leaving.setdefault(road.source, []).append(index)
    reached: set[str] = set()
    tree: set[int] = set()
    roots = []
    for name, node in nodes.items():
        if name in reached:
            continue
        reached.add(name)
        roots.append(node)
        waiting = deque([name])
        while waiting:
            here = waiting.popleft()
            for index in leaving.get(here, ()):
                target = menu.roads[index].target
                if target in nodes and target not in reached:
                    reached.add(target)
                    tree.add(index)
                    nodes[here].behind.append(nodes[target])
                    waiting.append(target)
    return tree, roots


def _place(root: Node, row: float) -> float:
    """Place a tree from this row on; the first row below it."""
    order: list[Node] = []
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        node.x = MARGIN + depth * COLUMN
        order.append(node)
        waiting += [(each, depth + 1) for each in reversed(node.behind)]
    for node in order:
        if not node.behind:
            node.y = MARGIN + row * ROW
            row += 1
    for node in reversed(order):
        if node.behind:
            node.y = (node.behind[0].y + node.behind[-1].y) / 2
    return row
