"""The login form: forms of a number, attempts, the lock; and that it does not tell who is a subscriber."""

import re

import pytest

ANNA = "79261234567"
PASSWORD = "Secret77"


@pytest.fixture
async def login(api, app):
    await app.gateway.perform(ANNA, "password.set", {"password": PASSWORD}, key="set", request="")

    async def login(number: str, password: str):
        async with api.post("/api/v1/lk/login", json={"login": number, "password": password}) as response:
            return response.status, await response.json()

    return login


@pytest.mark.parametrize("number", ["+79261234567", "89261234567", "9261234567", "8 (926) 123-45-67"])
async def test_every_form_of_the_number(login, number):
    assert await login(number, PASSWORD) == (200, {"msisdn": ANNA})


async def test_five_wrong_answers_then_the_right_one(login):
    for left in (5, 4, 3, 2, 1):
        status, body = await login(ANNA, "wrong1")
        assert (status, body["attempts_left"]) == (401, left)
    assert (await login(ANNA, PASSWORD))[0] == 200
    assert (await login(ANNA, "wrong1"))[1]["attempts_left"] == 5


async def test_the_sixth_wrong_answer_locks(login, app):
    for _ in range(5):
        await login(ANNA, "wrong1")
    assert (await login(ANNA, "wrong1"))[0] == 423
    assert (await login(ANNA, PASSWORD))[0] == 423
    await app.gateway.perform(ANNA, "password.set", {"password": "Another88"}, key="again", request="")
    assert (await login(ANNA, "Another88"))[0] == 200
    assert (await login(ANNA, PASSWORD))[0] == 401


@pytest.mark.parametrize("stranger", ["79990000000", "nobody"])
async def test_a_stranger_is_answered_like_a_subscriber(login, app, stranger):
    answers = [await login(stranger, "wrong1") for _ in range(7)]
    assert answers == [await login(ANNA, "wrong1") for _ in range(7)]
    assert await app.store.account(stranger) is None


@pytest.mark.parametrize(
    "body", [{}, {"login": ANNA}, {"login": ANNA, "password": "x" * 129}, {"login": "", "password": "x"}]
)
async def test_a_form_that_does_not_fit(api, body):
    async with api.post("/api/v1/lk/login", json=body) as response:
        assert response.status == 422
        assert "x" * 129 not in await response.text()


async def test_a_subscriber_without_a_password(login):
    status, body = await login("79261234568", "123456")
    assert (status, body["attempts_left"]) == (401, 5)


async def test_a_code_by_sms_opens_the_account_once(login, api, app):
    async with api.post("/api/v1/lk/otp", json={"login": "8 926 123-45-67"}) as response:
        assert response.status == 202
    [*_, message] = await app.store.inbox(ANNA, 1)
    [code] = re.findall(r"\b\d{4}\b", message.text)
    statuses = []
    for _ in range(2):
        async with api.post("/api/v1/lk/login", json={"login": ANNA, "code": code}) as response:
            statuses.append(response.status)
    assert statuses == [200, 401]


async def test_codes_do_not_tell_who_is_a_subscriber(api, app):
    answers = []
    for number in (ANNA, "79269999999", "x"):
        async with api.post("/api/v1/lk/otp", json={"login": number}) as response:
            answers.append((response.status, await response.json()))
    assert answers == [(202, {"sent": True})] * 3
    assert await app.store.account("79269999999") is None
    async with api.post("/api/v1/lk/login", json={"login": "79269999999", "code": "1234"}) as response:
        assert (response.status, (await response.json())["attempts_left"]) == (401, 0)


async def test_a_company_logs_in_with_its_contract(login, api, app):
    performed = await app.gateway.perform("10052733", "company.password", {}, key="p", request="")
    assert performed.outcome.name == "done"
    [message] = await app.store.inbox("79260000002", 1)
    [password] = re.findall(r"\b\d{6}\b", message.text)
    assert await login("10052733", password) == (200, {"company": "romashka"})
    assert (await login("10052733", "wrong1"))[1]["attempts_left"] == 5
    for body in ({"login": "10052733", "code": "1234"}, {"login": "10052733"}):
        async with api.post("/api/v1/lk/login", json=body) as response:
            assert response.status == (401 if "code" in body else 422)
