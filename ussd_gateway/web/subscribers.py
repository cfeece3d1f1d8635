"""`/api/v1/subscribers/{msisdn}`: the account, its messages and its ledger; topping up and setting a balance.

Money goes in and out as text in roubles (`"250.00"`), and out as kopecks beside it.
"""

from collections.abc import Mapping
from uuid import uuid4

from aiohttp import web
from pydantic import Field

from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.money import kopecks
from ussd_gateway.billing.store import MAX_MESSAGE_ID, OutMessage
from ussd_gateway.billing.subscribers import UnknownSubscriber
from ussd_gateway.filters import money2
from ussd_gateway.sms.concat import split_sms
from ussd_gateway.vocabulary import Value
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.instants import iso
from ussd_gateway.web.numbers import MAX_CURSOR, limit_of, whole_number
from ussd_gateway.web.once import REPLAYED, given_key
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES

MAX_ROWS = 1000
DEFAULT_ROWS = 100
LANGUAGE = "language of refusals"
"""Member of `match_info`, where no address can put it: the language of its refusals, English by default."""

_REFUSALS = {
    "amount.bad": "the sum is outside what is allowed",
    "number.blocked": "the number is blocked",
    "no.money": "there is too little money on the account",
}


class TopUp(Body):
    """Money paid in: roubles, `"10.00"`."""

    amount: str = Field(max_length=20)
    note: str = Field(default="", max_length=100)


class SetBalance(Body):
    """What the balance is to be: roubles, `"0.00"`."""

    balance: str = Field(max_length=20)
    note: str = Field(default="", max_length=100)


async def show(request: web.Request) -> web.Response:
    """The account as JSON; no hash of a password is in it."""
    account = await _account(request)
    services = request.app[SERVICES]
    catalogue = services.gateway.service.catalogue
    company = catalogue.companies.get(account.company or "")
    # The contract the number is billed on; an individual has one of their own, named like the number.
    contract = (company and company.contract) or account.msisdn[-services.plan.national_digits :]
    tariff = catalogue.tariff_name(account.tariff, account.language)
    return web.json_response({"account_no": contract, **account_json(account, tariff)})


async def inbox(request: web.Request) -> web.Response:
    """The newest messages to the number, oldest first; with `?after=ID` the first that have larger ids."""
    account, store = await _account(request), request.app[SERVICES].store
    limit = limit_of(request, DEFAULT_ROWS, MAX_ROWS)
    more = False
    if "after" in request.query:
        after = whole_number(request, "after", 0, MAX_MESSAGE_ID)
        messages = await store.inbox_after(account.msisdn, limit + 1, after)
        more = len(messages) > limit
    else:
        messages = (await store.inbox(account.msisdn, limit))[::-1]
    rows = [message_json(message) for message in messages[:limit]]
    return web.json_response({"messages": rows, "next": messages[limit - 1].message_id if more else None})


async def ledger(request: web.Request) -> web.Response:
    """Lines of the number's pockets, newest first; `?kind=topup` for one kind.

    `next` of the answer, asked for as `?after=`, is the page of older ones; null at the end.
    """
    account, kind = await _account(request), request.query.get("kind")
    limit = limit_of(request, DEFAULT_ROWS, MAX_ROWS)
    before = whole_number(request, "after", 0, MAX_CURSOR) if "after" in request.query else None
    lines = await request.app[SERVICES].store.ledger_page(account.msisdn, limit + 1, kind, before)
    body = {
        "entries": [entry_json(entry) for _, entry in lines[:limit]],
        "next": str(lines[limit - 1][0]) if len(lines) > limit else None,
    }
    return web.json_response(body)


async def topup(request: web.Request) -> web.Response:
    """Add to the subscriber's own money."""
    body = await read_body(request, TopUp)
    args: dict[str, Value] = {"amount_kop": kopecks_of(body.amount, "amount"), "note": body.note}
    return await perform_once(request, "account.topup", args)


async def set_balance(request: web.Request) -> web.Response:
    """Set the subscriber's own money; the difference goes through the ledger as an adjustment."""
    body = await read_body(request, SetBalance)
    args: dict[str, Value] = {"balance_kop": kopecks_of(body.balance, "balance"), "note": body.note}
    return await perform_once(request, "account.set_balance", args)


async def perform_once(request: web.Request, action: str, args: Mapping[str, Value]) -> web.Response:
    """Do it to the subscriber of the address, once per Idempotency-Key."""
    return await answer_once(request, msisdn_of(request), action, args)


async def answer_once(
    request: web.Request,
    msisdn: str,
    action: str,
    args: Mapping[str, Value],
    *,
    asked: str | None = None,
) -> web.Response:
    """Do it once per Idempotency-Key; a repeat gets the first answer, marked as one.

    `asked` is what a repeat must ask again: by default all arguments, which then must hold no secret.
    """
    given = given_key(request)
    if asked is None:
        asked = " ".join(f"{name}={value}" for name, value in args.items())
    try:
        performed = await request.app[SERVICES].perform(
            msisdn, msisdn, action, args, key=f"api:{given or uuid4()}", request=asked, remember=bool(given)
        )
    except UnknownSubscriber:
        raise unknown(msisdn) from None
    outcome = performed.outcome
    members = {name: value for name, value in outcome.params.items() if name != "reason"}
    if outcome.name != "done":
        reason = str(outcome.params.get("reason", "refused"))
        raise ProblemError(
            422, refusal(request, reason, outcome.params), reason=reason, **with_roubles(members)
        )
    response = web.json_response({"msisdn": msisdn, **with_roubles(members)})
    if performed.replayed:
        response.headers[REPLAYED] = "true"
    return response


def refusal(request: web.Request, reason: str, values: Mapping[str, Value]) -> str:
    """A refusal in words: our own for what an API may ask, else what the subscriber would read."""
    texts = request.app[SERVICES].gateway.service.catalogue.texts
    language = request.match_info.get(LANGUAGE, "en")
    if reason not in texts or (language == "en" and reason in _REFUSALS):
        return _REFUSALS.get(reason, reason)
    return texts.render(reason, language, values)


def account_json(account: Account, tariff_name: str) -> dict[str, object]:
    """What may be known of an account outside."""
    amounts: dict[str, Value] = {"balance_kop": purse.own_kop(account), "floor_kop": account.floor_kop}
    if account.corporate:
        amounts |= {
            "budget_kop": account.budget_kop,
            "budget_limit_kop": account.budget_limit_kop,
            "personal_kop": account.personal_kop,
        }
    return {
        "msisdn": account.msisdn,
        "kind": account.kind,
        "status": account.status,
        "language": account.language,
        "tariff": account.tariff,
        "tariff_name": tariff_name,
        **with_roubles(amounts),
        "company": account.company,
        "packages": [
            {**package._asdict(), "expires": iso(package.expires_ms)} for package in account.packages
        ],
        "login": {
            "password_set": account.password.hash is not None,
            "locked": account.password.locked,
            "wrong": account.password.wrong,
        },
        "autologin": account.autologin,
        "created": iso(account.created_ms),
    }


def message_json(message: OutMessage) -> dict[str, object]:
    """A message as its addressee sees it, and how far it has come."""
    return {
        "message_id": message.message_id,
        "from": message.source,
        "text": message.text,
        "parts": len(split_sms(message.text, 0)),
        "state": message.state,
        "created": iso(message.created_ms),
        "not_before": iso(message.not_before_ms),
    }


def entry_json(entry: LedgerEntry) -> dict[str, object]:
    """A line of the ledger."""
    return {
        "transfer": entry.transfer,
        "account": entry.account,
        "amount": money2(entry.amount_kop),
        "amount_kop": entry.amount_kop,
        "kind": entry.kind,
        "at": iso(entry.at_ms),
        "note": entry.note,
    }


def with_roubles(amounts: Mapping[str, Value]) -> dict[str, object]:
    """`balance_kop: 25000` becomes `balance: "250.00", balance_kop: 25000`."""
    members: dict[str, object] = {}
    for name, value in amounts.items():
        if name.endswith("_kop"):
            members[name.removesuffix("_kop")] = money2(value)
        members[name] = value
    return members


async def _account(request: web.Request) -> Account:
    msisdn = msisdn_of(request)
    try:
        return await request.app[SERVICES].gateway.account(msisdn)
    except UnknownSubscriber:
        raise unknown(msisdn) from None


def unknown(msisdn: str) -> ProblemError:
    """The refusal for a number nobody has."""
    return ProblemError(404, f"{msisdn} has no account here")


def msisdn_of(request: web.Request) -> str:
    """The number of the address; ProblemError 404 when it is none."""
    text = request.match_info["msisdn"]
    msisdn = request.app[SERVICES].plan.parse(text)
    if msisdn is None:
        raise ProblemError(404, "that is not a phone number")
    return msisdn


def kopecks_of(text: str, member: str) -> int:
    """A sum in roubles of a body's member; ProblemError 422."""
    try:
        return kopecks(text)
    except ValueError as error:
        errors = [{"member": member, "message": str(error)}]
        raise ProblemError(422, "the body does not fit", errors=errors) from None
