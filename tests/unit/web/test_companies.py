"""A company over HTTP: its numbers, who joins it, its password, SIM cards."""

import re

import pytest

ANNA, BORIS, EMPLOYEE, CONTROL = "79261234567", "79261234568", "79260000001", "79260000002"
COMPANY = "/api/v1/companies/romashka"


@pytest.fixture
async def ask(api):
    async def ask(method: str, path: str = "", body: object = None, **headers: str):
        async with api.request(method, COMPANY + path, json=body, headers=headers) as response:
            return response.status, await response.json()

    return ask


async def numbers(ask, query=""):
    return [row["msisdn"] for row in (await ask("GET", f"/numbers{query}"))[1]["numbers"]]


async def test_a_company_and_its_numbers(ask, api):
    status, body = await ask("GET")
    assert (status, body["name"], body["contract"], body["numbers"]) == (200, "ООО Ромашка", "10052733", 2)
    _, body = await ask("GET", "/numbers?search=анна")
    [row] = body["numbers"]
    assert (row["msisdn"], row["name"], row["tags"], row["budget"]) == (
        EMPLOYEE,
        "Анна Иванова",
        ["продажи"],
        "412.50",
    )
    assert await numbers(ask, "?tag=IT") == [CONTROL]
    assert await numbers(ask, "?search=0002") == [CONTROL]
    async with api.get("/api/v1/companies/nobody") as response:
        assert response.status == 404


async def test_a_number_joins(ask, api, app):
    status, _ = await ask(
        "POST", "/numbers", {"number": "8 926 123-45-68", "name": "Борис", "tariff": "CSTD"}
    )
    assert status == 200
    await app.jobs.catch_up()
    _, body = await ask("GET", "/numbers?search=борис")
    assert [(row["msisdn"], row["tariff"]) for row in body["numbers"]] == [(BORIS, "CSTD")]
    async with api.get(f"/api/v1/subscribers/{BORIS}") as response:
        account = await response.json()
    assert (account["kind"], account["company"], account["personal"]) == ("corporate", "romashka", "250.00")
    status, problem = await ask("POST", "/numbers", {"number": BORIS})
    assert (status, problem["reason"]) == (422, "corp.already")
    assert (await app.store.audit()).problems == ()


async def test_a_number_that_may_not_join_is_forgotten(ask, app):
    await app.gateway.perform(ANNA, "num.block", {"days": 1}, key="b", request="")
    assert (await ask("POST", "/numbers", {"number": ANNA}))[0] == 200
    await app.jobs.catch_up()
    _, body = await ask("GET", "/numbers")
    assert ([row["msisdn"] for row in body["numbers"]], body["joining"]) == ([EMPLOYEE, CONTROL], [])
    [told] = await app.store.inbox(CONTROL, 10)
    assert "не подключен" in told.text


async def test_a_key_enrols_once(ask):
    body = {"number": ANNA}
    assert (await ask("POST", "/numbers", body, **{"Idempotency-Key": "e"}))[0] == 200
    assert (await ask("POST", "/numbers", body, **{"Idempotency-Key": "e"}))[0] == 200
    assert (await ask("POST", "/numbers", {"number": BORIS}, **{"Idempotency-Key": "e"}))[0] == 422


async def test_the_password_comes_to_a_control_number_and_opens_the_login(ask, api, app):
    assert (await ask("POST", "/password", {"to": EMPLOYEE}))[1]["reason"] == "corp.no_control"
    assert (await ask("POST", "/password", {}))[1]["to"] == CONTROL
    [message] = await app.store.inbox(CONTROL, 10)
    found = re.search(r"пароль (\d{6})", message.text)
    assert found
    assert (message.secret, (await ask("GET"))[1]["login"]["password_set"]) == (True, True)
    performed = await app.gateway.perform(
        "10052733", "company.login", {"password": found[1]}, key="l", request=""
    )
    assert performed.outcome.name == "done"


async def test_a_control_number_gets_it_from_its_own_phone(app):
    await app.gateway.perform(CONTROL, "corp.password_reset", {}, key="r", request="")
    await app.jobs.catch_up()
    [message] = await app.store.inbox(CONTROL, 10)
    assert message.text.startswith("Вход компании: 10052733, пароль ")


async def test_a_new_sim_card(ask):
    card = {"iccid": "8970102000000000011", "puk1": "12345678"}
    assert (await ask("POST", "/sim", {"number": ANNA, **card}))[1]["reason"] == "corp.foreign"
    wrong = {"number": EMPLOYEE, **card, "puk1": "0"}
    assert (await ask("POST", "/sim", wrong))[1]["detail"] == "The PUK1 is wrong"
    assert (await ask("POST", "/sim", {"number": EMPLOYEE, **card}))[0] == 200
    assert (await ask("POST", "/sim", {"number": CONTROL, **card}))[1]["reason"] == "sim.used"
    _, body = await ask("GET", "/numbers?search=анна")
    assert body["numbers"][0]["iccid"] == "8970102000000000011"


async def test_a_number_leaves_and_its_money_stays(ask, api, app):
    status, _ = await ask("DELETE", f"/numbers/{EMPLOYEE}")
    assert status == 200
    await app.jobs.catch_up()
    assert await numbers(ask) == [CONTROL]
    async with api.get(f"/api/v1/subscribers/{EMPLOYEE}") as response:
        account = await response.json()
    assert (account["kind"], account["company"], account["balance"]) == ("individual", None, "35.00")
    async with api.get(f"/api/v1/subscribers/{EMPLOYEE}/inbox") as response:
        texts = [message["text"] for message in (await response.json())["messages"]]
    assert texts[0].startswith("Номер больше не в договоре ООО Ромашка. Ваш тариф: ")
    [back] = await app.store.company_lines("romashka", 0, 1 << 62)
    assert (back.amount_kop, back.note) == (41_250, EMPLOYEE)
    assert (await app.store.audit()).problems == ()
    assert (await ask("DELETE", f"/numbers/{EMPLOYEE}"))[1]["reason"] == "corp.foreign"
    assert (await ask("DELETE", f"/numbers/{CONTROL}"))[1]["reason"] == "corp.control"
    assert (await ask("POST", "/numbers", {"number": EMPLOYEE}))[0] == 200
    await app.jobs.catch_up()
    assert sorted(await numbers(ask)) == [EMPLOYEE, CONTROL], "and may come back"


async def test_many_numbers_join_at_once_and_are_listed_by_pages(ask, app):
    joining = [str(79_110_000_000 + each) for each in range(1200)]
    rows = [{"number": number, "name": f"Имя {number[-4:]}"} for number in joining]
    for start in (0, 600):
        status, body = await ask("POST", "/import", {"numbers": rows[start : start + 600]})
        assert (status, {row["outcome"] for row in body["numbers"]}) == (200, {"done"})
    await app.jobs.catch_up()
    _, body = await ask("POST", "/import", {"numbers": [*rows[:1], {"number": EMPLOYEE, "tariff": "?"}]})
    assert [row.get("reason") for row in body["numbers"]] == ["corp.already", "corp.already"]
    assert (await ask("GET"))[1]["numbers"] == 1202
    seen, after = [], ""
    while True:
        _, body = await ask("GET", f"/numbers?limit=500{after}")
        seen.append([row["msisdn"] for row in body["numbers"]])
        if body["next"] is None:
            break
        after = f"&after={body['next']}"
    assert [len(page) for page in seen] == [500, 500, 202]
    assert [number for page in seen for number in page] == sorted([*joining, EMPLOYEE, CONTROL])
    assert await numbers(ask, "?search=имя 0042") == ["79110000042"]
    assert (await ask("GET", "/numbers?after=x"))[0] == 400
    assert (await app.store.audit()).problems == ()
