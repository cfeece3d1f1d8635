"""One-time codes for the login form (`otp.…`): four digits by SMS instead of the password.

They leave the password alone: neither a right nor a wrong code changes it or its count of wrong answers.
"""

from collections.abc import Mapping

from ussd_gateway.billing import codes, quotas
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of
from ussd_gateway.billing.operations.base import Context, Decision, Message, denied, done
from ussd_gateway.vocabulary import Value

QUOTA = "otp"


def request(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """A code by SMS.  Prepared: `code` and `sealed`.  Refused: blocked number, too many today."""
    rules = context.catalogue.payments.one_time_code
    today = day_of(context.now_ms)
    if account.status == "blocked":
        return denied("number.blocked")
    if quotas.used(account, QUOTA, today) >= rules.per_day:
        return denied("otp.often", per_day=rules.per_day)
    expires_ms = context.now_ms + rules.minutes * codes.MINUTE_MS
    after = codes.issued(account, "otp", context.prepared["sealed"], expires_ms)
    sms = context.catalogue.settings.sms
    message = Message(
        "otp",
        {"code": context.prepared["code"]},
        sms.password_from,
        secret=True,
        delay_ms=sms.delay_s * 1000,
    )
    return Decision(done(expires_ms=expires_ms), quotas.use(after, QUOTA, today), messages=[message])


def login(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """One answer at the login form.  Prepared: `sealed`, of what was typed."""
    rules = context.catalogue.payments.one_time_code
    verdict, after, left = codes.answered(
        account, "otp", context.prepared["sealed"], context.now_ms, rules.tries
    )
    if verdict == "right":
        return Decision(done(), after)
    if verdict == "none":
        return denied("otp.none", attempts_left=0)
    refusal = denied("otp.wrong", attempts_left=left)
    refusal.account = after
    return refusal
