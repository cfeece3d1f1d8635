"""`usage.…`: what a call, a message or megabytes cost, and charge it."""

from ussd_gateway.actions.base import Action, spec
from ussd_gateway.billing.operations import usage

_GIVES = ["cost_kop", "from_package", "class", "units"]
_DENIAL_GIVES = ["need_kop", "balance_kop", "max"]

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
    ),
    Action(
        spec("usage.sms", "One message.", needs=["to"], gives=_GIVES, denial_gives=_DENIAL_GIVES), usage.sms
    ),
    Action(
        spec("usage.data", "So many megabytes.", needs=["mb"], gives=_GIVES, denial_gives=_DENIAL_GIVES),
        usage.data,
    ),
)
