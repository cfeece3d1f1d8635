"""Prepare phases of codes by SMS: draw the digits, seal them; seal what was typed.

A code is sealed together with its purpose and the number, so that it is good for nothing else.
"""

from collections.abc import Mapping

from ussd_gateway.actions.base import Prepare, Prepared, Tools
from ussd_gateway.billing.codes import Purpose
from ussd_gateway.billing.draft import Draft
from ussd_gateway.vocabulary import Value

MAX_TYPED = 20
"""Characters of an answer that are looked at."""


def draw(purpose: Purpose) -> Prepare:
    """Prepare `code` and `sealed` of a new code; another try of the same request keeps them."""

    async def prepare(draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools) -> Prepared:
        if earlier:
            return earlier
        code = tools.dice.digits(_digits(draft, purpose))
        return {"code": code, "sealed": tools.hasher.seal(purpose, draft.account.msisdn, code)}

    return prepare


def typed(purpose: Purpose) -> Prepare:
    """Prepare `sealed` of the argument `code`."""

    async def prepare(draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools) -> Prepared:
        code = str(args.get("code", "")).strip()[:MAX_TYPED]
        return {"sealed": tools.hasher.seal(purpose, draft.account.msisdn, code)}

    return prepare


def _digits(draft: Draft, purpose: Purpose) -> int:
    payments = draft.catalogue.payments
    if purpose == "otp":
        return payments.one_time_code.digits
    return payments.transfer.code_digits if purpose == "transfer" else payments.card.code_digits
