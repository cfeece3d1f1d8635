"""Every refusal in one form: `application/problem+json` (RFC 9457), and never a traceback."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from aiohttp import web

from ussd_gateway.errors import Conflict, KeyReused, StoreUnavailable

log = structlog.get_logger(__name__)

PROBLEM = "application/problem+json"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ProblemError(Exception):
    """A request that is refused: `detail` for people, `extra` members for programs."""

    def __init__(self, status: int, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.extra = extra


def problem(status: int, detail: str, **extra: object) -> web.Response:
    """The response; `title` is the status in words, as RFC 9457 wants it for type about:blank."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **extra}
    return web.json_response(body, status=status, content_type=PROBLEM)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into a problem."""
    try:
        response = await handler(request)
    except Exception as error:  # the outermost frame of a request: nothing may pass
        response = answer_to(error)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def answer_to(error: Exception) -> web.Response:
    """The problem for whatever a handler raised; what nobody foresaw is logged and answered with 500."""
    match error:
        case ProblemError():
            return problem(error.status, error.detail, **error.extra)
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            response = problem(error.status, f"allowed here: {allowed}")
            response.headers["Allow"] = allowed
            return response
        case web.HTTPException():
            return problem(error.status, _HTTP_DETAILS.get(error.status, error.reason))
        case KeyReused():
            return problem(422, "this Idempotency-Key stands for another request")
        case Conflict():
            return problem(503, "other requests of this subscriber were first; repeat the request")
        case StoreUnavailable():
            return problem(503, _STORE_DETAILS[error.outcome_unknown], outcome_unknown=error.outcome_unknown)
        case _:
            log.error("request failed", exc_info=error)
            return problem(500, "the gateway failed; its log says more")


_HTTP_DETAILS = {404: "there is nothing at this address", 413: "the body is too large"}
_STORE_DETAILS = {
    False: "the store is unavailable; nothing was changed",
    True: "the store failed; repeat the request with the same Idempotency-Key to learn what happened",
}
