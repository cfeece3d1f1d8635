"""Documents and payments of a company over HTTP: ordered, ready on the clock, mailed, told by SMS."""

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest

from ussd_gateway.app import App
from ussd_gateway.config import load_config

CONTRACT, ANNA, EMPLOYEE, CONTROL = "10052733", "79261234567", "79260000001", "79260000002"
COMPANY = "/api/v1/companies/romashka"
CONFIG = Path(__file__).parents[3] / "config.yaml"
READY_MS = 25 * 60_000


@pytest.fixture
async def app(clock, tmp_path):
    environment = {"USSDGW_STORAGE__URL": "memory://", "USSDGW_STORAGE__MAILBOX": str(tmp_path)}
    app = App(load_config(CONFIG, environment), clock=clock)
    await app.start(listen=False)
    yield app
    await app.stop()


@pytest.fixture
async def ask(api):
    async def ask(method: str, path: str = "", body: object = None, **headers: str):
        async with api.request(method, COMPANY + path, json=body, headers=headers) as response:
            return response.status, await response.json()

    return ask


@pytest.fixture
def month(clock):
    return datetime.fromtimestamp(clock.now_ms() / 1000, UTC).strftime("%Y-%m")


@pytest.fixture
def later(app, clock):
    async def later(by_ms=READY_MS):
        clock.advance(by_ms)
        app.jobs.wake()
        await app.jobs.catch_up()

    return later


def files(tmp_path, address="buh@romashka.ru"):
    return sorted((tmp_path / address).glob("*"))


def rows_of(path):
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


async def told(app, number):
    return [message.text for message in reversed(await app.store.inbox(number, 10))]


async def test_a_report_is_ready_after_25_minutes(ask, app, later, month, tmp_path):
    await app.gateway.perform(EMPLOYEE, "account.charge", {"fee_kop": 500, "note": "x"}, key="f", request="")
    body = {"kind": "report", "period": month, "form": "csv", "email": "buh@romashka.ru"}
    status, ordered = await ask("POST", "/documents", body)
    assert (status, ordered["order"], ordered["email"]) == (200, 1, "buh@romashka.ru")
    assert [row["state"] for row in (await ask("GET", "/documents"))[1]["documents"]] == ["waiting"]
    await later(READY_MS - 1)
    assert files(tmp_path) == []
    await later(1)
    [file] = files(tmp_path)
    assert file.name.startswith(f"report-{CONTRACT}-{month}-01")
    assert rows_of(file) == [
        ["number", "employee", "kind", "what", "roubles"],
        [EMPLOYEE, "Анна Иванова", "fee", "x", "5.00"],
    ]
    [row] = (await ask("GET", "/documents"))[1]["documents"]
    assert (row["state"], row["kind"], row["form"]) == ("ready", "report", "csv")
    [sms] = await told(app, CONTROL)
    assert sms.startswith("Заказ 1 готов: отчет о расходах 01.")
    assert await told(app, CONTRACT) == []


async def test_the_same_document_in_preparation_is_one_order(ask, later, month, tmp_path):
    body = {"kind": "numbers", "period": month, "email": "buh@romashka.ru"}
    first, second = [await ask("POST", "/documents", body) for _ in range(2)]
    assert first == second
    _, other = await ask("POST", "/documents", {**body, "form": "pdf"})
    assert other["order"] == 2
    await later()
    assert sorted(file.suffix for file in files(tmp_path)) == [".pdf", ".xlsx"]
    assert (await ask("POST", "/documents", body))[1]["order"] == 3


async def test_a_locked_file_and_its_password(ask, app, later, month, tmp_path):
    body = {"kind": "numbers", "period": month, "form": "csv", "email": "buh@romashka.ru", "locked": True}
    await ask("POST", "/documents", {**body, "notice": "email", "to": CONTROL})
    await later()
    texts = " ".join(await told(app, CONTROL))
    password = re.search(r"Пароль файла заказа 1: (\d{6})", texts)
    assert password
    [file] = files(tmp_path)
    with ZipFile(file) as archive:
        [name] = archive.namelist()
        text = archive.read(name, password[1].encode()).decode("utf-8-sig")
    assert EMPLOYEE in text
    secrets = [message for message in await app.store.inbox(CONTROL, 10) if password[1] in message.text]
    assert [message.secret for message in secrets] == [True]


async def test_reconciliation_adds_up(ask, app, later, month, tmp_path):
    await ask("POST", "/payments", {"amount": "30000", "note": "п/п 7"})
    await ask("POST", "/changes", {"change": "limit", "limit": "1000.00", "numbers": [EMPLOYEE]})
    body = {"kind": "reconciliation", "period": month, "form": "csv", "email": "buh@romashka.ru"}
    await ask("POST", "/documents", body)
    await ask("POST", "/documents", {**body, "kind": "payments"})
    await later()
    payments, act = files(tmp_path)
    rows = [row[1:] for row in rows_of(act)]
    assert rows == [
        ["kind", "what", "debit", "credit", "balance"],
        ["before", "", "", "", "0.00"],
        ["topup", "п/п 7", "", "30000.00", "30000.00"],
        ["budget", EMPLOYEE, "300.00", "", "29700.00"],
        ["after", "", "", "", "29700.00"],
    ]
    assert [row[1:] for row in rows_of(payments)[1:]] == [["п/п 7", "30000.00"]]
    assert (await app.store.audit()).problems == ()


async def test_payments_are_listed_by_number_and_kind(ask):
    await ask("POST", "/payments", {"amount": "100"}, **{"Idempotency-Key": "p"})
    await ask("POST", "/payments", {"amount": "100"}, **{"Idempotency-Key": "p"})
    await ask("POST", "/changes", {"change": "limit", "limit": "1000.00", "numbers": [EMPLOYEE]})
    amounts = {}
    for query in ("", "?kind=topup", f"?number={EMPLOYEE}", "?period=2001-01"):
        _, body = await ask("GET", f"/payments{query}")
        amounts[query] = [entry["amount"] for entry in body["entries"]]
    assert amounts == {
        "": ["100.00", "-300.00"],
        "?kind=topup": ["100.00"],
        f"?number={EMPLOYEE}": ["-300.00"],
        "?period=2001-01": [],
    }
    assert (await ask("GET", "/payments?period=x"))[0] == 400


async def test_a_detail_of_a_number(ask, app, later, month, tmp_path):
    await app.gateway.perform(EMPLOYEE, "account.charge", {"fee_kop": 500, "note": "x"}, key="f", request="")
    body = {"kind": "detail", "period": month, "form": "csv", "email": "buh@romashka.ru", "number": EMPLOYEE}
    await ask("POST", "/documents", body)
    await later()
    [file] = files(tmp_path)
    assert [row[1:] for row in rows_of(file)][-1] == ["fee", "x", "-5.00"]


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"kind": "detail"}, "paper.kind"),
        ({"number": EMPLOYEE}, "paper.kind"),
        ({"period": "2001-01"}, "paper.period"),
        ({"period": "soon"}, "paper.period"),
        ({"kind": "detail", "number": ANNA}, "corp.foreign"),
        ({"email": ""}, "email.none"),
        ({"email": "x"}, "email.bad"),
        ({"to": EMPLOYEE}, "corp.no_control"),
    ],
)
async def test_what_is_refused(ask, month, change, reason):
    body = {"kind": "report", "period": month, "email": "buh@romashka.ru", **change}
    status, problem = await ask("POST", "/documents", body)
    assert (status, problem["reason"]) == (422, reason)


async def test_ten_orders_may_wait(ask, month):
    body = {"kind": "report", "period": month}
    for number in range(10):
        assert (await ask("POST", "/documents", {**body, "email": f"a{number}@b.ru"}))[0] == 200
    assert (await ask("POST", "/documents", {**body, "email": "a@b.ru"}))[1]["reason"] == "detail.waiting"


async def test_a_control_number_asks_by_its_phone(ask, app, month):
    assert (await app.gateway.perform(EMPLOYEE, "corp.papers", {}, key="a", request="")).outcome.params == {
        "reason": "corp.no_control"
    }
    await app.gateway.perform(CONTROL, "corp.papers", {}, key="b", request="")
    await app.jobs.catch_up()
    assert await told(app, CONTROL) == ["Документы не заказаны"]
    await ask("POST", "/documents", {"kind": "reconciliation", "period": month, "email": "a@b.ru"})
    await app.gateway.perform(CONTROL, "corp.papers", {}, key="c", request="")
    await app.jobs.catch_up()
    text = (await told(app, CONTROL))[1]
    assert re.fullmatch(r"Заказы документов: 1 акт сверки [\d.]+-[\d.]+ в работе", text)
