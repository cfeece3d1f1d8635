"""Sums of money as people write them in files and requests: `250.00`, `250`, `12,40` -> kopecks.

Inside, money is an `int` of kopecks and nothing else; `templates` writes it for people again.
"""

import re

_ROUBLES = re.compile(r"(-?)([0-9]{1,13})(?:[.,]([0-9]{1,2}))?", re.ASCII)


def kopecks(text: str) -> int:
    """Roubles as people write them -> kopecks; ValueError when it is no sum of money."""
    match = _ROUBLES.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected a sum such as 250.00, not {text[:20]!r}")
    sign, whole, part = match.groups()
    amount_kop = int(whole) * 100 + int((part or "").ljust(2, "0"))
    return -amount_kop if sign else amount_kop
