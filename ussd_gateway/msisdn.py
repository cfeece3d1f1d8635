"""Subscriber numbers: E.164 digits and the numbering plan that recognises them.

A number enters in any form people type (`+7 926 123-45-67`, `89261234567`, `9261234567`) and lives
inside as plain digits (`79261234567`).  ITU-T E.164: at most 15 digits.
"""

from dataclasses import dataclass
from typing import NewType

Msisdn = NewType("Msisdn", str)

MIN_DIGITS = 7
MAX_DIGITS = 15
_SEPARATORS = str.maketrans("", "", " -().\u00a0")


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """The home network's numbers: `country_code` + `national_digits`, dialled inside with `trunk_prefix`."""

    country_code: str = "7"
    national_digits: int = 10
    trunk_prefix: str = "8"
    mobile_prefix: str = "79"

    def parse(self, text: str) -> Msisdn | None:
        """The number `text` stands for, or None when it is not a possible number.

        National forms (with or without the trunk prefix) get the country code; an international
        number keeps its own.
        """
        digits = text.translate(_SEPARATORS)
        international = digits.startswith("+")
        digits = digits.removeprefix("+")
        if not digits.isascii() or not digits.isdigit() or len(digits) > MAX_DIGITS:
            return None
        if not international:
            if len(digits) == self.national_digits:
                digits = self.country_code + digits
            elif len(digits) == self.national_digits + 1 and digits.startswith(self.trunk_prefix):
                digits = self.country_code + digits[len(self.trunk_prefix) :]
        return Msisdn(digits) if len(digits) > self.national_digits else None

    def parse_any(self, text: str) -> Msisdn | None:
        """As `parse`; a number of another country, written with its plus, may have any length it can have."""
        digits = text.translate(_SEPARATORS).removeprefix("+")
        foreign = text.lstrip().startswith("+") and not digits.startswith(self.country_code)
        if foreign and digits.isascii() and digits.isdigit() and MIN_DIGITS <= len(digits) <= MAX_DIGITS:
            return Msisdn(digits)
        return self.parse(text)

    def is_mobile(self, msisdn: str) -> bool:
        """Whether the number is one of this plan's mobile numbers (and may be given an account)."""
        full = len(self.country_code) + self.national_digits
        return len(msisdn) == full and msisdn.startswith(self.mobile_prefix) and msisdn.isdigit()


def mask(number: str) -> str:
    """A number as logs may show it: `79261234567` -> `7926***4567`; short codes stay readable."""
    if len(number) < 8:
        return number
    return f"{number[:4]}***{number[-4:]}"
