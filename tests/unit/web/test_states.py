"""`POST /api/v1/subscribers/{msisdn}`: an account is as a test wants it, and the books balance."""

import pytest

ANNA, WORKER = "79261234567", "79260000001"


async def bring(api, body, msisdn: str = ANNA, **headers: str):
    response = await api.post(f"/api/v1/subscribers/{msisdn}", json=body, headers=headers)
    return response.status, await response.json()


async def account(api, msisdn: str = ANNA):
    return await (await api.get(f"/api/v1/subscribers/{msisdn}")).json()


async def test_money_and_settings(api, app):
    state = {"balance": "10.00", "language": "en", "credit_limit": 50, "autologin": True, "blocked": True}
    assert (await bring(api, state))[0] == 200
    found = await account(api)
    assert (found["balance"], found["floor"], found["language"]) == ("10.00", "-50.00", "en")
    assert (found["autologin"], found["status"]) == (True, "blocked")
    assert (await bring(api, {"balance": "-50.00", "blocked": False}))[0] == 200
    assert (await account(api))["balance"] == "-50.00"
    entries = (await (await api.get(f"/api/v1/subscribers/{ANNA}/ledger?kind=adjustment")).json())["entries"]
    assert [entry["amount"] for entry in entries] == ["-60.00", "-240.00"]
    assert (await app.store.audit()).problems == ()


async def test_of_a_company(api, app):
    assert (await bring(api, {"budget": "5.00", "balance": "7.00"}, WORKER))[0] == 200
    found = await account(api, WORKER)
    assert (found["budget"], found["personal"]) == ("5.00", "7.00")
    status, problem = await bring(api, {"budget": "5.00"})
    assert (status, problem["reason"]) == (422, "corp.only")


async def test_the_login(api):
    assert (await bring(api, {"password": "Secret77", "wrong": 2}))[0] == 200
    assert (await account(api))["login"] == {"password_set": True, "locked": False, "wrong": 2}
    login = {"login": ANNA, "password": "Secret77"}
    assert (await api.post("/api/v1/lk/login", json=login)).status == 200
    await bring(api, {"locked": True})
    assert (await api.post("/api/v1/lk/login", json=login)).status == 423
    await bring(api, {"password": None})
    assert (await account(api))["login"] == {"password_set": False, "locked": False, "wrong": 0}


async def test_tariff_packages_and_services(api, app):
    catalogue = app.gateway.service.catalogue
    present = (await account(api))["tariff"]
    tariff = next(
        code
        for code, each in catalogue.tariffs.items()
        if each.kind == "individual" and code != present and each.volumes.sms
    )
    package = next(iter(catalogue.packages))
    service = next(code for code, each in catalogue.services.items() if not each.feature and each.fee)
    state = {"tariff": tariff, "remains": {"sms": 3}}
    state |= {"packages": {package: True}, "services": {service: True}}
    assert (await bring(api, state))[0] == 200
    found = await app.gateway.account(ANNA)
    assert found.tariff == tariff
    assert [each.left for each in found.packages if each.code == tariff and each.kind == "sms"] == [3]
    assert {each.code for each in found.packages} >= {package}
    assert found.has(service)
    assert found.balance_kop == 25_000, "nothing costs anything"
    await bring(api, {"packages": {package: False}, "services": {service: False}})
    found = await app.gateway.account(ANNA)
    assert not found.has(service)
    assert package not in {each.code for each in found.packages}


async def test_bonus_points(api, app):
    await bring(api, {"bonus": 120})
    bonus = (await app.gateway.account(ANNA)).bonus
    assert (bonus.member, bonus.points) == (True, 120)
    await bring(api, {"bonus_member": False})
    assert (await app.gateway.account(ANNA)).bonus.member is False


async def test_calls_and_lists(api, app):
    await bring(api, {"black_list": ["79031112233"], "forwarding": {"busy": "79031112234"}})
    found = await app.gateway.account(ANNA)
    assert found.black_list == ("79031112233",)
    assert [tuple(rule) for rule in found.forwarding] == [("busy", "79031112234")]


@pytest.mark.parametrize(
    "body, reason",
    [
        ({"tariff": "NONE"}, "tariff.unknown"),
        ({"packages": {"NONE": True}}, "pkg.unknown"),
        ({"services": {"NONE": True}}, "bad.code"),
        ({"balance": "-0.01"}, "amount.bad"),
        ({"balance": "1.00", "tariff": "NONE"}, "tariff.unknown"),
    ],
)
async def test_what_cannot_be_changes_nothing(api, body, reason):
    before = await account(api)
    status, problem = await bring(api, body)
    assert (status, problem["reason"]) == (422, reason)
    assert await account(api) == before


async def test_a_key_stands_for_one_request(api):
    key = {"Idempotency-Key": "setup-1"}
    assert (await bring(api, {"balance": "10.00"}, **key))[0] == 200
    assert (await bring(api, {"balance": "10.00"}, **key))[0] == 200
    assert (await bring(api, {"balance": "11.00"}, **key))[0] == 422


async def test_a_mistake_is_told_by_its_member(api):
    status, problem = await bring(api, {"balance": "much", "colour": "red"})
    assert status == 422
    assert {error["member"] for error in problem["errors"]} == {"balance", "colour"}
