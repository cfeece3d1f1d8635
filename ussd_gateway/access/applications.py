"""Role `application`: the peer is a service, we are its operator.

What it submits as USSD belongs to its dialogues (`application_dialogues`).  It may also send short messages
from its own short numbers to phones, to one (`short_messages`) or many (`submit_multi`), and come back to
those that wait (`message_desk`).  What phones send to its short numbers, and receipts, are `delivery`'s.
"""

from collections.abc import Coroutine, Mapping
from typing import Any

import structlog

from ussd_gateway.access.alerts import Alerts
from ussd_gateway.access.application_binds import ApplicationBinds
from ussd_gateway.access.application_dialogues import SmppApplication
from ussd_gateway.access.checks import submit_fault
from ussd_gateway.access.delivery import TextDelivery
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.link import Link
from ussd_gateway.access.message_desk import MessageDesk
from ussd_gateway.access.short_messages import ShortMessages, Submit
from ussd_gateway.access.submit_multi import ManyPhones
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import CancelSm, DataSm, Pdu, QuerySm, ReplaceSm, SubmitMulti, SubmitSm

log = structlog.get_logger(__name__)


class ApplicationsRole:
    """One handler for all binds of all accounts with role application (`roles.RoleHandler`)."""

    def __init__(
        self,
        short_messages: ShortMessages,
        *,
        plan: NumberingPlan,
        binds: ApplicationBinds,
        dialogues: Mapping[str, SmppApplication],
        delivery: TextDelivery,
        alerts: Alerts,
        desk: MessageDesk,
        many: ManyPhones,
        lanes: Lanes,
    ) -> None:
        """`dialogues`: what takes an account's USSD, by system_id."""
        self._short_messages = short_messages
        self._plan = plan
        self._binds = binds
        self._dialogues = dialogues
        self._delivery = delivery
        self._alerts = alerts
        self._desk = desk
        self._many = many
        self._lanes = lanes

    def bound(self, link: Link) -> None:
        if link.receiving:
            self._binds.add(link)
            self._delivery.bound(link)
            self._alerts.bound(link)

    def unbound(self, link: Link) -> None:
        self._binds.remove(link)

    def request(self, link: Link, request: Pdu) -> None:
        match request:
            case SubmitSm() | DataSm():
                self._submit(link, request)
            case SubmitMulti():
                self._submit_many(link, request)
            case QuerySm():
                self._ask(link, request, self._desk.query(link, request), CommandStatus.RQUERYFAIL)
            case CancelSm():
                self._ask(link, request, self._desk.cancel(link, request), CommandStatus.RCANCELFAIL)
            case ReplaceSm():
                self._ask(link, request, self._desk.replace(link, request), CommandStatus.RREPLACEFAIL)
            case _:
                link.refuse(request, CommandStatus.RINVCMDID)

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
            self._short_messages.take_from_application(link, request, request.source_addr, msisdn)

    def _submit_many(self, link: Link, request: SubmitMulti) -> None:
        assert link.account is not None
        status = submit_fault(request, link.version)
        if status:
            link.refuse(request, status)
        elif request.source_addr not in link.account.short_codes:
            link.refuse(request, CommandStatus.RINVSRCADR)
        else:
            self._many.take(link, request)

    def _ask(self, link: Link, request: Pdu, work: Coroutine[Any, Any, None], failed: int) -> None:
        """Have the desk answer, after what the account asked it before."""
        assert link.account is not None
        lane = f"{link.account.access} ?"
        if self._lanes.has_room(lane):
            self._lanes.run(lane, _answered(link, request, work, failed))
        else:
            work.close()
            link.refuse(request, CommandStatus.RTHROTTLED)


async def _answered(link: Link, request: Pdu, work: Coroutine[Any, Any, None], failed: int) -> None:
    try:
        await work
    except StoreUnavailable as error:
        log.warning("message not reached", error=str(error))
        link.refuse(request, failed)
    except BaseException:
        link.refuse(request, CommandStatus.RSYSERR)
        raise
