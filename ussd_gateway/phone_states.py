"""The network state of each phone: what an operator's centre would learn of it from the radio network.

    on               reached as far as somebody stands for it: a bind, a program, a page
    off              cannot be reached and cannot ask: absent subscriber (3GPP TS 29.002 §17.6.6, error 27)
    out_of_coverage  the same; only its own screen could tell the difference
    memory_full      talks USSD, but takes no short message (3GPP TS 23.040 §3.2.8: memory capacity exceeded)

A phone of which nobody said anything is on.  The states lie in the store, so they outlive the gateway and are
the same for all gateways beside each other.
"""

from collections.abc import Callable
from typing import Literal, get_args

from ussd_gateway.billing.store import Store

PhoneState = Literal["on", "off", "out_of_coverage", "memory_full"]
PHONE_STATES: tuple[PhoneState, ...] = get_args(PhoneState)

AWAY: frozenset[PhoneState] = frozenset({"off", "out_of_coverage"})
"""States of a phone that the network cannot reach at all."""

ABSENT_SUBSCRIBER = 27
SM_DELIVERY_FAILURE = 32
"""MAP errors (3GPP TS 29.002 §17.6.6): the codes of `network_error_code` in receipts."""


Listener = Callable[[str, PhoneState], None]
"""Told the number of a phone and the state it is in now."""


class PhoneStates:
    """All phones that are not simply on; `load` before the first question."""

    def __init__(self, store: Store) -> None:
        self.tell: Callable[[str, PhoneState], None] = lambda msisdn, state: None
        """Tells the gateways beside us."""
        self._store = store
        self._states: dict[str, PhoneState] = {}
        self._changes = 0
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Tell it each change, ours or another gateway's."""
        self._listeners.append(listener)

    async def load(self) -> None:
        """Learn what the store remembers, and what other gateways changed since; StoreUnavailable."""
        changes = self._changes
        stored = await self._store.phone_states()
        if changes != self._changes:
            return  # a change overtook the look: the next one sees both
        states = {msisdn: state for msisdn, state in stored.items() if state in PHONE_STATES}
        for msisdn in self._states.keys() | states.keys():
            self._become(msisdn, states.get(msisdn, "on"))

    def of(self, msisdn: str) -> PhoneState:
        """The state of a phone."""
        return self._states.get(msisdn, "on")

    def away(self, msisdn: str) -> bool:
        """Whether the network cannot reach the phone, nor the phone the network."""
        return self._states.get(msisdn) in AWAY

    def takes_texts(self, msisdn: str) -> bool:
        """Whether short messages can be given to the phone."""
        return msisdn not in self._states

    def error(self, msisdn: str) -> int:
        """The MAP error that a delivery to the phone fails with while nobody takes it."""
        return SM_DELIVERY_FAILURE if self.of(msisdn) == "memory_full" else ABSENT_SUBSCRIBER

    async def switch(self, msisdn: str, state: PhoneState) -> None:
        """The phone is in this state from now on; StoreUnavailable leaves it as it was."""
        await self._store.set_phone_state(msisdn, None if state == "on" else state)
        self._changes += 1
        self._become(msisdn, state)
        self.tell(msisdn, state)

    def told(self, msisdn: str, state: PhoneState) -> None:
        """Another gateway has switched the phone."""
        self._changes += 1
        self._become(msisdn, state)

    def _become(self, msisdn: str, state: PhoneState) -> None:
        if state == self.of(msisdn):
            return
        if state == "on":
            del self._states[msisdn]
        else:
            self._states[msisdn] = state
        for listener in self._listeners:
            listener(msisdn, state)
