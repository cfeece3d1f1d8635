"""Details of codes, numbers and rules that the longer scenarios pass by, through the real channels."""

from pathlib import Path

from tests.scenarios.test_between_subscribers import do
from tests.scenarios.test_money_and_services import with_card
from tests.scenarios.test_voice import call
from tests.world import World, running_world

IVANOV, PETROV = "79261234567", "79261234568"
EMPLOYEE = "79260000001"
FRESH = "79265550001"
DAY_MS = 86_400_000


async def test_time_never_stands_behind_what_happened(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/gateway.db"
    async with running_world(storage) as world:
        phone = await world.handset(IVANOV)
        before_ms = world.clock.now_ms()
        world.clock.advance(400 * DAY_MS)
        await phone.dial("*130#")
        left_ms = world.clock.now_ms()
    async with running_world(storage) as world:
        assert before_ms < left_ms <= world.clock.now_ms()
        phone = await world.handset(IVANOV)
        assert (await phone.dial("*105*503#")).text.startswith("Платные: Черный список 1р/сут")


# ---------------------------------------------------------------- what is out of range is refused when typed


async def test_a_sum_out_of_range_is_asked_for_again(world: World) -> None:
    phone = await world.handset(IVANOV)
    await with_card(world, IVANOV)
    prompt = "Сумма 100-1000р?"
    for wrong in ("99", "1001"):
        assert (await phone.dial("*105*4*4*1#")).text == prompt
        assert (await phone.send(wrong)).text == f"Карта платит 100-1000р\n{prompt}"
        assert (await phone.send("1000")).text.startswith("1000р с карты")
    assert (await phone.dial("*105*4*2*9261234568*501#")).text.startswith("Можно перевести 1-500р\n")
    assert (await phone.dial("*105*4*3*2*9#")).text.startswith("Порог от 10 до 1000р\n")
    assert (await phone.dial("*105*4*3*2*30*99#")).text.startswith("Карта платит 100-1000р\n")


async def test_days_out_of_range_are_asked_for_again(world: World) -> None:
    phone = await world.handset(IVANOV)
    for wrong in ("0", "181", "1000"):
        screen = await phone.dial(f"*105*7*3*1*{wrong}#")
        assert screen.text == "Можно от 1 до 180 дней\nНа сколько дней (1-180)?"
    assert (await phone.send("180")).text == "Заблокировать номер, дней: 180?\n1 Да\n2 Нет"


async def test_days_out_of_range_by_voice(world: World) -> None:
    said = await call(world, "0505", "7 1 3 181# 5# 1")
    assert any("Можно от 1 до 180 дней" in text for text in said)
    assert said[-1].startswith("Номер заблокирован до ")


async def test_a_quick_transfer_of_nothing_is_a_wrong_sum(world: World) -> None:
    phone = await world.handset(IVANOV)
    screen = await phone.dial("*133*0*9261234568#")
    assert screen.text == "Можно перевести 1-500р\nСумма перевода 1-500р?"


async def test_every_way_into_bonuses_is_refused_to_an_employee(world: World) -> None:
    phone = await world.handset(EMPLOYEE)
    for code in ("*105*5#", "*105*5*1#", "*105*5*2*1#"):
        screen = await phone.dial(code)
        assert (screen.op, screen.text) == ("end", "Бонусы недоступны корпоративным абонентам")


# ---------------------------------------------------------------- codes and short numbers of their own


async def test_ten_charges_cost_and_five_do_not(world: World) -> None:
    phone = await world.handset(IVANOV)
    assert (await phone.dial("*108#")).op == "end"
    assert (await phone.expect_sms()).text == "Списаний не было"
    for _ in range(12):
        await phone.dial("#31#9261234568#")
    assert (await phone.dial("*100#")).text == "Баланс: 166.00р"
    await phone.dial("*512#")
    assert (await phone.expect_sms()).text.count("АнтиАОН 7.00") == 5
    assert (await phone.dial("*100#")).text == "Баланс: 166.00р"
    assert (await phone.dial("*108#")).text.startswith("Ваша заявка принята")
    assert (await phone.expect_sms()).text.count("АнтиАОН 7.00") == 10
    assert (await phone.dial("*100#")).text == "Баланс: 162.00р"
    await phone.dial("*512#")
    assert "список списаний 4.00; " in (await phone.expect_sms()).text


async def test_more_speed(world: World) -> None:
    phone = await world.handset(IVANOV)
    offers = (await phone.dial("*752#")).text
    assert offers == "1 Продли скорость 1.5 ГБ 150р\n2 Продли скорость 3 ГБ 250р\n0 Назад"
    assert (await phone.send("1")).text.startswith("Продли скорость 1.5 ГБ за 150р до ")
    assert (await phone.send("2")).text == "Действие отменено"
    await phone.sms("000105906", "")
    assert "Продли скорость 1.5 ГБ" in (await phone.expect_sms()).text
    assert (await phone.dial("*100#")).text == "Баланс: 100.00р"


async def test_options_with_short_codes_of_their_own(world: World) -> None:
    phone = await world.handset(IVANOV)
    await do(world, IVANOV, "svc.on", code="65")
    assert "Лёгкий интернет подключена. Плата 1.99р/сут" in (await phone.expect_sms()).text
    assert (await phone.dial("*105*65#")).text == "Отключено: Лёгкий интернет"
    await phone.expect_sms()
    await do(world, IVANOV, "svc.on", code="65")
    await phone.expect_sms()
    await phone.sms("000105650", "")
    assert (await phone.expect_sms()).text == "Услуга Лёгкий интернет отключена"
    await phone.dial("*105*105#")
    await phone.expect_sms()
    assert (await phone.dial("*105*105*0#")).text == "Отключено: Звонок за рубль"


async def test_the_credit_of_trust(world: World) -> None:
    phone = await world.handset(IVANOV)
    assert (await phone.dial("*138#")).text.startswith("Кредит доверия:\n1 300р\n2 600р\n3 900р")
    assert (await phone.send("1")).text.startswith("Баланс сможет опускаться до -300р. Подключить?")
    assert (await phone.send("1")).text == "Кредит доверия 300р подключен. Отключить: *138*2#"
    await phone.expect_sms()
    assert (await phone.dial("*138#")).text == "Кредит доверия 300р. Отключить: *138*2#"
    await do(world, IVANOV, "account.charge", fee_kop=30_000)
    assert (await phone.dial("*100#")).text == "Баланс: -50.00р"
    assert (await do(world, IVANOV, "account.charge", fee_kop=25_100)).name == "denied"
    assert (await phone.dial("*138*2#")).text == "Сначала пополните счет: баланс -50.00р"
    await do(world, IVANOV, "account.topup", amount_kop=10_000)
    assert (await phone.dial("*138*2#")).text == "Кредит доверия отключен"
    assert (await do(world, IVANOV, "account.charge", fee_kop=5_100)).name == "denied"
    employee = await world.handset(EMPLOYEE)
    assert (await employee.dial("*138#")).text == "Недоступно корпоративным абонентам"


async def test_minutes_are_exchanged_for_megabytes(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.dial("*105*6901#")
    assert "150 минут в 3 ГБ" in (await phone.expect_sms()).text
    assert (await phone.dial("*100*2#")).text == "Осталось минут: 62"
    assert (await phone.dial("*100#")).text == "Баланс: 181.00р"
    assert (await phone.dial("*105*6901#")).text == "Для обмена нужно 150 мин. пакета тарифа"


async def test_a_call_about_missed_calls_costs(world: World) -> None:
    said = await call(world, "0525", "")
    assert said == ["Пропущенных звонков нет. Стоимость минуты 1 рубль"]
    phone = await world.handset(IVANOV)
    assert (await phone.dial("*100#")).text == "Баланс: 249.00р"


async def test_numbers_of_any_country_can_be_called(world: World) -> None:
    path = f"/api/v1/subscribers/{IVANOV}/usage"
    for number in ("+4930123456", "+298 123456", "+3905 12345678901"):
        status, answer = await world.call("POST", path, {"kind": "sms", "to": number})
        assert (status, answer["class"]) == (200, "abroad")
    for number in ("+123456", "+7926123456", "+1234567890123456"):
        status, answer = await world.call("POST", path, {"kind": "sms", "to": number})
        assert (status, answer["reason"]) == (422, "number.bad")


async def test_keeping_a_silent_number(world: World) -> None:
    """Nobody but the number itself can break the silence: a day before its end it writes a message."""
    phone = await world.handset(FRESH)
    assert (await phone.dial("*105*089#")).op == "end"
    await phone.expect_sms()
    assert (await phone.dial("*100#")).text == "Баланс: 100.00р"
    world.clock.advance(89 * DAY_MS)
    await do(world, FRESH, "usage.sms", to=PETROV)
    assert (await phone.dial("*100#")).text == "Баланс: 97.45р"
    world.clock.advance(89 * DAY_MS)
    assert (await phone.dial("*100#")).text == "Баланс: 97.45р"
    world.clock.advance(3 * DAY_MS)
    assert (await phone.dial("*100#")).text == "Баланс: 88.45р"
    await do(world, FRESH, "account.topup", amount_kop=1_000)
    world.clock.advance(5 * DAY_MS)
    assert (await phone.dial("*100#")).text == "Баланс: 98.45р"
