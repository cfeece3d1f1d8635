"""The end of paid content (`svc.stop_content`, `svc.stop_all`): free, and always allowed;
to lift the ban is not on a number of a company."""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.operations.base import Context, Decision, denied, done
from ussd_gateway.billing.operations.common import sms, switched_on
from ussd_gateway.billing.services import is_content
from ussd_gateway.vocabulary import Value


def stop_content(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """End all subscriptions and let no new one begin; with `on` false, lift that ban."""
    if not switched_on(args.get("on")):
        return Decision(
            done(on=False, count=0),
            account._replace(content_ban=False),
            messages=[sms(context, "svc.banned.off")],
        )
    after, count = _without_content(account, context.catalogue)
    return Decision(
        done(on=True, count=count),
        after._replace(content_ban=True),
        messages=[sms(context, "svc.banned.on", count=count)],
    )


def stop_own_content(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The same, asked by the subscriber: what is paid on a number of a company, only the company allows."""
    if account.corporate and not switched_on(args.get("on")):
        return denied("corp.restricted")
    return stop_content(account, args, context)


def stop_all(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """End all subscriptions; new ones remain possible."""
    after, count = _without_content(account, context.catalogue)
    return Decision(done(count=count), after, messages=[sms(context, "svc.content.off", count=count)])


def _without_content(account: Account, catalogue: Catalogue) -> tuple[Account, int]:
    kept = tuple([held for held in account.services if not is_content(catalogue, held.code)])
    return account._replace(services=kept), len(account.services) - len(kept)
