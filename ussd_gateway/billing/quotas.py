"""How much of something limited was used in the subscriber's present day or month, or ever.

A quota is remembered by name with the number of its period (`calendar`); one of another period counts as
unused and gives way to the new one, so an account never keeps more than one row a name.
"""

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.holdings import Quota

EVER = 0
"""The period of what is counted once and for all."""


def used(account: Account, name: str, period: int) -> int:
    """How much was used in this period."""
    return next((quota.used for quota in account.quotas if quota[:2] == (name, period)), 0)


def use(account: Account, name: str, period: int, amount: int = 1) -> Account:
    """The account with so much more used in this period."""
    others = tuple([quota for quota in account.quotas if quota.name != name])
    return account._replace(quotas=(*others, Quota(name, period, used(account, name, period) + amount)))
