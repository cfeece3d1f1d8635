"""`GET /api/v1/subscribers`, `…/offers`: what the operator's files describe, for whoever chooses from it."""

from collections.abc import Iterable

from aiohttp import web

from ussd_gateway.templates import LocalText
from ussd_gateway.web.companies import company_of
from ussd_gateway.web.services import SERVICES

MAX_SUBSCRIBERS = 1000


async def subscribers(request: web.Request) -> web.Response:
    """The numbers that the catalogue describes; others get their accounts at first sight."""
    catalogue = request.app[SERVICES].gateway.service.catalogue
    rows = [
        {
            "msisdn": msisdn,
            "language": each.language,
            "tariff": each.tariff,
            "tariff_name": catalogue.tariff_name(each.tariff, each.language),
            "company": catalogue.companies[each.company].name if each.company else "",
            "name": each.name,
        }
        for msisdn, each in list(catalogue.subscribers.items())[:MAX_SUBSCRIBERS]
    ]
    return web.json_response({"subscribers": rows})


async def offers(request: web.Request) -> web.Response:
    """The tariffs and services that a company can give to its numbers."""
    company_of(request)  # 404 for one that is not in the catalogue
    catalogue = request.app[SERVICES].gateway.service.catalogue
    tariffs = ((code, each.name) for code, each in catalogue.tariffs.items() if each.kind == "corporate")
    services = ((code, each.name) for code, each in catalogue.services.items() if each.kind != "individual")
    return web.json_response({"tariffs": _named(tariffs), "services": _named(services)})


def _named(offered: Iterable[tuple[str, LocalText]]) -> list[dict[str, object]]:
    """Codes with their names in the languages of the pages."""
    return [
        {"code": code, "name": {language: name.render(language, {}) for language in ("ru", "en")}}
        for code, name in offered
    ]
