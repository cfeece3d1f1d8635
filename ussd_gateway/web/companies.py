"""`/api/v1/companies/{company}`: a company, its numbers and who uses them, its password, new SIM cards.

A company is called by its key in the catalogue (`romashka`); its account has the number of its contract.
"""

from collections.abc import Collection, Mapping
from uuid import uuid4

from aiohttp import web
from pydantic import Field

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.files import Company
from ussd_gateway.billing.operations.companies import numbers
from ussd_gateway.billing.subscribers import UnknownSubscriber
from ussd_gateway.service import Service
from ussd_gateway.vocabulary import Outcome, Value
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.instants import iso
from ussd_gateway.web.numbers import limit_of
from ussd_gateway.web.once import given_key
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES
from ussd_gateway.web.subscribers import answer_once, refusal, with_roubles

MAX_PAGE = 1000
MAX_DIGITS = 15
MAX_LOOKED_AT = 2000
"""Numbers looked at for one page, of which few may be what is sought."""


class Enrol(Body):
    """A number that is to join, and who uses it."""

    number: str = Field(max_length=40)
    name: str = Field(default="", max_length=1000)
    position: str = Field(default="", max_length=1000)
    tariff: str = Field(default="", max_length=1000)


class EnrolMany(Body):
    """Numbers that are to join together."""

    numbers: list[Enrol] = Field(max_length=1000)


class NewPassword(Body):
    """Which of the control numbers gets the password; the first by default."""

    to: str = Field(default="", max_length=40)


class NewSim(Body):
    """The number, the new card, its PUK1."""

    number: str = Field(max_length=40)
    iccid: str = Field(max_length=40)
    puk1: str = Field(max_length=20)


async def show(request: web.Request) -> web.Response:
    """The company; no hash of its password is in it."""
    key, company = company_of(request)
    account = await account_of(request)
    login = account.password
    body = {
        "company": key,
        "name": company.name,
        "contract": company.contract,
        "control_numbers": list(company.control_numbers),
        "numbers": len(numbers(account, request.app[SERVICES].gateway.service.catalogue)),
        "login": {"password_set": login.hash is not None, "locked": login.locked, "wrong": login.wrong},
    }
    return web.json_response(body)


async def show_numbers(request: web.Request) -> web.Response:
    """A page of the numbers in their order; `?search=` for a part of a number or a name, `?tag=` for a label.

    `next` of the answer, asked for as `?after=`, is the page after it; null at the end.
    """
    company, catalogue = await account_of(request), request.app[SERVICES].gateway.service.catalogue
    limit, after = limit_of(request, MAX_PAGE, MAX_PAGE), int(_after(request))
    sought, label = request.query.get("search", "").strip().lower(), request.query.get("tag")
    theirs = sorted((number for number in numbers(company, catalogue) if int(number) > after), key=int)
    rows: list[dict[str, object]] = []
    joining: list[str] = []
    looked_at = 0
    for number in theirs[:MAX_LOOKED_AT]:
        if len(rows) + len(joining) >= limit:
            break
        looked_at += 1
        account = await _employee(request, number)
        if account is None:
            joining.append(number)
        elif (sought in number or sought in account.employee.name.lower()) and (
            label is None or label in account.tags
        ):
            rows.append(employee_json(account))
    more = theirs[looked_at - 1] if looked_at < len(theirs) else None
    return web.json_response({"numbers": rows, "joining": joining, "next": more})


def _after(request: web.Request) -> str:
    """The last number of the page before, `0` for the first page; ProblemError 400."""
    text = request.query.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise ProblemError(400, "`after` must be a number, as `next` gave it")
    return text


async def enrol(request: web.Request) -> web.Response:
    """Let a number join.  It does so a moment later; what stands in its way a control number is told."""
    body = await read_body(request, Enrol)
    args = {**body.model_dump(), "number": number_of(request, body.number)}
    return await answer_once(request, contract_of(request), "company.enrol", args)


async def enrol_many(request: web.Request) -> web.Response:
    """Let many numbers join by one commit; each answers for itself, and those that are in stay in."""
    body = await read_body(request, EnrolMany)
    terms = [{**row.model_dump(), "number": number_of(request, row.number)} for row in body.numbers]
    contract, services = contract_of(request), request.app[SERVICES]

    async def work(service: Service, draft: Draft) -> list[Outcome]:
        return [await service.actions.perform(draft, "company.enrol", args) for args in terms]

    key = f"api:{given_key(request) or uuid4()}"
    asked = "enrol " + " ".join(f"{name}={value}" for args in terms for name, value in args.items())
    outcomes = await services.in_lane(
        contract, lambda: services.gateway.carry_out(contract, key=key, request=asked, work=work)
    )
    rows = []
    for args, outcome in zip(terms, outcomes, strict=True):
        row: dict[str, object] = {"msisdn": args["number"], "outcome": outcome.name}
        if outcome.name != "done":
            reason = str(outcome.params["reason"])
            row |= {"reason": reason, "detail": refusal(request, reason, outcome.params)}
        rows.append(row)
    return web.json_response({"numbers": rows})


async def release(request: web.Request) -> web.Response:
    """Let a number leave.  It does so a moment later: own money and number stay with the employee."""
    number = number_of(request, request.match_info["number"])
    args = {"number": number, "tariff": request.query.get("tariff", "")}
    return await answer_once(request, contract_of(request), "company.release", args)


async def new_password(request: web.Request) -> web.Response:
    """A new password of the company, by SMS to one of its control numbers."""
    body = await read_body(request, NewPassword)
    to = number_of(request, body.to) if body.to else ""
    return await answer_once(request, contract_of(request), "company.password", {"to": to})


async def new_sim(request: web.Request) -> web.Response:
    """Put a new card into service."""
    body = await read_body(request, NewSim)
    number, (key, _) = number_of(request, body.number), company_of(request)
    if number not in numbers(await account_of(request), request.app[SERVICES].gateway.service.catalogue):
        raise ProblemError(422, "that number is not your company's", reason="corp.foreign")
    args: dict[str, Value] = {"company": key, "iccid": body.iccid, "puk1": body.puk1}
    # The PUK stays out of what is kept of the request.
    return await answer_once(request, number, "corp.sim", args, asked=f"{key} {body.iccid}")


# ---------------------------------------------------------------- what the calls share


def company_of(request: web.Request) -> tuple[str, Company]:
    """The company of the address; ProblemError 404."""
    key = request.match_info["company"]
    company = request.app[SERVICES].gateway.service.catalogue.companies.get(key)
    if company is None:
        raise ProblemError(404, "there is no such company")
    return key, company


def contract_of(request: web.Request) -> str:
    """The number of its account; ProblemError 409 for a company that has none."""
    contract = company_of(request)[1].contract
    if contract is None:
        raise ProblemError(409, "the company has no contract in the catalogue")
    return contract


async def account_of(request: web.Request) -> Account:
    """The company's own account."""
    return await request.app[SERVICES].gateway.account(contract_of(request))


async def employees(request: web.Request, wanted: Collection[str] | None = None) -> dict[str, Account]:
    """Number -> account of the company's numbers, or of those wanted among them.

    Numbers that have not joined yet, or joined another company, are left out.
    """
    ours = numbers(await account_of(request), request.app[SERVICES].gateway.service.catalogue)
    asked = None if wanted is None else set(wanted)
    found = {}
    for number in ours:
        if asked is None or number in asked:
            account = await _employee(request, number)
            if account is not None:
                found[number] = account
    return found


async def _employee(request: web.Request, number: str) -> Account | None:
    """The account of a number if it is the company's by now."""
    try:
        account = await request.app[SERVICES].gateway.account(number)
    except UnknownSubscriber:
        return None
    return account if account.company == request.match_info["company"] else None


def number_of(request: web.Request, text: str) -> str:
    """A number in its one form; ProblemError 422 when it is none."""
    number = request.app[SERVICES].plan.parse(text)
    if number is None:
        raise ProblemError(422, "that is not a phone number", reason="number.bad")
    return number


def employee_json(account: Account) -> dict[str, object]:
    """A number as its company sees it."""
    amounts: Mapping[str, Value] = {
        "budget_kop": account.budget_kop,
        "budget_limit_kop": account.budget_limit_kop,
    }
    pending = account.pending_tariff
    return {
        "msisdn": account.msisdn,
        "name": account.employee.name,
        "position": account.employee.position,
        "restricted": account.employee.restricted,
        "joined": iso(account.employee.since_ms) if account.employee.since_ms else None,
        "tags": list(account.tags),
        "tariff": account.tariff,
        "next_tariff": pending
        and {
            "code": pending.code,
            "effective": iso(pending.effective_ms),
            "application": pending.application,
        },
        "services": [held.code for held in account.services],
        "forwarding": [rule._asdict() for rule in account.forwarding],
        "roaming": account.roaming,
        "content_ban": account.content_ban,
        "iccid": account.sim.iccid,
        **with_roubles(amounts),
    }
