"""What each verb does, a module for each family; those that hold steps of their own are the player's."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ussd_gateway.replay.stage import Act
from ussd_gateway.replay.verbs import operator, passing, sms, ussd, voice

Verb = Callable[[Act, Any], Awaitable[None]]

VERBS: Mapping[str, Verb] = {
    "dial": ussd.dial,
    "send": ussd.send,
    "cancel": ussd.cancel,
    "expect": ussd.expect,
    "sms": sms.sms,
    "expect_sms": sms.expect_sms,
    "no_sms": sms.no_sms,
    "call": voice.call,
    "press": voice.press,
    "expect_voice": voice.expect_voice,
    "push": operator.push,
    "switch": operator.switch,
    "login": operator.login,
    "login_code": operator.login_code,
    "change_password": operator.change_password,
    "wait": passing.wait,
    "assert": operator.check,
    "account": operator.account,
    "topup": operator.topup,
    "usage": operator.usage,
    "perform": operator.perform,
    "inject": operator.inject,
    "note": passing.note,
}
"""Each performs the body of its own verb, with everything filled in."""
