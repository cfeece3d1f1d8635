"""`pay.…`: paying in, promised payments, autopay, transfers, requests to others, relatives.

The `money.…` and `relatives.…` actions are internal: orders that one account leaves for another ask for them.
"""

from collections.abc import Mapping, Sequence

from ussd_gateway.actions.base import Action, Fact, List, Prepare, Prepared, Row, Tools, spec
from ussd_gateway.actions.codes import draw, typed
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.operations import payments, relatives, transfers, trust
from ussd_gateway.billing.operations.base import NOTHING_PREPARED, Context
from ussd_gateway.vocabulary import Value

TOKEN = "card token"
SCRATCH = "scratch card"

# ---------------------------------------------------------------- prepare phases

_draw_card_code = draw("card")


async def _bind(draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools) -> Prepared:
    """A code, and the token that stands for the card from now on."""
    token = tools.hasher.seal(TOKEN, payments.card_number(args))
    return {**await _draw_card_code(draft, args, earlier, tools), "token": token}


async def _claim(draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools) -> Prepared:
    """Claim a scratch card that exists for this subscriber, unless somebody had it before."""
    if not payments.may_claim(draft.account, args, draft.catalogue, draft.now_ms):
        return NOTHING_PREPARED
    card = tools.hasher.seal(SCRATCH, payments.scratch_code(args))
    mine = await tools.registry.claim(f"{SCRATCH} {card}", draft.account.msisdn, draft.now_ms)
    return {"card": card, "mine": "yes" if mine else ""}


def _with_recipient(prepare: Prepare | None) -> Prepare:
    """Besides what `prepare` finds: whether the recipient would take the money.

    It may change its mind before the money comes; then the order is refused and the money goes back.
    """

    async def both(draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools) -> Prepared:
        kept = {name: value for name, value in earlier.items() if name != "declined"}
        found = await prepare(draft, args, kept, tools) if prepare else NOTHING_PREPARED
        to = transfers.recipient(draft.account, args, Context(draft.now_ms, draft.catalogue, draft.key))
        declined = to is not None and not await tools.registry.takes_transfers(to)
        return {**found, "declined": to} if to and declined else found

    return both


# ---------------------------------------------------------------- the list

_PAYING_IN = (
    Action(
        spec(
            "pay.card",
            "Charge the bound bank card, for the own number or another one.",
            needs=["amount_kop"],
            takes=["to"],
            gives=["amount_kop", "balance_kop"],
            denial_gives=["min_kop", "max_kop", "last4"],
        ),
        payments.card,
    ),
    Action(
        spec(
            "pay.card_bind",
            "Begin to bind a bank card; a code comes by SMS.",
            needs=["number"],
            gives=["last4"],
            secret=["number"],
        ),
        payments.card_bind,
        _bind,
    ),
    Action(
        spec(
            "pay.card_confirm",
            "Bind the card with the code that came by SMS.",
            needs=["code"],
            gives=["last4"],
            denial_gives=["attempts_left"],
            secret=["code"],
        ),
        payments.card_confirm,
        typed("card"),
    ),
    Action(
        spec("pay.card_unbind", "Forget the bank card; ends autopay.", gives=["last4"]), payments.card_unbind
    ),
    Action(
        spec(
            "pay.scratch",
            "Redeem a scratch card, for the own number or another one.",
            needs=["code"],
            takes=["to"],
            gives=["amount_kop", "balance_kop"],
            denial_gives=["attempts_left"],
            secret=["code"],
        ),
        payments.scratch,
        _claim,
    ),
    Action(
        spec(
            "pay.autopay_set",
            "Charge the card when the balance falls below the threshold.",
            takes=["threshold_kop", "amount_kop"],
            gives=["threshold_kop", "amount_kop"],
            denial_gives=["min_kop", "max_kop"],
        ),
        payments.autopay_set,
    ),
    Action(spec("pay.autopay_off", "Charge the card no more."), payments.autopay_off),
    Action(
        spec(
            "pay.autopay_status",
            "Whether autopay is on, and its sums (those offered when it is off).",
            gives=["on", "threshold_kop", "amount_kop"],
            can_deny=False,
        ),
        payments.autopay_status,
    ),
    Action(
        spec(
            "pay.promised",
            "Lend a sum (`tier`, in roubles; the smallest by default) for some days, with an SMS.",
            takes=["tier"],
            gives=["amount_kop", "fee_kop", "total_kop", "due_ms"],
            denial_gives=["amount_kop", "due_ms", "per_month", "min_kop", "days", "spent_kop"],
        ),
        payments.promised,
    ),
)

_PARCEL = ["from", "to", "amount_kop", "fee_kop", "kind"]
_TRANSFER_DENIALS = ["to", "min_kop", "max_kop", "left_kop", "need_kop", "balance_kop"]

_TRANSFERS = (
    Action(
        spec(
            "pay.transfer",
            "Ask to transfer a sum; a code comes by SMS.",
            needs=["to", "amount_kop"],
            gives=["to", "amount_kop", "fee_kop"],
            denial_gives=_TRANSFER_DENIALS,
        ),
        transfers.transfer,
        _with_recipient(draw("transfer")),
    ),
    Action(
        spec(
            "pay.transfer_confirm",
            "Carry out the transfer with the code that came by SMS.",
            needs=["code"],
            gives=["to", "amount_kop", "fee_kop", "balance_kop"],
            denial_gives=[*_TRANSFER_DENIALS, "attempts_left"],
            secret=["code"],
        ),
        transfers.transfer_confirm,
        _with_recipient(typed("transfer")),
    ),
    Action(
        spec(
            "pay.transfer_now",
            "Carry out a transfer that was confirmed on the screen.",
            needs=["to", "amount_kop"],
            gives=["to", "amount_kop", "fee_kop", "balance_kop"],
            denial_gives=_TRANSFER_DENIALS,
        ),
        transfers.transfer_now,
        _with_recipient(None),
    ),
    Action(
        spec(
            "pay.transfer_bar",
            "Forbid (`on`) or allow transfers from and to the number.",
            needs=["on"],
            gives=["on"],
            can_deny=False,
        ),
        transfers.transfer_bar,
    ),
    Action(
        spec(
            "pay.call_me",
            "Ask a number by SMS to call back.",
            needs=["to"],
            gives=["to"],
            denial_gives=["limit"],
        ),
        transfers.call_me,
    ),
    Action(
        spec(
            "pay.pay_me",
            "Ask a number by SMS for a top-up, perhaps of a certain sum.",
            needs=["to"],
            takes=["amount_kop"],
            gives=["to"],
            denial_gives=["limit", "max_kop"],
        ),
        transfers.pay_me,
    ),
    Action(
        spec(
            "money.receive", "Take money out of transit.", needs=_PARCEL, gives=["amount_kop", "balance_kop"]
        ),
        transfers.receive,
        internal=True,
    ),
    Action(
        spec(
            "money.returned",
            "Take back money that nobody took.",
            needs=_PARCEL,
            gives=["amount_kop", "balance_kop"],
            can_deny=False,
        ),
        transfers.returned,
        internal=True,
    ),
)

_RELATIVES = (
    Action(
        spec(
            "pay.relatives_add",
            "Ask a relative to let this number hear of a low balance.",
            needs=["to"],
            gives=["to"],
            denial_gives=["most"],
        ),
        relatives.add,
    ),
    Action(
        spec("pay.relatives_consent", "Agree to what a relative asked.", needs=["to"], gives=["to"]),
        relatives.consent,
    ),
    Action(
        spec("pay.relatives_remove", "End every bond with a relative.", needs=["to"], gives=["to"]),
        relatives.remove,
    ),
    Action(
        spec(
            "relatives.asked",
            "Somebody wants to watch this balance.",
            needs=["from", "to"],
            denial_gives=["most"],
        ),
        relatives.asked,
        internal=True,
    ),
    Action(
        spec("relatives.agreed", "A relative agreed.", needs=["from", "to"]),
        relatives.agreed,
        internal=True,
    ),
    Action(
        spec("relatives.refused", "A relative cannot be reached.", needs=["from", "to"], can_deny=False),
        relatives.refused,
        internal=True,
    ),
    Action(
        spec("relatives.dropped", "A relative ended the bond.", needs=["from", "to"], can_deny=False),
        relatives.dropped,
        internal=True,
    ),
)

_TRUST = (
    Action(
        spec(
            "pay.trust",
            "The credit of trust: let the balance go so far below zero.",
            needs=["amount_kop"],
            gives=["amount_kop"],
            denial_gives=["balance_kop"],
        ),
        trust.grant,
    ),
    Action(spec("pay.trust_off", "End the credit of trust.", denial_gives=["balance_kop"]), trust.end),
)

ACTIONS = (*_PAYING_IN, *_TRANSFERS, *_RELATIVES, *_TRUST)


# ---------------------------------------------------------------- facts and lists


def _tiers(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    return [
        {"tier": name, "amount_kop": tier.amount, "fee_kop": tier.fee}
        for name, tier in payments.tiers_for(account, catalogue, now_ms)
    ]


def _relatives(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    """Every bond; `said` is its role in words."""
    return [
        {
            "number": relative.number,
            "role": relative.role,
            "said": catalogue.texts.render(f"relatives.role.{relative.role}", account.language, {}),
        }
        for relative in account.relatives
    ]


def _card(account: Account, catalogue: Catalogue, now_ms: int) -> Value:
    return account.cards[-1].last4 if account.cards else ""


def _promised_due(account: Account, catalogue: Catalogue, now_ms: int) -> Value:
    return sum(payments.owed_kop(loan) for loan in account.promised)


FACTS: Mapping[str, Fact] = {
    "pay.card": ("1234", _card),
    "pay.autopay": (False, lambda account, catalogue, now_ms: account.autopay.on),
    "pay.promised_kop": (32000, _promised_due),
    "pay.promised_days": (30, lambda account, catalogue, now_ms: catalogue.payments.promised.days),
    "pay.transfer_bar": (False, lambda account, catalogue, now_ms: account.transfer_bar),
    "pay.transfer_fee_kop": (50000, lambda account, catalogue, now_ms: catalogue.payments.transfer.fee),
    "pay.transfer_least_kop": (50000, lambda account, catalogue, now_ms: catalogue.payments.transfer.least),
    "pay.transfer_most_kop": (500000, lambda account, catalogue, now_ms: catalogue.payments.transfer.most),
    "pay.credit_kop": (170000, lambda account, catalogue, now_ms: -account.floor_kop),
    "pay.threshold_least_kop": (
        50000,
        lambda account, catalogue, now_ms: catalogue.payments.autopay.least_threshold,
    ),
    "pay.threshold_most_kop": (
        500000,
        lambda account, catalogue, now_ms: catalogue.payments.autopay.most_threshold,
    ),
    "pay.card_least_kop": (50000, lambda account, catalogue, now_ms: catalogue.payments.card.least),
    "pay.card_most_kop": (500000, lambda account, catalogue, now_ms: catalogue.payments.card.most),
}

LISTS: Mapping[str, List] = {
    "trust.sums": (
        {"amount_kop": 170000},
        lambda account, catalogue, now_ms: [{"amount_kop": kop} for kop in catalogue.payments.trust.sums],
    ),
    "promised.tiers": ({"tier": "300", "amount_kop": 30000, "fee_kop": 2000}, _tiers),
    "relatives.all": (
        {"number": "79261234567", "role": "watches", "said": "под присмотром"},
        _relatives,
    ),
}
