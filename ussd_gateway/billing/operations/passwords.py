"""Operations on the password of the personal account (`password.…`, `autologin.set`, `auth.login`).

A SIM channel trusts the number it comes from: nobody is asked for the old password there, and the menu
goes on working while the login is locked.
"""

from collections.abc import Mapping

from ussd_gateway.billing import passwords
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.operations.base import Context, Decision, Message, denied, done
from ussd_gateway.vocabulary import Value


def new(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """A generated password, by SMS unless the rules say otherwise to somebody with a `screen`.

    The outcome's `password` is what that screen may show, nothing by default.  Prepared: `password` (its
    digits) and `hash`.
    """
    if account.status == "blocked":
        return denied("number.blocked")
    password = context.prepared["password"]
    deliver = context.catalogue.settings.password.deliver if args.get("screen") else "sms"
    after = passwords.renewed(account, context.prepared["hash"], context.now_ms)
    messages = [] if deliver == "ussd" else [_message(context, "pw.new", secret=True, password=password)]
    return Decision(done(password="" if deliver == "sms" else password), after, messages=messages)


def set_own(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The subscriber's own password, perhaps typed twice.  Prepared: `hash`, and `same` when it is no news.

    Refused in this order: blocked number, unsuitable, not repeated alike, the password that is set already.
    """
    rules = context.catalogue.settings.password
    wanted = str(args.get("password", ""))
    if account.status == "blocked":
        return denied("number.blocked")
    if not passwords.acceptable(wanted, rules):
        return denied("pas.bad", min_length=rules.min_length, max_length=rules.max_length)
    if "repeat" in args and str(args["repeat"]) != wanted:
        return denied("pw.mismatch")
    if context.prepared.get("same"):
        return denied("pw.same")
    after = passwords.renewed(account, context.prepared["hash"], context.now_ms)
    return Decision(done(), after, messages=[_message(context, "pw.changed")])


def change(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The subscriber's own password, asked for where no SIM vouches for the number: `old`, `new`, `repeat`.

    Refused in this order: unsuitable, not repeated alike, then as at the login form, whose count a wrong old
    password adds to; only who knows it hears the rest: blocked number, the password that is set already.
    Prepared: `right` when the old one matched, then `hash` of the new one.
    """
    rules = context.catalogue.settings.password
    wanted = str(args.get("new", ""))
    if not passwords.acceptable(wanted, rules):
        return denied("pas.bad", min_length=rules.min_length, max_length=rules.max_length)
    if str(args.get("repeat", "")) != wanted:
        return denied("pw.mismatch")
    guess = login(account, args, context)
    if guess.outcome.name == "denied":
        return guess
    if account.status == "blocked":
        return denied("number.blocked")
    if wanted == str(args.get("old", "")):
        return denied("pw.same")
    after = passwords.renewed(account, context.prepared["hash"], context.now_ms)
    return Decision(done(), after, messages=[_message(context, "pw.changed")])


def status(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Whether a password is set, whether the login is locked, how many wrong answers were counted."""
    password = account.password
    return Decision(done(set=password.hash is not None, locked=password.locked, wrong=password.wrong))


def autologin(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Switch the automatic login from the phone on or off."""
    on = args.get("on") in (True, 1, "1", "on", "true")
    return Decision(done(on=on), account._replace(autologin=on))


def login(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """One answer at the login form.  Prepared: `right` when the password matched the stored hash.

    A number without a password answers like one with another password, and locks like it.
    """
    rules = context.catalogue.settings.password
    verdict, after = passwords.guessed(account, bool(context.prepared.get("right")), rules)
    if verdict == "right":
        return Decision(done(), after if after != account else None)
    if verdict == "wrong":
        refusal = denied("login.wrong", attempts_left=passwords.attempts_left(after, rules))
        refusal.account = after
        return refusal
    refusal = denied("login.locked", attempts_left=0)
    if verdict == "locks":
        refusal.account = after
        refusal.messages = [_message(context, "lock", wrong=after.password.wrong)]
    return refusal


def _message(context: Context, text_key: str, *, secret: bool = False, **params: Value) -> Message:
    sms = context.catalogue.settings.sms
    return Message(text_key, params, sms.password_from, secret=secret, delay_ms=sms.delay_s * 1000)
