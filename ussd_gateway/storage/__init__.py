"""Storage: where accounts, ledger and messages live, chosen by `storage.url`.

memory            dictionaries; the oracle of the others
sqlite            one file, one process: cache, group commit
  sqlite_file     who owns the file, how it is opened, whether it is sound
  sqlite_writer   the thread that commits
  sqlite_rows     commits as rows
redis             a Redis that several gateways share
  redis_url       where it is
  redis_keys      where things lie in it, and in which slot
  redis_links     from a bucket to its server; `redis_line` one connection, `redis_wire` its octets
  redis_scripts   what runs inside Redis (`lua/`)
  redis_rows      commits as the scripts' arguments, values as what they were
  redis_journal   commits on a disk of ours, for a Redis that forgets; `redis_restore` gives them back
  redis_exchange  what gateways tell each other, and who delivers to which phone
  redis_inboxes   messages; `redis_audit` adding everything up; `redis_start` checks at the start
dialogues_memory  open dialogues (lighter goods: they may be lost)
mailbox           documents that were ordered by e-mail: a folder an address
vault             pepper, password hashing, sealing of codes, random digits
"""

import os
from collections.abc import Callable
from pathlib import Path

from ussd_gateway.billing.store import Store
from ussd_gateway.errors import ConfigError
from ussd_gateway.exchange import Exchange
from ussd_gateway.storage.dialogues_memory import MemoryDialogueStore
from ussd_gateway.storage.memory import MemoryStore
from ussd_gateway.storage.redis_settings import RedisSettings
from ussd_gateway.storage.registry import StoreRegistry
from ussd_gateway.storage.sqlite import SqliteStore
from ussd_gateway.storage.vault import PEPPER_BYTES, ScryptHasher, SystemDice, pepper_beside, shared_pepper
from ussd_gateway.ussd.store import DialogueStore

__all__ = [
    "RedisSettings",
    "ScryptHasher",
    "StoreRegistry",
    "SystemDice",
    "open_dialogues",
    "open_exchange",
    "open_hasher",
    "open_store",
]

PEPPER_FILE = Path("var/gateway.pepper")
"""Of gateways on a Redis, unless `storage.pepper_file` says otherwise."""

_MEMORY = "memory://"
_SQLITE = "sqlite:///"


def open_store(
    url: str,
    redis: RedisSettings | None = None,
    *,
    hasher: ScryptHasher | None = None,
    on_fatal: Callable[[Exception], None] = lambda error: None,
) -> Store:
    """The store `url` names, not yet opened; ConfigError for a URL that names none.

    `sqlite:///var/gateway.db` is relative to the working directory, `sqlite:////srv/gateway.db` absolute;
    Redis is told in `redis_url`.  `hasher` is the one used with the store: gateways that share a store must
    share its pepper.  `on_fatal` is told in the event loop, once, that the store is lost for good and the
    process must end (a file whose disk failed; a Redis may come back).
    """
    if _is_redis(url):
        # Only those who use Redis pay for loading its client.
        from ussd_gateway.storage.redis import RedisStore  # noqa: PLC0415
        from ussd_gateway.storage.redis_url import parse  # noqa: PLC0415

        return RedisStore(parse(url), redis or RedisSettings(), pepper_id=hasher.pepper_id if hasher else "")
    path = _sqlite_path(url)
    return MemoryStore() if path is None else SqliteStore(path, on_fatal=on_fatal)


def open_hasher(url: str, pepper_file: Path | None = None) -> ScryptHasher:
    """The hasher for the passwords of that store; ConfigError when its pepper is not usable.

    `pepper_file` is for Redis, beside which no file can lie; it is made when it does not exist.
    """
    if _is_redis(url):
        return ScryptHasher(shared_pepper(pepper_file or PEPPER_FILE))
    path = _sqlite_path(url)
    return ScryptHasher(os.urandom(PEPPER_BYTES) if path is None else pepper_beside(path))


def open_dialogues(store: Store) -> DialogueStore:
    """Where dialogues wait: with the store when gateways share it, else in memory."""
    if isinstance(store, MemoryStore | SqliteStore):
        return MemoryDialogueStore()
    from ussd_gateway.storage.dialogues_redis import RedisDialogueStore  # noqa: PLC0415
    from ussd_gateway.storage.redis import RedisStore  # noqa: PLC0415

    assert isinstance(store, RedisStore), "open_store knows no other"
    return RedisDialogueStore(store)


def open_exchange(store: Store) -> Exchange | None:
    """How gateways on this store hear of each other; None for a store of one gateway alone."""
    if isinstance(store, MemoryStore | SqliteStore):
        return None
    from ussd_gateway.storage.redis import RedisStore  # noqa: PLC0415
    from ussd_gateway.storage.redis_exchange import RedisExchange  # noqa: PLC0415

    assert isinstance(store, RedisStore), "open_store knows no other"
    return RedisExchange(store)


def _is_redis(url: str) -> bool:
    return url.partition(":")[0].partition("+")[0] in ("redis", "rediss")


def _sqlite_path(url: str) -> Path | None:
    """The file of a `sqlite:///` URL, None for `memory://`."""
    if url == _MEMORY:
        return None
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return Path(url.removeprefix(_SQLITE))
    # Only the scheme is repeated: what follows may hold a password.
    scheme = url.partition(":")[0]
    raise ConfigError(
        f"storage.url: {scheme!r} names no store; use sqlite:///FILE, redis://HOST or memory://"
    )
