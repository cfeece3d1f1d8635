"""`corp.…`: what a company does with its numbers.

All of them are internal: a company works on the web only, and the API says for which one it asks.
"""

from ussd_gateway.actions.base import Action, spec
from ussd_gateway.billing.operations import corporate

ACTIONS = (
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
