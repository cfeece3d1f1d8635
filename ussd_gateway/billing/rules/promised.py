"""The promised payment is given back with its fee: at the first top-up that allows it, or when it falls due.

When it falls due it is taken whether or not the money is there: the balance may go below its limit, and
nothing can be spent until top-ups have brought it back.
"""

from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.holdings import Promised
from ussd_gateway.billing.ledger import FEES, PROMISED, LedgerEntry
from ussd_gateway.billing.operations.base import Context, Decision, Message, done
from ussd_gateway.billing.operations.common import sms, word
from ussd_gateway.billing.rules.base import NEVER, Rule


def due(account: Account) -> int:
    """When the first loan falls due."""
    return min([loan.due_ms for loan in account.promised]) if account.promised else NEVER


def play(account: Account, context: Context) -> Decision:
    """Every loan that is due by now is taken."""
    return _repaid(account, [loan for loan in account.promised if loan.due_ms <= context.now_ms], context)


def repay(account: Account, context: Context) -> Decision:
    """After a top-up: every loan that the balance allows to give back."""
    loans = []
    left_kop = purse.spendable_kop(account)
    for loan in account.promised:
        if _owed_kop(loan) <= left_kop:
            left_kop -= _owed_kop(loan)
            loans.append(loan)
    return _repaid(account, loans, context)


def _owed_kop(loan: Promised) -> int:
    return loan.amount_kop + loan.fee_kop


def _repaid(account: Account, loans: list[Promised], context: Context) -> Decision:
    entries: list[LedgerEntry] = []
    messages: list[Message] = []
    for loan in loans:
        account, paid = purse.owe(
            account,
            [(PROMISED, loan.amount_kop, "promised_repay"), (FEES, loan.fee_kop, "fee")],
            word(context.catalogue, "note.promised", account.language),
            key=context.key,
            now_ms=context.now_ms,
            remember=context.catalogue.settings.last_charges,
        )
        account = account._replace(promised=tuple(each for each in account.promised if each is not loan))
        entries += paid
        params = {"total_kop": _owed_kop(loan), "balance_kop": account.balance_kop}
        messages.append(sms(context, "promised.repaid", **params))
    return Decision(done(loans=len(loans)), account if loans else None, entries, messages)


RULE = Rule("promised payment", due, play)
