"""What must stay secret: the pepper, the slow hashing of passwords with it, and unforeseeable digits.

A password hash mixes in a random salt (kept with it) and the pepper, a secret of the server kept *beside*
the database.  Whoever gets a copy of the database alone cannot try the million six-digit passwords.

Hashing takes about 45 ms and 16 MiB, so it runs in threads of its own, never in the event loop.
"""

import asyncio
import hashlib
import hmac
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from ussd_gateway.errors import ConfigError

PEPPER_BYTES = 32
SALT_BYTES = 16
HASH_BYTES = 32
SEAL_BYTES = 12
COST = 14
"""scrypt's N is 2 to this power (RFC 7914), with r = 8, p = 1."""
_BLOCK = 8
_MEMORY_BYTES = 1 << 26
"""The most memory one hash may take; far above what COST needs."""
_NOBODY = "scrypt$14$0000000000000000$" + "00" * SALT_BYTES + "$" + "00" * HASH_BYTES
"""Compared against when nothing is stored, so that this takes as long as a wrong password."""


class ScryptHasher:
    """`billing.passwords.Hasher`: hashes look like `scrypt$cost$pepper id$salt$hash`, in hex."""

    def __init__(self, pepper: bytes, *, cost: int = COST, threads: int = 2) -> None:
        """A lower `cost` is for tests; hashes remember the cost they were made with."""
        self._pepper = pepper
        self.pepper_id = hashlib.sha256(b"pepper id" + pepper).hexdigest()[:16]
        self._cost = cost
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="scrypt")

    async def hash(self, password: str) -> str:
        salt = os.urandom(SALT_BYTES)
        digest = await self._in_thread(password, salt, self._cost)
        return f"scrypt${self._cost}${self.pepper_id}${salt.hex()}${digest.hex()}"

    async def verify(self, password: str, stored: str | None) -> bool:
        """ConfigError when the stored hash was made with another pepper: no password could match it."""
        _, cost, pepper_id, salt, expected = (stored or _NOBODY).split("$")
        if stored is not None and pepper_id != self.pepper_id:
            raise ConfigError("passwords were hashed with another pepper file: put that one back")
        digest = await self._in_thread(password, bytes.fromhex(salt), int(cost))
        return hmac.compare_digest(digest, bytes.fromhex(expected)) and stored is not None

    def seal(self, *parts: str) -> str:
        # A separator no code or number contains; "seal" keeps these apart from hashed passwords.
        text = "\0".join(("seal", *parts))
        return hmac.digest(self._pepper, text.encode(), "sha256")[:SEAL_BYTES].hex()

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown()

    async def _in_thread(self, password: str, salt: bytes, cost: int) -> bytes:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._scrypt, password, salt, cost)

    def _scrypt(self, password: str, salt: bytes, cost: int) -> bytes:
        # The pepper goes in as a key, not glued to the text: no password can be mistaken for another.
        peppered = hmac.digest(self._pepper, password.encode(), "sha256")
        return hashlib.scrypt(
            peppered, salt=salt, n=1 << cost, r=_BLOCK, p=1, maxmem=_MEMORY_BYTES, dklen=HASH_BYTES
        )


class SystemDice:
    """`billing.passwords.Dice` from the operating system's source of randomness."""

    def digits(self, count: int) -> str:
        return f"{secrets.randbelow(10**count):0{count}}"


def pepper_beside(database: Path) -> bytes:
    """The pepper of a database, from the file `<database>.pepper`; made when the database is new too.

    ConfigError when the database exists and its pepper does not: a new one would lock everybody out.
    """
    path = database.with_name(database.name + ".pepper")
    try:
        pepper = path.read_bytes()
    except FileNotFoundError:
        if database.exists():
            raise ConfigError(
                f"{path} is missing: without it no password in {database} can be checked. Put it back."
            ) from None
        return _new_pepper(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    return _checked(pepper, path)


def shared_pepper(path: Path) -> bytes:
    """The pepper of gateways that share a store elsewhere; made when the file does not exist.

    (The store refuses a gateway whose pepper is not that of the first one.)
    """
    try:
        pepper = path.read_bytes()
    except FileNotFoundError:
        try:
            # Whole under its name at once: of several gateways that start together one makes it.
            own = path.with_name(f"{path.name}.{os.getpid()}")
            _new_pepper(own)
            with suppress(FileExistsError):
                os.link(own, path)
            own.unlink()
            pepper = path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    return _checked(pepper, path)


def _checked(pepper: bytes, path: Path) -> bytes:
    if len(pepper) != PEPPER_BYTES:
        raise ConfigError(f"{path} is damaged: {len(pepper)} bytes instead of {PEPPER_BYTES}")
    return pepper


def _new_pepper(path: Path) -> bytes:
    """Written whole and flushed before anything is hashed with it."""
    pepper = os.urandom(PEPPER_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
    try:
        os.write(file, pepper)
        os.fsync(file)
    finally:
        os.close(file)
    return pepper
