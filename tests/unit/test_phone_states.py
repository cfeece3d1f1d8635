"""The network state of phones: remembered by the store, told to whoever listens, the same for everybody."""

import pytest

from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.phone_states import PHONE_STATES, PhoneState, PhoneStates
from ussd_gateway.storage.memory import MemoryStore

ANNA = "79261234567"
BORIS = "79031112233"


class Store(MemoryStore):
    """Can fail, and can be overtaken."""

    down = False
    meanwhile: tuple[PhoneStates, str, PhoneState] | None = None

    async def phone_states(self) -> dict[str, str]:
        found = await super().phone_states()
        if self.meanwhile is not None:
            states, msisdn, state = self.meanwhile
            self.meanwhile = None
            await states.switch(msisdn, state)
        return found

    async def set_phone_state(self, msisdn: str, state: str | None) -> None:
        if self.down:
            raise StoreUnavailable("down")
        await super().set_phone_state(msisdn, state)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def states(store: Store) -> PhoneStates:
    return PhoneStates(store)


@pytest.mark.parametrize(
    "state, away, takes_texts, error",
    [
        ("on", False, True, 27),
        ("off", True, False, 27),
        ("out_of_coverage", True, False, 27),
        ("memory_full", False, False, 32),
    ],
)
async def test_what_each_state_means(
    states: PhoneStates, state: PhoneState, away: bool, takes_texts: bool, error: int
) -> None:
    await states.switch(ANNA, state)
    assert states.of(ANNA) == state
    assert (states.away(ANNA), states.takes_texts(ANNA), states.error(ANNA)) == (away, takes_texts, error)
    assert (states.of(BORIS), states.away(BORIS), states.takes_texts(BORIS)) == ("on", False, True)


async def test_another_run_finds_them(store: Store, states: PhoneStates) -> None:
    for msisdn, state in zip(("1", "2", "3", "4"), PHONE_STATES, strict=True):
        await states.switch(msisdn, state)
    await states.switch("2", "on")
    later = PhoneStates(store)
    await later.load()
    assert [later.of(msisdn) for msisdn in "1234"] == ["on", "on", "out_of_coverage", "memory_full"]
    assert await store.phone_states() == {"3": "out_of_coverage", "4": "memory_full"}


async def test_listeners_hear_changes_and_nothing_else(states: PhoneStates) -> None:
    heard: list[tuple[str, PhoneState]] = []
    told: list[tuple[str, PhoneState]] = []
    states.listen(lambda msisdn, state: heard.append((msisdn, state)))
    states.tell = lambda msisdn, state: told.append((msisdn, state))
    await states.switch(ANNA, "on")
    await states.switch(ANNA, "off")
    await states.switch(ANNA, "off")
    states.told(ANNA, "memory_full")
    states.told(ANNA, "memory_full")
    assert heard == [(ANNA, "off"), (ANNA, "memory_full")]
    # The others are told all that was asked of us, and nothing that they told us.
    assert told == [(ANNA, "on"), (ANNA, "off"), (ANNA, "off")]


async def test_what_the_store_does_not_take_has_not_happened(store: Store, states: PhoneStates) -> None:
    store.down = True
    with pytest.raises(StoreUnavailable):
        await states.switch(ANNA, "off")
    assert states.of(ANNA) == "on"


async def test_a_look_at_the_store_finds_what_others_changed(store: Store, states: PhoneStates) -> None:
    heard: list[tuple[str, PhoneState]] = []
    await states.switch(ANNA, "off")
    states.listen(lambda msisdn, state: heard.append((msisdn, state)))
    other = PhoneStates(store)
    await other.load()
    await other.switch(ANNA, "on")
    await other.switch(BORIS, "memory_full")
    await states.load()
    assert sorted(heard) == [(BORIS, "memory_full"), (ANNA, "on")]


async def test_a_look_that_a_change_overtook_undoes_nothing(store: Store, states: PhoneStates) -> None:
    store.meanwhile = (states, ANNA, "off")
    await states.load()
    assert states.of(ANNA) == "off"


async def test_a_state_of_a_later_version_counts_as_on(store: Store, states: PhoneStates) -> None:
    await store.set_phone_state(ANNA, "in_flight_mode")
    await states.load()
    assert states.of(ANNA) == "on"
