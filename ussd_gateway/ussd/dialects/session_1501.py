"""The dialogue's number in the vendor TLV 0x1501."""

from ussd_gateway.smpp.tlvs import VENDOR_USSD_SESSION_ID
from ussd_gateway.ussd.speech import Dialect, SessionTag

ROW = Dialect(
    name="session_1501",
    about="The dialogue's number has four octets, in TLV 0x1501",
    source="the vendor tag that php-smpp calls USSD_SESSION_ID",
    session=SessionTag(VENDOR_USSD_SESSION_ID, end_bit=False),
)
