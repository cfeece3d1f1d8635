"""A short message submitted over SMPP -> the gateway, and the answer only when it is safe.

ESME_ROK means that the message is stored with all it caused; before that nobody hears of it.  Parts of a
long message are each acknowledged as they arrive and wait in memory; the last one answers for all.
"""

from collections.abc import Callable
from typing import Protocol

import structlog

from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.link import Link
from ussd_gateway.clock import Clock
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.ports import Ids, MoSms, SmsAccepted, SmsResult
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import DataSm, DataSmResp, SubmitSm, SubmitSmResp
from ussd_gateway.sms.concat import PartKey, Piece, Reassembler, read_piece

Submit = SubmitSm | DataSm

log = structlog.get_logger(__name__)


class SmsGateway(Protocol):
    """The gateway's side for short messages (`gateway.Gateway`)."""

    async def sms(self, message: MoSms) -> SmsResult: ...


def accept(link: Link, request: Submit, message_id: int) -> None:
    """Answer a submit_sm or data_sm with ESME_ROK and the id, in the form this link's version can carry.

    An id is decimal; a 3.3 peer takes no more than 8 characters and gets 8 hexadecimal ones (SMPP 3.4 §3.4).
    """
    text = f"{message_id:08X}" if link.short_ids else str(message_id)
    if type(request) is SubmitSm:
        link.respond(request, SubmitSmResp(message_id=text))
    else:
        link.respond(request, DataSmResp(message_id=text))


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
    ) -> None:
        """`refused_status` gives the command_status for the reason of a gateway's refusal."""
        self._gateway = gateway
        self._lanes = lanes
        self._ids = ids
        self._clock = clock
        self._reassembler = reassembler
        self._refused_status = refused_status
        self._uncommitted = _Uncommitted()

    def take(self, link: Link, request: Submit, lane: str, source: str, destination: str) -> None:
        """Take one submit of `source` to `destination`, both normalised; `lane` orders it."""
        if not self._lanes.has_room(lane):
            link.refuse(request, CommandStatus.RTHROTTLED)
            return
        try:
            message_id = self._ids.message_id()
        except StoreUnavailable:
            link.refuse(request, CommandStatus.RMSGQFUL)
            return
        assert link.account is not None
        access = link.account.access
        piece, now_ms = read_piece(request), self._clock.now_ms()
        text = self._uncommitted.take(access, piece, now_ms)
        if text is None:
            text = self._reassembler.add(access, piece, now_ms)
        if text is None:
            accept(link, request, message_id)
            return
        message = MoSms(message_id, source, destination, text, access)
        self._lanes.run(lane, self._submit(link, request, message, piece))

    async def _submit(self, link: Link, request: Submit, message: MoSms, piece: Piece) -> None:
        try:
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
                accept(link, request, message.message_id)
            else:
                link.refuse(request, self._refused_status(result.reason))


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
