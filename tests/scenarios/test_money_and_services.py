"""Acceptance scenarios 18-23 and 25: bonus, autopay, card, tariff, detail, promised payment, black list."""

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


async def test_18b_an_employee_is_refused(world: World) -> None:
    phone = await world.handset(EMPLOYEE)
    assert (await phone.dial("*115#")).text == "Бонусы недоступны корпоративным абонентам"
    await phone.sms("5010", "5010")
    assert (await phone.expect_sms()).text == "Бонусы недоступны корпоративным абонентам"


@pytest.mark.parametrize("spent_kop, points", [(29_999, 9), (30_000, 10)])
async def test_19_a_point_for_each_full_30_roubles_spent(world: World, spent_kop: int, points: int) -> None:
    await do(world, FRESH, "account.topup", amount_kop=50_000)
    await do(world, FRESH, "bonus.join")
    before = (await do(world, FRESH, "bonus.balance")).params["points"]
    assert isinstance(before, int)
    await do(world, FRESH, "account.charge", fee_kop=spent_kop)
    assert (await do(world, FRESH, "bonus.balance")).params["points"] == before
    await next_month(world)
    assert (await do(world, FRESH, "bonus.balance")).params["points"] == before + points
    await move_to(world, world.clock.now_ms() + 400 * DAY_MS)
    assert (await do(world, FRESH, "bonus.balance")).params["points"] == 0


@pytest.mark.parametrize("threshold_kop, amount_kop", [(3_000, 10_000), (1_000, 20_000)])
async def test_20_autopay_charges_the_card_below_the_threshold(
    world: World, threshold_kop: int, amount_kop: int
) -> None:
    phone = await world.handset(FRESH)
    await with_card(world, FRESH)
    await do(world, FRESH, "pay.autopay_set", threshold_kop=threshold_kop, amount_kop=amount_kop)
    await do(world, FRESH, "account.charge", fee_kop=10_000 - threshold_kop)
    assert (await account(world, FRESH)).balance_kop == threshold_kop
    await do(world, FRESH, "account.charge", fee_kop=1)
    assert (await account(world, FRESH)).balance_kop == threshold_kop - 1 + amount_kop
    assert "Автоплатеж" in (await texts(world, FRESH))[-1]
    assert (await phone.dial("*105*4*3*1#")).text.startswith("Автоплатеж: при балансе ниже")


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
    await do(world, IVANOV, "account.topup", amount_kop=100_000)
    screen = await phone.dial("*105*2*2*1*1#")
    assert screen.op == "end", screen
    waiting = (await account(world, IVANOV)).pending_tariff
    assert waiting is not None
    assert world.clock.now_ms() < waiting.effective_ms <= world.clock.now_ms() + DAY_MS
    assert not any(text.startswith("Тариф изменен") for text in await texts(world, IVANOV))
    again = await do(world, IVANOV, "tariff.change", code="1218T")
    assert again.name == "denied"
    await move_to(world, waiting.effective_ms + 1)
    after = await account(world, IVANOV)
    assert (after.tariff, after.pending_tariff) == (waiting.code, None)
    assert any(text.startswith("Тариф изменен") for text in await texts(world, IVANOV))


async def test_23_call_detail_goes_six_months_back_and_no_further(world: World) -> None:
    await do(world, IVANOV, "email.set", email="ivanov@example.org")
    assert (await do(world, IVANOV, "acct.detail", month=7)).name == "denied"
    before_kop = (await account(world, IVANOV)).balance_kop
    assert (await do(world, IVANOV, "acct.detail", month=6)).name == "done"
    assert (await account(world, IVANOV)).balance_kop == before_kop
    assert not any("отправлена" in text for text in await texts(world, IVANOV))
    await move_to(world, world.clock.now_ms() + 16 * 60_000)
    assert any("отправлена на ivanov@example.org" in text for text in await texts(world, IVANOV))


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
    assert (await phone.dial("*130#")).op == "end"
    assert (await phone.expect_sms()).text.startswith(
        "Услуга Черный список подключена. Плата 1р/сутки. Отключить: *130*4#"
    )
    assert (await phone.dial("*130*79161112233#")).text.startswith("79161112233 в черном списке")
    first_day_kop = (await account(world, FRESH)).balance_kop
    await move_to(world, world.clock.now_ms() + 5 * DAY_MS)
    assert (await account(world, FRESH)).balance_kop == first_day_kop - 500
    assert (await phone.dial("*130*4#")).op == "end"
    await move_to(world, world.clock.now_ms() + 5 * DAY_MS)
    assert (await account(world, FRESH)).balance_kop >= first_day_kop - 600
