"""The login form: forms of a number, attempts, the lock; and that it does not tell who is a subscriber."""

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
