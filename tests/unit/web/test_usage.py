"""Rated usage over HTTP, on the real gateway."""

import pytest

ANNA, EMPLOYEE = "79261234567", "79260000001"


async def use(api, msisdn=ANNA, **body):
    async with api.post(f"/api/v1/subscribers/{msisdn}/usage", json=body) as response:
        return response.status, await response.json()


async def test_a_call_comes_out_of_the_package(api):
    status, body = await use(api, kind="call", to="8 903 123-45-67", minutes=3)
    assert (status, body["msisdn"], body["class"]) == (200, ANNA, "other_home")
    assert (body["units"], body["from_package"], body["cost"], body["cost_kop"]) == (3, 3, "0.00", 0)


async def test_a_call_costs_money_and_stands_in_the_ledger(api):
    status, body = await use(api, kind="call", to="79021234567", minutes=2)
    assert (status, body["class"], body["cost"]) == (200, "other_region", "10.20")
    async with api.get(f"/api/v1/subscribers/{ANNA}/ledger?kind=usage") as response:
        [line] = (await response.json())["entries"]
    assert (line["amount"], line["note"]) == ("-10.20", "звонок 79021234567")


async def test_messages_data_and_calls_that_come_in(api):
    assert (await use(api, kind="sms", to="79031234567"))[1]["from_package"] == 1
    assert (await use(api, kind="data", mb=10))[1]["class"] == "data"
    assert (await use(api, kind="call", to="79031234567", minutes=1, direction="in"))[1][
        "class"
    ] == "incoming"
    assert (await use(api, EMPLOYEE, kind="sms", to="79260000002"))[1]["class"] == "company"


async def test_a_key_charges_once(api):
    headers = {"Idempotency-Key": "u1"}
    body = {"kind": "sms", "to": "+493012345678"}
    answers = []
    for _ in range(2):
        async with api.post(f"/api/v1/subscribers/{ANNA}/usage", json=body, headers=headers) as response:
            answers.append((response.headers.get("Idempotency-Replayed"), (await response.json())["cost"]))
    assert answers == [(None, "9.90"), ("true", "9.90")]
    async with api.get(f"/api/v1/subscribers/{ANNA}/ledger?kind=usage") as response:
        assert len((await response.json())["entries"]) == 1


@pytest.mark.parametrize(
    "body, word",
    [
        ({"kind": "call", "to": "79031234567"}, "needs minutes"),
        ({"kind": "sms"}, "needs to"),
        ({"kind": "data", "mb": 1, "to": "79031234567"}, "takes no to"),
        ({"kind": "fax"}, "'call', 'sms' or 'data'"),
        ({"kind": "call", "to": "x", "minutes": "three"}, "integer"),
    ],
)
async def test_a_body_that_does_not_fit(api, body, word):
    status, problem = await use(api, **body)
    assert status == 422
    assert word in str(problem["errors"])


async def test_refusals_are_told_in_words(api):
    status, problem = await use(api, kind="call", to="12345678901234567", minutes=1)
    assert (status, problem["reason"]) == (422, "number.bad")
    assert problem["detail"] == "Wrong number. Example: 9261234567"
    status, problem = await use(api, "79261234569", kind="sms", to="+493012345678")
    assert (problem["reason"], problem["need"], problem["balance"]) == ("no.money", "9.90", "0.00")
