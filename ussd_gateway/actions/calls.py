"""`bl.…`, `cf.…`, `cb.…`, `num.…`, `roaming.set`: which calls come and go, and the block of the number."""

from collections.abc import Mapping, Sequence

from ussd_gateway.actions.base import Action, Fact, List, Row, spec
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.operations import barring, black_list, blocking, forwarding
from ussd_gateway.billing.operations.common import price
from ussd_gateway.billing.services import feature_code, feature_on
from ussd_gateway.vocabulary import Value

_SWITCHING = ["name", "use", "other", "max", "need_kop", "balance_kop"]
_NUMBERS = ["number", "min", "max"]

_BLACK_LIST = (
    Action(
        spec(
            "bl.on",
            "Switch the black list on, for its daily fee; an SMS confirms it.",
            gives=["name", "fee_kop", "per"],
            denial_gives=_SWITCHING,
        ),
        black_list.on,
    ),
    Action(
        spec(
            "bl.off",
            "Switch the black list off; the numbers stay.",
            gives=["name"],
            denial_gives=["name", "use"],
        ),
        black_list.off,
    ),
    Action(
        spec(
            "bl.add",
            "Put a number on the black list, and switch it on if it is off.",
            needs=["number"],
            gives=["number", "count"],
            denial_gives=[*_NUMBERS, "name", "use", "other", "need_kop", "balance_kop"],
        ),
        black_list.add,
    ),
    Action(
        spec(
            "bl.delete",
            "Take a number off the black list.",
            needs=["number"],
            gives=["number", "count"],
            denial_gives=_NUMBERS,
        ),
        black_list.delete,
    ),
    Action(
        spec("bl.clear", "Take all numbers off the black list.", gives=["count"], can_deny=False),
        black_list.clear,
    ),
    Action(
        spec("bl.list", "The numbers on the black list, by SMS.", gives=["count"], can_deny=False),
        black_list.tell,
    ),
)

_FORWARDING = (
    Action(
        spec(
            "cf.set",
            "Divert calls: `kind` is all, busy, no_answer, unreachable, conditional, every, or a GSM code.",
            needs=["kind", "to"],
            gives=["number", "text"],
        ),
        forwarding.establish,
    ),
    Action(
        spec(
            "cf.clear",
            "Divert calls of a kind no longer; without a kind, none.",
            takes=["kind"],
            gives=["count", "text"],
        ),
        forwarding.clear,
    ),
    Action(
        spec(
            "cf.status",
            "What is diverted where, as text; of one kind or of all.",
            takes=["kind"],
            gives=["on", "text"],
        ),
        forwarding.status,
    ),
)

_BARRING = (
    Action(
        spec(
            "cb.set",
            "Bar calls: `kind` is outgoing, international, international_except_home, incoming, "
            "incoming_roaming, all, or a GSM code.",
            needs=["kind", "password"],
            gives=["text"],
            denial_gives=["attempts_left"],
            secret=["password"],
        ),
        barring.establish,
    ),
    Action(
        spec(
            "cb.clear",
            "Bar calls of a kind no longer.",
            needs=["kind", "password"],
            gives=["text"],
            denial_gives=["attempts_left"],
            secret=["password"],
        ),
        barring.clear,
    ),
    Action(
        spec(
            "cb.password",
            "Change the barring password; the third wrong old one in a row ends the service.",
            needs=["old", "new"],
            takes=["repeat"],
            denial_gives=["attempts_left"],
            secret=["old", "new", "repeat"],
        ),
        barring.change_password,
    ),
    Action(
        spec("cb.status", "Which calls are barred, as text.", gives=["on", "text"], can_deny=False),
        barring.status,
    ),
)

_NUMBER = (
    Action(
        spec(
            "num.block",
            "Block the number for so many days, today included; an SMS confirms it.",
            needs=["days"],
            gives=["until_ms", "days", "fee_kop"],
            denial_gives=["until_ms", "min", "max"],
        ),
        blocking.block,
    ),
    Action(spec("num.unblock", "End the block early; an SMS confirms it."), blocking.unblock),
    Action(
        spec(
            "num.status",
            "Whether the number is blocked; by its owner: until when.",
            gives=["blocked", "until_ms", "days_left"],
            can_deny=False,
        ),
        blocking.status,
    ),
    Action(
        spec("roaming.set", "Whether the number works in foreign networks.", needs=["on"], gives=["on"]),
        forwarding.roaming,
    ),
)

ACTIONS = (*_BLACK_LIST, *_FORWARDING, *_BARRING, *_NUMBER)


def _black_list_price(account: Account, catalogue: Catalogue, now_ms: int) -> Value:
    service = catalogue.services.get(feature_code(catalogue, "black_list") or "")
    return price(catalogue, service.fee, service.period, account.language) if service else ""


FACTS: Mapping[str, Fact] = {
    "black_list.price": ("1р/сут", _black_list_price),
    "black_list.on": (
        False,
        lambda account, catalogue, now_ms: feature_on(account, catalogue, "black_list"),
    ),
    "black_list.count": (100, lambda account, catalogue, now_ms: len(account.black_list)),
    "forwarding.on": (False, lambda account, catalogue, now_ms: bool(account.forwarding)),
    "forwarding.text": (
        "Недост. 79261234567",
        lambda account, catalogue, now_ms: forwarding.describe(account, catalogue),
    ),
    "barring.on": (False, lambda account, catalogue, now_ms: bool(account.barring.kinds)),
    "barring.text": (
        "исходящие, вх. в роуминге",
        lambda account, catalogue, now_ms: barring.describe(account, catalogue),
    ),
    "barring.dead": (False, lambda account, catalogue, now_ms: account.barring.dead),
    "block.on": (False, lambda account, catalogue, now_ms: account.block is not None),
    "block.until_ms": (
        1_780_000_000_000,
        lambda account, catalogue, now_ms: account.block.until_ms if account.block else 0,
    ),
    "block.min_days": (1, lambda account, catalogue, now_ms: catalogue.rules.block.min_days),
    "block.max_days": (180, lambda account, catalogue, now_ms: catalogue.rules.block.max_days),
    "roaming.on": (False, lambda account, catalogue, now_ms: account.roaming),
}


def _numbers(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    return [{"number": number} for number in account.black_list]


LISTS: Mapping[str, List] = {
    "black_list.numbers": ({"number": "792612345678901"}, _numbers),
}
