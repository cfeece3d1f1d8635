"""Applications that are bound to other gateways on the same store: what phones here do reaches them there.

    phone -> its gateway -> parcel -> the gateway that has the application -> deliver_sm

The way back needs none: what an application says goes into the dialogue, which the gateways share, and its
screen finds the phone by itself (`far_screens`).  A parcel may be lost; then the application's timer decides.
"""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from ussd_gateway.access.application_binds import ApplicationBinds
from ussd_gateway.access.binds import Takes, address_range
from ussd_gateway.applications import serving
from ussd_gateway.exchange import Exchange, Parcel, Reach
from ussd_gateway.smpp.codec import decode, encode
from ussd_gateway.smpp.pdus import Pdu
from ussd_gateway.ussd.dialogue import Dialogue

_ACCESS = "application:"

Deed = Literal["tell", "answer", "over"]
"""What a parcel is about: something the phone did, its answer to a question, the end of the dialogue."""


class Here(Protocol):
    """An application as the gateway has it that it is bound to (`application_dialogues.SmppApplication`)."""

    def told(self, dialogue: Dialogue, request: Pdu | None, deed: Deed) -> None:
        """Another gateway has something for it."""
        ...


class FarApplications:
    """One gateway's knowledge of the applications bound to the others, and the way to them."""

    def __init__(self, exchange: Exchange, binds: ApplicationBinds) -> None:
        self._exchange = exchange
        self._binds = binds
        self._here: Mapping[str, Here] = {}
        self._ranges: dict[str, Takes] = {}
        self._turn = 0
        binds.on_changed = exchange.reach_changed

    @property
    def id(self) -> str:
        """Our own name among the gateways."""
        return self._exchange.id

    def connect(self, here: Mapping[str, Here]) -> None:
        """The applications that may bind here, by system_id: parcels are for them."""
        self._here = here

    def reach(self) -> list[Reach]:
        """What is bound here, for the other gateways."""
        return [Reach(_ACCESS + system_id, (), range_, 0) for system_id, range_ in self._binds.ranges()]

    def choose(self, system_id: str, code: str, preferred: str = "") -> str | None:
        """A gateway to which the application is bound for this code: the preferred one, else each in turn."""
        digits, access = code.strip("*#"), _ACCESS + system_id
        takers = [
            gateway
            for gateway, reaches in self._exchange.others.items()
            if any(each.access == access and self._takes(each.address_range)(digits) for each in reaches)
        ]
        if not takers or preferred in takers:
            return preferred if takers else None
        self._turn += 1
        return sorted(takers)[self._turn % len(takers)]

    def parcel(self, system_id: str, dialogue: Dialogue, request: Pdu | None, deed: Deed) -> Parcel:
        """What another gateway must know to tell the application; as things stand now."""
        body: dict[str, Any] = {
            "account": system_id,
            "deed": deed,
            "pdu": encode(request).hex() if request is not None else "",
            "id": dialogue.id,
            "service_code": dialogue.service_code,
            "access": dialogue.access,
            "started_ms": dialogue.started_ms,
            "position": dict(serving(dialogue)),
        }
        return Parcel("application", dialogue.msisdn, body)

    def send(self, gateway: str, parcel: Parcel) -> None:
        """On its way."""
        self._exchange.send(gateway, parcel)

    def receive(self, parcel: Parcel) -> None:
        """From a gateway whose phone has done something."""
        body = parcel.body
        application = self._here.get(body["account"])
        if application is None:
            return
        dialogue = Dialogue(
            body["id"],
            parcel.msisdn,
            body["service_code"],
            body["access"],
            b"",
            body["position"],
            body["started_ms"],
            0,
            0,
            state="application",
        )
        request = decode(bytes.fromhex(body["pdu"])) if body["pdu"] else None
        application.told(dialogue, request, body["deed"])

    def _takes(self, range_: str) -> Takes:
        takes = self._ranges.get(range_)
        if takes is None:
            takes = self._ranges[range_] = address_range(range_)
        return takes
