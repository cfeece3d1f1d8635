"""`Idempotency-Key` of what phones do over HTTP: a repeat gets the answer of the first request.

Operations of the billing core keep their keys in the store (`subscribers.answer_once`).  A dialogue lives in
this process only, and so do the answers kept here.
"""

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from functools import wraps
from secrets import token_bytes

from aiohttp import web

from ussd_gateway.errors import KeyReused
from ussd_gateway.web.bodies import read_octets
from ussd_gateway.web.problems import PROBLEM, Handler, ProblemError, answer_to

IDEMPOTENCY_KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
MAX_KEY_CHARACTERS = 128
MAX_KEPT = 10_000
"""Answers kept; the oldest are forgotten first."""
KEY_SCOPE = "key scope"
"""Member of `match_info`, where no address can put it: what the keys of a session begin with.

So nobody meets the answers of others."""


def given_key(request: web.Request) -> str:
    """The Idempotency-Key, empty when there is none; ProblemError 400 for one that is too long, or blank.

    Whoever sends a blank one means to be safe from repeats, and would not be.
    """
    given = request.headers.get(IDEMPOTENCY_KEY)
    if given is None:
        return ""
    if not 1 <= len(given) <= MAX_KEY_CHARACTERS:
        raise ProblemError(400, f"{IDEMPOTENCY_KEY} must have 1 to {MAX_KEY_CHARACTERS} characters")
    return f"{request.match_info.get(KEY_SCOPE, '')}{given}"


class Answers:
    """Key -> what was asked under it (a hash: it may hold a password) and the answer, ready or under way."""

    def __init__(self) -> None:
        self._secret = token_bytes(32)
        self._kept: OrderedDict[str, tuple[bytes, asyncio.Task[tuple[int, bytes]]]] = OrderedDict()

    async def once(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let the handler answer the first request under a key, and give repeats that answer.

        Raises KeyReused when the key stands for another request.  What could not be served (5xx) is not
        kept, so that a repeat tries again.
        """
        key = given_key(request)
        if not key:
            return await handler(request)
        asked = f"{request.method} {request.path}\n".encode() + await read_octets(request)
        asked_hash = hmac.digest(self._secret, asked, hashlib.sha256)
        known = self._kept.get(key)
        if known is not None and known[0] != asked_hash:
            raise KeyReused(key)
        if known is None:
            task = asyncio.get_running_loop().create_task(_answered(request, handler))
            self._keep(key, asked_hash, task)
        else:
            task = known[1]
        # The answer is finished for whoever repeats, though this client may be gone.
        status, body = await asyncio.shield(task)
        if status >= 500 and self._kept.get(key) == (asked_hash, task):
            del self._kept[key]
        kind = "application/json" if status < 400 else PROBLEM
        response = web.Response(status=status, body=body, content_type=kind, charset="utf-8")
        if known is not None:
            response.headers[REPLAYED] = "true"
        return response

    def _keep(self, key: str, asked: bytes, task: asyncio.Task[tuple[int, bytes]]) -> None:
        self._kept[key] = asked, task
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)


ANSWERS = web.AppKey("answers", Answers)


def kept(handler: Handler) -> Handler:
    """The handler, once per Idempotency-Key."""

    @wraps(handler)
    async def once(request: web.Request) -> web.StreamResponse:
        return await request.app[ANSWERS].once(request, handler)

    return once


async def _answered(request: web.Request, handler: Handler) -> tuple[int, bytes]:
    try:
        response = await handler(request)
    except Exception as error:  # a refusal is an answer, too
        response = answer_to(error)
    assert isinstance(response, web.Response)
    body = response.body
    assert isinstance(body, bytes)
    return response.status, body
