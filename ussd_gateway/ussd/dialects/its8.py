"""its_session_info to the letter of SMPP 3.4 §5.3.2.43: number, step, end bit."""

from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO
from ussd_gateway.ussd.speech import Dialect, SessionTag

ROW = Dialect(
    name="its8",
    about="its_session_info to the letter: an octet with the dialogue's number, seven bits that count its "
    "steps, and the end bit",
    source="SMPP 3.4 5.3.2.43",
    session=SessionTag(ITS_SESSION_INFO, end_bit=True, counted=True),
    bit_ends=True,
)
