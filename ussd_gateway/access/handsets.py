"""Role `handsets`: what the peer submits comes from phones (a simulator stands behind the bind).

    submit_sm / data_sm with a USSD mark -> a primitive -> answered at once, then a step of the dialogue
    submit_sm / data_sm without one      -> an MO short message -> answered when it is stored

A phone may only be one of the account's own numbers, else ESME_RINVSRCADR; one that the network has lost is
refused with `absent_status`.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from ussd_gateway.access.accounts import SmppAccount
from ussd_gateway.access.binds import Binds
from ussd_gateway.access.checks import submit_fault
from ussd_gateway.access.delivery import TextDelivery
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.link import Link
from ussd_gateway.access.short_messages import ShortMessages, Submit, accept
from ussd_gateway.access.smpp_screens import SmppScreens
from ussd_gateway.clock import Clock
from ussd_gateway.errors import PduError, StoreUnavailable
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.ports import Ids
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import CancelSm, DataSm, Pdu, QuerySm, ReplaceSm, SubmitMulti, SubmitSm
from ussd_gateway.ussd.dialects import Dialect
from ussd_gateway.ussd.primitives import Begin, Continue, MobileOriginated
from ussd_gateway.ussd.store import DialogueStore

# Phones submit one message at a time and keep no hold on it afterwards (SMPP 3.4 table 5-2).
NOT_FOR_PHONES: Mapping[type[Pdu], int] = {
    QuerySm: CommandStatus.RQUERYFAIL,
    CancelSm: CommandStatus.RCANCELFAIL,
    ReplaceSm: CommandStatus.RREPLACEFAIL,
    SubmitMulti: CommandStatus.RSUBMITFAIL,
}

REFUSED_STATUS: Mapping[str, int] = {
    "no_service": CommandStatus.RINVDSTADR,
    "no_subscriber": CommandStatus.RINVSRCADR,
}
"""Reasons of `ports.SmsRefused` -> command_status."""

SPEAKERS = 100_000
"""How many source addresses are remembered with the number they stand for."""


class UssdGateway(Protocol):
    """The gateway's side for dialogues (`gateway.Gateway`)."""

    async def ussd(self, request: MobileOriginated) -> None: ...


class HandsetsRole:
    """One handler for all binds of all accounts with role handsets (`roles.RoleHandler`)."""

    def __init__(
        self,
        gateway: UssdGateway,
        short_messages: ShortMessages,
        *,
        lanes: Lanes,
        ids: Ids,
        clock: Clock,
        plan: NumberingPlan,
        binds: Binds,
        delivery: TextDelivery,
        screens: Mapping[str, SmppScreens],
        dialects: Mapping[str, Dialect],
        dialogues: DialogueStore,
        no_dialogue_status: int = CommandStatus.ROK,
        absent_status: int = 0x41B,
    ) -> None:
        """`screens` and `dialects` by system_id.

        `no_dialogue_status` refuses an answer to a dialogue that is gone; with ESME_ROK the answer is
        accepted and the phone shown a last screen that says so.  `absent_status` refuses what comes from a
        phone that the network has lost (`phone_states`).
        """
        self._gateway = gateway
        self._short_messages = short_messages
        self._lanes = lanes
        self._ids = ids
        self._clock = clock
        self._plan = plan
        self._binds = binds
        self._delivery = delivery
        self._screens = screens
        self._dialects = dialects
        self._dialogues = dialogues
        self._no_dialogue_status = no_dialogue_status
        self._absent_status = absent_status
        # The same phones speak again and again: reading their numbers once saves a tenth of a step.
        self._speaker = lru_cache(SPEAKERS)(self._read_speaker)

    def bound(self, link: Link) -> None:
        if link.receiving and link.account is not None:
            self._binds.add(link)
            self._screens[link.account.system_id].bound(link)
            self._delivery.bound(link)

    def unbound(self, link: Link) -> None:
        self._binds.remove(link)
        self._delivery.unbound(link)

    def request(self, link: Link, request: Pdu) -> None:
        if type(request) is SubmitSm or type(request) is DataSm:
            self._submit(link, request)
        else:
            link.refuse(request, NOT_FOR_PHONES.get(type(request), CommandStatus.RINVCMDID))

    def _submit(self, link: Link, request: Submit) -> None:
        """Check, tell USSD from SMS, answer or have it answered."""
        account = link.account
        assert account is not None
        status = submit_fault(request, link.version)
        if status:
            link.refuse(request, status)
            return
        msisdn = self._speaker(account, request.source_addr)
        if msisdn is None:
            link.refuse(request, CommandStatus.RINVSRCADR)
            return
        if self._delivery.states.away(msisdn):
            link.refuse(request, self._absent_status)
            return
        try:
            primitive = self._dialects[account.system_id].read(request, msisdn, account.access)
        except PduError as error:
            link.refuse(request, error.command_status)
            return
        if primitive is None:
            self._sms(link, request, msisdn)
        elif type(primitive) is Begin and not primitive.dialled:
            link.refuse(request, CommandStatus.RINVDSTADR)
        else:
            self._ussd(link, request, primitive)

    def _read_speaker(self, account: SmppAccount, source_addr: str) -> str | None:
        """The number in E.164 digits if the account may speak for it."""
        msisdn = self._plan.parse(source_addr)
        return msisdn if msisdn is not None and msisdn in account.msisdns else None

    def _ussd(self, link: Link, request: Submit, primitive: MobileOriginated) -> None:
        msisdn = primitive.msisdn
        if not self._lanes.has_room(msisdn):
            link.refuse(request, CommandStatus.RTHROTTLED)
            return
        self._binds.used(msisdn, link)
        if self._no_dialogue_status and type(primitive) is Continue:
            self._lanes.run(msisdn, self._answer_strictly(link, request, primitive))
            return
        try:
            message_id = self._ids.message_id()
        except StoreUnavailable:
            link.refuse(request, CommandStatus.RMSGQFUL)
            return
        accept(link, request, message_id)
        self._lanes.run(msisdn, self._gateway.ussd(primitive))

    async def _answer_strictly(self, link: Link, request: Submit, primitive: Continue) -> None:
        """Look for the dialogue before the submit is answered."""
        try:
            dialogue = await self._dialogues.get(primitive.msisdn)
            message_id = self._ids.message_id()
        except StoreUnavailable:
            link.refuse(request, CommandStatus.RMSGQFUL)
            return
        if dialogue is None or dialogue.expired(self._clock.now_ms()):
            link.refuse(request, self._no_dialogue_status)
            return
        accept(link, request, message_id)
        await self._gateway.ussd(primitive)

    def _sms(self, link: Link, request: Submit, msisdn: str) -> None:
        destination = request.destination_addr.removeprefix("+")
        if not destination.isascii() or not destination.isdigit():
            link.refuse(request, CommandStatus.RINVDSTADR)
            return
        self._binds.used(msisdn, link)
        self._short_messages.take(link, request, msisdn, msisdn, destination)
