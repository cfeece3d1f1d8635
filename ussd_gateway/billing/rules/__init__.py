"""The rules of time, one module each; of those due at the same instant, the first in this list goes first.

At the midnight between two months, then: the old month's spending becomes points before the new one's begins,
the budget is full before fees are taken from it, and a change of tariff comes before the fee of the tariff.
"""

from ussd_gateway.billing.rules import (
    block,
    bonus,
    budget,
    documents,
    packages,
    promised,
    services,
    tariff_change,
    tariff_fee,
)

RULES = (
    bonus.CREDIT,
    bonus.EXPIRY,
    budget.RULE,
    block.RULE,
    promised.RULE,
    tariff_change.RULE,
    tariff_fee.RULE,
    packages.RULE,
    services.RULE,
    documents.RULE,
)
