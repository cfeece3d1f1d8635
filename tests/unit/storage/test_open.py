"""Stores by URL."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ussd_gateway.errors import ConfigError
from ussd_gateway.storage import open_hasher, open_store
from ussd_gateway.storage.memory import MemoryStore
from ussd_gateway.storage.redis import RedisStore
from ussd_gateway.storage.sqlite import SqliteStore


def test_urls_of_stores() -> None:
    assert isinstance(open_store("memory://"), MemoryStore)
    assert isinstance(open_store("sqlite:///var/gateway.db"), SqliteStore)
    assert isinstance(open_store("redis://127.0.0.1/0"), RedisStore)


@pytest.mark.parametrize(
    "url, complaint",
    [
        ("redis+sentinel://user:hunter2@host", "name of the service"),
        ("redis+nowhere://user:hunter2@host", "names no store"),
        ("redis://user:hunter2@host/x", "number of a database"),
        ("redis+cluster://user:hunter2@host/1", "number of a database"),
        ("redis://user:hunter2@host,other/0", "several hosts"),
        ("redis://user:hunter2@host:0/0", "host or host:port"),
        ("redis://user:hunter2@host?pool=1", "unknown option 'pool'"),
        ("postgres://user:hunter2@host/db", "'postgres' names no store"),
        ("sqlite:///", "'sqlite' names no store"),
        ("sqlite://gateway.db", "'sqlite' names no store"),
        ("", "'' names no store"),
    ],
)
def test_what_is_no_store(url: str, complaint: str) -> None:
    openings: list[Callable[[str], object]] = [open_store]
    if not url.startswith("redis"):
        openings.append(open_hasher)
    for opening in openings:
        with pytest.raises(ConfigError, match=complaint) as caught:
            opening(url)
        assert "hunter2" not in str(caught.value)


async def test_hasher_and_store_agree_whichever_comes_first(tmp_path: Path) -> None:
    for name, store_first in (("a.db", True), ("b.db", False)):
        url = f"sqlite:///{tmp_path / name}"
        store = open_store(url)
        if store_first:
            await store.open()
        stored = await open_hasher(url).hash("Secret77")
        if not store_first:
            await store.open()
        await store.close()
        assert await open_hasher(url).verify("Secret77", stored)


async def test_hashers_of_memory_stores_share_nothing() -> None:
    stored = await open_hasher("memory://").hash("Secret77")
    with pytest.raises(ConfigError, match="another pepper"):
        await open_hasher("memory://").verify("Secret77", stored)
