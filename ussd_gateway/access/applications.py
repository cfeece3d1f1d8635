"""Role `application`: the peer is a service, we are its operator.

What it submits as USSD belongs to its dialogues (`application_dialogues`).  It may also send short messages
from its own short numbers to phones; they take the same way as a message from one phone to another.
"""

from collections.abc import Mapping

from ussd_gateway.access.application_binds import ApplicationBinds
from ussd_gateway.access.application_dialogues import SmppApplication
from ussd_gateway.access.checks import submit_fault
from ussd_gateway.access.link import Link
from ussd_gateway.access.short_messages import ShortMessages, Submit
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import CancelSm, DataSm, Pdu, QuerySm, ReplaceSm, SubmitMulti, SubmitSm

UNSUPPORTED: Mapping[type[Pdu], int] = {
    QuerySm: CommandStatus.RQUERYFAIL,
    CancelSm: CommandStatus.RCANCELFAIL,
    ReplaceSm: CommandStatus.RREPLACEFAIL,
    SubmitMulti: CommandStatus.RSUBMITFAIL,
}


class ApplicationsRole:
    """One handler for all binds of all accounts with role application (`roles.RoleHandler`)."""

    def __init__(
        self,
        short_messages: ShortMessages,
        *,
        plan: NumberingPlan,
        binds: ApplicationBinds,
        dialogues: Mapping[str, SmppApplication],
    ) -> None:
        """`dialogues`: what takes an account's USSD, by system_id."""
        self._short_messages = short_messages
        self._plan = plan
        self._binds = binds
        self._dialogues = dialogues

    def bound(self, link: Link) -> None:
        if link.receiving:
            self._binds.add(link)

    def unbound(self, link: Link) -> None:
        self._binds.remove(link)

    def request(self, link: Link, request: Pdu) -> None:
        if type(request) is SubmitSm or type(request) is DataSm:
            self._submit(link, request)
        else:
            link.refuse(request, UNSUPPORTED.get(type(request), CommandStatus.RINVCMDID))

    def _submit(self, link: Link, request: Submit) -> None:
        assert link.account is not None
        status = submit_fault(request, link.version)
        msisdn = self._plan.parse(request.destination_addr)
        if status:
            link.refuse(request, status)
        elif self._dialogues[link.account.system_id].take(link, request):
            return
        elif request.source_addr not in link.account.short_codes:
            link.refuse(request, CommandStatus.RINVSRCADR)
        elif msisdn is None or not self._plan.is_mobile(msisdn):
            link.refuse(request, CommandStatus.RINVDSTADR)
        else:
            # The lane is the sender's: messages of one application are stored in the order they came.
            self._short_messages.take(link, request, link.account.access, request.source_addr, msisdn)
