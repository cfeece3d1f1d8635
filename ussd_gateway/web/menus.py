"""`/api/v1/menus`: the menus in force, each as a map with a place for every screen."""

from aiohttp import web

from ussd_gateway.menu.graph import to_json
from ussd_gateway.menu.model import Menu
from ussd_gateway.replay.html.layout import NODE_HEIGHT, NODE_WIDTH, lay_out
from ussd_gateway.replay.menu_map import MenuMap, Road, Spot
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES


async def show(request: web.Request) -> web.Response:
    """Every menu, by name."""
    menus = [
        {"menu": menu.name, "about": menu.about, "service_codes": list(menu.codes)}
        for menu in _menus(request).values()
    ]
    return web.json_response({"menus": menus})


async def show_one(request: web.Request) -> web.Response:
    """One menu: its screens and ways, and where to draw them."""
    menu = _menus(request).get(request.match_info["menu"])
    if menu is None:
        raise ProblemError(404, "there is no such menu")
    return web.json_response(_with_places(menu))


def _menus(request: web.Request) -> dict[str, Menu]:
    return dict(request.app[SERVICES].gateway.service.engine.menus.by_name)


def _with_places(menu: Menu) -> dict[str, object]:
    graph = to_json(menu)
    spots = [Spot(each["name"], each["kind"]) for each in graph["screens"]]
    roads = [Road(each["from"], each["to"], each["on"]) for each in graph["edges"]]
    drawing = lay_out(MenuMap(menu.name, menu.about, spots, roads))
    return {
        **graph,
        "map": {
            "width": drawing.width,
            "height": drawing.height,
            "node": [NODE_WIDTH, NODE_HEIGHT],
            "nodes": [
                {"name": node.name, "kind": node.spot.kind if node.spot else "code", "x": node.x, "y": node.y}
                for node in drawing.nodes
            ],
            "ways": [
                {
                    "from": link.source.name,
                    "to": link.target.name,
                    "on": link.road.on,
                    "across": link.across,
                }
                for link in drawing.links
            ],
        },
    }
