"""`svc.…`, `pkg.…`, `tone.set`: services, packages, the ring-back tone."""

from collections.abc import Callable, Mapping, Sequence

from ussd_gateway.actions.base import Action, Fact, List, Row, spec
from ussd_gateway.billing import services as codes
from ussd_gateway.billing.account import Account, PackageKind
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.operations import content, packages, services
from ussd_gateway.billing.operations.common import per, price
from ussd_gateway.vocabulary import Value

_OBSTACLES = ["name", "use", "other", "max", "need_kop", "balance_kop"]
_TERMS = ["name", "fee_kop", "per"]

ACTIONS = (
    Action(
        spec(
            "svc.on",
            "Switch on the service of a code, or buy the package of that code; an SMS confirms it.",
            needs=["code"],
            gives=_TERMS,
            denial_gives=_OBSTACLES,
        ),
        services.on,
    ),
    Action(
        spec(
            "svc.off",
            "Switch off the service of a code; an SMS confirms it.",
            needs=["code"],
            gives=["name"],
            denial_gives=["name", "use"],
        ),
        services.off,
    ),
    Action(
        spec(
            "svc.once",
            "Use a service a single time, for its price; free while it is on.",
            needs=["code"],
            gives=["name", "fee_kop"],
            denial_gives=["name", "need_kop", "balance_kop"],
        ),
        services.once,
    ),
    Action(
        spec(
            "svc.status",
            "Whether a service is on, since when and until when it is paid.",
            needs=["code"],
            gives=[*_TERMS, "on", "suspended", "since_ms", "paid_until_ms"],
        ),
        services.status,
    ),
    Action(
        spec(
            "svc.stop_content",
            "End all paid subscriptions and forbid new ones; `on: false` lifts that.",
            takes=["on"],
            gives=["on", "count"],
        ),
        content.stop_own_content,
    ),
    Action(
        spec("svc.stop_all", "End all paid subscriptions.", gives=["count"], can_deny=False),
        content.stop_all,
    ),
    Action(
        spec(
            "tone.set",
            "Choose a ring-back tone, which has a fee; `0` switches it off.",
            needs=["id"],
            gives=_TERMS,
            denial_gives=_OBSTACLES,
        ),
        services.tone,
    ),
    Action(
        spec(
            "pkg.buy",
            "Buy a package; an SMS confirms it.",
            needs=["code"],
            gives=["name", "price_kop", "expires_ms"],
            denial_gives=["name", "max", "minutes", "need_kop", "balance_kop"],
        ),
        packages.buy,
    ),
    Action(
        spec("pkg.autorenew", "Whether packages are bought again when they end.", needs=["on"], gives=["on"]),
        packages.autorenew,
    ),
)

# ---------------------------------------------------------------- facts


def _count(chosen: Callable[[codes.Active], bool]) -> Callable[[Account, Catalogue, int], Value]:
    return lambda account, catalogue, now_ms: sum(map(chosen, codes.active(account, catalogue)))


def _tone(account: Account, catalogue: Catalogue, now_ms: int) -> Value:
    tone = catalogue.tones.get(account.tone)
    return tone.name.render(account.language, {}) if tone else ""


FACTS: Mapping[str, Fact] = {
    "services.count": (12, _count(lambda each: True)),
    "services.paid": (12, _count(lambda each: each.fee_kop > 0)),
    "services.subscriptions": (12, _count(lambda each: each.content)),
    "content.banned": (False, lambda account, catalogue, now_ms: account.content_ban),
    "tone.name": ("Колокольчик", _tone),
    "packages.autorenew": (False, lambda account, catalogue, now_ms: account.autorenew),
}

# ---------------------------------------------------------------- lists

_ACTIVE_ROW: Row = {
    "code": "8103",
    "name": "Детский интернет",
    "fee_kop": 12345,
    "per": "мес",
    "price": "99р/мес",
    "suspended": False,
}


def _active(chosen: Callable[[codes.Active], bool]) -> List:
    def rows(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
        return [
            {
                "code": each.code,
                "name": each.name,
                "fee_kop": each.fee_kop,
                "per": per(catalogue, each.period, account.language),
                "price": price(catalogue, each.fee_kop, each.period, account.language),
                "suspended": each.suspended,
            }
            for each in codes.active(account, catalogue)
            if chosen(each)
        ]

    return _ACTIVE_ROW, rows


def _sections(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    return [
        {"section": key, "name": name.render(account.language, {})}
        for key, name in catalogue.sections.items()
    ]


def _available(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    """What is for such a number and not on yet."""
    return [
        {
            "code": code,
            "name": service.name.render(account.language, {}),
            "fee_kop": service.fee,
            "per": per(catalogue, service.period, account.language),
            "price": price(catalogue, service.fee, service.period, account.language),
            "section": service.section,
        }
        for code, service in catalogue.services.items()
        if service.kind in (None, account.kind) and not codes.is_on(account, catalogue, code)
    ]


def _tones(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    return [
        {"id": tone_id, "name": tone.name.render(account.language, {})}
        for tone_id, tone in catalogue.tones.items()
    ]


def _packages(kind: PackageKind) -> List:
    def rows(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
        return [
            {
                "code": code,
                "name": offer.name.render(account.language, {}),
                "price_kop": offer.price,
                "volume": getattr(offer.volumes, kind),
                "family": offer.family,
                "expires_ms": offer.ends_ms(now_ms),
            }
            for code, offer in catalogue.packages.items()
            if offer.group() == kind and offer.kind in (None, account.kind)
        ]

    example: Row = {
        "code": "3000S",
        "name": "Интернет 100 МБ",
        "price_kop": 100000,
        "volume": 3072,
        "family": "speed",
        "expires_ms": 1_780_000_000_000,
    }
    return example, rows


def _bought(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    """Packages that were bought and have not ended; the tariff's own are not among them."""
    return [
        {
            "code": package.code,
            "name": offer.name.render(account.language, {}) if offer else package.code,
            "left": package.left,
            "size": package.size,
            "kind": package.kind,
            "expires_ms": package.expires_ms,
        }
        for package in account.usable(now_ms)
        if package.code != account.tariff
        for offer in [catalogue.packages.get(package.code)]
    ]


LISTS: Mapping[str, List] = {
    "services.mine": _active(lambda each: True),
    "services.paid": _active(lambda each: each.fee_kop > 0),
    "services.subscriptions": _active(lambda each: each.content),
    "services.sections": ({"section": "long_distance", "name": "Развлечения"}, _sections),
    "services.available": (
        {
            "code": "8103",
            "name": "Детский интернет",
            "fee_kop": 12345,
            "per": "мес",
            "price": "99р/мес",
            "section": "leisure",
        },
        _available,
    ),
    "tones": ({"id": "12", "name": "Колокольчик"}, _tones),
    "packages.data": _packages("mb"),
    "packages.minutes": _packages("minutes"),
    "packages.sms": _packages("sms"),
    "packages.bought": (
        {
            "code": "3000S",
            "name": "Интернет 100 МБ",
            "left": 3072,
            "size": 3072,
            "kind": "minutes",
            "expires_ms": 1_780_000_000_000,
        },
        _bought,
    ),
}
