"""Call forwarding (`cf.…`): the supplementary services of 3GPP TS 22.082, and the roaming switch.

A kind is named as menus name it or by its GSM code (3GPP TS 22.030 annex B).  Two kinds stand for several:
`conditional` (004) and `every` (002).
"""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.holdings import Forward, ForwardKind
from ussd_gateway.billing.numbers import phone_number
from ussd_gateway.billing.operations.base import Context, Decision, denied, done
from ussd_gateway.billing.operations.common import blocked, forbidden, switched_on, word
from ussd_gateway.vocabulary import Value

KINDS: tuple[ForwardKind, ...] = ("all", "busy", "no_answer", "unreachable")

_CONDITIONAL = KINDS[1:]
_NAMED: Mapping[str, tuple[ForwardKind, ...]] = {
    **{kind: (kind,) for kind in KINDS},
    "21": ("all",),
    "67": ("busy",),
    "61": ("no_answer",),
    "62": ("unreachable",),
    "conditional": _CONDITIONAL,
    "004": _CONDITIONAL,
    "every": KINDS,
    "002": KINDS,
}


def establish(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Divert calls of a kind to a number; free, what is diverted is charged by the minute.

    Refused in this order: blocked or barred, no such kind, not a number calls may be diverted to, one's own.
    """
    refusal = blocked(account)
    if refusal is not None:
        return refusal
    if account.barring.kinds:
        return denied("cf.barred")
    kinds = _NAMED.get(str(args.get("kind", "")))
    if kinds is None:
        return denied("cf.bad_kind")
    number = _target(args, context.catalogue)
    if number is None:
        return denied("cf.bad_number")
    if number == account.msisdn:
        return denied("cf.own")
    kept = [forward for forward in account.forwarding if forward.kind not in kinds]
    diverted = sorted([*kept, *(Forward(kind, number) for kind in kinds)], key=lambda f: KINDS.index(f.kind))
    after = account._replace(forwarding=tuple(diverted))
    return Decision(done(number=number, text=describe(after, context.catalogue)), after)


def clear(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Divert calls of a kind no longer; without a kind, none at all.  Possible for a blocked number too."""
    kinds = _NAMED.get(str(args.get("kind", "every")))
    if kinds is None:
        return denied("cf.bad_kind")
    kept = tuple([forward for forward in account.forwarding if forward.kind not in kinds])
    after = account._replace(forwarding=kept)
    count = len(account.forwarding) - len(kept)
    return Decision(done(count=count, text=describe(after, context.catalogue)), after)


def status(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """What is diverted where, as text; of one kind, or of all."""
    kinds = _NAMED.get(str(args.get("kind", "every")))
    if kinds is None:
        return denied("cf.bad_kind")
    asked = account._replace(forwarding=tuple([each for each in account.forwarding if each.kind in kinds]))
    return Decision(done(on=bool(asked.forwarding), text=describe(asked, context.catalogue)))


def describe(account: Account, catalogue: Catalogue) -> str:
    """A line a kind: `Занято 79261234567`; four of them fit one screen."""
    if not account.forwarding:
        return word(catalogue, "cf.none", account.language)
    return "\n".join(
        f"{word(catalogue, f'cf.{forward.kind}', account.language)} {forward.number}"
        for forward in account.forwarding
    )


def _target(args: Mapping[str, Value], catalogue: Catalogue) -> str | None:
    number = phone_number(args.get("to"), catalogue)
    if number is None or not number.startswith(catalogue.rules.forwarding.country_codes):
        return None
    home = catalogue.plan.country_code
    length = len(home) + catalogue.plan.national_digits
    return None if number.startswith(home) and len(number) != length else number


def roaming(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Whether the number works in foreign networks."""
    refusal = forbidden(account)
    if refusal is not None:
        return refusal
    on = switched_on(args.get("on"))
    return Decision(done(on=on), account._replace(roaming=on))
