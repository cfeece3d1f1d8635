"""Storage: where accounts, ledger and messages live, chosen by `storage.url`.

memory            dictionaries; the oracle of the others
sqlite            one file, one process: cache, group commit
  sqlite_file     who owns the file, how it is opened, whether it is sound
  sqlite_writer   the thread that commits
  sqlite_rows     commits as rows
dialogues_memory  open dialogues (lighter goods: they may be lost)
mailbox           documents that were ordered by e-mail: a folder an address
vault             pepper, password hashing, sealing of codes, random digits
"""

import os
from collections.abc import Callable
from pathlib import Path

from ussd_gateway.billing.store import Store
from ussd_gateway.errors import ConfigError
from ussd_gateway.storage.memory import MemoryStore
from ussd_gateway.storage.registry import StoreRegistry
from ussd_gateway.storage.sqlite import SqliteStore
from ussd_gateway.storage.vault import PEPPER_BYTES, ScryptHasher, SystemDice, pepper_beside

__all__ = ["ScryptHasher", "StoreRegistry", "SystemDice", "open_hasher", "open_store"]

_MEMORY = "memory://"
_SQLITE = "sqlite:///"


def open_store(url: str, *, on_fatal: Callable[[Exception], None] = lambda error: None) -> Store:
    """The store `url` names, not yet opened; ConfigError for a URL that names none.

    `sqlite:///var/gateway.db` is relative to the working directory, `sqlite:////srv/gateway.db` absolute.
    `on_fatal` is told in the event loop, once, that the store is lost for good: the process must end.
    """
    path = _sqlite_path(url)
    return MemoryStore() if path is None else SqliteStore(path, on_fatal=on_fatal)


def open_hasher(url: str) -> ScryptHasher:
    """The hasher for the passwords of that store; ConfigError when its pepper is not usable."""
    path = _sqlite_path(url)
    return ScryptHasher(os.urandom(PEPPER_BYTES) if path is None else pepper_beside(path))


def _sqlite_path(url: str) -> Path | None:
    """The file of a `sqlite:///` URL, None for `memory://`."""
    if url == _MEMORY:
        return None
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return Path(url.removeprefix(_SQLITE))
    if url.startswith("redis"):
        raise ConfigError("storage.url: redis stores are not supported yet; use sqlite:///FILE or memory://")
    # Only the scheme is repeated: what follows may hold a password.
    scheme = url.partition(":")[0]
    raise ConfigError(f"storage.url: {scheme!r} names no store; use sqlite:///FILE or memory://")
