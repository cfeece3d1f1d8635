"""`/api/v1/lk`: what the passwords and one-time codes are for.

A login is the number in any form people write it, of a company the number of its contract.

A number that has no account answers as one with another password does, down to the count of attempts and
the time it takes: the form must not tell who is a subscriber.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Self
from uuid import uuid4

from aiohttp import web
from pydantic import Field, model_validator

from ussd_gateway.billing.passwords import acceptable
from ussd_gateway.vocabulary import Outcome, Value
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.cabinet import password_hash_of
from ussd_gateway.web.lk_sessions import COOKIE, LK_SESSIONS, set_cookie
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES, Services
from ussd_gateway.web.subscribers import refusal

MAX_STRANGERS = 10_000
_NO_GUESS = frozenset({"number.blocked", "pas.bad", "pw.mismatch", "pw.same"})
"""Refusals of a new password that say nothing about the old one, or only to whoever knows it."""


class Login(Body):
    """The login form: a password, or a code that came by SMS."""

    login: str = Field(min_length=1, max_length=40)
    password: str | None = Field(default=None, min_length=1, max_length=128)
    code: str | None = Field(default=None, min_length=1, max_length=20)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.password is None) == (self.code is None):
            raise ValueError("give either `password` or `code`")
        return self


class NewPassword(Body):
    """The form that changes the password: the old one, and the new one twice."""

    login: str = Field(min_length=1, max_length=40)
    old: str = Field(min_length=1, max_length=128)
    new: str = Field(max_length=128)
    repeat: str = Field(max_length=128)


class CodeWanted(Body):
    """Who wants a one-time code."""

    login: str = Field(min_length=1, max_length=40)


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
    """200 with the number, or with the company; 401 with `attempts_left`; 423 when the login is locked."""
    form = await read_body(request, Login)
    services = request.app[SERVICES]
    company = services.gateway.service.catalogue.company_of(form.login.strip())
    if company is not None:
        outcome = await _ask_company(services, form)
        return await _logged_in(request, _answered(outcome, {"company": company}), company, company=True)
    msisdn = services.plan.parse(form.login)
    # A guess must not open an account, so the store is asked and not the gateway.
    if msisdn is not None and await services.store.account(msisdn) is not None:
        outcome = await _ask(services, msisdn, form)
    else:
        outcome = await _stranger(request, msisdn or form.login, form)
    return await _logged_in(request, _answered(outcome, {"msisdn": msisdn}), msisdn or "", company=False)


async def change_password(request: web.Request) -> web.Response:
    """200 with the number; 422 for a new password that will not do, 401 and 423 as at the login form."""
    form = await read_body(request, NewPassword)
    services = request.app[SERVICES]
    msisdn = services.plan.parse(form.login)
    if msisdn is not None and await services.store.account(msisdn) is not None:
        args = {"old": form.old, "new": form.new, "repeat": form.repeat}
        performed = await services.perform(
            f"login:{msisdn}", msisdn, "password.change", args, key=f"password:{uuid4()}", request=""
        )
        outcome = performed.outcome
    else:
        outcome = await _strange_change(request, msisdn or form.login, form)
    reason = str(outcome.params.get("reason", ""))
    if reason in _NO_GUESS:
        raise ProblemError(422, refusal(request, reason, outcome.params), reason=reason)
    response = _answered(outcome, {"msisdn": msisdn})
    # A new password ends all sessions, but whoever changed it in one goes on.
    sessions, name = request.app[LK_SESSIONS], request.cookies.get(COOKIE, "")
    session = sessions.find(name, services.clock.now_ms())
    if session is not None and session.owner == msisdn:
        sessions.close(name)
        return await _logged_in(request, response, session.owner, company=False)
    return response


async def send_code(request: web.Request) -> web.Response:
    """A one-time code by SMS; a number without an account hears the same and gets none.  202."""
    form = await read_body(request, CodeWanted)
    services = request.app[SERVICES]
    msisdn = services.plan.parse(form.login)
    if msisdn is not None and await services.store.account(msisdn) is not None:
        # Refusals (a blocked number, too many codes today) would tell who is a subscriber.
        await services.perform(f"login:{msisdn}", msisdn, "otp.request", {}, key=f"otp:{uuid4()}", request="")
    return web.json_response({"sent": True}, status=202)


async def _logged_in(
    request: web.Request, response: web.Response, owner: str, *, company: bool
) -> web.Response:
    """The good answer, with the cookie of a session that begins; the one before it ends."""
    sessions = request.app[LK_SESSIONS]
    sessions.close(request.cookies.get(COOKIE, ""))
    name = sessions.open(
        owner,
        company=company,
        password_hash=await password_hash_of(request, owner, company=company),
        now_ms=request.app[SERVICES].clock.now_ms(),
    )
    set_cookie(request, response, name)
    return response


def _answered(outcome: Outcome, who: Mapping[str, str | None]) -> web.Response:
    if outcome.name == "done":
        return web.json_response(who)
    attempts_left = outcome.params.get("attempts_left", 0)
    if outcome.params.get("reason") == "login.locked":
        raise ProblemError(423, "the login is locked; a new password unlocks it", attempts_left=attempts_left)
    raise ProblemError(401, "wrong login, password or code", attempts_left=attempts_left)


async def _ask(services: Services, msisdn: str, form: Login) -> Outcome:
    """Ask the billing core; a guess is no request to repeat, so each has a key of its own.

    Guesses queue up behind each other and not behind the phone's own requests: hashing is slow, and
    whoever guesses must not be able to hold up the subscriber.
    """
    if form.code is not None:
        action, args = "otp.login", {"code": form.code}
    else:
        action, args = "auth.login", {"password": form.password or ""}
    performed = await services.perform(
        f"login:{msisdn}", msisdn, action, args, key=f"login:{uuid4()}", request=""
    )
    return performed.outcome


async def _ask_company(services: Services, form: Login) -> Outcome:
    """A company logs in with its password only."""
    if form.password is None:
        return Outcome("denied", {"reason": "otp.none", "attempts_left": 0})
    contract = form.login.strip()
    performed = await services.perform(
        f"login:{contract}",
        contract,
        "company.login",
        {"password": form.password},
        key=f"login:{uuid4()}",
        request="",
    )
    return performed.outcome


async def _stranger(request: web.Request, login: str, form: Login) -> Outcome:
    if form.code is not None:
        # What a number says to which no code was sent.
        return Outcome("denied", {"reason": "otp.none", "attempts_left": 0})
    return await _strange_guess(request, login, form.password or "")


async def _strange_change(request: web.Request, login: str, form: NewPassword) -> Outcome:
    """What `password.change` answers to somebody who does not know the old password."""
    rules = request.app[SERVICES].gateway.service.catalogue.settings.password
    if not acceptable(form.new, rules):
        limits: dict[str, Value] = {"min_length": rules.min_length, "max_length": rules.max_length}
        return Outcome("denied", {"reason": "pas.bad", **limits})
    if form.repeat != form.new:
        return Outcome("denied", {"reason": "pw.mismatch"})
    return await _strange_guess(request, login, form.old)


async def _strange_guess(request: web.Request, login: str, password: str) -> Outcome:
    services = request.app[SERVICES]
    await services.hasher.verify(password, None)
    rules = services.gateway.service.catalogue.settings.password
    return request.app[STRANGERS].guess(login, rules.lock_on_wrong)
