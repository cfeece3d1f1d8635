"""`usage.…`: what a call, a message or megabytes cost, and charge it."""

from collections.abc import Mapping

from ussd_gateway.actions.base import Action, Prepared, Tools, spec
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.operations import usage
from ussd_gateway.billing.operations.base import NOTHING_PREPARED
from ussd_gateway.vocabulary import Value

_GIVES = ["cost_kop", "from_package", "class", "units"]
_DENIAL_GIVES = ["need_kop", "balance_kop", "max"]


async def _whose(draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools) -> Prepared:
    """The company of the other number, where it matters to the price."""
    number = usage.other_party(draft.account, args, draft.catalogue)
    company = await tools.registry.company_of(number) if number else None
    return {"company": company} if company else NOTHING_PREPARED


ACTIONS = (
    Action(
        spec(
            "usage.call",
            "A call of so many minutes; `direction` is out, in or forwarded.",
            needs=["to", "minutes"],
            takes=["direction"],
            gives=_GIVES,
            denial_gives=_DENIAL_GIVES,
        ),
        usage.call,
        _whose,
    ),
    Action(
        spec("usage.sms", "One message.", needs=["to"], gives=_GIVES, denial_gives=_DENIAL_GIVES),
        usage.sms,
        _whose,
    ),
    Action(
        spec("usage.data", "So many megabytes.", needs=["mb"], gives=_GIVES, denial_gives=_DENIAL_GIVES),
        usage.data,
    ),
)
