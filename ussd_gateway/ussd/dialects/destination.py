"""The dialled string in destination_addr."""

from dataclasses import replace

from ussd_gateway.ussd.dialects.plain import ROW as PLAIN

ROW = replace(
    PLAIN,
    name="destination",
    about="The dialled string stands in destination_addr and the text is empty",
    source="a setting of vumi's sixdee transport",
    dialled_string_in="destination",
)
