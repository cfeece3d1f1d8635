"""What a phone was in the middle of when the network lost it ends as if the subscriber had hung up."""

from ussd_gateway.access.lanes import Lanes
from ussd_gateway.calls import Calls
from ussd_gateway.gateway import Gateway
from ussd_gateway.phone_states import AWAY, Listener, PhoneState
from ussd_gateway.ussd.primitives import Abort

NETWORK = "network"
"""The access of what no phone said."""


def hang_up_lost(gateway: Gateway, calls: Calls, lanes: Lanes) -> Listener:
    """For `PhoneStates.listen`: end the dialogue and the call of a phone that can no longer be reached."""

    async def hang_up(msisdn: str) -> None:
        await gateway.ussd(Abort(msisdn, NETWORK))
        call = calls.of_phone(msisdn)
        if call is not None:
            calls.hang_up(call)

    def switched(msisdn: str, state: PhoneState) -> None:
        if state in AWAY:
            lanes.run(msisdn, hang_up(msisdn))

    return switched
