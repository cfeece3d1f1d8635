"""Call barring (`cb.…`): the supplementary services of 3GPP TS 22.088, guarded by a password of 4 digits.

Each of so many wrong old passwords in a row, at changing it, is counted; the last one ends the service.
A kind is named as menus name it or by its GSM code (3GPP TS 22.030 annex B).
"""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.holdings import Barring
from ussd_gateway.billing.operations.base import Context, Decision, denied, done
from ussd_gateway.billing.operations.common import blocked, word
from ussd_gateway.vocabulary import Value

KINDS = ("33", "331", "332", "35", "351")

_NAMED: Mapping[str, tuple[str, ...]] = {
    **{kind: (kind,) for kind in KINDS},
    "outgoing": ("33",),
    "international": ("331",),
    "international_except_home": ("332",),
    "incoming": ("35",),
    "incoming_roaming": ("351",),
    "all": KINDS,
    "330": KINDS,
    "333": ("33", "331", "332"),
    "353": ("35", "351"),
}


def establish(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Bar calls of a kind."""
    return _set(account, args, context, barred=True)


def clear(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Bar calls of a kind no longer; `all` for every kind."""
    return _set(account, args, context, barred=False)


def _set(account: Account, args: Mapping[str, Value], context: Context, *, barred: bool) -> Decision:
    """Refused in this order: blocked number, service ended, no such kind, not a password, a wrong one."""
    refusal = _closed(account)
    if refusal is not None:
        return refusal
    kinds = _NAMED.get(str(args.get("kind", "")))
    if kinds is None:
        return denied("cb.bad_kind")
    password = str(args.get("password", ""))
    if not _four_digits(password):
        return denied("cb.bad_password")
    if password != _present(account, context):
        return denied("cb.wrong")
    held = account.barring.kinds
    after = account._replace(
        barring=account.barring._replace(
            kinds=tuple([kind for kind in KINDS if (barred if kind in kinds else kind in held)])
        )
    )
    return Decision(done(text=describe(after, context.catalogue)), after)


def change_password(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """A new barring password; the old one must be told.

    Refused in this order: blocked number, service ended, not 4 digits, not repeated alike, wrong old one.
    """
    refusal = _closed(account)
    if refusal is not None:
        return refusal
    old, new = str(args.get("old", "")), str(args.get("new", ""))
    if not _four_digits(old) or not _four_digits(new):
        return denied("cb.bad_password")
    if str(args.get("repeat", new)) != new:
        return denied("cb.mismatch")
    if old == _present(account, context):
        return Decision(done(), account._replace(barring=account.barring._replace(password=new, wrong=0)))
    wrong = account.barring.wrong + 1
    left = context.catalogue.rules.barring.wrong_changes - wrong
    if left > 0:
        refusal = denied("cb.wrong_change", attempts_left=left)
        refusal.account = account._replace(barring=account.barring._replace(wrong=wrong))
    else:
        refusal = denied("cb.dead", attempts_left=0)
        refusal.account = account._replace(barring=Barring(wrong=wrong, dead=True))
    return refusal


def status(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Which calls are barred, as text."""
    outcome = done(on=bool(account.barring.kinds), text=describe(account, context.catalogue))
    return Decision(outcome)


def describe(account: Account, catalogue: Catalogue) -> str:
    """The kinds that are barred: `исходящие, входящие`."""
    words = [word(catalogue, f"cb.{kind}", account.language) for kind in account.barring.kinds]
    return ", ".join(words) or word(catalogue, "cb.none", account.language)


def _closed(account: Account) -> Decision | None:
    return blocked(account) or (denied("cb.dead", attempts_left=0) if account.barring.dead else None)


def _four_digits(password: str) -> bool:
    return len(password) == 4 and password.isascii() and password.isdigit()


def _present(account: Account, context: Context) -> str:
    return account.barring.password or context.catalogue.rules.barring.initial_password
