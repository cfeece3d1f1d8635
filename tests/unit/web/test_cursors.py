"""Lists in pages: whole, each line once, in their order, though the list grows between two pages."""

from typing import Any

import pytest

from ussd_gateway.billing.store import Commit, OutMessage
from ussd_gateway.web.company_lines import Place

ANNA, EMPLOYEE = "79261234567", "79260000001"
PATH = f"/api/v1/subscribers/{ANNA}"
COMPANY = "/api/v1/companies/romashka"


async def asked(api, path: str) -> dict[str, Any]:
    async with api.get(path) as response:
        assert response.status == 200, await response.text()
        body: dict[str, Any] = await response.json()
        return body


async def rest(api, path: str, member: str, page: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a page and of all that follow."""
    rows = list(page[member])
    while page["next"] is not None:
        page = await asked(api, f"{path}&after={page['next']}")
        assert page[member], "a page behind another has something on it"
        rows += page[member]
    return rows


async def topped_up(api, notes: range) -> None:
    for note in notes:
        async with api.post(f"{PATH}/topup", json={"amount": "1.00", "note": str(note)}) as response:
            assert response.status == 200


async def test_a_ledger_that_grows(api):
    await topped_up(api, range(7))
    known = (await asked(api, f"{PATH}/ledger"))["entries"]
    first = await asked(api, f"{PATH}/ledger?limit=3")
    await topped_up(api, range(7, 9))
    assert await rest(api, f"{PATH}/ledger?limit=3", "entries", first) == known
    only = await asked(api, f"{PATH}/ledger?kind=topup&limit=4")
    notes = [line["note"] for line in await rest(api, f"{PATH}/ledger?kind=topup&limit=4", "entries", only)]
    assert notes == [str(note) for note in range(8, -1, -1)]
    assert (await asked(api, f"{PATH}/ledger?limit=1000"))["next"] is None


async def put(app, ids: range) -> None:
    now_ms = app.clock.now_ms()
    messages = [OutMessage(each, "000110", ANNA, str(each), False, now_ms, now_ms) for each in ids]
    await app.store.commit(Commit(f"k{ids}", "", now_ms, {}, messages=messages, home=ANNA))


async def test_an_inbox_that_grows(api, app):
    first_id = await app.store.reserve_ids(9)
    await put(app, range(first_id, first_id + 5))
    newest = await asked(api, f"{PATH}/inbox?limit=2")
    assert [row["message_id"] - first_id for row in newest["messages"]] == [3, 4]
    assert newest["next"] is None
    first = await asked(api, f"{PATH}/inbox?limit=2&after=0")
    await put(app, range(first_id + 5, first_id + 7))
    rows = await rest(api, f"{PATH}/inbox?limit=2", "messages", first)
    assert [row["message_id"] - first_id for row in rows] == list(range(7))
    nothing = await asked(api, f"{PATH}/inbox?after={first_id + 6}")
    assert nothing == {"messages": [], "next": None}


async def paid(api, notes: range) -> None:
    for note in notes:
        async with api.post(f"{COMPANY}/payments", json={"amount": "1", "note": str(note)}) as response:
            assert response.status == 200


async def test_lines_of_a_company_that_grow(api, clock):
    await paid(api, range(4))
    for hours in range(4, 7):
        await clock_moved(api, "1h")
        await paid(api, range(hours, hours + 1))
    first = await asked(api, f"{COMPANY}/payments?limit=3")
    assert [line["note"] for line in first["entries"]] == ["0", "1", "2"]
    await paid(api, range(7, 8))
    lines = await rest(api, f"{COMPANY}/payments?limit=3", "entries", first)
    assert [line["note"] for line in lines] == [str(note) for note in range(8)]
    query = "kind=topup&limit=1"
    only = await rest(
        api, f"{COMPANY}/payments?{query}", "entries", await asked(api, f"{COMPANY}/payments?{query}")
    )
    assert only == lines


async def test_a_year_of_a_company(api):
    await paid(api, range(1))
    days = [(await asked(api, "/api/v1/clock"))["now"][:10]]
    await clock_moved(api, "27w")
    await paid(api, range(1, 2))
    days.append((await asked(api, "/api/v1/clock"))["now"][:10])
    year = "/".join(days)
    path = f"{COMPANY}/payments?period={year}&kind=topup&limit=1"
    lines = await rest(api, path, "entries", await asked(api, path))
    assert [line["note"] for line in lines] == ["0", "1"]


async def clock_moved(api, advance: str) -> None:
    async with api.post("/api/v1/clock", json={"advance": advance}) as response:
        assert response.status == 200


def test_a_place_is_read_as_it_was_written():
    for place in (Place(0, ""), Place(1_780_000_000_000, "api:ключ с пробелом и #?&")):
        assert Place.from_text(place.as_text()) == place


LISTS = {
    f"{PATH}/ledger": 1000,
    f"{PATH}/inbox": 1000,
    f"{COMPANY}/numbers": 1000,
    f"{COMPANY}/payments": 1000,
    "/api/v1/events": 1000,
}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=many", "limit={more}", "limit=", "after=-", "after="]
)
async def test_pages_that_make_no_sense(api, path, query):
    async with api.get(f"{path}?{query.format(more=LISTS[path] + 1)}") as response:
        assert response.status == 400
        assert response.content_type == "application/problem+json"
