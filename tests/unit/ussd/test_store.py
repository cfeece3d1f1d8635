"""The dialogue store's promises over memory and Redis, and the heap of deadlines."""

import tracemalloc
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.errors import Conflict
from ussd_gateway.storage import open_dialogues, open_store
from ussd_gateway.storage.dialogues_memory import MemoryDialogueStore
from ussd_gateway.ussd.dialogue import Dialogue, DialogueTimers, open_dialogue
from ussd_gateway.ussd.store import CLAIM_MS, Deadlines, DialogueStore

TIMERS = DialogueTimers()
MSISDN = "79261234567"


def dialogue(msisdn=MSISDN, dialogue_id="d1", now_ms=0) -> Dialogue:
    return open_dialogue(
        dialogue_id,
        msisdn,
        "*105#",
        access="smpp:handset",
        session_info=b"\x00\x02",
        position={"screen": "root"},
        now_ms=now_ms,
        timers=TIMERS,
    )


@pytest.fixture(params=["memory", "redis"])
async def store(request) -> AsyncIterator[DialogueStore]:
    url = "memory://"
    if request.param == "redis":
        running = request.getfixturevalue("redis_server")
        running.flush()
        url = running.url
    accounts = open_store(url)
    await accounts.open()
    yield open_dialogues(accounts)
    await accounts.close()


async def test_a_saved_dialogue_is_found_until_it_is_removed(store):
    one = dialogue()
    await store.save(one)
    assert one.version == 1
    assert await store.get(MSISDN) == one
    assert await store.count() == 1
    assert await store.remove(one)
    assert await store.get(MSISDN) is None
    assert await store.count() == 0
    assert not await store.remove(one)


async def test_a_second_dialogue_cannot_take_the_place_of_the_first(store):
    await store.save(dialogue(dialogue_id="first"))
    with pytest.raises(Conflict, match="overtaken by first"):
        await store.save(dialogue(dialogue_id="second"))


async def test_a_late_save_is_refused(store):
    one = dialogue()
    await store.save(one)
    late = dialogue()
    late.version = 1
    one.step = 1
    await store.save(one)
    with pytest.raises(Conflict):
        await store.save(late)


async def test_a_removed_dialogue_cannot_be_saved_again(store):
    one = dialogue()
    await store.save(one)
    await store.remove(one)
    with pytest.raises(Conflict, match="no longer stored"):
        await store.save(one)


async def test_removing_an_old_dialogue_leaves_the_new_one(store):
    old, new = dialogue(dialogue_id="old"), dialogue(dialogue_id="new")
    await store.save(old)
    await store.remove(old)
    await store.save(new)
    assert not await store.remove(old)
    assert await store.get(MSISDN) == new


async def test_expired_dialogues_come_up_earliest_first_and_again_until_removed(store):
    first, second = dialogue("79260000001", "a", now_ms=0), dialogue("79260000002", "b", now_ms=1_000)
    await store.save(second)
    await store.save(first)
    assert await store.due(179_999, 10) == []
    assert await store.due(181_000, 1) == [first]
    assert await store.due(181_000, 10) == [second]
    assert await store.due(181_000, 10) == []
    await store.remove(first)
    assert await store.due(181_000 + CLAIM_MS, 10) == [second]


async def test_a_step_postpones_the_deadline(store):
    one = dialogue()
    await store.save(one)
    one.wait_for_answer(100_000, TIMERS)
    await store.save(one)
    assert await store.due(279_999, 10) == []
    assert await store.due(280_000, 10) == [one]


async def test_a_deadline_that_comes_nearer_is_kept_for_an_application(store):
    one = dialogue()
    await store.save(one)
    one.state, one.answer_by_ms = "application", 5_000
    await store.save(one)
    assert [each.id for each in await store.due(5_000, 10)] == [one.id]


async def test_an_open_dialogue_costs_well_under_two_kilobytes():
    store = MemoryDialogueStore()
    tracemalloc.start()
    for number in range(5_000):
        one = open_dialogue(
            f"d{number:016x}",
            f"7926{number:07d}",
            "*105#",
            access="smpp:handset",
            session_info=number.to_bytes(2, "big"),
            position=None,
            now_ms=1_780_000_000_000 + number,
            timers=TIMERS,
        )
        await store.save(one)
    per_dialogue = tracemalloc.get_traced_memory()[0] / 5_000
    tracemalloc.stop()
    assert per_dialogue < 1_000


instants = st.integers(0, 8_000)
beginning = st.tuples(st.just("begin"), st.sampled_from("abcd"), instants)
postponing = st.tuples(st.just("postpone"), st.sampled_from("abcd"), instants)
ending = st.tuples(st.just("end"), st.sampled_from("abcd"), st.just(0))
looking = st.tuples(st.just("due"), st.just(""), instants)


@given(st.lists(st.one_of(beginning, postponing, ending, looking), max_size=60), st.integers(1, 4))
def test_deadlines_agree_with_a_plain_dictionary(operations, limit):
    plain = dict[str, int]()
    deadlines = Deadlines(plain.keys, plain.get)
    for operation, key, instant in operations:
        if operation == "begin":
            plain[key] = instant
            deadlines.watch(key, instant)
        elif operation == "postpone" and key in plain:
            plain[key] += instant
        elif operation == "end":
            plain.pop(key, None)
        elif operation == "due":
            expected = sorted((at, key) for key, at in plain.items() if at <= instant)
            found = [(plain[key], key) for key in deadlines.due(instant, limit)]
            assert len(found) == min(limit, len(expected))
            assert len(set(found)) == len(found)
            assert set(found) <= set(expected)
            for _, key in found:
                del plain[key]


def test_a_key_begun_anew_comes_up_once():
    plain = {"a": 100}
    deadlines = Deadlines(plain.keys, plain.get)
    deadlines.watch("a", 100)
    plain["a"] = 5_000
    deadlines.watch("a", 5_000)
    assert deadlines.due(8_000, 10) == ["a"]


def test_a_postponed_key_keeps_one_entry_and_the_dead_are_swept():
    plain = {"busy": 0}
    deadlines = Deadlines(plain.keys, plain.get)
    deadlines.watch("busy", 0)
    for instant in range(0, 1_000_000, 100):
        plain["busy"] = instant + 1
        assert deadlines.due(instant, 10) == []
    assert deadlines.entries == 1
    for number in range(10_000):
        plain[f"k{number}"] = number
        deadlines.watch(f"k{number}", number)
        del plain[f"k{number}"]
    assert deadlines.entries < 1_100


async def test_some_are_shown(store):
    for number in range(5):
        await store.save(dialogue(f"7926000000{number}", f"d{number}", now_ms=number))
    found = await store.some(3)
    assert [each.msisdn for each in found] == ["79260000004", "79260000003", "79260000002"]
    assert found[0].id == "d4"
    assert len(await store.some(100)) == 5
