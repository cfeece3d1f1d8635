"""What an account does by itself when money comes or goes: autopay, and those who watch the balance."""

from typing import Any

import pytest

from tests.unit.billing.kit import BOB, NOW_MS, individual
from tests.unit.billing.life import Life, midnight_ms
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import DAY_MS
from ussd_gateway.billing.holdings import Autopay, Block, Card, Promised, Relative, Service, TariffFee
from ussd_gateway.billing.operations import accounts, payments
from ussd_gateway.billing.operations.base import Context, Decision, done

CARD = (Card("token", "1234"),)


def automatic(balance_kop: int, threshold_kop: int = 3_000, amount_kop: int = 10_000, **fields: Any) -> Life:
    account = individual(
        balance_kop=balance_kop,
        tariff="16N",
        autopay=Autopay(True, threshold_kop, amount_kop),
        cards=CARD,
    )
    return Life(account._replace(**fields))


@pytest.mark.parametrize("threshold_kop, amount_kop", [(3_000, 10_000), (1_000, 20_000)])
def test_autopay_pays_strictly_below_the_threshold(threshold_kop: int, amount_kop: int) -> None:
    life = automatic(threshold_kop + 100, threshold_kop, amount_kop)
    life.do(accounts.charge, fee_kop=100)
    assert life.account.balance_kop == threshold_kop
    life.do(accounts.charge, fee_kop=1)
    assert life.account.balance_kop == threshold_kop - 1 + amount_kop
    paid = [entry for entry in life.entries if entry.kind == "autopay"]
    assert [(entry.account, entry.amount_kop) for entry in paid] == [
        ("79261234567:main", amount_kop),
        ("system:cash", -amount_kop),
    ]


def test_its_message() -> None:
    life = automatic(3_000)
    life.do(accounts.charge, fee_kop=1)
    assert life.texts() == ["Автоплатеж: счет пополнен на 100р с карты *1234. Баланс 129.99р"]


def test_what_the_card_paid_for_at_once_was_never_off() -> None:
    due_ms = midnight_ms()
    services = tuple(Service(code, NOW_MS, due_ms) for code in ("750", "480", "134"))
    life = automatic(5_100, services=services, due_ms=due_ms)
    life.until(due_ms)
    assert life.texts() == ["Автоплатеж: счет пополнен на 100р с карты *1234. Баланс 101.00р"]
    assert (life.account.balance_kop, life.paid_kop()) == (9_700, 5_400)
    assert not any(service.suspended for service in life.account.services)


def test_what_the_card_does_not_pay_for_is_told() -> None:
    due_ms = midnight_ms()
    services = tuple(Service(code, NOW_MS, due_ms) for code in ("134", "750"))
    life = automatic(2_000, 1_900, 1_000, services=services, due_ms=due_ms)
    life.until(due_ms)
    assert life.texts()[0] == "Услуга Видеоконференция не оплачена и приостановлена. Пополните счет"


def test_looking_costs_nothing() -> None:
    life = automatic(0)
    life.do(accounts.balance)
    life.do(accounts.language, language="ru")
    assert life.account.balance_kop == 0


def test_switching_it_on_with_too_little_money_pays_at_once() -> None:
    life = automatic(0, autopay=Autopay())
    life.do(payments.autopay_set, threshold_kop=3_000, amount_kop=10_000)
    assert life.account.balance_kop == 10_000


def test_it_pays_once_even_if_that_is_not_enough() -> None:
    life = automatic(60_000, threshold_kop=50_000)
    life.do(accounts.charge, fee_kop=60_000)
    assert life.account.balance_kop == 10_000


def test_a_declined_card_ends_it() -> None:
    life = automatic(3_000, cards=(Card("token", "0002"),))
    life.do(accounts.charge, fee_kop=1)
    assert (life.account.balance_kop, life.account.autopay.on) == (2_999, False)
    assert life.texts() == ["Автоплатеж отключен: банк отклонил карту *0002"]


def test_not_without_a_card_nor_while_blocked() -> None:
    for life in (automatic(3_000, cards=()), automatic(3_000, status="blocked")):
        life.do(accounts.set_balance, balance_kop=5)
        assert life.account.balance_kop == 5


def test_each_night_it_pays_for_what_the_night_took() -> None:
    services = (Service("134", NOW_MS, midnight_ms()),)
    life = automatic(3_100, services=services, due_ms=midnight_ms())
    life.until(midnight_ms(60))
    assert life.account.balance_kop == 3_100 - 60 * 200 + 2 * 10_000
    assert life.account.has("134")
    paid = [entry.at_ms for entry in life.entries if entry.kind == "autopay" and entry.amount_kop > 0]
    assert paid == [midnight_ms(1), midnight_ms(51)]


def test_its_money_pays_for_what_waits() -> None:
    services = (Service("134", NOW_MS, midnight_ms(), suspended=True),)
    life = automatic(
        50_000,
        tariff="0618P",
        tariff_fee=TariffFee(0, unpaid=True),
        services=services,
        promised=(Promised(5_000, 1_000, NOW_MS + DAY_MS),),
        autopay=Autopay(True, 3_000, 60_000),
    )
    life.do(accounts.charge, fee_kop=49_000)
    # 10 roubles, and 600 of the card: 60 for the loan, 320 for the tariff, 2 for the service.
    assert life.account.balance_kop == 1_000 + 60_000 - 6_000 - 32_000 - 200
    assert not life.account.tariff_fee.unpaid
    assert life.account.has("134")
    assert life.account.promised == ()


def test_the_loan_goes_before_the_tariff_and_the_tariff_before_services() -> None:
    services = (Service("134", NOW_MS, midnight_ms(), suspended=True),)
    waiting = individual(
        balance_kop=0,
        tariff_fee=TariffFee(0, unpaid=True),
        services=services,
        promised=(Promised(5_000, 1_000, NOW_MS + DAY_MS),),
    )

    def after_topup(amount_kop: int) -> tuple[int, bool, bool, bool]:
        life = Life(waiting)
        life.do(accounts.topup, amount_kop=amount_kop)
        account: Account = life.account
        return account.balance_kop, bool(account.promised), account.tariff_fee.unpaid, account.has("134")

    assert after_topup(199) == (199, True, True, False)
    assert after_topup(6_199) == (199, False, True, False)
    assert after_topup(38_000) == (0, False, False, False)
    assert after_topup(38_200) == (0, False, False, True)
    # What is too little for the loan may be enough for a service.
    assert after_topup(5_999) == (5_799, True, True, True)


def test_money_lent_pays_for_nothing_that_waits() -> None:
    services = (Service("134", NOW_MS, midnight_ms(), suspended=True),)
    life = Life(individual(balance_kop=0, tariff="16N", services=services))
    life.do(payments.promised, tier="50")
    assert (life.account.balance_kop, life.account.has("134")) == (5_000, False)


def test_the_end_of_a_block_pays_for_what_waits() -> None:
    def unblock(account: Account, args: object, context: Context) -> Decision:
        return Decision(done(), account._replace(status="active"))

    services = (Service("134", NOW_MS, midnight_ms(), suspended=True),)
    life = Life(individual(tariff="16N", status="blocked", services=services))
    life.do(accounts.topup, amount_kop=100)
    assert not life.account.has("134")
    life.do(unblock)
    assert (life.account.balance_kop, life.account.has("134")) == (24_900, True)


def test_the_end_of_a_block_lets_the_card_be_charged() -> None:
    life = automatic(3_000, status="blocked", block=Block(NOW_MS, midnight_ms()), due_ms=midnight_ms())
    life.do(accounts.set_balance, balance_kop=2_999)
    life.until(midnight_ms() - 1)
    assert life.account.balance_kop == 2_999
    life.until(midnight_ms())
    assert (life.account.status, life.account.balance_kop) == ("active", 12_999)


def test_those_who_watch_hear_of_a_low_balance_once() -> None:
    watchers = (Relative(BOB, "watches"), Relative("79261112233", "asked"))
    life = Life(individual(balance_kop=3_100, tariff="16N", relatives=watchers))
    life.do(accounts.charge, fee_kop=100)
    assert life.messages == []
    life.do(accounts.charge, fee_kop=100)
    life.do(accounts.charge, fee_kop=100)
    [message] = life.messages
    assert message.destination == BOB
    assert message.text == "У абонента +79261234567 низкий баланс: 29.00р"
