"""Message ids come from reserved blocks without a gap in service; dialogue ids sort by age."""

import pytest

from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.ids import BLOCK, Ids
from ussd_gateway.storage import open_store


async def test_ids_run_on_over_blocks_while_the_next_one_is_fetched_in_time():
    store = open_store("memory://")
    await store.open()
    asked = []
    ids = Ids(store, boot_tag="b", on_low=lambda: asked.append(True))
    await ids.refill()
    given = []
    for _ in range(3 * BLOCK):
        given.append(ids.message_id())
        if asked:
            asked.clear()
            await ids.refill()
    assert len(set(given)) == len(given)
    assert min(given) == 1
    assert max(given) == 3 * BLOCK


async def test_when_the_store_gives_no_block_ids_run_out_and_say_so_once():
    store = open_store("memory://")
    await store.open()
    asked = []
    ids = Ids(store, boot_tag="b", on_low=lambda: asked.append(True))
    await ids.refill()
    for _ in range(BLOCK):
        ids.message_id()
    with pytest.raises(StoreUnavailable):
        ids.message_id()
    assert asked == [True]
    await ids.refill()
    assert ids.message_id() == BLOCK + 1


async def test_two_processes_on_one_store_never_share_an_id():
    store = open_store("memory://")
    await store.open()
    one, two = (Ids(store, boot_tag=tag, on_low=lambda: None) for tag in "ab")
    await one.refill()
    await two.refill()
    ours, theirs = ({ids.message_id() for _ in range(1000)} for ids in (one, two))
    assert not ours & theirs


def test_dialogue_ids_sort_by_age():
    ids = Ids(open_store("memory://"), boot_tag="b", on_low=lambda: None)
    given = [ids.dialogue_id() for _ in range(300)]
    assert given == sorted(set(given))
