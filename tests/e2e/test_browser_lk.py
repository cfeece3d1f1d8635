"""The personal account of `/lk` in a real browser: log in, lock it, unlock it; what is done there is done."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import (
    EVIL,
    LANGUAGES,
    OVERFLOWING,
    PATIENCE_MS,
    SIZES,
    Handset,
    assert_nothing_ran,
    chromium,
    keep,
)
from tests.e2e.running import ROOT, Gateway, prompt_catalogue
from ussd_gateway.billing.catalogue import load_catalogue

NUMBERS = iter(range(79261240001, 79261249999))
CONTROL = "79260000002"
CONTRACT = "10052733"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    gateway = Gateway(folder, STORAGE__URL="memory://", PATHS__CATALOGUE=str(prompt_catalogue(folder)))
    yield gateway
    gateway.stop()


@pytest.fixture(scope="module")
def browser(needs_program):
    with chromium(needs_program("chromium")) as browser:
        yield browser


@pytest.fixture
def opened(browser, gateway):
    """`opened(path, ...)` -> the page; without a failure in the end."""
    contexts, errors = [], []

    def opened(path="/lk", width=1280, height=860, scheme="light", locale="en-US") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page: Page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(dialog.message))
        page.goto(f"http://127.0.0.1:{gateway.http_port}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def number() -> str:
    """A subscriber nobody else has used."""
    return str(next(NUMBERS))


def log_in(page: Page, login: str, password: str) -> None:
    page.locator("[name=login]").fill(login)
    page.locator("[name=password]").fill(password)
    page.locator("form .main").click()


def password_by_phone(phone: Handset) -> str:
    """Dial *105*00# and read the SMS."""
    phone.dial("*105*00#")
    expect(phone.screen("end")).to_be_visible()
    toast = phone.find(".toast button")
    expect(toast).to_contain_text(re.compile(r": \d{6}\."))
    password = re.search(r": (\d{6})\.", toast.inner_text())
    assert password is not None
    phone.find(".popup .main").click()
    toast.click()
    return password[1]


def given_password(gateway: Gateway, number: str) -> str:
    """A password without a phone."""
    gateway.ask("GET", f"/api/v1/subscribers/{number}")
    body = {"password": "Secret77", "balance": "3000.00"}
    assert gateway.ask("POST", f"/api/v1/subscribers/{number}", body)[0] == 200
    return "Secret77"


def blank_card() -> tuple[str, str]:
    """A SIM card of the catalogue that nobody has: its ICCID and PUK1."""
    cards = load_catalogue(ROOT / "catalogue").sims
    return next(iter(cards.items()))


def company_password(gateway: Gateway) -> str:
    assert gateway.ask("POST", "/api/v1/companies/romashka/password", {})[0] == 200
    inbox = gateway.ask("GET", f"/api/v1/subscribers/{CONTROL}/inbox")[1]["messages"]
    password = re.search(r"\b\d{6}\b", inbox[-1]["text"])
    assert password is not None
    return password[0]


def test_the_password_opens_locks_and_a_new_one_unlocks(opened, number):
    phone = Handset(opened(f"/#{number}"), number)
    expect(phone.find(".bars:not(.none)")).to_be_visible()
    password = password_by_phone(phone)
    page = opened()
    log_in(page, f"8 ({number[1:4]}) {number[4:7]}-{number[7:]}", password)
    expect(page.locator(".who h2")).to_have_text(f"+{number}")
    page.reload()
    expect(page.locator(".who h2")).to_have_text(f"+{number}")
    page.locator(".leave").click()
    for left in (5, 4, 3, 2, 1):
        log_in(page, number, "wrong1")
        expect(page.get_by_role("alert")).to_contain_text(f"Attempts left: {left}")
    log_in(page, number, "wrong1")
    expect(page.get_by_role("alert")).to_contain_text("locked")
    expect(page.locator(".login")).to_contain_text("dial *105*00#")
    log_in(page, number, password)
    expect(page.get_by_role("alert")).to_contain_text("locked")
    phone.show("dial")
    log_in(page, number, password_by_phone(phone))
    expect(page.locator(".who h2")).to_have_text(f"+{number}")


def test_a_code_by_sms_opens_it(opened, gateway, number):
    gateway.ask("GET", f"/api/v1/subscribers/{number}")
    page = opened()
    page.locator("[name=login]").fill(number)
    page.locator(".other").click()
    page.locator(".send").click()
    expect(page.get_by_role("alert")).to_contain_text("comes by SMS")
    [message] = gateway.ask("GET", f"/api/v1/subscribers/{number}/inbox")[1]["messages"]
    code = re.search(r"\b\d{4}\b", message["text"])
    assert code is not None
    page.locator("[name=code]").fill(code[0])
    page.keyboard.press("Enter")
    expect(page.locator(".who h2")).to_have_text(f"+{number}")


def test_what_is_done_there_is_done(opened, gateway, number):
    page = opened()
    log_in(page, number, given_password(gateway, number))
    said = page.get_by_role("status")
    page.locator("[data-tab=services]").click()
    page.get_by_label("Tariffs", exact=True).get_by_role("button").first.click()
    expect(said).to_contain_text("from")
    expect(page.get_by_role("button", name="Cancel the change")).to_be_visible()
    page.locator("[data-tab=settings]").click()
    page.locator("[name=to]").fill("79261234567")
    page.get_by_label("Call forwarding").get_by_role("button").last.click()
    expect(said).to_have_text("Done")
    expect(page.get_by_label("Call forwarding")).to_contain_text("79261234567")
    for name, value in {"old": "Secret77", "new": "Another88", "repeat": "Another88"}.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_label("New password", exact=True).get_by_role("button").click()
    expect(said).to_have_text("Done")
    facts = gateway.ask("GET", f"/api/v1/subscribers/{number}/facts")[1]["facts"]
    assert (facts["forwarding.on"], facts["tariff.waiting"]) == (True, True)
    page.locator("[data-tab=payments]").click()
    page.get_by_label("Bank card").locator("[name=number]").fill("1")
    page.get_by_label("Bank card").get_by_role("button").first.click()
    expect(page.locator(".notice.bad")).to_be_visible()


def test_a_card_is_bound_and_pays(opened, gateway, number):
    page = opened()
    log_in(page, number, given_password(gateway, number))
    page.locator("[data-tab=payments]").click()
    card = page.get_by_label("Bank card", exact=True)
    card.locator("[name=number]").fill("4111111111111111")
    card.get_by_role("button", name="Bind").click()
    expect(page.get_by_role("status")).to_contain_text("comes by SMS")
    inbox = gateway.ask("GET", f"/api/v1/subscribers/{number}/inbox")[1]["messages"]
    code = re.search(r": (\d{4,6})\.", inbox[-1]["text"])
    assert code is not None
    card.locator("[name=code]").fill(code[1])
    card.get_by_role("button", name="Confirm").click()
    card.locator("[name=amount]").fill("250")
    card.get_by_role("button", name="*1111").click()
    expect(page.locator(".who")).to_contain_text("3250.00")
    page.get_by_label("Autopay", exact=True).get_by_role("button", name="Turn on").click()
    expect(page.get_by_label("Autopay", exact=True).get_by_role("button")).to_have_text("Turn off")


def test_an_employee_sees_the_budget(opened, gateway):
    page = opened()
    log_in(page, CONTROL, given_password(gateway, CONTROL))
    expect(page.locator(".who")).to_contain_text("700.00 / 700.00 RUB")


def test_a_session_that_ended_asks_for_a_login(opened, gateway, number):
    page = opened()
    log_in(page, number, given_password(gateway, number))
    page.locator("[data-tab=bonus]").click()
    expect(page.locator("[data-tab=bonus]")).to_have_attribute("aria-current", "page")
    gateway.ask("POST", f"/api/v1/subscribers/{number}", {"password": "Another88"})
    page.locator("[data-tab=account]").click()
    expect(page.get_by_role("alert")).to_contain_text("logged out")


def test_a_company_changes_its_numbers(opened, gateway):
    page = opened()
    log_in(page, CONTRACT, company_password(gateway))
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("[data-tab=changes]").click()
    page.locator("[name=change]").select_option("service")
    page.locator("[name=code]").select_option("134")
    page.get_by_role("button", name="Carry out").click()
    expect(page.get_by_role("status")).to_contain_text("Tried:")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("[name=change]").select_option("tag")
    page.locator("[name=label]").fill("ночь")
    page.get_by_role("button", name="Carry out").click()
    expect(page.get_by_role("status")).to_contain_text("Changed: 2")
    page.locator("[data-tab=employees]").click()
    expect(page.locator("tbody tr").first).to_contain_text("ночь")
    body = {"change": "describe", "numbers": [CONTROL], "name": EVIL[0]}
    assert gateway.ask("POST", "/api/v1/companies/romashka/changes", body)[1]["done"] == 1
    page.reload()
    expect(page.locator("tbody")).to_contain_text(EVIL[0])
    assert_nothing_ran(page)


def test_a_company_does_all_it_can(opened, gateway):
    """Employees one by one and by list, limits, diversion, a document, a new card."""
    page = opened()
    log_in(page, CONTRACT, company_password(gateway))
    said = page.get_by_role("status")
    newcomer, many = str(next(NUMBERS)), [str(next(NUMBERS)) for _ in range(2)]
    gateway.ask("GET", f"/api/v1/subscribers/{newcomer}")
    for number in many:
        gateway.ask("GET", f"/api/v1/subscribers/{number}")
    enrol = page.get_by_label("Add a number", exact=True)
    enrol.locator("[name=number]").fill(newcomer)
    enrol.locator("[name=name]").fill("Пётр <b>Первый</b>")
    enrol.get_by_role("button", name="Add").click()
    expect(said).to_have_text("Done")
    several = page.get_by_label("Import a list", exact=True)
    lines = "\n".join(f"{number}; {EVIL[0]}; инженер" for number in many).encode()
    several.locator("[type=file]").set_input_files(
        {"name": "employees.csv", "mimeType": "text/csv", "buffer": lines}
    )
    expect(several.locator("textarea")).to_have_value(re.compile(many[1]))
    several.get_by_role("button", name="Add").click()
    expect(said).to_contain_text(f"{many[0]}: Done")
    page.locator("[name=search]").fill(newcomer)
    page.get_by_role("button", name="Find").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Пётр <b>Первый</b>")
    page.locator("tbody tr").get_by_role("button", name="Change").click()
    expect(page.locator("[name=numbers]")).to_have_value(newcomer)
    for change, values in {"limit": {"limit": "500"}, "forward": {"to": "79261234567"}}.items():
        page.locator("[name=change]").select_option(change)
        for name, value in values.items():
            page.locator(f"[name={name}]").fill(value)
        page.get_by_role("button", name="Carry out").click()
        expect(said).to_contain_text("Changed: 1, refused: 0")
    account = gateway.ask("GET", f"/api/v1/subscribers/{newcomer}")[1]
    assert account["budget_limit"] == "500.00"
    [row] = gateway.ask("GET", f"/api/v1/companies/romashka/numbers?search={newcomer}")[1]["numbers"]
    assert row["forwarding"] == [{"kind": "all", "number": "79261234567"}]
    page.locator("[data-tab=papers]").click()
    page.locator("[name=period]").fill("2026-05")
    page.locator("[name=email]").fill("office@romashka.example")
    page.get_by_role("button", name="Order").click()
    expect(said).to_contain_text("Ready")
    expect(page.get_by_label("Documents", exact=True)).to_contain_text("2026-05")
    page.locator("[data-tab=card_change]").click()
    iccid, puk = blank_card()
    for name, value in {"number": newcomer, "iccid": iccid, "puk1": "1"}.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Replace").click()
    expect(page.locator(".notice.bad")).to_be_visible()
    page.locator("[name=puk1]").fill(puk)
    page.get_by_role("button", name="Replace").click()
    expect(said).to_have_text("Done")
    page.locator("[data-tab=money]").click()
    expect(page.locator("[name=period]")).not_to_have_value("")
    page.locator("[name=period]").fill("2026-05")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("[name=period]")).to_have_value("2026-05")
    assert_nothing_ran(page)


def test_texts_of_the_account_are_text(opened, gateway, number):
    page = opened()
    password = given_password(gateway, number)
    for evil in EVIL:
        note = {"amount": "10.00", "note": evil}
        assert gateway.ask("POST", f"/api/v1/subscribers/{number}/topup", note)[0] == 200
    log_in(page, number, password)
    for evil in EVIL:
        expect(page.get_by_label("Operations", exact=True)).to_contain_text(evil)
    page.locator("[data-tab=payments]").click()
    expect(page.get_by_label("Latest top-ups", exact=True)).to_contain_text(EVIL[0])
    assert_nothing_ran(page)


# ---------------------------------------------------------------- how it looks


@LANGUAGES
@SIZES
def test_nothing_is_cut(opened, gateway, number, width, height, locale):
    page = opened(width=width, height=height, locale=locale)
    name = f"lk-{locale[:2]}-{width}"

    def look(what: str) -> None:
        keep(page, f"{name}-{what}", whole=True)
        assert page.evaluate(OVERFLOWING) == [], what

    for login in (number, CONTRACT):
        expect(page.locator("[name=login]")).to_be_visible()
        look(f"login-{login == CONTRACT}")
        log_in(page, login, given_password(gateway, number) if login == number else company_password(gateway))
        expect(page.locator(".who")).to_be_visible()
        tabs = page.locator("[data-tab]").evaluate_all("all => all.map((each) => each.dataset.tab)")
        for tab in tabs:
            page.locator(f"[data-tab={tab}]").click()
            expect(page.locator(f"[data-tab={tab}]")).to_have_attribute("aria-current", "page")
            expect(page.locator(".cards .card").first).to_be_visible()
            look(tab)
            assert not page.get_by_text(re.compile(r"\blk_\w")).count(), tab
        page.locator(".leave").click()
