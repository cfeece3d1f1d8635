"""Nothing is said of a phone that hung up."""

from dataclasses import replace

from ussd_gateway.ussd.dialects.plain import ROW as PLAIN

ROW = replace(
    PLAIN,
    name="silent",
    about="As plain, but nothing is said of a phone that hung up: the next submit_sm is refused",
    source="captures of Thai and Tajik centres",
    hangs_up=None,
    times_out=None,
)
