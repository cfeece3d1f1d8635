"""The facts and lists a menu may ask about, gathered from the families."""

from collections.abc import Mapping, Sequence

from ussd_gateway.actions import account, bonus, calls, password, payments, services, support, tariffs
from ussd_gateway.actions.base import Fact, List, Row
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.vocabulary import Value

FACTS: Mapping[str, Fact] = {
    **account.FACTS,
    **password.FACTS,
    **payments.FACTS,
    **bonus.FACTS,
    **tariffs.FACTS,
    **services.FACTS,
    **calls.FACTS,
    **support.FACTS,
}

LISTS: Mapping[str, List] = {
    **account.LISTS,
    **payments.LISTS,
    **bonus.LISTS,
    **tariffs.LISTS,
    **services.LISTS,
    **calls.LISTS,
    **support.LISTS,
}


class SubscriberFacts:
    """`vocabulary.Facts` about one account; reads of already loaded state, nothing else."""

    __slots__ = ("_account", "_catalogue", "_now_ms")

    def __init__(self, account: Account, catalogue: Catalogue, now_ms: int) -> None:
        self._account = account
        self._catalogue = catalogue
        self._now_ms = now_ms

    def value(self, name: str) -> Value:
        """The value of a fact; KeyError for an unknown name."""
        return FACTS[name][1](self._account, self._catalogue, self._now_ms)

    def rows(self, name: str) -> Sequence[Row]:
        """The rows of a list; KeyError for an unknown name."""
        return LISTS[name][1](self._account, self._catalogue, self._now_ms)
