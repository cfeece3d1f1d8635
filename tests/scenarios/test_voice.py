"""Acceptance scenarios 14 and 15, and the voice numbers: a call over HTTP, the SMS on a phone over SMPP."""

import re

import pytest

from tests.world import World

IVANOV = "79261234567"
EMPLOYEE = "79260000001"
CONTROL = "79260000002"
OK, WRONG, LOCKED = 200, 401, 423


async def call(world: World, number: str, keys: str, msisdn: str = IVANOV) -> list[str]:
    """Call, press, hang up; everything that was said."""
    status, answer = await world.call("POST", "/api/v1/calls", {"msisdn": msisdn, "to": number})
    assert status == 200, answer
    path = f"/api/v1/calls/{answer['call']}"
    said = [utterance["text"] for utterance in answer["heard"]]
    status, answer = await world.call("POST", f"{path}/keys", {"keys": keys})
    assert (status, answer["left"]) == (200, "")
    await world.call("DELETE", path)
    return said + [utterance["text"] for utterance in answer["heard"]]


async def test_14_an_own_password_by_keypad_logs_in(world: World) -> None:
    phone = await world.handset(IVANOV)
    said = await call(world, "0505", "2 4 2 739105# 739105#")
    assert said[-1] == "Пароль изменен. Вход: lk.megafon.ru"
    assert (await phone.expect_sms()).text.startswith("Пароль Личного кабинета изменен")
    assert await world.login(IVANOV, "739105") == OK


async def test_14b_passwords_that_differ_twice_change_nothing(world: World) -> None:
    phone = await world.handset(IVANOV)
    said = await call(world, "0505", "242 739105# 739106# 739105# 739107#")
    assert said[-1] == "Пароли не совпали. Пароль не изменен"
    assert await world.login(IVANOV, "739105") == WRONG
    await phone.expect_silence()


async def test_14c_a_difference_is_forgiven_once(world: World) -> None:
    await call(world, "0505", "242 739105# 739106# 739107# 739107#")
    assert await world.login(IVANOV, "739107") == OK


async def test_14d_the_random_branch_sends_digits(world: World) -> None:
    phone = await world.handset(IVANOV)
    assert (await call(world, "0505", "241"))[-1] == "Пароль придет в SMS. Всего доброго"
    message = await phone.expect_sms()
    assert message.source == "000110"
    found = re.search(r": (\d{6})\.", message.text)
    assert found is not None
    assert await world.login(IVANOV, found[1]) == OK


async def test_15_the_agent_texts_a_key_within_seconds(world: World) -> None:
    phone = await world.handset(IVANOV)
    assert "Оператор слушает" in (await call(world, "0505", "0"))[-1]
    message = await phone.expect_sms(within_ms=5_000)
    found = re.search(r": (\d{6})\.", message.text)
    assert found is not None
    assert await world.login(IVANOV, found[1]) == OK


async def test_08c_a_call_unlocks_a_locked_login(world: World) -> None:
    for guess in range(6):
        await world.login(IVANOV, f"wrong{guess}x")
    assert await world.login(IVANOV, "739105") == LOCKED
    await call(world, "0505", "242 739105# 739105#")
    assert await world.login(IVANOV, "739105") == OK


async def test_the_balance_is_said(world: World) -> None:
    assert await call(world, "0501", " ") == ["На вашем счете 250 рублей"]
    assert (await call(world, "0505", "11"))[-1].startswith("На вашем счете 250 рублей\n")
    assert await call(world, "0501", " ", EMPLOYEE) == [
        "Остаток бюджета 412 рублей 50 копеек. На личном счете 35 рублей"
    ]


async def test_a_service_by_its_code(world: World) -> None:
    said = await call(world, "0505", "231 130# 3 2 130#")
    assert said[4].startswith("Черный список: подключено\n")
    assert said[-1].startswith("Черный список: отключено\n")
    assert (await call(world, "0505", "231 999#"))[-1].endswith("Введите код услуги и нажмите решетку")


async def test_22b_a_change_of_tariff_is_told_when_it_is_done(world: World) -> None:
    phone = await world.handset(IVANOV)
    await world.call("POST", f"/api/v1/subscribers/{IVANOV}/topup", {"amount": "5000"})
    said = await call(world, "0505", "22 2 1")
    assert said[-1].startswith("Заявка на тариф ")
    await phone.expect_silence(for_ms=10_000)
    world.clock.advance(24 * 3_600_000)
    assert (await phone.expect_sms()).text.startswith("Тариф изменен: ")


async def test_23b_call_detail_goes_to_the_address_of_the_settings(world: World) -> None:
    question = "За какой месяц?"
    refused = (await call(world, "0505", "12 1#"))[-1]
    assert question in refused, "there is no address yet"
    assert not refused.startswith(question)


async def test_the_number_is_blocked_and_freed(world: World) -> None:
    said = await call(world, "0505", "713 45# 1")
    assert said[-1].startswith("Номер заблокирован до ")
    assert (await call(world, "0505", "7"))[-1] == "Снять блокировку - 2. Сколько осталось - 3"
    assert (await call(world, "0505", "72"))[-1].startswith("Блокировка снята\n")


async def test_a_promised_payment(world: World) -> None:
    said = await call(world, "0006", "1", "79261234569")
    assert said[-1].startswith("Зачислено 50 рублей.")
    assert await call(world, "0501", " ", "79261234569") == ["На вашем счете 50 рублей"]


async def test_bonus(world: World) -> None:
    assert (await call(world, "0510", "3"))[-1].startswith("Вы в программе МегаФон-Бонус\n")
    assert (await call(world, "0505", "5 1"))[-1].startswith("У вас ")


async def test_support_takes_a_question(world: World) -> None:
    phone = await world.handset(IVANOV)
    assert (await call(world, "0500", "0"))[-1].startswith("Все операторы заняты.")
    assert (await phone.expect_sms(within_ms=3_600_000)).text


@pytest.mark.parametrize(
    "keys, said", [("1", "Остаток бюджета 412 рублей 50 копеек"), ("2", "Документов в работе: 0")]
)
async def test_the_business_line(world: World, keys: str, said: str) -> None:
    assert (await call(world, "0555", keys, EMPLOYEE))[-1].startswith(said)


async def test_a_control_number_hears_of_the_company_s_documents_by_sms(world: World) -> None:
    phone = await world.handset(CONTROL)
    said = await call(world, "0555", "2", CONTROL)
    assert said[-1].startswith("Готовность документов компании придет в SMS. Ваших документов в работе: 0")
    assert (await phone.expect_sms()).text == "Документы не заказаны"


async def test_the_business_line_is_for_companies(world: World) -> None:
    assert await call(world, "0555", " ") == ["Доступно только корпоративным абонентам"]


async def test_the_black_list_by_voice(world: World) -> None:
    said = await call(world, "5130", "1 3 79161234567# 4 79161234567# 2")
    assert said[1].startswith("Черный список включен, плата 1 рубль за ")
    assert "номеров: 1" in said[3]
    assert "номеров: 0" in said[5]
    assert said[-1].startswith("Черный список отключен\n")
