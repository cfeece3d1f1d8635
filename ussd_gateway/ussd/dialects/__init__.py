"""The dialects of operators, one file each: what their centres send, and what they understand.

Where a dialect departs from another, that is all its row says.  docs/dialects.md is made of these rows
(`ussd.dialect_page`), and every cell of it is a test.  A new one is a file beside these and a name below.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from ussd_gateway.ussd.dialects import (
    destination,
    its8,
    its15,
    no_operation,
    plain,
    raw_coding,
    service_types,
    session_1501,
    silent,
    tata,
    user_message_reference,
)
from ussd_gateway.ussd.speech import Dialect, DialledStringIn, Meaning, Said, SessionTag, Signal, as_code

__all__ = ["DIALECTS", "PLAIN", "Dialect", "Meaning", "Said", "SessionTag", "Signal", "as_code", "dialect"]

PLAIN = plain.ROW

DIALECTS: Mapping[str, Dialect] = {
    each.ROW.name: each.ROW
    for each in (
        plain,
        its15,
        its8,
        user_message_reference,
        tata,
        session_1501,
        destination,
        service_types,
        no_operation,
        silent,
        raw_coding,
    )
}


def dialect(name: str, dialled_string_in: str | None = None) -> Dialect:
    """The dialect of that name with one option; ValueError names what there is."""
    if name not in DIALECTS:
        raise ValueError(f"unknown dialect {name!r}; there are: {', '.join(DIALECTS)}")
    if dialled_string_in is None:
        return DIALECTS[name]
    for place in get_args(DialledStringIn):
        if place == dialled_string_in:
            return replace(DIALECTS[name], dialled_string_in=place)
    places = ", ".join(get_args(DialledStringIn))
    raise ValueError(f"a dialled string cannot be in {dialled_string_in!r}; choose one of: {places}")
