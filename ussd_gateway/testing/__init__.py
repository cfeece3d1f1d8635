"""A gateway and phones for tests in Python: pytest, Robot Framework, behave, unittest (docs/testing.md).

    Gateway, Phone             plain calls; the gateway lives in a loop in a thread of its own
    AsyncGateway, AsyncPhone   the same inside the caller's loop
        |  each call is a verb of a session script (replay/verbs), each difference an AssertionError
    a gateway in this process with a clock that stands still, or a running one over SMPP or HTTP

The pytest plugin, `ussd_gateway.pytest_plugin`, imports this package only when a test asks for a gateway.
"""

from ussd_gateway.replay.lab import Login, Refused
from ussd_gateway.testing.asynchronous import AsyncGateway, AsyncPhone
from ussd_gateway.testing.failures import CannotCheck, NetworkRefused, NotAsExpected
from ussd_gateway.testing.gateway import Gateway
from ussd_gateway.testing.options import Options
from ussd_gateway.testing.phone import Phone
from ussd_gateway.testing.texts import Heard, Screen, ShortMessage

__all__ = [
    "AsyncGateway", "AsyncPhone", "CannotCheck", "Gateway", "Heard", "Login", "NetworkRefused",
    "NotAsExpected", "Options", "Phone", "Refused", "Screen", "ShortMessage",
]  # fmt: skip
