"""Questions, spending, documents by e-mail: what is told, what waits, what is refused."""

import pytest

from tests.unit.billing.kit import NOW_MS, individual
from tests.unit.billing.life import Life, midnight_ms, under
from ussd_gateway.billing.operations import accounts, documents, spending, support

MINUTE_MS = 60_000


# ---------------------------------------------------------------- questions


def test_a_question_is_kept_and_answered_by_sms() -> None:
    life = Life(individual(status="blocked"))
    assert life.do(support.ask, text=" Где мои деньги? ").name == "done"
    assert life.account.tickets == ((NOW_MS, "Где мои деньги?"),)
    (answer,) = life.messages
    assert (answer.source, answer.not_before_ms) == ("0500", NOW_MS + MINUTE_MS)


def test_questions_that_are_none() -> None:
    assert Life().refused(support.ask, text="  ") == "sup.empty"
    outcome = Life().do(support.ask, text="?" * 501)
    assert (outcome.params["reason"], outcome.params["max"]) == ("sup.long", 500)


@pytest.mark.parametrize("keep", [1, 2])
def test_only_the_newest_questions_are_kept(keep: int) -> None:
    life = Life(rules=under(support={"keep": keep}))
    for number in range(5):
        life.do(support.ask, text=str(number))
    assert [ticket.text for ticket in life.account.tickets] == ["3", "4"][-keep:]


def test_the_shops_by_sms() -> None:
    life = Life()
    life.do(support.offices)
    assert life.texts()[0].startswith("Салоны")


# ---------------------------------------------------------------- spending


def test_what_was_spent_today_and_this_month() -> None:
    life = Life()
    life.do(accounts.charge, fee_kop=1_000, note="раз")
    life.until(midnight_ms())
    life.do(accounts.charge, fee_kop=250, note="два")
    assert life.do(spending.spend, period="day").params == {"spent_kop": 250}
    assert life.do(spending.spend, period="month").params == {"spent_kop": 1_250}
    life.until(midnight_ms(10))
    assert life.do(spending.spend, period="month").params == {"spent_kop": 0}
    assert life.refused(spending.spend, period="year") == "spend.period"


def test_the_newest_charges_by_sms() -> None:
    life = Life()
    assert life.do(spending.last5).params == {"count": 0}
    assert life.texts() == ["Списаний не было"]
    for number in range(6):
        life.do(accounts.charge, fee_kop=220, note=f"SMS {number}")
    life.do(accounts.charge, fee_kop=1_000)
    life.do(spending.last5)
    (text,) = life.texts()
    assert text.startswith("Списания: 28.05 23:26 10.00; 28.05 23:26 SMS 5 2.20; ")
    assert text.count(";") == 4


def test_top_ups_are_remembered() -> None:
    life = Life()
    for amount_kop in range(100, 1300, 100):
        life.do(accounts.topup, amount_kop=amount_kop, note="cash")
    assert [topup.amount_kop for topup in life.account.last_topups] == list(range(1200, 200, -100))
    assert life.account.last_topups[0] == (NOW_MS, 1_200, "cash")


# ---------------------------------------------------------------- documents


def test_call_detail_comes_a_quarter_of_an_hour_later() -> None:
    life = Life(individual(email="ivanov@mail.ru"))
    outcome = life.do(documents.detail, month="6")
    ready_ms = NOW_MS + 15 * MINUTE_MS
    assert outcome.params == {"email": "ivanov@mail.ru", "period": "01.11-30.11", "ready_ms": ready_ms}
    assert (life.texts(), life.mails) == ([], [])
    life.until(ready_ms - 1)
    assert life.mails == []
    life.until(ready_ms)
    assert life.mails == [("ivanov@mail.ru", "detail")]
    assert life.texts() == ["Детализация за 01.11-30.11 отправлена на ivanov@mail.ru, до 15 минут"]
    assert life.paid_kop() == 0


@pytest.mark.parametrize("month", [7, -1, "", "май"])
def test_older_months_are_the_offices_business(month: int | str) -> None:
    life = Life(individual(email="ivanov@mail.ru"))
    assert life.refused(documents.detail, month=month) == "detail.month"


def test_the_address_given_or_known() -> None:
    life = Life()
    assert life.refused(documents.detail, month=1) == "email.none"
    assert life.refused(documents.detail, month=1, email="../etc") == "email.bad"
    assert life.do(documents.detail, month=1, email="petrov@mail.ru").name == "done"
    assert life.do(documents.set_email, email=" ivanov@mail.ru ").params == {"email": "ivanov@mail.ru"}
    assert life.do(documents.spending).params["email"] == "ivanov@mail.ru"
    life.do(documents.detail, month=0)
    outcome = life.do(documents.detail, month=0)
    assert (outcome.params["reason"], outcome.params["max"]) == ("detail.waiting", 3)
    life.until(NOW_MS + 15 * MINUTE_MS)
    assert life.do(documents.detail, month=0).name == "done"
    assert sorted(life.mails) == [
        ("ivanov@mail.ru", "detail"),
        ("ivanov@mail.ru", "spending"),
        ("petrov@mail.ru", "detail"),
    ]


@pytest.mark.parametrize("email", ["ivanov", "@mail.ru", "a@b", "a b@mail.ru", "a/b@mail.ru", "ы@mail.ru"])
def test_what_is_no_address(email: str) -> None:
    assert Life().refused(documents.set_email, email=email) == "email.bad"


def test_an_address_can_be_forgotten() -> None:
    life = Life(individual(email="ivanov@mail.ru"))
    life.do(documents.set_email, email="")
    assert life.account.email == ""
