"""Numbers in requests: a subscriber's, and the whole ones of a query."""

from aiohttp import web

from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES

MAX_DIGITS = 18
MAX_CURSOR = 2**53
"""The largest number that every client reads exactly."""


def msisdn_of(request: web.Request, text: str, member: str) -> str:
    """A phone number of a body or a query in its one form; ProblemError 422."""
    msisdn = request.app[SERVICES].plan.parse(text)
    if msisdn is None:
        errors = [{"member": member, "message": "not a phone number"}]
        raise ProblemError(422, "the body does not fit", errors=errors)
    return msisdn


def subscriber_of(request: web.Request) -> str:
    """The subscriber of the address; ProblemError 404."""
    msisdn = request.app[SERVICES].plan.parse(request.match_info["msisdn"])
    if msisdn is None:
        raise ProblemError(404, "that is not a phone number")
    return msisdn


def whole_number(request: web.Request, name: str, default: int, most: int, least: int = 0) -> int:
    """A whole number of the query; ProblemError 400."""
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and least <= int(text) <= most):
        raise ProblemError(400, f"`{name}` must be a whole number from {least} to {most}")
    return int(text)


def limit_of(request: web.Request, default: int, most: int) -> int:
    """How long a page may be; ProblemError 400."""
    return whole_number(request, "limit", default, most, least=1)
