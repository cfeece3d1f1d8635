"""What comes from a centre we are bound to -> the gateway: phones behind it dial, answer, send messages.

    deliver_sm / data_sm with a USSD mark -> a primitive -> a step of the dialogue -> acknowledged
    deliver_sm / data_sm without one      -> an MO short message -> acknowledged when it is stored

A step has committed what it changed when it is over, so ESME_ROK says of both that nothing can be lost any
more.  Who may speak: the numbers of the link (`links.msisdns`), else ESME_RINVSRCADR.
"""

import asyncio
from dataclasses import replace

from ussd_gateway.access.binds import Binds
from ussd_gateway.access.delivery import TextDelivery
from ussd_gateway.access.handsets import UssdGateway
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.link import Link
from ussd_gateway.access.outward import Outward
from ussd_gateway.access.short_messages import ShortMessages
from ussd_gateway.access.smpp_screens import SmppScreens
from ussd_gateway.errors import PduError
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import DataSm, DeliverSm, SubmitSm
from ussd_gateway.ussd.dialects import Dialect
from ussd_gateway.ussd.primitives import Begin, MobileOriginated


def as_application(dialect: Dialect) -> Dialect:
    """How an application speaks to a centre of that dialect.

    It always says which operation it means, and numbers dialogues only where the centre does.
    """
    session = dialect.session if dialect.numbers_applications else None
    return replace(dialect, names_operation=True, session=session)


class CentreRole:
    """One handler for the binds of one link (`outward.OutwardRole`)."""

    def __init__(
        self,
        gateway: UssdGateway,
        short_messages: ShortMessages,
        *,
        lanes: Lanes,
        plan: NumberingPlan,
        binds: Binds,
        delivery: TextDelivery,
        screens: SmppScreens,
        dialect: Dialect,
    ) -> None:
        """`dialect`: the centre's; `screens` in the dialect `as_application` makes of it."""
        self._gateway = gateway
        self._short_messages = short_messages
        self._lanes = lanes
        self._plan = plan
        self._binds = binds
        self._delivery = delivery
        self._screens = screens
        self._dialect = as_application(dialect)

    def bound(self, link: Link) -> None:
        self._binds.add(link)
        self._screens.bound(link)
        self._delivery.bound(link)

    def unbound(self, link: Link) -> None:
        self._binds.remove(link)
        self._delivery.unbound(link)

    def take(self, link: Outward, pdu: DeliverSm | DataSm) -> "asyncio.Future[int]":
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        account = link.account
        assert account is not None
        msisdn = self._plan.parse(pdu.source_addr)
        if msisdn is None or msisdn not in account.msisdns:
            answer.set_result(CommandStatus.RINVSRCADR)
            return answer
        try:
            primitive = self._dialect.read(pdu, msisdn, account.access)
        except PduError as error:
            answer.set_result(error.command_status)
            return answer
        if primitive is None:
            self._sms(link, pdu, msisdn, answer)
        elif type(primitive) is Begin and not primitive.dialled:
            answer.set_result(CommandStatus.RINVDSTADR)
        elif not self._lanes.has_room(msisdn):
            answer.set_result(CommandStatus.RTHROTTLED)
        else:
            self._binds.used(msisdn, link)
            self._lanes.run(msisdn, self._step(primitive, answer))
        return answer

    async def _step(self, primitive: MobileOriginated, answer: "asyncio.Future[int]") -> None:
        try:
            await self._gateway.ussd(primitive)
        except BaseException:
            if not answer.done():
                answer.set_result(CommandStatus.RSYSERR)
            raise
        if not answer.done():
            answer.set_result(CommandStatus.ROK)

    def _sms(
        self, link: Outward, pdu: DeliverSm | DataSm, msisdn: str, answer: "asyncio.Future[int]"
    ) -> None:
        destination = pdu.destination_addr.removeprefix("+")
        if not destination.isascii() or not destination.isdigit():
            answer.set_result(CommandStatus.RINVDSTADR)
            return
        self._binds.used(msisdn, link)
        request = pdu if isinstance(pdu, DataSm) else _as_submitted(pdu)
        link.expect(request, answer)
        self._short_messages.take(link, request, msisdn, msisdn, destination)


def _as_submitted(pdu: DeliverSm) -> SubmitSm:
    """The message as its phone submitted it to the centre."""
    return SubmitSm(
        service_type=pdu.service_type,
        source_addr_ton=pdu.source_addr_ton,
        source_addr_npi=pdu.source_addr_npi,
        source_addr=pdu.source_addr,
        dest_addr_ton=pdu.dest_addr_ton,
        dest_addr_npi=pdu.dest_addr_npi,
        destination_addr=pdu.destination_addr,
        esm_class=pdu.esm_class,
        protocol_id=pdu.protocol_id,
        data_coding=pdu.data_coding,
        short_message=pdu.short_message,
        tlvs=pdu.tlvs,
    )
