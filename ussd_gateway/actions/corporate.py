"""`corp.…`: what a company does with its numbers; `company.…`: the company itself, on its own account.

All but one of them are internal: a company works on the web only, and the API says for which one it asks.
"""

from collections.abc import Mapping

from ussd_gateway.actions.base import Action, Prepared, Tools, spec
from ussd_gateway.actions.password import generate, verify
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.operations import companies, corporate, corporate_changes, leaving, papers, sims
from ussd_gateway.billing.operations.base import NOTHING_PREPARED
from ussd_gateway.vocabulary import Value

_COMPANY = (
    Action(
        spec(
            "company.enrol",
            "Let a number join the company.",
            needs=["number"],
            takes=["name", "position", "tariff"],
            gives=["number", "name"],
            denial_gives=["max"],
        ),
        companies.enrol,
        internal=True,
    ),
    Action(
        spec("company.not_joined", "Forget a number that could not join.", needs=["number"], can_deny=False),
        companies.not_joined,
        internal=True,
    ),
    Action(
        spec(
            "company.release",
            "Let a number leave the company.",
            needs=["number"],
            takes=["tariff"],
            gives=["number"],
        ),
        leaving.release,
        internal=True,
    ),
    Action(
        spec(
            "company.left",
            "Forget a number that left, and remember whose it was.",
            needs=["number"],
            takes=["name", "since_ms"],
            gives=["number"],
            can_deny=False,
        ),
        leaving.left,
        internal=True,
    ),
    Action(
        spec(
            "company.password",
            "A new password of the company, by SMS to a control number.",
            takes=["to"],
            gives=["to"],
        ),
        companies.password,
        generate,
        internal=True,
    ),
    Action(
        spec(
            "company.login",
            "One answer at the company's login form.",
            needs=["password"],
            denial_gives=["attempts_left"],
            secret=["password"],
        ),
        companies.login,
        verify,
        internal=True,
    ),
)

_NUMBERS = (
    Action(
        spec(
            "corp.password_reset",
            "A new password of the company, by SMS; only from one of its control numbers.",
        ),
        companies.password_reset,
    ),
    Action(
        spec("corp.join", "Become a number of a company.", needs=["company", "tariff"]),
        companies.join,
        internal=True,
    ),
    Action(
        spec(
            "corp.leave",
            "Be a number of no company any more.",
            needs=["company", "contract", "tariff"],
            gives=["returned_kop"],
        ),
        leaving.leave,
        internal=True,
    ),
    Action(
        spec(
            "corp.describe",
            "Say who uses a number of the company.",
            needs=["company"],
            takes=["name", "position"],
            gives=["name", "position"],
            denial_gives=["max"],
        ),
        corporate.describe,
        internal=True,
    ),
    Action(
        spec(
            "corp.tag",
            "Put a label on a number of the company, or take it off.",
            needs=["company", "tag"],
            takes=["on"],
            gives=["tags"],
            denial_gives=["max"],
        ),
        corporate.tag,
        internal=True,
    ),
    Action(
        spec(
            "corp.limit",
            "What the company pays for a number each month.",
            needs=["company", "limit_kop"],
            gives=["limit_kop", "left_kop"],
            denial_gives=["max_kop"],
        ),
        corporate.limit,
        internal=True,
    ),
    Action(
        spec(
            "corp.restrict",
            "Forbid an employee to change tariff and services, or allow it.",
            needs=["company"],
            takes=["on"],
            gives=["on"],
        ),
        corporate.restrict,
        internal=True,
    ),
    Action(
        spec(
            "corp.forward",
            "Divert the calls of a number of the company, or no longer.",
            needs=["company"],
            takes=["kind", "to", "on"],
            gives=["text", "number", "count"],
        ),
        corporate.forward,
        internal=True,
    ),
    Action(
        spec(
            "corp.roaming",
            "Whether a number of the company works in foreign networks.",
            needs=["company"],
            takes=["on"],
            gives=["on"],
        ),
        corporate.roaming,
        internal=True,
    ),
    Action(
        spec(
            "corp.content_ban",
            "No paid content on a number of the company.",
            needs=["company"],
            takes=["on"],
            gives=["on", "count"],
        ),
        corporate.content_ban,
        internal=True,
    ),
)

_CHANGES = (
    Action(
        spec(
            "corp.tariff",
            "Order another tariff for a number of the company, or see whether that is possible.",
            needs=["company", "code"],
            takes=["effective_ms", "application", "dry"],
            gives=["name", "fee_kop", "effective_ms"],
            denial_gives=["name", "max", "need_kop", "balance_kop"],
        ),
        corporate_changes.tariff,
        internal=True,
    ),
    Action(
        spec(
            "corp.service",
            "Switch a service of a number of the company on or off, or see whether that is possible.",
            needs=["company", "code"],
            takes=["on", "at_ms", "dry", "deferred_ms"],
            gives=["name", "at_ms"],
            denial_gives=["name", "other", "use", "max", "need_kop", "balance_kop"],
        ),
        corporate_changes.service,
        internal=True,
    ),
    Action(
        spec(
            "corp.service_failed",
            "A change of a service met an obstacle when its time came.",
            needs=["code"],
            takes=["on", "deferred_ms"],
            can_deny=False,
        ),
        corporate_changes.service_failed,
        internal=True,
    ),
    Action(
        spec(
            "corp.cancel",
            "Take back changes of tariff and services that wait for their time.",
            needs=["company"],
            takes=["code"],
            gives=["count"],
        ),
        corporate_changes.cancel,
        internal=True,
    ),
)


async def _claim(draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools) -> Prepared:
    """Claim a card that nothing stands in the way of, unless it serves another number."""
    if sims.obstacle(draft.account, args, draft.catalogue, draft.now_ms) is not None:
        return NOTHING_PREPARED
    card = "".join(str(args["iccid"]).split())
    mine = await tools.registry.claim(f"sim {card}", draft.account.msisdn, draft.now_ms)
    return {"mine": "yes" if mine else ""}


_SIMS = (
    Action(
        spec(
            "corp.sim",
            "A new SIM card for a number of the company.",
            needs=["company", "iccid", "puk1"],
            gives=["iccid"],
            denial_gives=["max"],
            secret=["puk1"],
        ),
        sims.replace,
        _claim,
        internal=True,
    ),
)


async def _file_password(
    draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools
) -> Prepared:
    """Digits for a file that is to be locked."""
    return earlier or {"password": tools.dice.digits(papers.LOCK_DIGITS)}


_PAPERS = (
    Action(
        spec(
            "company.paper",
            "Order a document of the company.",
            needs=["kind", "period"],
            takes=["form", "number", "email", "notice", "to", "locked"],
            gives=["order", "email", "period", "ready_ms"],
            denial_gives=["months", "max"],
        ),
        papers.order_paper,
        _file_password,
        internal=True,
    ),
    Action(
        spec("company.papers", "How far the company's documents are, by SMS.", needs=["to"]),
        papers.status,
        internal=True,
    ),
    Action(
        spec(
            "corp.papers",
            "How far the company's documents are, by SMS; only from one of its control numbers.",
        ),
        papers.status_wanted,
    ),
    Action(
        spec(
            "company.pay",
            "The company pays what it owes, or in advance.",
            needs=["amount_kop"],
            takes=["note"],
            gives=["amount_kop"],
            denial_gives=["max_kop"],
        ),
        companies.pay,
        internal=True,
    ),
)

ACTIONS = (*_COMPANY, *_NUMBERS, *_CHANGES, *_SIMS, *_PAPERS)
