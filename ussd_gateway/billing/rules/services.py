"""The periodic fees of services that are on: each day at local midnight, or each month.

Too little money: the service is suspended until a top-up lets its fee be paid; then a new period begins.  The
services of a blocked number are suspended too, and cost nothing.
"""

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import period_end_ms
from ussd_gateway.billing.files_services import Service as Offer
from ussd_gateway.billing.holdings import Service
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.operations.base import Context, Decision, Message, done
from ussd_gateway.billing.operations.common import sms
from ussd_gateway.billing.rules.base import NEVER, Rule, taken


def due(account: Account) -> int:
    """When the first of the services has to be paid again."""
    first = NEVER
    for service in account.services:
        if 0 < service.paid_until_ms < first and not service.suspended:
            first = service.paid_until_ms
    return first


def play(account: Account, context: Context) -> Decision:
    """A new period of every service whose fee is due, in the order they were switched on."""
    entries: list[LedgerEntry] = []
    messages: list[Message] = []
    services: list[Service] = []
    codes: list[str] = []
    for service in account.services:
        if service.suspended or not 0 < service.paid_until_ms <= context.now_ms:
            services.append(service)
            continue
        codes.append(service.code)
        paid = pay(account, service, context)
        if paid is not None:
            account, renewed, charged = paid
            services.append(renewed)
            entries += charged
            continue
        services.append(service._replace(suspended=True))
        if account.status == "active":
            name = context.catalogue.services[service.code].name.render(account.language, {})
            messages.append(sms(context, "svc.suspended", name=name))
    after = account._replace(services=tuple(services))
    return Decision(done(services=" ".join(codes)), after, entries, messages)


def pay(
    account: Account, service: Service, context: Context
) -> tuple[Account, Service, list[LedgerEntry]] | None:
    """The account charged, the service for a period from now on; None: no money, or the number is blocked."""
    offer = context.catalogue.services.get(service.code)
    if offer is None or offer.fee == 0:
        return account, service._replace(paid_until_ms=0, suspended=False), []
    if account.status == "blocked":
        return None
    charged = taken(account, offer.fee, offer.name.render(account.language, {}), kind(offer), context)
    if charged is None:
        return None
    paid_until_ms = period_end_ms(offer.period, context.now_ms)
    return charged[0], service._replace(paid_until_ms=paid_until_ms, suspended=False), charged[1]


def kind(offer: Offer) -> str:
    """The ledger's word for the service's fees."""
    return "daily" if offer.period == "day" else "monthly"


RULE = Rule("service fees", due, play)
