"""`otp.…`: the code that opens the personal account instead of the password."""

from ussd_gateway.actions.base import Action, spec
from ussd_gateway.actions.codes import draw, typed
from ussd_gateway.billing.operations import otp

ACTIONS = (
    Action(
        spec(
            "otp.request",
            "A code for the login form, by SMS.",
            gives=["expires_ms"],
            denial_gives=["per_day"],
        ),
        otp.request,
        draw("otp"),
    ),
    Action(
        spec(
            "otp.login",
            "One answer at the login form, by code.",
            needs=["code"],
            denial_gives=["attempts_left"],
            secret=["code"],
        ),
        otp.login,
        typed("otp"),
    ),
)
