"""`/api/v1/lk/…` behind the login: the calls of a number or a company, for the one whose session it is.

Nothing is done here: `own` and `of_company` put the owner of the session where the address of the call has a
number or a company otherwise, and the handler of that call does the rest.  So a session cannot name another.
"""

from functools import wraps

from aiohttp import hdrs, web

from ussd_gateway.web import changes, companies, company_papers, described, operations, subscribers
from ussd_gateway.web.lk_sessions import COOKIE, LK_SESSIONS, LkSession, drop_cookie
from ussd_gateway.web.once import KEY_SCOPE
from ussd_gateway.web.problems import Handler, ProblemError
from ussd_gateway.web.services import SERVICES
from ussd_gateway.web.subscribers import LANGUAGE

_OFFERED = {
    "account": "language remains",
    "acct": "detail last10 last5 report_email spend",
    "autologin": "set",
    "bl": "add clear delete off on",
    "bonus": "balance expiring gift join leave redeem redeem_money",
    "cb": "clear password set status",
    "cf": "clear set status",
    "email": "set",
    "num": "block status unblock",
    "pay": "autopay_off autopay_set autopay_status call_me card card_bind card_confirm card_unbind pay_me "
    "promised relatives_add relatives_consent relatives_remove scratch transfer transfer_bar "
    "transfer_confirm trust trust_off",
    "pkg": "autorenew buy",
    "roaming": "set",
    "sup": "ask",
    "svc": "off on status stop_all stop_content",
    "tariff": "cancel change current",
    "tone": "set",
}
ACTIONS = frozenset(f"{group}.{name}" for group, names in _OFFERED.items() for name in names.split())
"""What whoever is logged in may do.

Left out is what only the operator does (money out of nothing, usage, fees), what a SIM card vouches for (a
new password without the old one), and a transfer without its code.
"""


async def session_of(request: web.Request) -> LkSession:
    """The session of the cookie; ProblemError 401 without one, also when the password is another by now."""
    sessions, services = request.app[LK_SESSIONS], request.app[SERVICES]
    name = request.cookies.get(COOKIE, "")
    session = sessions.find(name, services.clock.now_ms())
    if session is not None and session.password_hash != await password_hash_of(
        request, session.owner, company=session.company
    ):
        sessions.close(name)
        session = None
    if session is None:
        raise ProblemError(401, "log in first", reason="lk.session")
    return session


async def password_hash_of(request: web.Request, owner: str, *, company: bool) -> str | None:
    """What the password of a number or of a company is now; None when there is none."""
    services = request.app[SERVICES]
    msisdn: str | None = owner
    if company:
        # A reload may have taken the company out of the catalogue.
        known = services.gateway.service.catalogue.companies.get(owner)
        msisdn = None if known is None else known.contract
    account = None if msisdn is None else await services.store.account(msisdn)
    return None if account is None else account.password.hash


def own(handler: Handler) -> Handler:
    """A call of `/api/v1/subscribers/{msisdn}` for the number that is logged in."""
    return _scoped(handler, "msisdn", company=False)


def of_company(handler: Handler) -> Handler:
    """A call of `/api/v1/companies/{company}` for the company that is logged in."""
    return _scoped(handler, "company", company=True)


def _scoped(handler: Handler, member: str, *, company: bool) -> Handler:
    @wraps(handler)
    async def scoped(request: web.Request) -> web.StreamResponse:
        session = await session_of(request)
        if session.company != company:
            raise ProblemError(403, "that is for a company" if company else "that is for a number")
        _speak_for(request, member, session)
        return await handler(request)

    room = handler.__module__.rpartition(".")[2]
    scoped.__module__, scoped.__name__ = __name__, f"{room}_{handler.__name__}"
    return scoped


def _speak_for(request: web.Request, member: str, session: LkSession) -> None:
    """The owner takes the place of whoever the request names; its keys are apart from those of others."""
    request.match_info[member] = session.owner
    request.match_info[KEY_SCOPE] = f"lk:{session.owner}:"
    if request.headers.get(hdrs.ACCEPT_LANGUAGE, "").lower().startswith("ru"):
        request.match_info[LANGUAGE] = "ru"


async def me(request: web.Request) -> web.Response:
    """The account of the number, or the company."""
    session = await session_of(request)
    _speak_for(request, "company" if session.company else "msisdn", session)
    return await (companies.show if session.company else subscribers.show)(request)


async def logout(request: web.Request) -> web.Response:
    """End the session, if there is one."""
    request.app[LK_SESSIONS].close(request.cookies.get(COOKIE, ""))
    response = web.json_response({"logged_out": True})
    drop_cookie(response)
    return response


async def _perform(request: web.Request) -> web.Response:
    """One of the actions of the personal account."""
    if request.match_info["action"] not in ACTIONS:
        raise ProblemError(404, "the personal account has no such action")
    return await operations.perform(request)


_perform.__name__ = "perform"
perform = own(_perform)
facts, rows = own(operations.facts), own(operations.rows)
ledger = own(subscribers.ledger)
numbers, enrol, enrol_many = map(of_company, (companies.show_numbers, companies.enrol, companies.enrol_many))
release, new_sim, new_password = map(
    of_company, (companies.release, companies.new_sim, companies.new_password)
)
change, offers = of_company(changes.change), of_company(described.offers)
order, documents = of_company(company_papers.order), of_company(company_papers.show)
payments = of_company(company_papers.payments)
