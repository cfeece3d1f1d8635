"""What the catalogue settles for every subscriber: facts that are settings, lists that are the same for all.

A case that a setting forbids, and the end of a list that always has rows, cannot be reached by any phone.
"""

from importlib import resources

from ussd_gateway.actions.facts import FACTS, LISTS
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.documents import FileModel, read_yaml, validate
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
    "trust.sums",
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
    return World(facts, rows, exceptions())


class Unreachable(FileModel):
    """One outcome that cannot be."""

    menu: str
    screen: str
    event: str
    why: str


class UnreachableFile(FileModel):
    """`unreachable.yaml`."""

    unreachable: tuple[Unreachable, ...]


def exceptions() -> dict[tuple[str, str, str], str]:
    """(menu, screen, event) -> why no phone can bring it about."""
    name = "unreachable.yaml"
    text = resources.files("ussd_gateway.replay.coverage").joinpath(name).read_text(encoding="utf-8")
    file = validate(read_yaml(text, name), UnreachableFile)
    return {(each.menu, each.screen, each.event): each.why for each in file.unreachable}
