"""The operations of menus over HTTP: one core, whoever asks."""

import itertools

import pytest

from ussd_gateway.actions import vocabulary

ANNA, EMPLOYEE = "79261234567", "79260000001"
WORDS = vocabulary()


async def ask(api, action, body=None, msisdn=ANNA, **headers):
    path = f"/api/v1/subscribers/{msisdn}/actions/{action}"
    async with api.post(path, json=body, headers=headers) as response:
        return response.status, await response.json()


async def rows(api, name, msisdn=ANNA):
    async with api.get(f"/api/v1/subscribers/{msisdn}/lists/{name}") as response:
        return response.status, await response.json()


async def test_a_service_is_switched_on_and_listed(api):
    status, body = await ask(api, "svc.on", {"code": "134"})
    assert (status, body["fee"], body["per"]) == (200, "2.00", "сут")
    _, mine = await rows(api, "services.mine")
    assert "134" in {row["code"] for row in mine["rows"]}
    async with api.get(f"/api/v1/subscribers/{ANNA}/facts") as response:
        facts = (await response.json())["facts"]
    assert facts["account.balance_kop"] == 24_800
    assert set(facts) == set(WORDS.facts)


async def test_roubles_or_kopecks(api):
    status, body = await ask(api, "pay.transfer_now", {"to": "9261234569", "amount": "10"})
    assert (status, body["amount_kop"], body["fee"]) == (200, 1_000, "5.00")
    status, body = await ask(api, "pay.transfer_now", {"to": "9261234569", "amount_kop": 1_000})
    assert (status, body["balance"]) == (200, "220.00")
    _, problem = await ask(api, "pay.transfer_now", {"to": "9261234569", "amount": "much"})
    assert problem["errors"][0]["member"] == "amount"


async def test_a_key_does_it_once(api):
    keyed = {"Idempotency-Key": "a1"}
    first = await ask(api, "pkg.buy", {"code": "372"}, **keyed)
    assert first[0] == 200
    assert await ask(api, "pkg.buy", {"code": "372"}, **keyed) == first
    assert (await ask(api, "pkg.buy", {"code": "945"}, **keyed))[0] == 422
    async with api.get(f"/api/v1/subscribers/{ANNA}/ledger?kind=fee") as response:
        assert len((await response.json())["entries"]) == 1


async def test_a_refusal_in_words(api):
    status, problem = await ask(api, "bonus.join", msisdn=EMPLOYEE)
    assert (status, problem["reason"]) == (422, "bonus.corp")
    assert problem["detail"] == "Bonus points are not for corporate subscribers"


@pytest.mark.parametrize(
    "action, body, status, word",
    [
        ("nothing.known", {}, 404, "no such action"),
        ("transfer.receive", {"amount_kop": 1}, 404, "no such action"),
        ("svc.on", {}, 422, "`svc.on` needs it"),
        ("svc.on", {"code": "134", "colour": "red"}, 422, "takes no such argument"),
        ("svc.on", {"code": ["134"]}, 422, "must be text"),
        ("svc.on", {"code": "1" * 2000}, 422, "longer than"),
        ("svc.on", ["134"], 422, "must be an object"),
    ],
)
async def test_a_request_that_does_not_fit(api, action, body, status, word):
    answered, problem = await ask(api, action, body)
    assert answered == status
    assert word in str(problem)


async def test_no_such_list_and_no_such_subscriber(api):
    assert (await rows(api, "no.such"))[0] == 404
    assert (await rows(api, "services.mine", "78123456789"))[0] == 404
    assert (await ask(api, "svc.on", {"code": "134"}, "78123456789"))[0] == 404


@pytest.mark.parametrize("value", ["", "слово", "-1", "9261234567", 0, -1, 10**14, True])
async def test_whatever_is_asked_is_done_or_denied(api, value):
    numbers = itertools.cycle(["79261234568", EMPLOYEE])
    for name, action in WORDS.actions.items():
        status, body = await ask(api, name, dict.fromkeys(action.params, value), next(numbers))
        assert status in (200, 422), (name, body)
        assert status == 200 or body.get("reason"), (name, body)


async def test_every_list_can_be_read(api):
    for name, columns in WORDS.lists.items():
        status, body = await rows(api, name)
        assert status == 200
        assert all(set(columns) <= set(row) for row in body["rows"])
