"""The black list: a rouble a day while it is on, numbers of 11 to 15 digits, callers turned away."""

from dataclasses import replace

import pytest

from tests.unit.billing.kit import ALICE, BOB, catalogue, individual
from tests.unit.billing.life import Life, midnight_ms, under
from ussd_gateway.billing.operations import black_list, usage


def rejects(life: Life, caller: str) -> bool:
    outcome = life.do(usage.call, to=caller, minutes=1, direction="in")
    return outcome.params.get("reason") == "call.rejected"


def test_a_rouble_a_day_until_it_is_off() -> None:
    life = Life()
    assert life.do(black_list.on).params == {"name": "Черный список", "fee_kop": 100, "per": "сут"}
    assert life.texts() == ["Услуга Черный список подключена. Плата 1р/сутки. Отключить: *130*4#"]
    life.do(black_list.add, number=BOB)
    assert rejects(life, BOB)
    life.until(midnight_ms(9))
    assert life.paid_kop("daily") == 10 * 100
    life.do(black_list.off)
    assert not rejects(life, BOB)
    life.until(midnight_ms(19))
    assert life.paid_kop("daily") == 10 * 100
    life.do(black_list.on)
    assert rejects(life, BOB), "the numbers outlive the service"


def test_adding_switches_on_unless_configured_otherwise() -> None:
    life = Life()
    assert life.do(black_list.add, number="9261234569").params == {"number": BOB, "count": 1}
    assert rejects(life, BOB)
    assert life.paid_kop() == 100
    later = Life(rules=under(black_list={"add_switches_on": False}))
    later.do(black_list.add, number=BOB)
    assert (later.account.black_list, later.account.services, rejects(later, BOB)) == ((BOB,), (), False)
    poor = Life(individual(balance_kop=99))
    assert poor.refused(black_list.add, number=BOB) == "no.money"


@pytest.mark.parametrize("number", ["", "0500", "926123456", "7926123456789012", "+7926abc4567"])
def test_what_is_no_number(number: str) -> None:
    assert Life().refused(black_list.add, number=number) == "bl.bad"
    assert Life().refused(black_list.delete, number=number) == "bl.bad"


def test_refusals() -> None:
    life = Life(rules=under(black_list={"max_numbers": 2}))
    assert Life(individual(status="blocked")).refused(black_list.add, number="?") == "number.blocked"
    assert life.refused(black_list.add, number=ALICE) == "bl.own"
    life.do(black_list.add, number=BOB)
    assert life.refused(black_list.add, number="+7 926 123-45-69") == "bl.already"
    life.do(black_list.add, number="380441234567")
    assert life.refused(black_list.add, number="79261111111") == "bl.full"
    assert life.refused(black_list.delete, number="79261111111") == "bl.absent"
    assert life.refused(black_list.on) == "svc.already"


def test_deleting_clearing_and_telling() -> None:
    life = Life()
    life.do(black_list.add, number=BOB)
    life.do(black_list.add, number="79261111111")
    life.texts()
    life.do(black_list.tell)
    assert life.texts() == [f"Черный список: {BOB}, 79261111111"]
    assert life.do(black_list.delete, number=BOB).params == {"number": BOB, "count": 1}
    assert life.do(black_list.clear).params == {"count": 1}
    life.do(black_list.tell)
    assert life.texts() == ["Черный список пуст"]
    assert life.account.has("130"), "an empty list stays on"


def test_suspended_for_want_of_money_it_turns_nobody_away() -> None:
    life = Life(individual(balance_kop=150))
    life.do(black_list.add, number=BOB)
    life.until(midnight_ms())
    assert not rejects(life, BOB)


def test_a_catalogue_without_the_service() -> None:
    life = Life(rules=replace(catalogue(), services={}))
    assert life.refused(black_list.on) == "bad.code"
    assert life.refused(black_list.add, number=BOB) == "bad.code"
