"""Screens for phones behind other gateways: to where the phone last spoke, else to a bind that takes it.

Most screens answer what a phone has just said to us and never come here.  Those that do belong to dialogues
that we ended for a gateway that died, to pushes asked of us, or to a phone that has moved meanwhile.  They
go as parcels, which may be lost: a dialogue is talk, not post.
"""

from collections.abc import Callable

import structlog

from ussd_gateway.access.binds import Binds
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.neighbours import Neighbours
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.exchange import Exchange, Parcel
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.primitives import Ask, End, MobileTerminated, Notify

SMPP = "smpp:"
MOST_HOPS = 3
"""Gateways one after another that may pass a screen on; their knowledge of each other is a beat old."""
_KINDS: dict[str, type[MobileTerminated]] = {"ask": Ask, "end": End, "notify": Notify}
_NAMES = {kind: name for name, kind in _KINDS.items()}

log = structlog.get_logger(__name__)

Show = Callable[[Dialogue, MobileTerminated], None]


class FarScreens:
    """Sends screens to other gateways, and shows what comes from them."""

    def __init__(self, exchange: Exchange, neighbours: Neighbours, binds: Binds, lanes: Lanes) -> None:
        """`lanes` keep the screens of one phone in order."""
        self._exchange = exchange
        self._neighbours = neighbours
        self._binds = binds
        self._lanes = lanes
        self.show: Show = lambda dialogue, primitive: None
        """Shows a screen on a phone of ours, or keeps it for the next bind."""

    def concerns(self, dialogue: Dialogue) -> bool:
        """Whether the phone may well be behind another gateway."""
        exchange = self._exchange
        if not exchange.others:
            return False
        return not (exchange.is_here(dialogue.msisdn) and self._reached(dialogue))

    def send(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
        """To the gateway that has the phone; here when there is none."""
        copy = _copy(dialogue)
        self._lanes.run(dialogue.msisdn, self._send(copy, primitive))

    async def _send(self, dialogue: Dialogue, primitive: MobileTerminated, hops: int = 0) -> None:
        gateway = await self._gateway_of(dialogue)
        if gateway is None or gateway == self._exchange.id:
            self.show(dialogue, primitive)
            return
        body = {
            "kind": _NAMES[type(primitive)],
            "text": primitive.text,
            "id": dialogue.id,
            "service_code": dialogue.service_code,
            "access": dialogue.access,
            "session_info": dialogue.session_info.hex(),
            "step": dialogue.step,
            "hops": hops,
        }
        self._exchange.send(gateway, Parcel("screen", dialogue.msisdn, body))

    async def _gateway_of(self, dialogue: Dialogue) -> str | None:
        msisdn, access = dialogue.msisdn, dialogue.access
        try:
            where = await self._exchange.where(msisdn)
        except StoreUnavailable as error:
            log.warning("not known where the phone is", dialogue=dialogue.id, reason=str(error))
            return None
        if not access.startswith(SMPP):
            return where
        takers = list(self._neighbours.elsewhere(msisdn, access))
        if self._reached(dialogue):
            takers.insert(0, self._exchange.id)
        if where in takers:
            return where
        return takers[0] if takers else None

    def _reached(self, dialogue: Dialogue) -> bool:
        """Whether a bind of ours takes the screen now."""
        if not dialogue.access.startswith(SMPP):
            return True
        return self._binds.choose(dialogue.msisdn, dialogue.access.removeprefix(SMPP)) is not None

    def receive(self, parcel: Parcel) -> None:
        """A screen from another gateway, which saw the phone here."""
        body = parcel.body
        dialogue = Dialogue(
            body["id"],
            parcel.msisdn,
            body["service_code"],
            body["access"],
            bytes.fromhex(body["session_info"]),
            None,
            0,
            0,
            0,
            body["step"],
        )
        primitive = _KINDS[body["kind"]](body["text"])
        hops = body["hops"]
        if hops < MOST_HOPS and not self._reached(dialogue):
            self._lanes.run(dialogue.msisdn, self._send(dialogue, primitive, hops + 1))
        else:
            self.show(dialogue, primitive)


def _copy(dialogue: Dialogue) -> Dialogue:
    """As it is now; the step that goes on may change it."""
    return Dialogue(
        dialogue.id,
        dialogue.msisdn,
        dialogue.service_code,
        dialogue.access,
        dialogue.session_info,
        None,
        dialogue.started_ms,
        dialogue.answer_by_ms,
        dialogue.ends_by_ms,
        dialogue.step,
    )
