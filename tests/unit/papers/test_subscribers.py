"""Documents: call detail and spending of a period, from the ledger."""

import csv
import io

import pytest

from tests.unit.billing.kit import ALICE, NOW_MS, catalogue, charge_commit, individual, opening_commit, order
from ussd_gateway.billing.calendar import DAY_MS
from ussd_gateway.papers import Paper, detail, spending
from ussd_gateway.storage.memory import MemoryStore

MAY = "2026-05-01/2026-05-31"


@pytest.fixture
async def store() -> MemoryStore:
    """An account opened in May, charged thrice in May and once in June."""
    store = MemoryStore()
    account = individual(balance_kop=10_000)
    await store.commit(opening_commit(account))
    for n, days in enumerate((0, 1, 2, 20)):
        commit = charge_commit(account, 100 + n, f"k{n}", now_ms=NOW_MS + days * DAY_MS)
        await store.commit(commit)
        account = commit.accounts[0]
    return store


def rows(paper: Paper) -> list[list[str]]:
    return list(csv.reader(io.StringIO(paper.content.decode("utf-8-sig"))))


async def test_detail_has_every_line_of_the_period(store: MemoryStore) -> None:
    mail = order("k/0", "a@b.ru", kind="mail", action="detail", args={"period": MAY, "form": "csv"})
    paper = await detail(mail, store, catalogue())
    assert paper.name == f"detail-{ALICE}-2026-05-01_2026-05-31.csv"
    assert rows(paper) == [
        ["time", "kind", "what", "roubles"],
        ["2026-05-28 23:26:40", "opening", "", "100.00"],
        ["2026-05-28 23:26:40", "fee", "test", "-1.00"],
        ["2026-05-29 23:26:40", "fee", "test", "-1.01"],
        ["2026-05-30 23:26:40", "fee", "test", "-1.02"],
    ]


async def test_spending_sums_up(store: MemoryStore) -> None:
    mail = order("k/0", "a@b.ru", kind="mail", action="spending", args={"period": MAY, "form": "csv"})
    paper = await spending(mail, store, catalogue())
    assert rows(paper) == [["kind", "what", "roubles"], ["fee", "test", "3.03"]]


async def test_a_period_that_is_none_is_an_empty_document(store: MemoryStore) -> None:
    mail = order("k/0", "a@b.ru", kind="mail", action="detail", args={"period": "?", "form": "csv"})
    assert len(rows(await detail(mail, store, catalogue()))) == 1
