"""Health, clock and accounts over HTTP, on the real gateway."""

import pytest

ANNA = "79261234567"
PATH = f"/api/v1/subscribers/{ANNA}"


async def answer(pending):
    async with pending as response:
        return response.status, await response.json()


async def test_health(api, app):
    assert await answer(api.get("/healthz")) == (200, {"status": "ok"})
    assert await answer(api.get("/readyz")) == (200, {"status": "ready"})
    app.not_ready = "the store is lost"
    status, body = await answer(api.get("/readyz"))
    assert (status, body["detail"]) == (503, "the store is lost")
    assert (await answer(api.get("/healthz")))[0] == 200


# ---------------------------------------------------------------- clock


async def test_the_clock_is_shown_and_moved(api, clock):
    now_ms = clock.now_ms()
    status, body = await answer(api.get("/api/v1/clock"))
    assert (status, body["now_ms"], body["clock"]) == (200, now_ms, "virtual")
    status, body = await answer(api.post("/api/v1/clock", json={"advance": "24h"}))
    assert (status, body["now_ms"]) == (200, now_ms + 86_400_000)
    status, body = await answer(api.post("/api/v1/clock", json={"set": "2031-01-01T00:00:00Z"}))
    assert (status, body["now"]) == (200, "2031-01-01T00:00:00.000Z")


async def test_a_move_is_answered_when_everything_has_happened(api, app, clock):
    await api.post("/api/v1/subscribers/79261234567/topup", json={"amount": "1000.00"})
    status, body = await answer(api.post("/api/v1/clock", json={"advance": "40d"}))
    assert status == 200
    mine = [line for line in body["happened"] if line["msisdn"] == "79261234567"]
    assert [(line["what"], line["fee"]) for line in mine] == [("tariff fee", "320.00")] * len(mine)
    assert body["counts"]["tariff fee"] >= len(mine) >= 1
    _, account = await answer(api.get("/api/v1/subscribers/79261234567"))
    assert account["balance_kop"] == 125_000 - 32_000 * len(mine)


@pytest.mark.parametrize(
    "body, word",
    [
        ({"advance": "yesterday"}, "duration"),
        ({"set": "2001-01-01"}, "forward only"),
        ({"set": "soon"}, "instant"),
        ({}, "fit"),
        ({"advance": "1h", "set": "2031-01-01"}, "fit"),
        ({"advance": 5}, "fit"),
    ],
)
async def test_a_move_that_makes_no_sense(api, clock, body, word):
    before_ms = clock.now_ms()
    status, problem = await answer(api.post("/api/v1/clock", json=body))
    assert status == 422
    assert word in problem["detail"]
    assert clock.now_ms() == before_ms


# ---------------------------------------------------------------- subscribers


async def test_an_account(api):
    status, body = await answer(api.get(PATH))
    assert status == 200
    assert (body["msisdn"], body["balance"], body["balance_kop"]) == (ANNA, "250.00", 25000)
    assert (body["tariff_name"], body["language"], body["kind"]) == ("Включайся! Пиши", "ru", "individual")
    assert body["login"] == {"password_set": False, "locked": False, "wrong": 0}
    assert {package["kind"] for package in body["packages"]} == {"minutes", "sms", "mb"}


async def test_the_contract_an_account_is_billed_on(api):
    assert (await answer(api.get(PATH)))[1]["account_no"] == "9261234567"
    assert (await answer(api.get("/api/v1/subscribers/79260000001")))[1]["account_no"] == "10052733"


async def test_a_top_up_tells_what_is_left_of_it(api, app):
    poor = "/api/v1/subscribers/79261234569"
    await app.gateway.perform("79261234569", "pay.promised", {"tier": "50"}, key="k", request="")
    _, body = await answer(api.post(f"{poor}/topup", json={"amount": "100"}))
    assert body["balance"] == "90.00"


async def test_a_corporate_account(api):
    _, body = await answer(api.get("/api/v1/subscribers/79260000001"))
    assert body["kind"] == "corporate"
    assert (body["budget"], body["budget_limit"], body["personal"]) == ("412.50", "700.00", "35.00")


@pytest.mark.parametrize("number", ["8(926)123-45-67", "9261234567", "+79261234567"])
async def test_a_number_in_any_form(api, number):
    _, body = await answer(api.get(f"/api/v1/subscribers/{number}"))
    assert body["msisdn"] == ANNA


@pytest.mark.parametrize("number", ["nobody", "123", "78123456789"])
async def test_who_has_no_account(api, number):
    status, body = await answer(api.get(f"/api/v1/subscribers/{number}"))
    assert (status, body["title"]) == (404, "Not Found")
    assert (await answer(api.post(f"/api/v1/subscribers/{number}/topup", json={"amount": "1"})))[0] == 404


async def test_no_hash_and_no_secret_is_shown(api, app):
    await app.gateway.perform(ANNA, "password.set", {"password": "Canary77"}, key="k", request="")
    async with api.get(PATH) as response:
        text = await response.text()
    assert '"password_set": true' in text
    assert "Canary77" not in text
    assert "scrypt" not in text


async def test_topup_goes_through_the_ledger(api):
    status, body = await answer(api.post(f"{PATH}/topup", json={"amount": "10,50", "note": "cash"}))
    assert status == 200
    assert body == {
        "msisdn": ANNA, "amount": "10.50", "amount_kop": 1050, "balance": "260.50", "balance_kop": 26050,
    }  # fmt: skip
    _, lines = await answer(api.get(f"{PATH}/ledger?kind=topup"))
    (line,) = lines["entries"]
    assert (line["amount"], line["account"], line["note"]) == ("10.50", f"{ANNA}:main", "cash")


async def test_the_same_key_pays_once(api):
    headers = {"Idempotency-Key": "k1"}
    first = await answer(api.post(f"{PATH}/topup", json={"amount": "10.00"}, headers=headers))
    async with api.post(f"{PATH}/topup", json={"amount": "10.00"}, headers=headers) as response:
        assert response.headers["Idempotency-Replayed"] == "true"
        assert (response.status, await response.json()) == first
    _, account = await answer(api.get(PATH))
    assert account["balance"] == "260.00"


async def test_the_same_key_for_something_else_is_refused(api):
    headers = {"Idempotency-Key": "k1"}
    await answer(api.post(f"{PATH}/topup", json={"amount": "10.00"}, headers=headers))
    other = "/api/v1/subscribers/79261234568/topup"
    for path, amount in ((f"{PATH}/topup", "11.00"), (other, "10.00")):
        status, problem = await answer(api.post(path, json={"amount": amount}, headers=headers))
        assert status == 422
        assert "Idempotency-Key" in problem["detail"]


async def test_without_a_key_each_request_counts(api):
    for _ in range(2):
        await answer(api.post(f"{PATH}/topup", json={"amount": "10.00"}))
    _, account = await answer(api.get(PATH))
    assert account["balance"] == "270.00"


@pytest.mark.parametrize("amount", ["0", "-5", "1e3", "ten", "", "1.001", "99999999"])
async def test_sums_that_are_refused(api, amount):
    status, problem = await answer(api.post(f"{PATH}/topup", json={"amount": amount}))
    assert status == 422
    assert problem["detail"]
    _, account = await answer(api.get(PATH))
    assert account["balance"] == "250.00"


async def test_a_balance_is_set(api):
    status, body = await answer(api.post(f"{PATH}/balance", json={"balance": "0.00"}))
    assert (status, body["balance"], body["difference"]) == (200, "0.00", "-250.00")
    _, lines = await answer(api.get(f"{PATH}/ledger?limit=1"))
    assert lines["entries"][0]["kind"] == "adjustment"
    status, body = await answer(api.post(f"{PATH}/balance", json={"balance": "-1.00"}))
    assert (status, body["reason"], body["min"]) == (422, "amount.bad", "0.00")


async def test_the_inbox(api, app, clock):
    for key in ("a", "b"):
        await app.gateway.perform(ANNA, "password.new", {}, key=key, request="")
    _, body = await answer(api.get(f"{PATH}/inbox"))
    first, second = body["messages"]
    assert first["message_id"] < second["message_id"]
    assert (first["from"], first["state"], first["parts"]) == ("000110", "queued", 1)
    assert "Пароль" in first["text"]
    _, body = await answer(api.get(f"{PATH}/inbox?after={first['message_id']}"))
    assert body["messages"] == [second]


@pytest.mark.parametrize(
    "query", ["limit=x", "limit=-1", "limit=1001", "after=1.5", "limit=9999999999999999"]
)
async def test_numbers_in_queries(api, query):
    status, _ = await answer(api.get(f"{PATH}/inbox?{query}"))
    assert status == 400


async def test_a_key_that_is_too_long(api):
    headers = {"Idempotency-Key": "k" * 129}
    status, _ = await answer(api.post(f"{PATH}/topup", json={"amount": "1"}, headers=headers))
    assert status == 400
