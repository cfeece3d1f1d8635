"""The mailbox: one folder an address, and nothing outside it."""

import asyncio
from pathlib import Path

import pytest

from ussd_gateway.storage.mailbox import Mailbox


async def test_a_document_lies_in_the_folder_of_its_address(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mail")
    await mailbox.put("ivanov@mail.ru", "detail-7926.csv", b"first", "k/0")
    await mailbox.put("ivanov@mail.ru", "detail-7926.csv", b"second", "k/1")
    await mailbox.put("ivanov@mail.ru", "detail-7926.csv", b"second", "k/1")
    found = files(tmp_path / "mail" / "ivanov@mail.ru")
    assert sorted(file.read_bytes() for file in found) == [b"first", b"second"]
    assert all(file.name.startswith("detail-7926-") and file.suffix == ".csv" for file in found)


async def test_gateways_may_write_the_same_document_at_the_same_time(tmp_path: Path) -> None:
    gateways = [Mailbox(tmp_path) for _ in range(32)]
    puts = (each.put("ivanov@mail.ru", "detail-7926.csv", b"x" * 100_000, "k/0") for each in gateways)
    await asyncio.gather(*puts)
    [file] = files(tmp_path)
    assert file.read_bytes() == b"x" * 100_000


@pytest.mark.parametrize(
    "address", ["../../etc", "/etc/passwd", "..", "", "a/b@c", "a\\b", "x" * 500, "я@почта.рф"]
)
async def test_no_address_leads_outside(tmp_path: Path, address: str) -> None:
    inside = tmp_path / "mail"
    await Mailbox(inside).put(address, f"{address}.csv", b"x", "k/0")
    [file] = files(tmp_path)
    assert file.parent.parent == inside


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
