"""submit_multi: one message of an application to many phones (SMPP 3.4 §4.5).

All share the id of the response; each is a message of its own in the store, with its own receipt.  There are
no distribution lists here.
"""

import asyncio

from ussd_gateway.access.asked import Validity, asked, text_of
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.link import Link
from ussd_gateway.access.short_messages import SmsGateway
from ussd_gateway.clock import Clock
from ussd_gateway.errors import PduError, StoreUnavailable
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.ports import Ids, MoSms, SmsAccepted
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import DistributionList, SmeAddress, SubmitMulti, SubmitMultiResp, UnsuccessfulSme
from ussd_gateway.terms import Address


class ManyPhones:
    """Takes submit_multi of applications."""

    def __init__(
        self,
        gateway: SmsGateway,
        lanes: Lanes,
        ids: Ids,
        clock: Clock,
        plan: NumberingPlan,
        validity: Validity,
    ) -> None:
        self._gateway = gateway
        self._lanes = lanes
        self._ids = ids
        self._clock = clock
        self._plan = plan
        self._validity = validity

    def take(self, link: Link, request: SubmitMulti) -> None:
        """Take a request whose fields and source address were found right."""
        assert link.account is not None
        lane = f"{link.account.access} *"
        if not self._lanes.has_room(lane):
            link.refuse(request, CommandStatus.RTHROTTLED)
            return
        refused: list[UnsuccessfulSme] = []
        try:
            messages = self._messages(link, request, link.account.access, refused)
        except PduError as error:
            link.refuse(request, error.command_status)
        except StoreUnavailable:
            link.refuse(request, CommandStatus.RMSGQFUL)
        else:
            self._lanes.run(lane, self._submit(link, request, messages, refused))

    def _messages(
        self, link: Link, request: SubmitMulti, access: str, refused: list[UnsuccessfulSme]
    ) -> list[tuple[SmeAddress, MoSms]]:
        """A message for each phone; the other destinations join `refused`."""
        terms, not_before_ms = asked(
            request, access, self._clock.now_ms(), self._validity, short_id=link.short_ids
        )
        text, shared_id = text_of(request), 0
        messages: list[tuple[SmeAddress, MoSms]] = []
        for each in request.dest_addresses:
            if isinstance(each, DistributionList):
                refused.append(UnsuccessfulSme(0, 0, each.dl_name, CommandStatus.RINVDLNAME))
                continue
            msisdn = self._plan.parse(each.address)
            if msisdn is None or not self._plan.is_mobile(msisdn):
                refused.append(_unsuccessful(each, CommandStatus.RINVDSTADR))
                continue
            message_id = self._ids.message_id()
            shared_id = shared_id or message_id
            own = terms._replace(
                destination=Address(each.ton, each.npi, each.address),
                known_as=0 if message_id == shared_id else shared_id,
            )
            message = MoSms(message_id, request.source_addr, msisdn, text, access, own, not_before_ms)
            messages.append((each, message))
        return messages

    async def _submit(
        self,
        link: Link,
        request: SubmitMulti,
        messages: list[tuple[SmeAddress, MoSms]],
        refused: list[UnsuccessfulSme],
    ) -> None:
        await asyncio.sleep(0)  # a lane's work belongs to a task only from its first wait on
        results = await asyncio.gather(
            *(self._gateway.sms(message) for _, message in messages), return_exceptions=True
        )
        stored = 0
        for (address, _), result in zip(messages, results, strict=True):
            if isinstance(result, SmsAccepted):
                stored += 1
            elif isinstance(result, StoreUnavailable):
                status = CommandStatus.RSYSERR if result.outcome_unknown else CommandStatus.RMSGQFUL
                refused.append(_unsuccessful(address, status))
            else:
                refused.append(_unsuccessful(address, CommandStatus.RSUBMITFAIL))
        status = CommandStatus.ROK if stored else CommandStatus.RSUBMITFAIL
        message_id = messages[0][1].message_id if stored else 0
        text = f"{message_id:08X}" if link.short_ids else str(message_id)
        link.respond(
            request,
            SubmitMultiResp(command_status=status, message_id=text if stored else "", unsuccess_sme=refused),
        )


def _unsuccessful(address: SmeAddress, status: int) -> UnsuccessfulSme:
    return UnsuccessfulSme(address.ton, address.npi, address.address, status)
