"""Behind which gateway a phone is: our own receiving binds and those of the gateways beside us.

A phone is reached through the gateway it last spoke through, when that has a bind which takes the number;
else through ours, else through the one with the newest such bind.
"""

from collections.abc import Callable, Iterable, Sequence

from ussd_gateway.access.accounts import NumberPatterns
from ussd_gateway.access.binds import Binds, address_range
from ussd_gateway.clock import Clock
from ussd_gateway.exchange import Exchange, Reach


class _Receiver:
    """A receiving bind of another gateway."""

    __slots__ = ("access", "gateway", "numbers", "range", "since_ms")

    def __init__(self, gateway: str, reach: Reach) -> None:
        self.gateway = gateway
        self.access = reach.access
        self.numbers = NumberPatterns(reach.numbers)
        self.range = address_range(reach.address_range)
        self.since_ms = reach.since_ms

    def takes(self, msisdn: str, access: str | None) -> bool:
        return bool(
            (access is None or access == self.access) and msisdn in self.numbers and self.range(msisdn)
        )


class Neighbours:
    """Who takes which number; `phones` gives the numbers and accesses of phones without a bind of ours."""

    def __init__(
        self, exchange: Exchange, binds: Binds, clock: Clock, phones: Callable[[], Iterable[tuple[str, str]]]
    ) -> None:
        self._exchange = exchange
        self._binds = binds
        self._clock = clock
        self._phones = phones
        self._receivers: list[_Receiver] = []
        self._learned: object = None

    def reach(self) -> Sequence[Reach]:
        """What we take, for the others."""
        now_ms = self._clock.now_ms()
        return [
            *self._binds.reach(),
            *(Reach(access, [number], "", now_ms) for access, number in self._phones()),
        ]

    def learn(self) -> None:
        """The others may have changed."""
        if self._exchange.others is self._learned:
            return
        self._learned = self._exchange.others
        receivers = [
            _Receiver(gateway, reach)
            for gateway, reaches in self._exchange.others.items()
            for reach in reaches
        ]
        self._receivers = sorted(receivers, key=lambda receiver: -receiver.since_ms)

    def elsewhere(self, msisdn: str, access: str | None = None) -> Sequence[str]:
        """The other gateways that take the number, the newest bind first."""
        takers = [receiver.gateway for receiver in self._receivers if receiver.takes(msisdn, access)]
        return list(dict.fromkeys(takers))

    def access_elsewhere(self, msisdn: str) -> str | None:
        """The way to the phone at another gateway."""
        return next((each.access for each in self._receivers if each.takes(msisdn, None)), None)
