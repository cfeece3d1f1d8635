"""`/api/v1/companies/{company}`: a company, its numbers and who uses them, its password, new SIM cards.

A company is called by its key in the catalogue (`romashka`); its account has the number of its contract.
"""

from collections.abc import Mapping

from aiohttp import web
from pydantic import Field

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.files import Company
from ussd_gateway.billing.operations.companies import numbers
from ussd_gateway.billing.subscribers import UnknownSubscriber
from ussd_gateway.vocabulary import Value
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.instants import iso
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES
from ussd_gateway.web.subscribers import answer_once, with_roubles


class Enrol(Body):
    """A number that is to join, and who uses it."""

    number: str = Field(max_length=40)
    name: str = Field(default="", max_length=100)
    position: str = Field(default="", max_length=100)
    tariff: str = Field(default="", max_length=20)


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
        "numbers": len(await employees(request)),
        "login": {"password_set": login.hash is not None, "locked": login.locked, "wrong": login.wrong},
    }
    return web.json_response(body)


async def show_numbers(request: web.Request) -> web.Response:
    """All numbers; `?search=` for a part of a number or a name, `?tag=` for a label."""
    theirs = await employees(request)
    joined = {account.msisdn for account in theirs}
    sought, label = request.query.get("search", "").strip().lower(), request.query.get("tag")
    rows = [
        employee_json(account)
        for account in theirs
        if (sought in account.msisdn or sought in account.employee.name.lower())
        and (label is None or label in account.tags)
    ]
    joining = [number for number in (await account_of(request)).roster if number not in joined]
    return web.json_response({"numbers": rows, "joining": joining})


async def enrol(request: web.Request) -> web.Response:
    """Let a number join.  It does so a moment later; what stands in its way a control number is told."""
    body = await read_body(request, Enrol)
    args = {**body.model_dump(), "number": number_of(request, body.number)}
    return await answer_once(request, contract_of(request), "company.enrol", args)


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


async def employees(request: web.Request) -> list[Account]:
    """The accounts of its numbers; those that have not joined yet, or joined another, are left out."""
    key, _ = company_of(request)
    gateway = request.app[SERVICES].gateway
    found = []
    for number in numbers(await account_of(request), gateway.service.catalogue):
        try:
            found.append(await gateway.account(number))
        except UnknownSubscriber:
            continue
    return [account for account in found if account.company == key]


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
