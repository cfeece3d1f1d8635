"""Acceptance scenarios 18-25: bonus, autopay, card, tariff, detail, promised payment, black list."""

import re

import pytest

from tests.scenarios.test_between_subscribers import VISA, account, do, texts
from tests.world import World
from ussd_gateway.billing.calendar import day_of, month_of, month_start_ms

IVANOV, ENGLISH, POOR = "79261234567", "79261234568", "79261234569"
EMPLOYEE = "79260000001"
FRESH = "79265550001"
"""A number nobody described: the default account, on a tariff without a fee."""
DAY_MS = 86_400_000


async def move_to(world: World, instant_ms: int) -> None:
    """Move the clock, and let everything happen that time brings."""
    world.clock.set(instant_ms)
    await world.app.jobs.catch_up()
    await world.settle()


async def next_month(world: World) -> None:
    await move_to(world, month_start_ms(month_of(day_of(world.clock.now_ms())) + 1) + 1)


async def with_card(world: World, msisdn: str) -> None:
    """Bind a card, as the menu does it: number, then the code from the SMS."""
    await do(world, msisdn, "pay.card_bind", number=VISA)
    found = re.search(r": (\d{4,6})\.", (await texts(world, msisdn))[-1])
    assert found is not None
    assert (await do(world, msisdn, "pay.card_confirm", code=found[1])).name == "done"


@pytest.mark.parametrize("how", ["5010", "*115#", "*105*5#"])
async def test_18_joining_the_bonus_is_free_and_happens_once(world: World, how: str) -> None:
    phone = await world.handset(IVANOV)
    if how == "5010":
        await phone.sms("5010", "5010")
    else:
        assert (await phone.dial(how)).op == "ask"
        assert (await phone.send("1")).op == "end"
    assert "МегаФон-Бонус" in (await phone.expect_sms()).text
    assert (await account(world, IVANOV)).balance_kop == 25_000
    await phone.sms("5010", "5010")
    assert "уже" in (await phone.expect_sms()).text.lower()


@pytest.mark.parametrize("code", ["*115#", "*105*5#"])
async def test_18b_an_employee_is_refused(world: World, code: str) -> None:
    phone = await world.handset(EMPLOYEE)
    assert (await phone.dial(code)).text == "Бонусы недоступны корпоративным абонентам"
    await phone.sms("5010", "5010")
    assert (await phone.expect_sms()).text == "Бонусы недоступны корпоративным абонентам"


@pytest.mark.parametrize("spent_kop, points", [(29_999, "9 баллов"), (30_000, "10 баллов")])
async def test_19_a_point_for_each_full_30_roubles_spent(world: World, spent_kop: int, points: str) -> None:
    phone = await world.handset(FRESH)
    await phone.sms("5010", "5010")
    assert (await phone.expect_sms()).source == "5010"
    await do(world, FRESH, "account.topup", amount_kop=50_000)
    await do(world, FRESH, "account.charge", fee_kop=spent_kop)
    assert (await phone.dial("*105*5*1#")).text == "У вас 0 баллов"
    await next_month(world)
    credited_ms = world.clock.now_ms()
    credited = (await phone.expect_sms()).text
    assert credited.startswith(f"Начислено {points}. Всего ")
    assert (await phone.dial("*115*0#")).text == f"У вас {points}"
    year_later = month_of(day_of(credited_ms)) + 12
    await move_to(world, month_start_ms(year_later) - 1)
    assert (await phone.dial("*115*0#")).text == f"У вас {points}"
    await move_to(world, month_start_ms(year_later) + 1)
    assert (await phone.dial("*115*0#")).text == "У вас 0 баллов"


@pytest.mark.parametrize("threshold, amount", [(30, 100), (10, 200)])
async def test_20_autopay_charges_the_card_below_the_threshold(
    world: World, threshold: int, amount: int
) -> None:
    phone = await world.handset(FRESH)
    refused = await phone.dial(f"*105*4*3*2*{threshold}*{amount}#")
    assert refused.text == "Карта не привязана. Привязать: *105*4*4*2#"
    await phone.dial("*105*4*4*2#")
    assert (await phone.send(VISA)).text == "Код из SMS для карты *1111?"
    code = (await phone.expect_sms()).text.partition(": ")[2][:4]
    assert (await phone.send(code)).text == "Карта *1111 привязана"
    await phone.expect_sms()
    screen = await phone.dial(f"*105*4*3*2*{threshold}*{amount}#")
    assert screen.text == f"Автоплатеж: при балансе ниже {threshold}р - {amount}р с карты"
    await phone.expect_sms()
    path = f"/api/v1/subscribers/{FRESH}"
    a_message = {"kind": "sms", "to": IVANOV}  # 2.55 on this tariff
    await world.call("POST", f"{path}/balance", {"balance": f"{threshold + 2}.55"})
    await world.call("POST", f"{path}/usage", a_message)
    assert (await phone.dial("*100#")).text == f"Баланс: {threshold}.00р"
    await phone.expect_silence()
    await world.call("POST", f"{path}/balance", {"balance": f"{threshold + 2}.54"})
    await world.call("POST", f"{path}/usage", a_message)
    balance = f"{threshold + amount - 1}.99р"
    assert (await phone.dial("*100#")).text == f"Баланс: {balance}"
    charged = (await phone.expect_sms()).text
    assert charged == f"Автоплатеж: счет пополнен на {amount}р с карты *1111. Баланс {balance}"


@pytest.mark.parametrize("roubles, credited", [(99, False), (100, True), (1000, True), (1001, False)])
async def test_21_a_card_pays_100_to_1000_roubles(world: World, roubles: int, credited: bool) -> None:
    phone = await world.handset(FRESH)
    await with_card(world, FRESH)
    for _ in await texts(world, FRESH):
        await phone.expect_sms()
    screen = await phone.dial(f"*105*4*4*1*{roubles}*1#")
    balance_kop = (await account(world, FRESH)).balance_kop
    assert balance_kop == 10_000 + (roubles * 100 if credited else 0)
    assert ("пополнен" in screen.text) is credited


async def test_22_a_change_of_tariff_is_told_when_it_is_done(world: World) -> None:
    phone = await world.handset(IVANOV)
    poor = await phone.dial("*105*2*2*1*1#")
    assert poor.text == "Недостаточно средств. Нужно 540.00р, на счете 250.00р"
    await do(world, IVANOV, "account.topup", amount_kop=100_000)
    screen = await phone.dial("*105*2*2*1*1#")
    assert screen.text.startswith("Тариф Включайся! Выбирай будет с "), screen
    await phone.expect_silence()
    await phone.sms("000500", "1218T")
    assert (await phone.expect_sms()).text.startswith("Уже заказана смена на Включайся! Выбирай.")
    world.clock.advance(DAY_MS)
    assert (await phone.expect_sms()).text == "Тариф изменен: Включайся! Выбирай. Плата 510р/30дн"
    assert (await phone.dial("*105*2*1#")).text.startswith("Тариф: Включайся! Выбирай. 510р/30дн.")


async def test_23_call_detail_goes_six_months_back_and_no_further(world: World) -> None:
    phone = await world.handset(IVANOV)
    assert (await phone.dial("*105*1*5*6#")).text == "Укажите адрес e-mail: SMS с адресом на 5039"
    await do(world, IVANOV, "email.set", email="ivanov@mail.ru")
    refused = await phone.dial("*105*1*5*7*1#")
    assert refused.text == "Детализация - за последние 6 мес. Раньше - в салоне"
    ordered = await phone.dial("*105*1*5*6*1#")
    period = ordered.text.partition(" за ")[2].partition(":")[0]
    assert ordered.text == f"Детализация за {period}: ivanov@mail.ru, до 15 минут"
    await phone.expect_silence(for_ms=14 * 60_000)
    sent = (await phone.expect_sms(within_ms=2 * 60_000)).text
    assert sent == f"Детализация за {period} отправлена на ivanov@mail.ru, до 15 минут"
    assert (await phone.dial("*100#")).text == "Баланс: 250.00р"


async def test_24b_beyond_the_minutes_of_a_geographic_package(world: World) -> None:
    phone = await world.handset(FRESH)
    await do(world, FRESH, "account.topup", amount_kop=40_000)
    offer = await phone.dial("*105*6*3#")
    while "Город 100" not in offer.text:
        offer = await phone.send("99")
    row = next(line[0] for line in offer.text.splitlines() if "Город 100" in line)
    assert (await phone.send(row)).text.startswith("География вызова: Город 100 за 300р до ")
    assert (await phone.send("1")).text.startswith("Подключено: География вызова: Город 100, до ")
    assert (await phone.dial("*100#")).text == "Баланс: 200.00р"
    path = f"/api/v1/subscribers/{FRESH}/usage"
    await world.call("POST", path, {"kind": "call", "to": "79161112233", "minutes": 100})
    assert (await phone.dial("*100#")).text == "Баланс: 200.00р"
    await world.call("POST", path, {"kind": "call", "to": "79161112233", "minutes": 1})
    assert (await phone.dial("*100#")).text == "Баланс: 197.50р"


async def test_25_a_promised_payment_at_zero_balance(world: World) -> None:
    phone = await world.handset(POOR)
    screen = await phone.dial("*106#")
    assert "50р" in screen.text
    screen = await phone.send("1")
    assert "Зачислено 50р" in screen.text
    assert (await account(world, POOR)).balance_kop == 5_000
    message = await phone.expect_sms()
    assert message.text.startswith("Обещанный платеж 50р зачислен. Пополните счет на 60р до")
    again = await phone.dial("*106#")
    assert "уже" in again.text
    # Repaid, with its fee, by the first money that comes.
    await do(world, POOR, "account.topup", amount_kop=10_000)
    assert (await account(world, POOR)).balance_kop == 5_000 + 10_000 - 6_000


async def test_25b_the_black_list_costs_a_rouble_a_day(world: World) -> None:
    phone = await world.handset(FRESH)
    incoming = {"kind": "call", "to": "79161112233", "minutes": 1, "direction": "in"}
    path = f"/api/v1/subscribers/{FRESH}/usage"
    assert (await world.call("POST", path, incoming))[0] == 200
    assert (await phone.dial("*130#")).text == "Подключено: Черный список. Подробности в SMS"
    switched_on = (await phone.expect_sms()).text
    assert switched_on == "Услуга Черный список подключена. Плата 1р/сутки. Отключить: *130*4#"
    assert (await phone.dial("*130*79161112233#")).text == "79161112233 в черном списке. Номеров: 1"
    assert (await world.call("POST", path, incoming))[0] == 422
    assert (await world.call("POST", path, incoming | {"to": IVANOV}))[0] == 200
    assert (await phone.dial("*100#")).text == "Баланс: 99.00р"
    await move_to(world, world.clock.now_ms() + 5 * DAY_MS)
    assert (await phone.dial("*100#")).text == "Баланс: 94.00р"
    assert (await phone.dial("*130*4#")).text == "Отключено: Черный список"
    assert (await phone.expect_sms()).text == "Услуга Черный список отключена"
    assert (await world.call("POST", path, incoming))[0] == 200
    await move_to(world, world.clock.now_ms() + 5 * DAY_MS)
    assert (await phone.dial("*100#")).text == "Баланс: 94.00р"
