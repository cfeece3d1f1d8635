"""`/api/v1/companies/{company}/changes`: one change for many numbers of a company, first dry if wanted.

Each number is changed by itself and answers for itself: an obstacle on one does not keep the others.
"""

import asyncio
from typing import Literal, Self
from uuid import uuid4

from aiohttp import web
from pydantic import Field, model_validator

from ussd_gateway.billing.account import Account
from ussd_gateway.vocabulary import Value
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.companies import company_of, employees, number_of
from ussd_gateway.web.instants import instant_ms
from ussd_gateway.web.once import given_key
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES
from ussd_gateway.web.subscribers import kopecks_of, refusal, with_roubles

MAX_NUMBERS = 1000
AT_ONCE = 20
"""Numbers changed at the same time."""

_TAKES = {
    "tariff": ({"code"}, {"at", "application"}),
    "service": ({"code"}, {"at", "on"}),
    "describe": (set[str](), {"name", "position"}),
    "tag": ({"label"}, {"on"}),
    "limit": ({"limit"}, set[str]()),
    "restrict": (set[str](), {"on"}),
    "content_ban": (set[str](), {"on"}),
    "forward": (set[str](), {"kind", "to", "on"}),
    "roaming": (set[str](), {"on"}),
    "cancel": (set[str](), {"code"}),
}
"""Change -> members it needs and members it may have."""
_DRY = ("tariff", "service")


class Change(Body):
    """What to change on which numbers: those listed, or all with a label, or all."""

    change: Literal[
        "tariff",
        "service",
        "describe",
        "tag",
        "limit",
        "restrict",
        "content_ban",
        "forward",
        "roaming",
        "cancel",
    ]
    numbers: list[str] | None = Field(default=None, max_length=MAX_NUMBERS)
    tag: str | None = None
    dry: bool = False
    code: str | None = Field(default=None, max_length=20)
    at: str | None = Field(default=None, max_length=40)
    application: bool | None = None
    on: bool | None = None
    name: str | None = Field(default=None, max_length=100)
    position: str | None = Field(default=None, max_length=100)
    label: str | None = Field(default=None, max_length=100)
    limit: str | None = Field(default=None, max_length=20)
    kind: str | None = Field(default=None, max_length=20)
    to: str | None = Field(default=None, max_length=40)

    @model_validator(mode="after")
    def _as_this_change_takes_it(self) -> Self:
        needed, optional = _TAKES[self.change]
        own = self.model_dump(exclude={"change", "numbers", "tag", "dry"}, exclude_none=True).keys()
        if missing := needed - own:
            raise ValueError(f"`{self.change}` needs {' and '.join(sorted(missing))}")
        if extra := own - needed - optional:
            raise ValueError(f"`{self.change}` takes no {' and no '.join(sorted(extra))}")
        if self.dry and self.change not in _DRY:
            raise ValueError(f"only {' and '.join(_DRY)} can be run dry")
        return self

    def arguments(self) -> dict[str, Value]:
        """What the action takes; ProblemError 422 for a sum or an instant that is none."""
        given: dict[str, Value | None] = {
            "code": self.code,
            "application": self.application,
            "on": self.on,
            "name": self.name,
            "position": self.position,
            "tag": self.label,
            "kind": self.kind,
            "to": self.to,
            "limit_kop": None if self.limit is None else kopecks_of(self.limit, "limit"),
            "effective_ms" if self.change == "tariff" else "at_ms": _instant_of(self.at),
            "dry": self.dry or None,
        }
        return {name: value for name, value in given.items() if value is not None}


async def change(request: web.Request) -> web.Response:
    """Change each number, or tell what stands in the way of each."""
    body = await read_body(request, Change)
    key, _ = company_of(request)
    args = {"company": key, **body.arguments()}
    if body.numbers is None:
        theirs = await employees(request)
        wanted = list(theirs)
    else:
        wanted = list(dict.fromkeys(number_of(request, text) for text in body.numbers))
        theirs = await employees(request, wanted)
    if body.tag is not None:
        wanted = [number for number in wanted if number in theirs and body.tag in theirs[number].tags]
    once, limit = given_key(request) or str(uuid4()), asyncio.Semaphore(AT_ONCE)

    async def row(number: str) -> dict[str, object]:
        async with limit:
            return await _changed(request, number, theirs.get(number), f"corp.{body.change}", args, once)

    rows = await asyncio.gather(*map(row, wanted))
    done = sum(each["outcome"] == "done" for each in rows)
    return web.json_response(
        {"dry": body.dry, "done": done, "denied": len(rows) - done, "numbers": list(rows)}
    )


async def _changed(
    request: web.Request,
    number: str,
    account: Account | None,
    action: str,
    args: dict[str, Value],
    once: str,
) -> dict[str, object]:
    """What became of one number; one that is not the company's is not even looked at."""
    row: dict[str, object] = {"msisdn": number, "employee": account.employee.name if account else ""}
    if account is None:
        reason = "corp.foreign"
        return {**row, "outcome": "denied", "reason": reason, "detail": refusal(request, reason, {})}
    asked = " ".join(f"{name}={value}" for name, value in args.items())
    performed = await request.app[SERVICES].perform(
        number, number, action, args, key=f"api:{once}:{number}", request=asked
    )
    outcome = performed.outcome
    row["outcome"] = outcome.name
    if outcome.name != "done":
        reason = str(outcome.params.get("reason", "refused"))
        row |= {"reason": reason, "detail": refusal(request, reason, outcome.params)}
    values = {name: value for name, value in outcome.params.items() if name != "reason"}
    return {**row, "result": with_roubles(values)}


def _instant_of(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return instant_ms(text)
    except ValueError as error:
        errors = [{"member": "at", "message": str(error)}]
        raise ProblemError(422, "the body does not fit", errors=errors) from None
