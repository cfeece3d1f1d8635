"""Call forwarding and barring: kinds by name and by GSM code, the numbers and passwords they take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.kit import ALICE, BOB, employee, individual
from tests.unit.billing.life import Life, under
from ussd_gateway.billing.holdings import Employee, Forward
from ussd_gateway.billing.operations import barring, forwarding

VOICE_MAIL = "+79262000222"

# ---------------------------------------------------------------- forwarding


def test_diverting_one_kind_of_calls() -> None:
    life = Life()
    assert life.do(forwarding.status).params == {"on": False, "text": "Переадресации нет"}
    assert life.do(forwarding.establish, kind="busy", to=VOICE_MAIL).params == {
        "number": "79262000222",
        "text": "Занято 79262000222",
    }
    assert life.do(forwarding.status, kind="67").params == {"on": True, "text": "Занято 79262000222"}
    assert life.do(forwarding.status, kind="all").params["on"] is False
    assert life.do(forwarding.clear, kind="busy").params == {"count": 1, "text": "Переадресации нет"}
    assert life.paid_kop() == 0


def test_all_kinds_fit_one_screen_and_go_together() -> None:
    life = Life()
    life.do(forwarding.establish, kind="61", to=BOB)
    text = str(life.do(forwarding.establish, kind="002", to="89262000222").params["text"])
    assert text.splitlines() == [
        "Все 79262000222",
        "Занято 79262000222",
        "Нет отв. 79262000222",
        "Недост. 79262000222",
    ]
    assert len(text) <= 80
    assert life.do(forwarding.clear, kind="21").params["count"] == 1
    assert life.do(forwarding.clear, kind="conditional").params["count"] == 3
    life.do(forwarding.establish, kind="004", to=BOB)
    assert life.do(forwarding.clear).params["count"] == 3


def test_a_kind_has_one_target() -> None:
    life = Life()
    life.do(forwarding.establish, kind="all", to=BOB)
    life.do(forwarding.establish, kind="21", to=VOICE_MAIL)
    assert life.account.forwarding == (("all", "79262000222"),)


@pytest.mark.parametrize("to", ["", "0500", "380441234567", "+79261", "792612345678"])
def test_calls_go_to_russian_numbers_only(to: str) -> None:
    assert Life().refused(forwarding.establish, kind="all", to=to) == "cf.bad_number"


def test_forwarding_is_refused() -> None:
    assert (
        Life(individual(status="blocked")).refused(forwarding.establish, kind="?", to="?") == "number.blocked"
    )
    assert Life().refused(forwarding.establish, kind="?", to=BOB) == "cf.bad_kind"
    assert Life().refused(forwarding.establish, kind="all", to=ALICE) == "cf.own"
    assert Life().refused(forwarding.clear, kind="?") == "cf.bad_kind"
    assert Life().refused(forwarding.status, kind="?") == "cf.bad_kind"
    abroad = Life(rules=under(forwarding={"country_codes": ("7", "380")}))
    assert abroad.do(forwarding.establish, kind="all", to="380441234567").name == "done"
    life = Life()
    life.do(barring.establish, kind="incoming", password="0000")
    assert life.refused(forwarding.establish, kind="all", to=BOB) == "cf.barred"


def test_what_is_diverted_can_always_be_ended() -> None:
    life = Life(individual(forwarding=(Forward("all", BOB),), status="blocked"))
    assert life.do(forwarding.clear).params["count"] == 1


def test_roaming() -> None:
    life = Life()
    assert life.do(forwarding.roaming, on=True).params == {"on": True}
    assert life.account.roaming
    life.do(forwarding.roaming, on="0")
    assert not life.account.roaming


# ---------------------------------------------------------------- barring


def test_barring_needs_the_password() -> None:
    life = Life()
    assert life.refused(barring.establish, kind="33", password="1234") == "cb.wrong"
    assert life.refused(barring.establish, kind="33", password="000") == "cb.bad_password"
    assert life.do(barring.establish, kind="33", password="0000").params == {"text": "исходящие"}
    assert life.do(barring.establish, kind="incoming_roaming", password="0000").name == "done"
    assert life.do(barring.status).params == {"on": True, "text": "исходящие, вх. в роуминге"}
    assert life.do(barring.clear, kind="outgoing", password="0000").params["text"] == "вх. в роуминге"
    assert life.do(barring.clear, kind="330", password="0000").params["text"] == "Запретов нет"
    assert life.refused(barring.establish, kind="34", password="0000") == "cb.bad_kind"


def test_codes_for_several_kinds() -> None:
    life = Life(individual(language="en"))
    life.do(barring.establish, kind="333", password="0000")
    assert list(life.account.barring.kinds) == ["33", "331", "332"]
    life.do(barring.establish, kind="353", password="0000")
    assert len(str(life.do(barring.status).params["text"])) <= 80
    life.do(barring.clear, kind="333", password="0000")
    assert list(life.account.barring.kinds) == ["35", "351"]


def test_another_password() -> None:
    life = Life()
    assert life.refused(barring.change_password, old="0000", new="12345") == "cb.bad_password"
    assert life.refused(barring.change_password, old="0000", new="1234", repeat="1235") == "cb.mismatch"
    life.do(barring.change_password, old="0000", new="1234", repeat="1234")
    assert life.refused(barring.establish, kind="33", password="0000") == "cb.wrong"
    assert life.do(barring.establish, kind="33", password="1234").name == "done"


def test_the_third_wrong_change_in_a_row_ends_the_service() -> None:
    life = Life()
    life.do(barring.establish, kind="33", password="0000")
    for left in (2, 1):
        outcome = life.do(barring.change_password, old="1111", new="1234")
        assert (outcome.params["reason"], outcome.params["attempts_left"]) == ("cb.wrong_change", left)
    life.do(barring.change_password, old="0000", new="1234")
    assert life.account.barring.wrong == 0, "a right one sets the count back"
    for _ in range(3):
        outcome = life.do(barring.change_password, old="1111", new="1234")
    assert outcome.params["reason"] == "cb.dead"
    assert (life.account.barring.dead, life.account.barring.kinds) == (True, ())
    assert life.refused(barring.establish, kind="33", password="1234") == "cb.dead"
    assert life.refused(barring.change_password, old="1234", new="1234") == "cb.dead"


def test_barring_is_refused() -> None:
    assert (
        Life(individual(status="blocked")).refused(barring.clear, kind="?", password="") == "number.blocked"
    )


def test_an_employee_says_where_calls_go_even_when_the_company_forbids_other_changes() -> None:
    life = Life(employee(employee=Employee(restricted=True)))
    assert life.do(forwarding.establish, kind="busy", to=BOB).name == "done"
    assert life.do(barring.establish, kind="33", password="0000").name == "done"
    assert life.refused(forwarding.roaming, on=True) == "corp.restricted"


@given(st.text(max_size=6))
def test_only_four_ascii_digits_are_a_password(password: str) -> None:
    four = len(password) == 4 and set(password) <= set("0123456789")
    outcome = Life().do(barring.establish, kind="33", password=password)
    if password == "0000":
        assert outcome.name == "done"
    else:
        assert outcome.params["reason"] == ("cb.wrong" if four else "cb.bad_password")
