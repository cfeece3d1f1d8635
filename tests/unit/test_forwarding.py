"""Which application a number belongs to, and that none takes ours."""

import pytest

from ussd_gateway.errors import ConfigError
from ussd_gateway.forwarding import Forwarding, Reader, check_short_codes
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.ports import MoSms
from ussd_gateway.terms import Address, Terms

ANNA = "79261234567"
READERS = {
    "70": Reader("smpp:short"),
    "7070": Reader("smpp:app", joined=False),
    "79": Reader("smpp:greedy"),
}


@pytest.fixture
def forwarding() -> Forwarding:
    return Forwarding(NumberingPlan("7", 10, "8", "79"), READERS)


@pytest.mark.parametrize(
    "destination, access",
    [
        ("7070", "smpp:app"),
        ("70701", "smpp:app"),
        ("7071", "smpp:short"),
        ("70", "smpp:short"),
        ("7", None),
        ("", None),
        ("79", "smpp:greedy"),
        (ANNA, None),
        ("89261234567", None),
    ],
)
def test_the_longest_number_wins_but_phones_are_phones(forwarding, destination, access):
    reader = forwarding.reader(destination)
    assert (reader.access if reader else None) == access


def test_a_message_to_an_application_has_its_addresses(forwarding):
    message = MoSms(5, ANNA, "70701", "Yes", "smpp:handset", Terms(origin=ANNA, registered=1))
    sent = forwarding.forwarded(message, 100)
    assert (sent.destination, sent.source, sent.not_before_ms) == ("smpp:app", ANNA, 100)
    assert sent.terms.source == Address(1, 1, ANNA)
    assert sent.terms.destination == Address(0, 1, "70701")
    assert (sent.terms.origin, sent.terms.registered) == (ANNA, 1)


def test_a_message_to_a_phone_keeps_its_terms_and_waits(forwarding):
    message = MoSms(5, "7070", "89261234567", "Yes", "smpp:app", Terms(priority=2), not_before_ms=900)
    sent = forwarding.forwarded(message, 100)
    assert (sent.destination, sent.terms, sent.not_before_ms) == (ANNA, Terms(priority=2), 900)
    assert forwarding.forwarded(MoSms(5, ANNA, "111", "Yes", "smpp:handset"), 100) is None


def test_a_number_of_ours_is_no_applications():
    check_short_codes(READERS, ["000105"])
    with pytest.raises(ConfigError) as caught:
        check_short_codes(READERS, ["7070", "000105"])
    (problem,) = caught.value.problems
    assert problem.message == "short code 7070 has SMS commands of the gateway"
