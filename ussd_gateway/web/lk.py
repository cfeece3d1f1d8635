"""`/api/v1/lk/login`: what the passwords are for.  A login is the number in any form people write it.

A number that has no account answers as one with another password does, down to the count of attempts and
the time it takes: the form must not tell who is a subscriber.
"""

from collections import OrderedDict
from uuid import uuid4

from aiohttp import web
from pydantic import Field

from ussd_gateway.vocabulary import Outcome
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES, Services

MAX_STRANGERS = 10_000


class Login(Body):
    """The login form."""

    login: str = Field(min_length=1, max_length=40)
    password: str = Field(min_length=1, max_length=128)


class Strangers:
    """Counts guesses at logins that do not exist; the oldest are forgotten."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, int] = OrderedDict()

    def guess(self, login: str, lock_on_wrong: int) -> Outcome:
        """One more wrong answer; the outcome a real account would give."""
        wrong = min(self._wrong.pop(login, 0) + 1, lock_on_wrong)
        self._wrong[login] = wrong
        if len(self._wrong) > MAX_STRANGERS:
            self._wrong.popitem(last=False)
        if wrong >= lock_on_wrong:
            return Outcome("denied", {"reason": "login.locked", "attempts_left": 0})
        return Outcome("denied", {"reason": "login.wrong", "attempts_left": lock_on_wrong - wrong})


STRANGERS = web.AppKey("strangers", Strangers)


async def login(request: web.Request) -> web.Response:
    """200 with the number; 401 with `attempts_left`; 423 when the login is locked."""
    form = await read_body(request, Login)
    services = request.app[SERVICES]
    msisdn = services.plan.parse(form.login)
    # A guess must not open an account, so the store is asked and not the gateway.
    if msisdn is not None and await services.store.account(msisdn) is not None:
        outcome = await _answer(services, msisdn, form.password)
    else:
        outcome = await _stranger(request, msisdn or form.login, form.password)
    if outcome.name == "done":
        return web.json_response({"msisdn": msisdn})
    attempts_left = outcome.params.get("attempts_left", 0)
    if outcome.params.get("reason") == "login.locked":
        raise ProblemError(423, "the login is locked; a new password unlocks it", attempts_left=attempts_left)
    raise ProblemError(401, "wrong login or password", attempts_left=attempts_left)


async def _answer(services: Services, msisdn: str, password: str) -> Outcome:
    """Ask the billing core; a guess is no request to repeat, so each has a key of its own.

    Guesses queue up behind each other and not behind the phone's own requests: hashing is slow, and
    whoever guesses must not be able to hold up the subscriber.
    """
    performed = await services.perform(
        f"login:{msisdn}", msisdn, "auth.login", {"password": password}, key=f"login:{uuid4()}", request=""
    )
    return performed.outcome


async def _stranger(request: web.Request, login: str, password: str) -> Outcome:
    services = request.app[SERVICES]
    await services.hasher.verify(password, None)
    rules = services.gateway.service.catalogue.settings.password
    return request.app[STRANGERS].guess(login, rules.lock_on_wrong)
