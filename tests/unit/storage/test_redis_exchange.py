"""Gateways on one Redis: one that was counted as dead learns it, whatever was lost on the way."""

import asyncio
from typing import Any

import pytest

from tests.patience import until
from tests.redis_servers import Server
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.storage import RedisSettings, redis_exchange
from ussd_gateway.storage.redis import RedisStore
from ussd_gateway.storage.redis_exchange import RedisExchange
from ussd_gateway.storage.redis_url import parse

LIFE_S = 0.5


async def test_a_lost_answer_does_not_hide_that_we_were_counted_as_dead(
    redis_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_exchange, "LIFE_S", LIFE_S)
    monkeypatch.setattr(redis_exchange, "MARGIN_S", 0.1)
    monkeypatch.setattr(redis_exchange, "BEAT_S", 3600.0)  # beats when it is told to
    redis_server.flush()
    store = RedisStore(parse(redis_server.url), RedisSettings())
    await store.open()
    exchange = RedisExchange(store)
    await exchange.start(lambda: (), lambda parcel: None)
    try:
        before = exchange.id
        await asyncio.sleep(LIFE_S)  # the clock is that of Redis
        run, lost = store.links.run, asyncio.Event()

        async def losing(*args: Any, **options: Any) -> Any:
            await run(*args, **options)
            lost.set()
            raise StoreUnavailable("the answer was lost", outcome_unknown=True)

        monkeypatch.setattr(store.links, "run", losing)
        exchange.reach_changed()
        await lost.wait()
        # Redis counts us as alive again, and has said that we were not; nobody has heard it.
        monkeypatch.setattr(store.links, "run", run)
        exchange.reach_changed()
        await until(lambda: exchange.id != before)
        assert exchange.id not in ("", before)
    finally:
        await exchange.stop()
        await store.close()


async def test_who_leaves_says_farewell(redis_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_exchange, "BEAT_S", 3600.0)  # nobody asks by itself
    redis_server.flush()
    stores = [RedisStore(parse(redis_server.url), RedisSettings()) for _ in range(2)]
    for store in stores:
        await store.open()
    leaving, staying = map(RedisExchange, stores)
    beats: list[set[str]] = []
    staying.on_beat = lambda: beats.append(set(staying.others))
    try:
        for exchange in (leaving, staying):
            await exchange.start(lambda: (), lambda parcel: None)
        leaving.reach_changed()
        await until(lambda: set(leaving.others) == {staying.id})
        assert beats == [{leaving.id}]
        await leaving.stop()
        await until(lambda: not staying.others)
        assert beats == [{leaving.id}, set()]
    finally:
        await staying.stop()
        for store in stores:
            await store.close()
