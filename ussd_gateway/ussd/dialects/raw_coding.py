"""data_coding as it came over the air."""

from dataclasses import replace

from ussd_gateway.ussd.dialects.plain import ROW as PLAIN

ROW = replace(
    PLAIN,
    name="raw_coding",
    about="data_coding is the cell broadcast coding scheme as it came over the air: 0x0F, 0x48",
    source="3GPP TS 23.038 5; a capture of a Thai centre, php-smpp",
    raw_coding=True,
)
