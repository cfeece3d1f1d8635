"""What the catalogue settles for every subscriber: facts that are settings, lists that are the same for all.

A case that a setting forbids, and the end of a list that always has rows, cannot be reached by any phone.
"""

from ussd_gateway.actions.facts import FACTS, LISTS
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.replay.coverage.plan import World

SETTINGS = (
    "password.on_screen",
    "password.resend",
    "pay.card_least_kop",
    "pay.card_most_kop",
    "pay.transfer_fee_kop",
    "pay.transfer_least_kop",
    "pay.transfer_most_kop",
)
"""Facts that say nothing about the subscriber."""

FOR_ALL = (
    "bonus.groups",
    "bonus.money",
    "bonus.rewards",
    "packages.data",
    "packages.minutes",
    "packages.sms",
    "services.sections",
    "tariffs.available",
    "tones",
)
"""Lists of what the operator offers: a subscriber may have one of these things already, never all."""


def world_of(catalogue: Catalogue, now_ms: int) -> World:
    """The settings of this catalogue."""
    anybody = [
        Account("79000000000", version=1, created_ms=now_ms),
        Account("79000000000", version=1, created_ms=now_ms, kind="corporate"),
    ]
    facts = {name: FACTS[name][1](anybody[0], catalogue, now_ms) for name in SETTINGS}
    rows = {}
    for name in FOR_ALL:
        found = {bool(LISTS[name][1](account, catalogue, now_ms)) for account in anybody}
        if len(found) == 1:
            rows[name] = found.pop()
    return World(facts, rows)
