"""One change for many numbers of a company over HTTP: dry runs that name obstacles, and the real thing."""

import pytest

from ussd_gateway.web.instants import iso

ANNA, EMPLOYEE, CONTROL = "79261234567", "79260000001", "79260000002"
PATH = "/api/v1/companies/romashka/changes"


@pytest.fixture
async def change(api):
    async def change(headers=None, **body: object):
        async with api.post(PATH, json=body, headers=headers) as response:
            return response.status, await response.json()

    return change


async def rows(api):
    async with api.get("/api/v1/companies/romashka/numbers") as response:
        return {row["msisdn"]: row for row in (await response.json())["numbers"]}


async def test_a_dry_run_names_each_obstacle_and_changes_nothing(change, api):
    await change(change="tariff", code="CSTD", numbers=[EMPLOYEE])
    before = await rows(api)
    status, body = await change(change="tariff", code="CSTD", numbers=[EMPLOYEE, CONTROL, ANNA], dry=True)
    assert (status, body["dry"], body["done"], body["denied"]) == (200, True, 1, 2)
    told = [(row["msisdn"], row["outcome"], row.get("reason")) for row in body["numbers"]]
    assert told == [
        (EMPLOYEE, "denied", "tariff.waiting"),
        (CONTROL, "done", None),
        (ANNA, "denied", "corp.foreign"),
    ]
    assert body["numbers"][0]["employee"] == "Анна Иванова"
    assert body["numbers"][2]["detail"] == "That number is not your company's"
    assert await rows(api) == before


async def test_a_tariff_at_its_time(change, api):
    _, body = await change(change="tariff", code="CSTD", at="2026-06-10T21:00:00Z", application=True)
    assert (body["done"], body["denied"]) == (2, 0)
    pending = (await rows(api))[EMPLOYEE]["next_tariff"]
    assert pending == {"code": "CSTD", "effective": "2026-06-10T21:00:00.000Z", "application": True}


async def test_no_numbers_are_none_and_not_all(change):
    _, body = await change(change="restrict", numbers=[])
    assert (body["done"], body["numbers"]) == (0, [])


async def test_services_of_one_label(change, api, app):
    _, body = await change(change="service", code="134", tag="IT")
    assert [(row["msisdn"], row["outcome"]) for row in body["numbers"]] == [(CONTROL, "done")]
    assert (await rows(api))[CONTROL]["services"] == ["134"]
    _, body = await change(change="service", code="134", on=False)
    assert [row.get("reason") for row in body["numbers"]] == ["svc.not_on", None]
    assert (await app.store.audit()).problems == ()


async def test_names_labels_limits_and_bans(change, api):
    await change(change="describe", numbers=[EMPLOYEE], name="Вера", position="юрист")
    await change(change="tag", label="офис")
    await change(change="limit", limit="1000.00", numbers=[EMPLOYEE])
    await change(change="restrict")
    await change(change="content_ban")
    row = (await rows(api))[EMPLOYEE]
    assert (row["name"], row["position"], row["tags"]) == ("Вера", "юрист", ["офис", "продажи"])
    assert (row["budget"], row["budget_limit"]) == ("712.50", "1000.00")
    assert (row["restricted"], row["content_ban"]) == (True, True)


async def test_forwarding_roaming_voicemail_and_machines(change, api):
    _, body = await change(change="forward", kind="busy", to="8 926 200-02-22", numbers=[EMPLOYEE])
    assert body["numbers"][0]["result"]["text"] == "Занято 79262000222"
    await change(change="forward", kind="all", to=CONTROL, numbers=[EMPLOYEE, CONTROL])
    before = await rows(api)
    assert [each["kind"] for each in before[EMPLOYEE]["forwarding"]] == ["all", "busy"]
    assert before[CONTROL]["forwarding"] == [], "not to itself"
    await change(change="forward", kind="busy", on=False)
    await change(change="roaming", numbers=[EMPLOYEE])
    await change(change="service", code="222")
    await change(change="service", code="3636", numbers=[CONTROL])
    after = await rows(api)
    assert [each["kind"] for each in after[EMPLOYEE]["forwarding"]] == ["all"]
    assert (after[EMPLOYEE]["roaming"], after[CONTROL]["roaming"]) == (True, False)
    assert (after[EMPLOYEE]["services"], after[CONTROL]["services"]) == (["222"], ["222", "3636"])
    _, body = await change(change="forward", on=False)
    assert (body["done"], (await rows(api))[EMPLOYEE]["forwarding"]) == (2, [])


async def test_a_key_changes_once(change, api):
    key = {"Idempotency-Key": "c"}
    for _ in range(2):
        _, body = await change(headers=key, change="limit", limit="800.00")
        assert body["done"] == 2
    assert (await rows(api))[EMPLOYEE]["budget"] == "512.50"


@pytest.mark.parametrize(
    "body, word",
    [
        ({"change": "tariff"}, "needs code"),
        ({"change": "limit", "limit": "1", "on": True}, "takes no on"),
        ({"change": "limit", "limit": "1", "dry": True}, "can be run dry"),
        ({"change": "limit", "limit": "much"}, "limit"),
        ({"change": "service", "code": "134", "at": "soon"}, "instant"),
        ({"change": "magic"}, "'tariff'"),
    ],
)
async def test_a_body_that_does_not_fit(change, body, word):
    status, problem = await change(**body)
    assert status == 422
    assert word in str(problem["errors"])


async def test_a_number_that_is_none(change):
    status, problem = await change(change="restrict", numbers=["x"])
    assert (status, problem["reason"]) == (422, "number.bad")


async def test_a_service_asked_for_a_later_day_is_paid_from_that_day_on(change, api, app, clock):
    at = iso(clock.now_ms() + 10 * 86_400_000)
    await change(change="service", code="134", numbers=[EMPLOYEE], at=at)
    response = await api.post("/api/v1/clock", json={"advance": "31d"})
    assert response.status == 200
    fees = [line for line in await app.store.ledger(EMPLOYEE, 999) if line.note == "Живой баланс"]
    # The day it began, and 21 midnights.
    assert [line.amount_kop for line in fees] == [-200] * 22


@pytest.mark.parametrize("taken_back", [False, True])
async def test_a_service_that_waits_for_its_time_can_be_taken_back(change, app, clock, taken_back):
    at = iso(clock.now_ms() + 3_600_000)
    _, body = await change(change="service", code="134", numbers=[EMPLOYEE], at=at)
    assert body["done"] == 1
    if taken_back:
        _, body = await change(change="cancel", numbers=[EMPLOYEE])
        assert body["done"] == 1
        _, body = await change(change="cancel", numbers=[EMPLOYEE])
        assert body["numbers"][0]["reason"] == "corp.nothing"
    clock.advance(7_200_000)
    await app.jobs.catch_up()
    after = await app.gateway.account(EMPLOYEE)
    assert (after.has("134"), after.deferred) == (not taken_back, ())
    assert (await app.store.audit()).problems == ()
