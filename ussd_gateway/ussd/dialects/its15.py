"""A number of 15 bits and the end bit in its_session_info."""

from ussd_gateway.ussd.speech import SLIP_ENDS, WORD, Dialect, Will

ROW = Dialect(
    name="its15",
    about="A number of 15 bits and the end bit in its_session_info; the bit alone ends a dialogue, "
    "and hanging up sets it",
    source="centres of sixdee as vumi knows them; clients that echo the value",
    session=WORD,
    bit_ends=True,
    wills=SLIP_ENDS,
    unmarked=Will.ASK,
)
