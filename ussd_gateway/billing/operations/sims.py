"""A new SIM card for a company's number (`corp.sim`): the number, the card's ICCID, its PUK1.

The operator's blank cards stand in the catalogue (`subscribers.yaml`, `sims`), each with the PUK1 printed
beside it: knowing that proves having the card.  A card serves one number for ever (the shell claims it).
ICCID: ITU-T E.118, the last digit checks the others.
"""

from collections.abc import Mapping

from ussd_gateway.billing import quotas
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.holdings import Sim
from ussd_gateway.billing.operations.base import Context, Decision, denied, done
from ussd_gateway.billing.operations.common import sms
from ussd_gateway.billing.operations.corporate import foreign
from ussd_gateway.vocabulary import Value

QUOTA = "puk"
MAX_WRONG = 10
"""Wrong PUKs of a number in one day, as many as a real card allows."""


def replace(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Put a new card into service; the old one is dead.  Prepared: `mine` when the card is this number's.

    Refused in this order: another company's number, too many wrong PUKs today, no such card, the wrong PUK,
    the card in use already, a card that serves another number.
    """
    refusal = obstacle(account, args, context.catalogue, context.now_ms)
    if refusal is not None:
        return refusal
    if not context.prepared.get("mine"):
        return denied("sim.used")
    iccid = _digits(args.get("iccid"))
    after = account._replace(sim=Sim(iccid, _digits(args.get("puk1"))))
    return Decision(done(iccid=iccid), after, messages=[sms(context, "sim.done", last4=iccid[-4:])])


def obstacle(
    account: Account, args: Mapping[str, Value], catalogue: Catalogue, now_ms: int
) -> Decision | None:
    """Why the card cannot be had, before asking whether it is free; a wrong PUK is counted."""
    iccid, puk1, today = _digits(args.get("iccid")), _digits(args.get("puk1")), day_of(now_ms)
    refusal = foreign(account, args)
    if refusal is not None:
        return refusal
    if quotas.used(account, QUOTA, today) >= MAX_WRONG:
        return denied("sim.often", max=MAX_WRONG)
    if iccid not in catalogue.sims:
        return denied("sim.unknown")
    if catalogue.sims[iccid] != puk1:
        wrong = denied("sim.puk")
        wrong.account = quotas.use(account, QUOTA, today)
        return wrong
    return denied("sim.same") if account.sim.iccid == iccid else None


def _digits(value: Value | None) -> str:
    return "".join(str(value or "").split())
