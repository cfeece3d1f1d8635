"""Both sides continue with operation 2."""

from ussd_gateway.smpp.constants import UssdServiceOp
from ussd_gateway.ussd.speech import ONE_SHOT_BEGINS, ONE_SHOT_ENDS, WORD, Dialect, Meaning, Signal, Will

ROW = Dialect(
    name="tata",
    about="Both sides continue with operation 2; the service ends with operation 2 and the end bit, the "
    "centre with 17",
    source="centres of Tata as vumi knows them",
    answers=Signal(UssdServiceOp.USSR_REQUEST),
    hangs_up=Signal(UssdServiceOp.PSSR_RESPONSE),
    times_out=Signal(UssdServiceOp.PSSR_RESPONSE),
    ends=Signal(UssdServiceOp.USSR_REQUEST),
    session=WORD,
    bit_ends=True,
    meanings={**ONE_SHOT_BEGINS, UssdServiceOp.USSR_CONFIRM: Meaning.CONTINUE},
    wills={**ONE_SHOT_ENDS, UssdServiceOp.PSSR_RESPONSE: Will.END},
)
