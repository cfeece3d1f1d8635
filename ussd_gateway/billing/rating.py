"""Rating: which class a destination belongs to, what packages pay for, and what money pays for the rest.

A call is rated minute by minute.  A minute is free (by the tariff or by an option), or comes out of a
package that covers its destination, or has a price.  When the money ends the call ends with it: as many
whole minutes are charged as can be paid, and only if that is none at all nothing happens.  Messages are
rated alike, one at a time; megabytes by whole megabytes.

Of several packages that cover a unit the one that expires first is used first.
"""

from dataclasses import dataclass

from ussd_gateway.billing.account import Account, Package, PackageKind
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.files import HOME, CallRate, Destination, Rates, Rating

REWARD_PREFIX = "bonus:"
"""Begins the code of a package got for bonus points, whose own codes look like those of services."""
USUAL_RATES = Rates()
"""For an account whose tariff has left the catalogue."""


@dataclass(slots=True)
class Rated:
    """What units of one kind come to.

    `units`: as many as can be had, `from_package` of them at no price; `packages`: all packages afterwards.
    """

    units: int
    from_package: int
    cost_kop: int
    packages: tuple[Package, ...]


def destination_of(number: str, rating: Rating) -> Destination:
    """The class of a number (digits): short, or by its longest known prefix."""
    if len(number) <= rating.short_digits:
        return "short"
    best: Destination = "abroad"
    length = 0
    for destination, prefixes in rating.destinations.items():
        for prefix in prefixes:
            if len(prefix) > length and number.startswith(prefix):
                best, length = destination, len(prefix)
    return best


def rate_call(
    account: Account,
    minutes: int,
    destination: Destination,
    catalogue: Catalogue,
    *,
    spendable_kop: int,
    now_ms: int,
) -> Rated:
    """A call of so many begun minutes to a destination for which there is no special price."""
    packages = _Packages(account, "minutes", destination, catalogue, now_ms)
    rate: CallRate = getattr(_rates(account, catalogue).call, destination)
    free = _free_minutes(account, destination, catalogue.rating)
    taken = from_package = cost_kop = 0
    for minute in range(1, minutes + 1):
        price_kop = rate.first if minute == 1 else rate.then
        if price_kop == 0 or minute in free:
            taken += 1
            continue
        if packages.take(1):
            taken += 1
            from_package += 1
            continue
        if packages.then_kop is not None:
            price_kop = packages.then_kop
        if cost_kop + price_kop > spendable_kop:
            break
        cost_kop += price_kop
        taken += 1
    return Rated(taken, from_package, cost_kop, packages.after())


def rate_units(
    account: Account,
    kind: PackageKind,
    units: int,
    price_kop: int,
    destination: Destination | None,
    catalogue: Catalogue,
    *,
    spendable_kop: int,
    now_ms: int,
) -> Rated:
    """Messages to a destination, or megabytes (to none), at `price_kop` each beyond the packages."""
    if price_kop == 0:
        return Rated(units, 0, 0, account.packages)
    packages = _Packages(account, kind, destination, catalogue, now_ms)
    from_package = packages.take(units)
    paid = min(units - from_package, max(0, spendable_kop) // price_kop)
    return Rated(from_package + paid, from_package, paid * price_kop, packages.after())


def priced(account: Account, units: int, price_kop: int, *, spendable_kop: int) -> Rated:
    """Units that no package covers, at one price: content of short numbers, diverted minutes."""
    if price_kop:
        units = min(units, max(0, spendable_kop) // price_kop)
    return Rated(units, 0, units * price_kop, account.packages)


def message_price_kop(account: Account, destination: Destination, catalogue: Catalogue) -> int:
    """One SMS beyond the packages."""
    price_kop: int = getattr(_rates(account, catalogue).sms, destination)
    return price_kop


def megabyte_price_kop(account: Account, catalogue: Catalogue) -> int:
    """One megabyte beyond the packages."""
    return _rates(account, catalogue).mb


def _rates(account: Account, catalogue: Catalogue) -> Rates:
    tariff = catalogue.tariffs.get(account.tariff)
    return tariff.rates if tariff else USUAL_RATES


def _free_minutes(account: Account, destination: Destination, rating: Rating) -> range:
    """The minutes of a call that an option makes free, counted from 1."""
    option = rating.long_distance
    if option is None or destination not in option.destinations or not account.has(option.service):
        return range(0)
    return range(option.free_from, option.free_to + 1)


# ---------------------------------------------------------------- packages


class _Packages:
    """The packages that cover what is rated, used up in the order they expire."""

    def __init__(
        self,
        account: Account,
        kind: PackageKind,
        destination: Destination | None,
        catalogue: Catalogue,
        now_ms: int,
    ) -> None:
        usable = set(account.usable(now_ms))
        covering = [
            (package.expires_ms, place)
            for place, package in enumerate(account.packages)
            if package.kind == kind
            and package in usable
            and (destination is None or destination in covers(package.code, catalogue))
        ]
        self._order = [place for _, place in sorted(covering)]
        self._packages = list(account.packages)
        self._before = account.packages
        codes = [self._packages[place].code for place in self._order]
        offers = [catalogue.packages[code] for code in codes if code in catalogue.packages]
        self.then_kop = min((offer.then for offer in offers if offer.then is not None), default=None)
        """The cheapest price of a minute that packages promise for when they are used up."""
        self._endless = any(kind in offer.unlimited for offer in offers)

    def take(self, units: int) -> int:
        """Use up to so many; how many there were."""
        if self._endless:
            return units
        taken = 0
        for place in self._order:
            package = self._packages[place]
            part = min(package.left, units - taken)
            if part:
                self._packages[place] = package._replace(left=package.left - part)
                taken += part
        return taken

    def after(self) -> tuple[Package, ...]:
        """All packages of the account as they are now."""
        after = tuple(self._packages)
        return self._before if after == self._before else after


def covers(code: str, catalogue: Catalogue) -> tuple[Destination, ...]:
    """Where the units of a package go, by who sells it: a tariff, the packages, the bonus programme."""
    if code in catalogue.tariffs:
        return catalogue.tariffs[code].covers
    if code in catalogue.packages:
        return catalogue.packages[code].covers
    reward = catalogue.bonus.rewards.get(code.removeprefix(REWARD_PREFIX))
    return reward.covers if reward else HOME
