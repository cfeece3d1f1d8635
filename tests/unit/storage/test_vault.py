"""Hashing with a pepper, the pepper's file, and digits."""

import asyncio
import stat
from pathlib import Path

import pytest

from ussd_gateway.errors import ConfigError
from ussd_gateway.storage.vault import ScryptHasher, SystemDice, pepper_beside


@pytest.fixture
def hasher() -> ScryptHasher:
    return ScryptHasher(b"pepper", cost=2)


async def test_only_the_same_password_matches(hasher: ScryptHasher) -> None:
    stored = await hasher.hash("Secret77")
    assert await hasher.verify("Secret77", stored)
    for wrong in ("secret77", "Secret7", "Secret777", "", "пароль"):
        assert not await hasher.verify(wrong, stored)


async def test_nothing_matches_when_nothing_is_stored() -> None:
    assert not await ScryptHasher(b"pepper").verify("Secret77", None)


async def test_equal_passwords_have_different_hashes(hasher: ScryptHasher) -> None:
    assert await hasher.hash("Secret77") != await hasher.hash("Secret77")


async def test_neither_password_nor_pepper_stands_in_the_hash(hasher: ScryptHasher) -> None:
    stored = await hasher.hash("483920")
    assert "483920" not in stored
    assert b"pepper".hex() not in stored


def test_a_seal_is_of_all_its_parts_and_of_the_pepper(hasher: ScryptHasher) -> None:
    seal = hasher.seal("otp", "79261234567", "4821")
    assert seal == hasher.seal("otp", "79261234567", "4821")
    others = (("card", "79261234567", "4821"), ("otp", "79261234568", "4821"), ("otp", "79261234567", "4822"))
    assert seal not in {hasher.seal(*parts) for parts in others}
    assert seal != ScryptHasher(b"another", cost=2).seal("otp", "79261234567", "4821")
    assert "4821" not in seal


async def test_a_hash_remembers_its_cost(hasher: ScryptHasher) -> None:
    stored = await ScryptHasher(b"pepper", cost=3).hash("Secret77")
    assert stored.startswith("scrypt$3$")
    assert await hasher.verify("Secret77", stored)


async def test_another_pepper_is_a_mistake_not_a_wrong_password(hasher: ScryptHasher) -> None:
    with pytest.raises(ConfigError, match="another pepper"):
        await ScryptHasher(b"salt", cost=2).verify("Secret77", await hasher.hash("Secret77"))


async def test_hashing_leaves_the_event_loop_free() -> None:
    hasher = ScryptHasher(b"pepper", threads=1)
    turns = 0
    hashing = asyncio.ensure_future(hasher.hash("Secret77"))
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10
    assert (await hashing).startswith("scrypt$14$")
    hasher.close()


def test_a_new_database_gets_a_pepper_only_we_can_read(tmp_path: Path) -> None:
    database = tmp_path / "var" / "gateway.db"
    pepper = pepper_beside(database)
    assert len(pepper) == 32
    assert pepper_beside(database) == pepper
    file = tmp_path / "var" / "gateway.db.pepper"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert pepper_beside(tmp_path / "other.db") != pepper


def test_a_lost_pepper_is_not_replaced(tmp_path: Path) -> None:
    database = tmp_path / "gateway.db"
    database.touch()
    with pytest.raises(ConfigError, match=r"gateway\.db\.pepper is missing"):
        pepper_beside(database)


def test_a_damaged_pepper(tmp_path: Path) -> None:
    (tmp_path / "gateway.db.pepper").write_bytes(b"half")
    with pytest.raises(ConfigError, match="4 bytes instead of 32"):
        pepper_beside(tmp_path / "gateway.db")


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be"):
        pepper_beside(tmp_path / "file" / "gateway.db")


def test_digits() -> None:
    rolls = {SystemDice().digits(6) for _ in range(200)}
    assert all(len(roll) == 6 and roll.isdigit() for roll in rolls)
    assert len(rolls) > 190
