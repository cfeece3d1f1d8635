"""A short message submitted over SMPP -> the gateway, and the answer only when it is safe.

ESME_ROK means that the message is stored with all it caused; before that nobody hears of it.  Parts of a
long message are each acknowledged as they arrive and wait in memory; the last one answers for all.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from ussd_gateway.access.asked import Validity, asked, asks_nothing, text_of
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.link import Link
from ussd_gateway.clock import Clock
from ussd_gateway.errors import PduError, StoreUnavailable
from ussd_gateway.ports import Ids, MoSms, SmsAccepted, SmsResult
from ussd_gateway.smpp.constants import CommandStatus, EsmClass, RegisteredDelivery
from ussd_gateway.smpp.pdus import DataSm, DataSmResp, SubmitSm, SubmitSmResp
from ussd_gateway.smpp.text import Alphabet
from ussd_gateway.smpp.tlvs import DPF_RESULT, SET_DPF
from ussd_gateway.sms.concat import PartKey, Piece, Reassembler, read_piece
from ussd_gateway.terms import Terms

Submit = SubmitSm | DataSm

log = structlog.get_logger(__name__)


class SmsGateway(Protocol):
    """The gateway's side for short messages (`gateway.Gateway`)."""

    async def sms(self, message: MoSms) -> SmsResult: ...


def accept(link: Link, request: Submit, message_id: int, *, flagged: bool = False) -> None:
    """Answer a submit_sm or data_sm with ESME_ROK and the id, in the form this link's version can carry.

    An id is decimal; a 3.3 peer takes no more than 8 characters and gets 8 hexadecimal ones (SMPP 3.4 §3.4).
    A data_sm with set_dpf hears whether the delivery pending flag is set (`flagged`, §4.7.2).
    """
    text = f"{message_id:08X}" if link.short_ids else str(message_id)
    if type(request) is SubmitSm:
        link.respond(request, SubmitSmResp(message_id=text))
    else:
        dpf = [DPF_RESULT(int(flagged))] if SET_DPF.get(request) is not None else []
        link.respond(request, DataSmResp(message_id=text, tlvs=dpf))


class ShortMessages:
    """Joins parts, hands whole messages to the gateway, answers each submit once."""

    def __init__(
        self,
        gateway: SmsGateway,
        lanes: Lanes,
        ids: Ids,
        clock: Clock,
        reassembler: Reassembler,
        refused_status: Callable[[str], int],
        *,
        validity: Validity | None = None,
        joins: Callable[[str], bool] = lambda destination: True,
    ) -> None:
        """`refused_status` gives the command_status for the reason of a gateway's refusal; `joins` says
        whether parts of a long message to this number are joined."""
        self._gateway = gateway
        self._lanes = lanes
        self._ids = ids
        self._clock = clock
        self._reassembler = reassembler
        self._refused_status = refused_status
        self._validity = validity or Validity()
        self._joins = joins
        self._uncommitted = _Uncommitted()
        self.replace_waiting: Callable[[MoSms], Awaitable[int | None]] | None = None
        """Lets a message take the place of one that waits; the id of that one (`message_desk`)."""
        self.sets_flag: Callable[[str, int | None, str], bool] = lambda system_id, dpf, msisdn: False
        """Whether a message of an application with this set_dpf, to this phone, sets the flag (`alerts`)."""

    def take(self, link: Link, request: Submit, lane: str, source: str, destination: str) -> None:
        """Take one submit of a phone to `destination`, both normalised; `lane` orders it."""
        wants_receipts = request.registered_delivery & (
            RegisteredDelivery.RECEIPT_MASK | RegisteredDelivery.INTERMEDIATE
        )
        try:
            terms, not_before_ms = self._asked(link, request, source if wants_receipts else "")
        except PduError as error:
            link.refuse(request, error.command_status)
            return
        message = self._message(link, request, lane, source, destination)
        if message is None:
            return
        message.terms, message.not_before_ms = terms, not_before_ms
        piece, now_ms = read_piece(request), self._clock.now_ms()
        if not self._joins(destination):
            message.text = text_of(request)
        else:
            text = self._uncommitted.take(message.access, piece, now_ms)
            if text is None:
                text = self._reassembler.add(message.access, piece, now_ms)
            if text is None:
                accept(link, request, message.message_id)
                return
            message.text = text
            if piece.key is not None and terms is not None:
                message.terms = terms._replace(octets=None, esm_class=terms.esm_class & ~EsmClass.UDHI)
        self._lanes.run(lane, self._submit(link, request, message, piece))

    def take_from_application(self, link: Link, request: Submit, source: str, msisdn: str) -> None:
        """Take one submit of an application to a phone: each PDU is a message of its own."""
        assert link.account is not None
        access = link.account.access
        try:
            terms, not_before_ms = asked(
                request, access, self._clock.now_ms(), self._validity, short_id=link.short_ids
            )
        except PduError as error:
            link.refuse(request, error.command_status)
            return
        # What one application sends to one phone is stored in the order it came.
        lane = f"{access} {msisdn}"
        message = self._message(link, request, lane, source, msisdn)
        if message is not None:
            message.text, message.terms, message.not_before_ms = text_of(request), terms, not_before_ms
            self._lanes.run(lane, self._submit(link, request, message, _ALONE))

    def _asked(self, link: Link, request: Submit, origin: str) -> tuple[Terms | None, int]:
        """The terms of a phone's message, which mostly has none."""
        now_ms = self._clock.now_ms()
        if asks_nothing(request):
            return None, now_ms
        return asked(request, origin, now_ms, self._validity, short_id=link.short_ids)

    def _message(self, link: Link, request: Submit, lane: str, source: str, destination: str) -> MoSms | None:
        """The message with its id, still without contents; None: it was refused for want of room or ids."""
        if not self._lanes.has_room(lane):
            link.refuse(request, CommandStatus.RTHROTTLED)
            return None
        try:
            message_id = self._ids.message_id()
        except StoreUnavailable:
            link.refuse(request, CommandStatus.RMSGQFUL)
            return None
        assert link.account is not None
        return MoSms(message_id, source, destination, "", link.account.access)

    async def _submit(self, link: Link, request: Submit, message: MoSms, piece: Piece) -> None:
        try:
            if await self._replaces(link, request, message):
                return
            result = await self._gateway.sms(message)
        except StoreUnavailable as error:
            log.warning("message not stored", message_id=message.message_id, error=str(error))
            self._uncommitted.keep(message.access, piece, message.text, self._clock.now_ms())
            link.refuse(request, CommandStatus.RSYSERR if error.outcome_unknown else CommandStatus.RMSGQFUL)
        except BaseException:
            link.refuse(request, CommandStatus.RSYSERR)
            raise
        else:
            if isinstance(result, SmsAccepted):
                accept(link, request, message.message_id, flagged=self._flagged(message))
            else:
                link.refuse(request, self._refused_status(result.reason))

    def _flagged(self, message: MoSms) -> bool:
        terms = message.terms
        if terms is None or terms.dpf is None:
            return False
        return self.sets_flag(message.access.removeprefix("smpp:"), terms.dpf, message.destination)

    async def _replaces(self, link: Link, request: Submit, message: MoSms) -> bool:
        """Whether it took the place of a waiting message, as it asked, and has been answered."""
        if self.replace_waiting is None or message.terms is None or not message.terms.origin:
            return False
        if type(request) is not SubmitSm or not request.replace_if_present_flag:
            return False
        message_id = await self.replace_waiting(message)
        if message_id is not None:
            accept(link, request, message_id)
        return message_id is not None


_ALONE = Piece(None, 1, Alphabet.OCTETS, b"")


class _Uncommitted:
    """Long messages that were complete when the store failed.

    All their parts but the last have been acknowledged, so the sender will repeat only that one.
    """

    KEEP_MS = 60_000
    MAX = 1000

    def __init__(self) -> None:
        self._texts: dict[tuple[str, PartKey, int], tuple[str, int]] = {}

    def keep(self, access: str, piece: Piece, text: str, now_ms: int) -> None:
        if piece.key is not None:
            if len(self._texts) >= self.MAX:
                del self._texts[next(iter(self._texts))]
            self._texts[access, piece.key, piece.sequence] = (text, now_ms + self.KEEP_MS)

    def take(self, access: str, piece: Piece, now_ms: int) -> str | None:
        """The text that this repeated part completes."""
        if piece.key is None or not self._texts:
            return None
        text, until_ms = self._texts.pop((access, piece.key, piece.sequence), ("", 0))
        return text if now_ms < until_ms else None
