"""Receipts that testers asked for: state and error of each, and that the phone hears nothing."""

from dataclasses import dataclass

import pytest

from ussd_gateway.access.endings import network_error
from ussd_gateway.access.fates import fates
from ussd_gateway.billing.store import OutMessage
from ussd_gateway.clock import ManualClock
from ussd_gateway.terms import Address, Terms

ANNA = "79261234567"


@dataclass
class Wanted:
    """One outcome for everything; remembers what it was asked."""

    state: str = "UNDELIV"
    error: int = 0
    asked: tuple[str, ...] = ()

    def receipt_outcome(self, account: str, source: str, destination: str, text: str = "") -> "Wanted | None":
        self.asked = (account, source, destination, text)
        return self if self.state else None


def message(terms: Terms | None) -> OutMessage:
    return OutMessage(7, "7070", ANNA, "Hello", False, 0, 0, terms=terms)


@pytest.mark.parametrize(
    "stat, state, told",
    [
        ("UNDELIV", "failed", 5),
        ("EXPIRED", "expired", 3),
        ("DELETED", "deleted", 4),
        ("REJECTD", "failed", 8),
        ("UNKNOWN", "failed", 7),
    ],
)
@pytest.mark.parametrize("error", [0, 1, 255])
def test_each_stat_is_kept_and_told(stat: str, state: str, told: int, error: int) -> None:
    end = fates(Wanted(stat, error), ManualClock())(message(Terms(origin="smpp:app")))
    assert end is not None
    assert (end.state, end.told, network_error(end.status)) == (state, told, error)


def test_the_addresses_are_those_that_were_submitted() -> None:
    wanted = Wanted(state="")
    submitted = Terms(origin="smpp:app", source=Address(5, 0, "Shop"), destination=Address(1, 1, f"+{ANNA}"))
    assert fates(wanted, ManualClock())(message(submitted)) is None
    assert wanted.asked == ("app", "Shop", f"+{ANNA}", "Hello")
    assert fates(wanted, ManualClock())(message(Terms(origin="http:shop"))) is None
    assert wanted.asked == ("shop", "7070", ANNA, "Hello")


@pytest.mark.parametrize("terms", [None, Terms(), Terms(origin=ANNA)])
def test_messages_of_nobody_who_would_hear_of_it_are_left_alone(terms: Terms | None) -> None:
    wanted = Wanted()
    assert fates(wanted, ManualClock())(message(terms)) is None
    assert wanted.asked == ()
