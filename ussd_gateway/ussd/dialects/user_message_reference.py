"""The dialogue's number in user_message_reference."""

from ussd_gateway.smpp.tlvs import USER_MESSAGE_REFERENCE, OctetsTlv
from ussd_gateway.ussd.speech import SLIP_ENDS, Dialect, SessionTag

ROW = Dialect(
    name="user_message_reference",
    about="The dialogue's number stands in user_message_reference, unique together with the MSISDN; the end "
    "may be said by 0x17",
    source="centres of Mica as vumi knows them",
    session=SessionTag(
        OctetsTlv(USER_MESSAGE_REFERENCE.tag, USER_MESSAGE_REFERENCE.name, 2, 2), end_bit=False
    ),
    wills=SLIP_ENDS,
)
