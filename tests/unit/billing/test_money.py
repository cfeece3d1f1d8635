"""Sums of money as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.billing.money import kopecks
from ussd_gateway.filters import money2


@pytest.mark.parametrize(
    "text, expected",
    [
        ("250.00", 25_000),
        ("250", 25_000),
        ("12,40", 1_240),
        ("0.5", 50),
        ("-3.07", -307),
        (" 10 ", 1_000),
        ("0", 0),
    ],
)
def test_what_people_write(text: str, expected: int) -> None:
    assert kopecks(text) == expected


@pytest.mark.parametrize("text", ["", "1.234", "1e3", "ten", "1.", ".5", "٣", "1 000", "+5", "--1", "9" * 14])
def test_what_is_no_sum(text: str) -> None:
    with pytest.raises(ValueError, match="expected a sum"):
        kopecks(text)


@given(st.integers(-(10**14), 10**14))
def test_what_a_text_shows_reads_back(amount_kop: int) -> None:
    assert kopecks(money2(amount_kop)) == amount_kop
