"""The personal account behind the login: whose it is, what it may do, and that it reaches nobody else."""

import re

import pytest

from ussd_gateway.web.cabinet import ACTIONS
from ussd_gateway.web.lk_sessions import COOKIE, IDLE_MS, MAX_SESSIONS, LkSessions
from ussd_gateway.web.operations import _WORDS
from ussd_gateway.web.routes import ROUTES

ANNA, BORIS = "79261234567", "79261234568"
EMPLOYEE = "79260000001"
CONTRACT = "10052733"
PASSWORD = "Secret77"
OPEN = {"login", "logout", "password", "otp"}


@pytest.fixture
def ask(api):
    """`await ask(method, path below /api/v1/lk, ...)` -> status and JSON."""

    async def ask(method: str, path: str, **kwargs):
        async with api.request(method, f"/api/v1/lk{path}", **kwargs) as response:
            return response.status, await response.json()

    return ask


@pytest.fixture
def enter(ask, app):
    """`await enter(number)` logs a number in, or the company by its contract."""

    async def enter(login: str) -> None:
        password = PASSWORD
        if login == CONTRACT:
            await app.gateway.perform(login, "company.password", {}, key="p", request="")
            [message] = await app.store.inbox("79260000002", 1)
            [password] = re.findall(r"\b\d{6}\b", message.text)
        else:
            args = {"password": PASSWORD}
            await app.gateway.perform(login, "password.set", args, key=f"set{login}", request="")
        assert (await ask("POST", "/login", json={"login": login, "password": password}))[0] == 200

    return enter


def calls() -> list[tuple[str, str]]:
    """Every call behind the login."""
    return [
        (route.method, route.path.removeprefix("/api/v1/lk"))
        for route in ROUTES
        if route.path.startswith("/api/v1/lk/") and route.path.rpartition("/")[2] not in OPEN
    ] + [("POST", "/company/password")]


# ---------------------------------------------------------------- the session


@pytest.mark.parametrize("cookie", [None, "nobody"])
async def test_without_a_session_nothing_is_told(ask, cookie):
    cookies = {} if cookie is None else {COOKIE: cookie}
    for method, path in calls():
        path = path.format(action="tariff.current", list="services.mine", number=ANNA)
        status, problem = await ask(method, path, json={}, cookies=cookies)
        assert (status, problem.get("reason")) == (401, "lk.session"), path


async def test_the_cookie_is_for_nobody_but_the_browser(api, app):
    await app.gateway.perform(ANNA, "password.set", {"password": PASSWORD}, key="set", request="")
    async with api.post("/api/v1/lk/login", json={"login": ANNA, "password": PASSWORD}) as response:
        cookie = response.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/api/v1/lk")
    assert len(cookie.value) >= 40


async def test_a_refused_login_opens_no_session(api, app):
    async with api.post("/api/v1/lk/login", json={"login": ANNA, "password": "wrong1"}) as response:
        assert (response.status, COOKIE in response.cookies) == (401, False)


async def test_whose_session_it_is(ask, enter):
    await enter(ANNA)
    status, account = await ask("GET", "/me")
    assert (status, account["msisdn"], account["balance"]) == (200, ANNA, "250.00")
    await enter(CONTRACT)
    status, company = await ask("GET", "/me")
    assert (status, company["company"], company["name"]) == (200, "romashka", "ООО Ромашка")


async def test_it_ends_with_the_company(ask, enter, app, monkeypatch):
    await enter(CONTRACT)
    monkeypatch.delitem(app.gateway.service.catalogue.companies, "romashka")
    assert (await ask("GET", "/me"))[0] == 401


async def test_it_ends_when_nobody_uses_it(ask, enter, clock):
    await enter(ANNA)
    for _ in range(3):
        clock.advance(IDLE_MS - 1)
        assert (await ask("GET", "/me"))[0] == 200
    clock.advance(IDLE_MS)
    assert (await ask("GET", "/me"))[0] == 401


async def test_it_ends_by_logout(ask, api, enter):
    await enter(ANNA)
    [cookie] = [each.value for each in api.session.cookie_jar if each.key == COOKIE]
    assert await ask("POST", "/logout") == (200, {"logged_out": True})
    assert (await ask("GET", "/me"))[0] == 401
    assert (await ask("GET", "/me", cookies={COOKIE: cookie}))[0] == 401


async def test_it_ends_with_the_password(ask, enter, app):
    await enter(ANNA)
    await app.gateway.perform(ANNA, "password.new", {}, key="new", request="")
    assert (await ask("GET", "/me"))[0] == 401


async def test_whoever_changes_the_password_stays_and_others_go(ask, api, enter):
    await enter(ANNA)
    [other] = [each.value for each in api.session.cookie_jar if each.key == COOKIE]
    api.session.cookie_jar.clear()
    await enter(ANNA)
    body = {"login": ANNA, "old": PASSWORD, "new": "Another88", "repeat": "Another88"}
    assert (await ask("POST", "/password", json=body))[0] == 200
    assert (await ask("GET", "/me"))[0] == 200
    api.session.cookie_jar.clear()
    assert (await ask("GET", "/me", cookies={COOKIE: other}))[0] == 401


async def test_a_page_of_another_site_gets_nothing(ask, enter, api):
    await enter(ANNA)
    for origin in ("https://evil.example", f"http://127.0.0.1:{api.port + 1}", "null"):
        status, _ = await ask("POST", "/actions/autologin.set", json={"on": True}, headers={"Origin": origin})
        assert status == 403
    own = {"Origin": f"http://127.0.0.1:{api.port}"}
    assert (await ask("POST", "/actions/autologin.set", json={"on": True}, headers=own))[0] == 200


def test_the_table_is_bounded():
    sessions = LkSessions()
    names = [
        sessions.open(str(owner), company=False, password_hash=None, now_ms=0)
        for owner in range(MAX_SESSIONS + 1)
    ]
    assert sessions.find(names[0], 0) is None
    assert sessions.find(names[-1], 0) is not None


# ---------------------------------------------------------------- a number


async def test_what_is_shown_and_done_is_the_own_number_s(ask, enter, app):
    await enter(ANNA)
    _, facts = await ask("GET", "/facts")
    assert facts["facts"]["subscriber.msisdn"] == ANNA
    status, done = await ask("POST", "/actions/cf.set", json={"kind": "all", "to": BORIS})
    assert (status, done["msisdn"]) == (200, ANNA)
    assert (await app.gateway.account(ANNA)).forwarding
    assert not (await app.gateway.account(BORIS)).forwarding
    _, rows = await ask("GET", "/lists/tariffs.available")
    assert rows["rows"]
    _, lines = await ask("GET", "/ledger")
    assert all(ANNA in line["account"] for line in lines["entries"])


async def test_no_other_number_can_be_named(ask, enter, app):
    await enter(ANNA)
    for query in (f"?msisdn={BORIS}", f"?number={BORIS}"):
        assert (await ask("GET", f"/me{query}"))[1]["msisdn"] == ANNA
        _, answer = await ask("POST", f"/actions/autologin.set{query}", json={"on": True})
        assert answer["msisdn"] == ANNA
    status, _ = await ask("POST", "/actions/autologin.set", json={"on": True, "msisdn": BORIS})
    assert status == 422
    assert not (await app.gateway.account(BORIS)).autologin


async def test_a_key_of_another_session_is_another_key(ask, enter):
    headers = {"Idempotency-Key": "one"}
    await enter(ANNA)
    assert (await ask("POST", "/actions/tariff.current", headers=headers))[1]["msisdn"] == ANNA
    await enter(BORIS)
    assert (await ask("POST", "/actions/tariff.current", headers=headers))[1]["msisdn"] == BORIS


async def test_a_number_is_no_company(ask, enter):
    await enter(EMPLOYEE)
    for method, path in calls():
        if path.startswith("/company/"):
            status, _ = await ask(method, path.format(number=EMPLOYEE), json={})
            assert status == 403, path


@pytest.mark.parametrize(
    "action", ["account.topup", "account.set_balance", "usage.call", "password.new", "pay.transfer_now", "x"]
)
async def test_what_a_session_does_not_vouch_for_is_not_offered(ask, enter, action):
    await enter(ANNA)
    assert (await ask("POST", f"/actions/{action}", json={}))[0] == 404


def test_what_is_offered_is_there():
    assert set(_WORDS.actions) >= ACTIONS


@pytest.mark.parametrize("language, words", [("ru-RU,ru", "[а-я]"), ("en", "[a-z]")])
async def test_refusals_are_in_the_reader_s_language(ask, enter, language, words):
    await enter(ANNA)
    headers = {"Accept-Language": language}
    status, problem = await ask("POST", "/actions/cf.set", json={"kind": "all", "to": "12"}, headers=headers)
    assert status == 422
    assert re.search(words, problem["detail"])


# ---------------------------------------------------------------- a company


async def test_a_company_leads_its_numbers(ask, enter):
    await enter(CONTRACT)
    _, page = await ask("GET", "/company/numbers")
    assert {row["msisdn"] for row in page["numbers"]} == {EMPLOYEE, "79260000002"}
    body = {"change": "tag", "label": "ночь", "numbers": [EMPLOYEE, ANNA]}
    _, changed = await ask("POST", "/company/changes", json=body)
    assert [(row["msisdn"], row["outcome"]) for row in changed["numbers"]] == [
        (EMPLOYEE, "done"),
        (ANNA, "denied"),
    ]
    body = {"number": ANNA, "iccid": "8970102000000000011", "puk1": "12345678"}
    assert (await ask("POST", "/company/sim", json=body))[1]["reason"] == "corp.foreign"
    assert (await ask("POST", "/company/import", json={"numbers": [{"number": "79261234500"}]}))[0] == 200
    assert (await ask("POST", "/company/documents", json={"kind": "numbers", "period": "2026-05"}))[0] in (
        200,
        422,
    )
    assert (await ask("GET", "/company/documents"))[0] == 200
    assert (await ask("GET", "/company/payments"))[0] == 200


async def test_a_company_is_no_number(ask, enter):
    await enter(CONTRACT)
    for method, path in (("GET", "/facts"), ("GET", "/ledger"), ("POST", "/actions/svc.stop_all")):
        assert (await ask(method, path))[0] == 403
