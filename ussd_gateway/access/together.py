"""A gateway beside others on one store: what the pieces in `access/` need of each other for that.

exchange    who else lives, what they take; parcels to and fro
neighbours  behind which gateway a phone is
delivery    messages: each phone is one gateway's at a time
far         screens for phones behind other gateways
applications  what phones here do, for applications bound to other gateways
"""

from binascii import crc32
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ussd_gateway.access.binds import Binds
from ussd_gateway.access.far_applications import FarApplications
from ussd_gateway.access.far_screens import FarScreens
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.neighbours import Neighbours
from ussd_gateway.access.phones import Phones
from ussd_gateway.access.scheduler import Scheduler
from ussd_gateway.access.shared_delivery import SharedDelivery
from ussd_gateway.access.smpp_screens import SmppScreens
from ussd_gateway.billing.store import Store
from ussd_gateway.clock import Clock
from ussd_gateway.exchange import Exchange, Parcel, Reach
from ussd_gateway.phone_states import PhoneState


class Together:
    """One gateway among several."""

    def __init__(self, exchange: Exchange, binds: Binds, clock: Clock) -> None:
        self.exchange = exchange
        self._binds = binds
        self._clock = clock
        self._lanes = Lanes()
        self._phones: Phones | None = None
        self._screens: list[SmppScreens] = []
        self._neighbours = Neighbours(exchange, binds, clock, self._numbers)
        self._far = FarScreens(exchange, self._neighbours, binds, self._lanes)
        self.on_push: Callable[[str, Mapping[str, str]], None] = lambda msisdn, what: None
        """Told what phones of other gateways made of pushes."""
        self.applications: FarApplications | None = None
        """The way to applications bound to other gateways, once applications may bind here."""
        exchange.on_beat = self._beat
        binds.on_heard = exchange.heard

    def delivery(
        self, store: Store, scheduler: Scheduler, *, retry_s: Sequence[float], **options: Any
    ) -> SharedDelivery:
        """The delivery of this gateway."""
        self._delivery = SharedDelivery(
            store,
            scheduler,
            self._clock,
            self._binds,
            exchange=self.exchange,
            neighbours=self._neighbours,
            retry_s=retry_s,
            **options,
        )
        self._delivery.states.tell = self._tell_of_phone
        return self._delivery

    def connect(self, phones: Phones, screens: Iterable[SmppScreens] = ()) -> None:
        """Let screens go to other gateways, and theirs come to these phones."""
        self._phones = phones
        self._screens += screens
        phones.far = self._far
        self._far.show = phones.show

    async def start(self) -> None:
        """Make ourselves known; StoreUnavailable."""
        await self.exchange.start(self._reach, self._receive)

    async def stop(self) -> None:
        """Send what is on its way, and take our leave."""
        await self._lanes.drain()
        await self.exchange.stop()

    def tell_of_push(self, msisdn: str, what: Mapping[str, str]) -> None:
        """What a phone made of a push: to all, since whoever asked for it is one of them."""
        for gateway in self.exchange.others:
            self.exchange.send(gateway, Parcel("push", msisdn, what))

    def _tell_of_phone(self, msisdn: str, state: PhoneState) -> None:
        for gateway in self.exchange.others:
            self.exchange.send(gateway, Parcel("phone", msisdn, {"state": state}))

    def share(self, number: str) -> bool:
        """Whether what time brings to this account is ours to do: each gateway has its share of the numbers.

        Two gateways may be of different opinion for a beat; what both begin happens once, by its key.
        """
        names = sorted([self.exchange.id, *self.exchange.others])
        return self.exchange.sure() and names[crc32(number.encode()) % len(names)] == self.exchange.id

    def _numbers(self) -> Iterable[tuple[str, str]]:
        return () if self._phones is None else self._phones.numbers()

    def _reach(self) -> Sequence[Reach]:
        applications = self.applications.reach() if self.applications is not None else []
        return [*self._neighbours.reach(), *applications]

    def _receive(self, parcel: Parcel) -> None:
        match parcel.kind:
            case "application" if self.applications is not None:
                self.applications.receive(parcel)
            case "look":
                self._delivery.look(parcel.msisdn, parcel.body["hops"])
            case "screen":
                self._far.receive(parcel)
            case "push":
                self.on_push(parcel.msisdn, parcel.body)
            case "recall":
                self._delivery.recalled(parcel.msisdn, parcel.body["id"])
            case "phone":
                self._delivery.states.told(parcel.msisdn, parcel.body["state"])
            case "left":
                self.exchange.left(parcel.msisdn, parcel.body["at_ms"])

    def _beat(self) -> None:
        """Other gateways may have other binds now: screens that wait here may have a way there."""
        self._neighbours.learn()
        self._delivery.on_reachable(None)
        if self._phones is None:
            return
        for screens in self._screens:
            for dialogue, primitive in screens.take_back(self._has_way):
                self._phones.screen(dialogue, primitive)

    def _has_way(self, msisdn: str, access: str) -> bool:
        return bool(self._neighbours.elsewhere(msisdn, access))
