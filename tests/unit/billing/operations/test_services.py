"""Services on and off: fees, messages, what stands in the way; tones, content, packages by their code."""

from dataclasses import replace

import pytest

from tests.unit.billing.kit import NOW_MS, catalogue, employee, individual
from tests.unit.billing.life import Life, midnight_ms
from ussd_gateway.billing.holdings import Employee, Service
from ussd_gateway.billing.operations import accounts, content, services


def test_switching_on_takes_the_first_fee_and_tells() -> None:
    life = Life()
    assert life.do(services.on, code="134").params == {"name": "Живой баланс", "fee_kop": 200, "per": "сут"}
    assert life.texts() == ["Услуга Живой баланс подключена. Плата 2р/сутки. Отключить: *105*134*0#"]
    assert (life.account.balance_kop, life.paid_kop("daily")) == (24_800, 200)
    assert life.account.services == (Service("134", NOW_MS, midnight_ms()),)
    assert life.account.last_charges[0].note == "Живой баланс"


def test_fees_come_again_each_period() -> None:
    life = Life()
    life.do(services.on, code="134")
    life.do(services.on, code="272")
    assert life.paid_kop("monthly") == 1_500
    life.until(midnight_ms(31) - 1)
    assert (life.paid_kop("daily"), life.paid_kop("monthly")) == (31 * 200, 1_500)
    life.until(midnight_ms(31))
    assert (life.paid_kop("daily"), life.paid_kop("monthly")) == (32 * 200, 2 * 1_500)


def test_a_service_without_money_rests_until_a_top_up() -> None:
    life = Life(individual(balance_kop=300))
    life.do(services.on, code="134")
    life.until(midnight_ms())
    assert life.do(services.status, code="134").params["suspended"] is True
    assert not life.account.has("134")
    life.do(accounts.topup, amount_kop=1_000)
    assert life.account.has("134")
    assert life.account.balance_kop == 900


def test_a_period_is_paid_once() -> None:
    life = Life(individual(balance_kop=300))
    for _ in range(3):
        assert life.do(services.on, code="134").name == "done"
        assert life.do(services.off, code="134").name == "done"
    assert life.paid_kop("daily") == 200
    life.until(midnight_ms())
    assert life.refused(services.on, code="134") == "no.money"


def test_switching_off() -> None:
    life = Life()
    life.do(services.on, code="134")
    life.texts()
    assert life.do(services.off, code="134").params == {"name": "Живой баланс"}
    assert (life.texts(), life.account.services) == (["Услуга Живой баланс отключена"], ())
    assert life.refused(services.off, code="134") == "svc.not_on"
    life.until(midnight_ms(30))
    assert life.paid_kop("daily") == 200


def test_refusals_in_their_order() -> None:
    life = Life(individual(balance_kop=600))
    assert Life(individual(status="blocked")).refused(services.on, code="?") == "number.blocked"
    restricted = employee(employee=Employee(restricted=True))
    assert Life(restricted).refused(services.on, code="134") == "corp.restricted"
    assert life.refused(services.on, code="999") == "bad.code"
    assert life.refused(services.off, code="999") == "bad.code"
    assert life.refused(services.status, code="999") == "bad.code"
    assert Life(employee()).refused(services.on, code="480") == "svc.unfit"
    life.do(services.on, code="134")
    assert life.refused(services.on, code="134") == "svc.already"
    outcome = life.do(services.on, code="221")
    assert outcome.params == {"reason": "no.money", "need_kop": 500, "balance_kop": 400}


@pytest.mark.parametrize("code, use", [("300", "*105*4*3#"), ("021", "*105*7*1#"), ("156", "*105*7*3#")])
def test_what_needs_more_than_a_yes_says_where_to_dial(code: str, use: str) -> None:
    for operation in (services.on, services.off):
        outcome = Life().do(operation, code=code)
        assert (outcome.params["reason"], outcome.params["use"]) == ("svc.elsewhere", use)


def test_conflicts_count_in_both_directions() -> None:
    shipped = catalogue()
    unlike = shipped.services["221"].model_copy(update={"conflicts": ("502",)})
    rules = replace(shipped, services={**shipped.services, "221": unlike})
    for first, second in (("221", "502"), ("502", "221")):
        life = Life(rules=rules)
        life.do(services.on, code=first)
        assert life.refused(services.on, code=second) == "svc.conflict"


def test_only_so_many_services() -> None:
    shipped = catalogue()
    rules = replace(shipped, rules=shipped.rules.model_copy(update={"max_services": 1}))
    life = Life(rules=rules)
    life.do(services.on, code="134")
    assert life.refused(services.on, code="240") == "svc.many"


def test_a_service_that_left_the_catalogue_can_be_switched_off() -> None:
    life = Life(individual(services=(Service("555", NOW_MS),)))
    assert life.do(services.status, code="555").params["name"] == "555"
    assert life.do(services.off, code="555").params == {"name": "555"}
    assert life.account.services == ()


def test_a_single_use_has_a_price_of_its_own() -> None:
    life = Life(individual(balance_kop=1_250))
    assert life.do(services.once, code="221").params == {"name": "АнтиАОН", "fee_kop": 700}
    assert life.refused(services.once, code="221") == "no.money"
    assert life.refused(services.once, code="134") == "svc.unfit"
    assert life.refused(services.once, code="?") == "bad.code"
    life.do(services.on, code="221")
    assert life.do(services.once, code="221").params["fee_kop"] == 0
    assert (life.paid_kop("fee"), life.paid_kop("daily")) == (700, 500)


# ---------------------------------------------------------------- yes-or-no features, packages


def test_codes_of_switches() -> None:
    life = Life(individual(balance_kop=0))
    name = "Запрет мобильного перевода"
    assert life.do(services.on, code="220").params == {"name": name, "fee_kop": 0, "per": "сут"}
    assert life.account.transfer_bar
    assert life.do(services.status, code="220").params["on"] is True
    assert life.do(services.off, code="220").params == {"name": name}
    assert not life.account.transfer_bar
    life.do(services.on, code="801")
    assert life.account.content_ban
    life.do(services.off, code="801")
    assert not life.account.content_ban


def test_a_package_is_bought_by_its_code() -> None:
    life = Life()
    assert life.do(services.on, code="3351").params == {
        "name": "Интернет 100 МБ",
        "fee_kop": 6_000,
        "per": "",
    }
    assert life.account.left_of("mb", NOW_MS) == 100
    assert Life(individual(balance_kop=0)).refused(services.on, code="3351") == "no.money"


# ---------------------------------------------------------------- content


def subscribed() -> Life:
    life = Life()
    for code in ("8101", "134", "8102"):
        life.do(services.on, code=code)
    life.texts()
    return life


def test_stop_all_ends_subscriptions_and_nothing_else() -> None:
    life = subscribed()
    assert life.do(content.stop_all).params == {"count": 2}
    assert [service.code for service in life.account.services] == ["134"]
    assert life.texts() == ["Отключено подписок: 2. Запретить новые: *105*801#"]
    assert life.do(services.on, code="8101").name == "done"


def test_stop_content_also_forbids_new_ones() -> None:
    life = subscribed()
    assert life.do(content.stop_content).params == {"on": True, "count": 2}
    assert life.texts() == ["Стоп-контент включен, отключено подписок: 2. Снять: *105*801*0#"]
    assert life.refused(services.on, code="8101") == "svc.banned"
    assert life.do(content.stop_content, on=False).params == {"on": False, "count": 0}
    assert life.do(services.on, code="8101").name == "done"


def test_only_a_company_lifts_the_ban_on_its_numbers() -> None:
    life = Life(employee())
    assert life.do(content.stop_own_content).params == {"on": True, "count": 0}
    assert life.do(content.stop_own_content, on=False).params == {"reason": "corp.restricted"}
    assert life.do(services.off, code="801").params == {"reason": "corp.restricted"}
    assert life.account.content_ban
    assert life.do(content.stop_content, on=False).name == "done"


def test_a_blocked_number_can_stop_content() -> None:
    assert Life(individual(status="blocked")).do(content.stop_content).name == "done"


# ---------------------------------------------------------------- tones


def test_a_tone_switches_its_service_on_once() -> None:
    life = Life()
    assert life.do(services.tone, id="2").params == {"name": "Джаз", "fee_kop": 300, "per": "сут"}
    assert (life.account.tone, life.account.has("770")) == ("2", True)
    assert life.texts() == ["Гудок Джаз включен. Плата 3р/сут. Отключить: *105*770*0#"]
    life.do(services.tone, id="3")
    assert (life.account.tone, life.paid_kop()) == ("3", 300)
    life.do(services.tone, id="0")
    assert (life.account.tone, life.account.services) == ("", ())
    assert life.refused(services.tone, id="0") == "svc.not_on"
    assert life.refused(services.tone, id="9") == "tone.unknown"


def test_switching_the_tone_service_off_forgets_the_tone() -> None:
    life = Life()
    life.do(services.tone, id="2")
    life.do(services.off, code="770")
    assert life.account.tone == ""
    assert Life(individual(balance_kop=299)).refused(services.tone, id="2") == "no.money"
