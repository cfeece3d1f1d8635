"""Acceptance scenarios 16 and 17, the corporate balance, and what goes wrong on the way."""

import pytest

from tests.scenarios.test_password_life import IVANOV, wrong_guesses
from tests.world import World

ENGLISH = "79261234568"
EMPLOYEE = "79260000001"


async def test_16_the_menu_asks_no_password_and_works_while_the_login_is_locked(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.dial("*105*134#")
    await phone.expect_sms()
    await wrong_guesses(world, 6)
    await phone.expect_sms()
    screen = await phone.dial("*105#")
    assert screen.op == "ask"
    assert screen.text.splitlines()[0] == "1 Счет"
    assert (await phone.send("3")).text.splitlines()[2] == "3 Отключить"
    assert (await phone.send("3")).text == "1 Живой баланс 2р/сут\n0 Назад"
    assert (await phone.send("1")).text == "Отключить Живой баланс?\n1 Да\n2 Нет"
    assert (await phone.send("1")).text == "Отключено: Живой баланс"
    assert (await phone.expect_sms()).text == "Услуга Живой баланс отключена"


async def test_16b_a_number_without_a_password_is_served_as_well(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.dial("*105#")
    await phone.send("0")
    assert (await phone.send("4")).text == "Пароль еще не задан. Получить по SMS: *105*00#"


async def test_17_own_number_and_remains(world: World) -> None:
    phone = await world.handset(IVANOV)
    screen = await phone.dial("*205#")
    assert (screen.op, screen.text) == ("end", "Ваш номер: +79261234567")
    screen = await phone.dial("*558#")
    assert (screen.op, screen.text) == ("end", "Ваша заявка принята. Ожидайте SMS с результатом.")
    message = await phone.expect_sms()
    assert message.text.startswith("Остатки: 212 мин, 187 SMS, 2.4 ГБ.")
    assert message.parts == 2


async def test_the_balance_by_code_by_walk_and_by_sms(world: World) -> None:
    phone = await world.handset(IVANOV)
    assert (await phone.dial("*100#")).text == "Баланс: 250.00р"
    assert (await phone.dial("*105*1*1#")).text == "Баланс: 250.00р"
    await phone.sms("000100", "Б")
    message = await phone.expect_sms()
    assert (message.source, message.text) == ("000100", "Баланс: 250.00р")


async def test_24_the_balance_of_an_employee_is_the_personal_budget(world: World) -> None:
    phone = await world.handset(EMPLOYEE)
    budget = "Персональный бюджет: остаток 412.50р из 700.00р. Личный счет: 35.00р"
    assert (await phone.dial("*105*1*1#")).text == budget
    assert (await phone.dial("*100#")).text == budget
    await phone.sms("000100", "Б")
    assert (await phone.expect_sms()).text == budget
    screen = await phone.dial("*105#")
    assert "9 Бюджет" in screen.text


async def test_an_individual_has_no_budget(world: World) -> None:
    phone = await world.handset(IVANOV)
    assert "Бюджет" not in (await phone.dial("*105#")).text
    screen = await phone.send("9")
    assert screen.text.startswith("1 Счет"), "the screen again; there is no room for a notice above it"


async def test_a_wrong_choice_repeats_the_screen_once_then_ends(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.dial("*105*8*4#")
    screen = await phone.send("77")
    assert screen.op == "ask"
    assert screen.text.startswith("Неверный пункт. Повторите ввод\n1 Русский")
    assert (await phone.send("77")).op == "end"


async def test_an_english_subscriber_and_a_change_of_language(world: World) -> None:
    phone = await world.handset(ENGLISH)
    screen = await phone.dial("*105#")
    assert screen.text.startswith("1 Account")
    await phone.send("8")
    screen = await phone.send("4")
    assert "1 Русский" in screen.text
    await phone.send("1")
    assert (await phone.dial("*105#")).text.startswith("1 Счет")


async def test_topping_up_moves_the_balance_once_per_key(world: World) -> None:
    phone = await world.handset(IVANOV)
    path = f"/api/v1/subscribers/{IVANOV}/topup"
    for _ in range(2):
        status, _ = await world.call("POST", path, {"amount": "10.50"}, **{"Idempotency-Key": "pay-1"})
        assert status == 200
    assert (await phone.dial("*100#")).text == "Баланс: 260.50р"
    status, _ = await world.call("POST", path, {"amount": "11.00"}, **{"Idempotency-Key": "pay-1"})
    assert status == 422
    assert (await phone.dial("*100#")).text == "Баланс: 260.50р"


@pytest.mark.parametrize("code", ["*999#", "*1001#", "*#06#", "*105"])
async def test_a_code_nobody_serves_is_told_so(world: World, code: str) -> None:
    phone = await world.handset(IVANOV)
    screen = await phone.dial(code)
    assert (screen.op, screen.text) == ("end", "Неверный код услуги. Наберите *105#")


async def test_an_answer_looks_like_a_code_and_is_still_an_answer(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.dial("*105*01#")
    screen = await phone.send("*100#")
    assert "Баланс" not in screen.text


async def test_dialling_again_replaces_the_dialogue(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.dial("*105#")
    await phone.dial("*105*01#")
    assert (await phone.send("Secret77")).text == "Повторите новый пароль"


async def test_the_answer_timer_ends_the_dialogue_and_tells_the_phone(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.dial("*105#")
    world.clock.advance(179_000)
    await world.settle()
    assert (await phone.send("1")).op == "ask"
    world.clock.advance(181_000)
    screen = await phone.screen()
    assert screen.op == "end"
    assert await world.app.dialogues.count() == 0
    late = await phone.send("1")
    assert late.op == "end"
    assert late.text != "Баланс: 250.00р"


async def test_the_whole_dialogue_timer_ends_even_a_busy_dialogue(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.dial("*105#")
    for key in ("1", "0", "1", "0"):
        world.clock.advance(149_000)
        await world.settle()
        assert (await phone.send(key)).op == "ask"
    world.clock.advance(5_000)
    assert (await phone.screen()).op == "end"


async def test_hanging_up_ends_the_dialogue_silently(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.dial("*105#")
    await phone.hang_up()
    await phone.expect_silence(700_000)
    assert await world.app.dialogues.count() == 0


async def test_a_phone_writes_to_another_phone(world: World) -> None:
    ivanov, other = await world.handset(IVANOV), await world.handset(ENGLISH)
    await ivanov.sms(ENGLISH, "Привет, это я. " * 10)
    message = await other.expect_sms()
    assert (message.source, message.text) == (IVANOV, "Привет, это я. " * 10)
    await ivanov.expect_silence()


async def test_what_nobody_hears_waits_for_the_next_bind_in_order(world: World) -> None:
    ivanov = await world.handset(IVANOV)
    for number in range(3):
        await ivanov.sms(ENGLISH, f"message {number}")
    other = await world.handset(ENGLISH)
    assert [(await other.expect_sms()).text for _ in range(3)] == [f"message {n}" for n in range(3)]
