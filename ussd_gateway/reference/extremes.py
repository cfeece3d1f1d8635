"""The longest a subscriber's facts can be: for sizes of screens, whoever looks at them.

The catalogue decides most of it: names of tariffs, services and tones, sums, how many rows a list has.
What accounts decide (a balance, an address) is taken from the examples of the vocabulary.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from ussd_gateway.actions import SubscriberFacts, vocabulary
from ussd_gateway.billing import holdings
from ussd_gateway.billing.account import Account, Kind
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.files import Tariff, Volumes
from ussd_gateway.billing.files_bonus import Reward
from ussd_gateway.billing.files_packages import PackageOffer
from ussd_gateway.billing.files_services import Service, Tone
from ussd_gateway.billing.holdings import (
    Barring,
    Bonus,
    Card,
    Charge,
    Forward,
    PackageKind,
    PendingTariff,
    Relative,
)
from ussd_gateway.billing.operations import barring, forwarding
from ussd_gateway.translit import transliterate
from ussd_gateway.vocabulary import Value

Row = Mapping[str, Value]
T = TypeVar("T")

NOW_MS = 1_798_664_400_000
"""30.12.2026 23:00 in Moscow: days and months of two digits."""

FULL_NUMBERS = 100
NEWEST = 5
WORDS = vocabulary()


class LongestFacts:
    """`vocabulary.Facts` in one language; every yes or no is `yes`, all else as long as it gets."""

    def __init__(self, catalogue: Catalogue, language: str, *, corporate: bool, yes: bool) -> None:
        self._language = language
        self._corporate = corporate
        self._yes = yes
        kind: Kind = "corporate" if corporate else "individual"
        self._subscribers = [
            SubscriberFacts(account, catalogue, NOW_MS) for account in _accounts(catalogue, language, kind)
        ]

    def value(self, name: str) -> Value:
        """The longest value of a fact; KeyError for an unknown name."""
        example = WORDS.facts[name]
        if isinstance(example, bool):
            return self._corporate if name == "subscriber.corporate" else self._yes
        # What the catalogue says nothing about is empty or zero here, and the example speaks.
        found = [value for each in self._subscribers if (value := each.value(name))]
        return _longest(found) if found else self._spelt(example)

    def rows(self, name: str) -> Sequence[Row]:
        """The longest rows of a list; none where such a number has none.  KeyError for an unknown name."""
        return max((subscriber.rows(name) for subscriber in self._subscribers), key=_size)

    def column(self, rows: Iterable[Row], name: str) -> Value:
        """The longest value of a column."""
        return _longest(row[name] for row in rows)

    def _spelt(self, value: Value) -> Value:
        """An example is Russian; in other languages as many Latin letters stand for it."""
        return transliterate(value) if isinstance(value, str) and self._language != "ru" else value


def longest_name(catalogue: Catalogue, language: str) -> str:
    """The longest name of anything that is switched on, bought or chosen."""
    offered: list[Tariff | Service | PackageOffer | Reward | Tone] = [
        *catalogue.tariffs.values(),
        *catalogue.services.values(),
        *catalogue.packages.values(),
        *catalogue.bonus.rewards.values(),
        *catalogue.tones.values(),
    ]
    return max((each.name.render(language, {}) for each in offered), key=len)


def _accounts(catalogue: Catalogue, language: str, kind: Kind) -> list[Account]:
    """One number on each tariff that has everything there is to have."""
    long_tariff = _largest(catalogue.tariffs, lambda code: catalogue.tariff_name(code, language))
    long_tone = _largest(catalogue.tones, lambda tone: catalogue.tones[tone].name.render(language, {}))
    company = _largest(catalogue.companies, lambda code: catalogue.companies[code].name)
    full = Account(
        msisdn="79261234567",
        version=1,
        kind=kind,
        language=language,
        company=company if kind == "corporate" else None,
        services=tuple(holdings.Service(code, NOW_MS) for code in catalogue.services),
        pending_tariff=PendingTariff(long_tariff, NOW_MS, NOW_MS, 0) if long_tariff else None,
        tone=long_tone or "",
        forwarding=tuple(Forward(calls, "79261234567") for calls in forwarding.KINDS),
        barring=Barring(kinds=barring.KINDS),
        black_list=("792612345678901",) * FULL_NUMBERS,
        relatives=(Relative("79261234567", "watches"),) * NEWEST,
        cards=(Card("token", "1234"),),
        bonus=Bonus(member=True, since_ms=NOW_MS),
        last_topups=(Charge(NOW_MS, 1_500_000, ""),) * NEWEST,
        last_charges=(Charge(NOW_MS, 1_500_000, ""),) * NEWEST,
    )
    lasting = 30 * 24 * 3600 * 1000
    bought = [offer.volumes for offer in catalogue.packages.values() if offer.kind in (None, kind)]
    return [
        full._replace(
            tariff=code,
            packages=tuple(
                holdings.Package(code, unit, size, size, NOW_MS + lasting)
                for volumes in (tariff.volumes, *bought)
                for unit, size in _sizes(volumes)
            ),
        )
        for code, tariff in catalogue.tariffs.items()
        if tariff.kind == kind
    ]


def _sizes(volumes: Volumes) -> list[tuple[PackageKind, int]]:
    return [("minutes", volumes.minutes), ("sms", volumes.sms), ("mb", volumes.mb)]


def _largest(names: Iterable[T], key: Callable[[T], str]) -> T | None:
    return max(names, key=lambda name: len(key(name)), default=None)


def _longest(values: Iterable[Value]) -> Value:
    return max(values, key=lambda value: len(str(value)))


def _size(rows: Sequence[Row]) -> int:
    return sum(len(str(value)) for row in rows for value in row.values())
