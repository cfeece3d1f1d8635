"""Answers to a prompt and the values they become."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.flow import inputs
from ussd_gateway.msisdn import NumberingPlan


@pytest.mark.parametrize(
    "accept,answer,value",
    [
        (inputs.digits(2, 4), "007", "007"),
        (inputs.digits(2, 4), "7", None),
        (inputs.digits(2, 4), "12345", None),
        (inputs.digits(2, 4), "1a", None),
        (inputs.digits(2, 4), "²³", None),
        (inputs.text(1, 3), "абв", "абв"),
        (inputs.text(1, 3), "", None),
        (inputs.regex("[a-z]+", 1, 5), "abc", "abc"),
        (inputs.regex("[a-z]+", 1, 5), "abc1", None),
        (inputs.regex("[a-z]+", 1, 5), "abcdef", None),
        (inputs.regex("a|bc", 1, 5), "bcd", None),
        (inputs.amount(100, 50000), "1", 100),
        (inputs.amount(100, 50000), "0.99", None),
        (inputs.amount(100, 50000), "500,00", 50000),
        (inputs.amount(100, 50000), "500.01", None),
        (inputs.msisdn(NumberingPlan()), "8 (926) 123-45-67", "79261234567"),
        (inputs.msisdn(NumberingPlan()), "12345", None),
    ],
)
def test_acceptors(accept, answer, value):
    assert accept(answer) == value


@given(st.integers(0, 10**11 - 1))
def test_sums_are_exact(kopecks):
    roubles, rest = divmod(kopecks, 100)
    assert inputs.parse_roubles(f"{roubles},{rest:02d}") == kopecks
    assert inputs.parse_roubles(f"{roubles}.{rest:02d}0") is None


@given(st.text())
def test_any_text_is_a_sum_or_not(written):
    assert inputs.parse_roubles(written) is None or written[0].isdigit()
