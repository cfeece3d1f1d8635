"""The year of many subscribers, short and small: it runs, everything happens, the books balance."""

from pathlib import Path

import pytest

from benchmarks.year import live


async def test_a_month_of_a_few(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await live(200, 35, 1, tmp_path)
    told = capsys.readouterr().out
    for happening in (
        "autopay",
        "bonus credit",
        "money.receive",
        "service fees",
        "tariff change",
        "tariff fee",
    ):
        assert happening in told
    assert "problems: none" in told
