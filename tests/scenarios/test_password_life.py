"""Acceptance scenarios 1-11: the password of the personal account, from every channel a SIM has."""

import re

import pytest

from tests.world import Handset, World

IVANOV = "79261234567"
LOCKED = 423
WRONG = 401
OK = 200


async def new_password(phone: Handset, *, how: str = "*105*00#") -> str:
    """Ask for a generated password by USSD or SMS, and read it from the message."""
    if how.startswith("*"):
        screen = await phone.dial(how)
        assert (screen.op, screen.text) == ("end", "Запрос принят. Пароль придет в SMS в течение 30 секунд")
    else:
        short_code, text = how.split("|")
        await phone.sms(short_code, text)
    message = await phone.expect_sms()
    assert message.source == "000110"
    found = re.search(r"кабинет: (\d{6})\.", message.text)
    assert found is not None, message.text
    return found[1]


async def wrong_guesses(world: World, count: int) -> list[int]:
    return [await world.login(IVANOV, f"wrong{guess}x") for guess in range(count)]


async def test_01_a_generated_password_comes_by_sms_and_logs_in(world: World) -> None:
    phone = await world.handset(IVANOV)
    password = await new_password(phone)
    assert await world.login(IVANOV, password) == OK
    assert await world.login(IVANOV, "not it") == WRONG


@pytest.mark.parametrize("text", ["00", " 00 ", "00\n"])
async def test_02_an_sms_with_00_to_000110_does_the_same(world: World, text: str) -> None:
    phone = await world.handset(IVANOV)
    assert await world.login(IVANOV, await new_password(phone, how=f"000110|{text}")) == OK


@pytest.mark.parametrize("text", ["", "   "])
async def test_03_so_does_an_empty_sms(world: World, text: str) -> None:
    phone = await world.handset(IVANOV)
    assert await world.login(IVANOV, await new_password(phone, how=f"000110|{text}")) == OK


@pytest.mark.parametrize("text", ["00", "41"])
async def test_02b_000105_takes_the_old_aliases(world: World, text: str) -> None:
    phone = await world.handset(IVANOV)
    assert await world.login(IVANOV, await new_password(phone, how=f"000105|{text}")) == OK


async def test_02c_anything_else_to_000110_gets_help_and_no_password(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.sms("000110", "01")
    message = await phone.expect_sms()
    assert not re.search(r"\d{6}\.", message.text)
    assert await world.login(IVANOV, "000000") == WRONG


@pytest.mark.parametrize("login", ["+79261234567", "89261234567", "9261234567", "8 (926) 123-45-67"])
async def test_04_the_login_takes_a_number_in_any_form(world: World, login: str) -> None:
    phone = await world.handset(IVANOV)
    assert await world.login(login, await new_password(phone)) == OK


async def test_05_a_password_stays_valid_for_days(world: World) -> None:
    phone = await world.handset(IVANOV)
    password = await new_password(phone)
    for _ in range(10):
        assert await world.login(IVANOV, password) == OK
        world.clock.advance(3 * 24 * 3600 * 1000)


async def test_06_five_wrong_answers_then_the_right_one(world: World) -> None:
    phone = await world.handset(IVANOV)
    password = await new_password(phone)
    assert await wrong_guesses(world, 5) == [WRONG] * 5
    assert await world.login(IVANOV, password) == OK
    # The count is back at zero: five more are allowed.
    assert await wrong_guesses(world, 5) == [WRONG] * 5
    assert await world.login(IVANOV, password) == OK


async def test_07_the_sixth_wrong_answer_locks(world: World) -> None:
    phone = await world.handset(IVANOV)
    password = await new_password(phone)
    assert await wrong_guesses(world, 6) == [WRONG] * 5 + [LOCKED]
    assert await world.login(IVANOV, password) == LOCKED
    message = await phone.expect_sms()
    assert message.text == "Вход в Личный кабинет закрыт: 6 неверных паролей. Новый: *105*00#"


@pytest.mark.parametrize("how", ["*105*00#", "000110|00"])
async def test_08_a_new_password_unlocks_and_kills_the_old_one(world: World, how: str) -> None:
    phone = await world.handset(IVANOV)
    old = await new_password(phone)
    await wrong_guesses(world, 6)
    await phone.expect_sms()
    new = await new_password(phone, how=how)
    assert await world.login(IVANOV, new) == OK
    assert await world.login(IVANOV, old) == WRONG


@pytest.mark.parametrize("code", ["*105*01#", "*105*0#"])
async def test_09_and_10_an_own_password_is_asked_for_twice(world: World, code: str) -> None:
    phone = await world.handset(IVANOV)
    old = await new_password(phone)
    screen = await phone.dial(code)
    assert (screen.op, screen.text) == ("ask", "Введите новый пароль: 6-26 букв и цифр")
    screen = await phone.send("Secret77")
    assert (screen.op, screen.text) == ("ask", "Повторите новый пароль")
    screen = await phone.send("Secret77")
    assert (screen.op, screen.text) == ("end", "Пароль изменен. Вход: lk.megafon.ru")
    message = await phone.expect_sms()
    assert message.text == "Пароль Личного кабинета изменен. Если это не вы, наберите *105*00#"
    assert await world.login(IVANOV, "Secret77") == OK
    assert await world.login(IVANOV, old) == WRONG


async def test_09b_a_repeat_that_differs_changes_nothing(world: World) -> None:
    phone = await world.handset(IVANOV)
    old = await new_password(phone)
    await phone.dial("*105*01#")
    await phone.send("Secret77")
    screen = await phone.send("Secret78")
    assert "не совпа" in screen.text
    assert await world.login(IVANOV, "Secret77") == WRONG
    assert await world.login(IVANOV, old) == OK


async def test_11_pas_by_sms_changes_the_password(world: World) -> None:
    phone = await world.handset(IVANOV)
    old = await new_password(phone)
    await phone.sms("000105", "PAS Secret88")
    assert "изменен" in (await phone.expect_sms()).text
    assert await world.login(IVANOV, "Secret88") == OK
    assert await world.login(IVANOV, old) == WRONG


@pytest.mark.parametrize("text", ["PAS", "PAS abc12", "PAS пароль77", "PAS two words77"])
async def test_11b_an_unsuitable_password_is_refused_with_the_reason(world: World, text: str) -> None:
    phone = await world.handset(IVANOV)
    old = await new_password(phone)
    await phone.sms("000105", text)
    message = await phone.expect_sms()
    assert message.text == "Пароль не изменен: нужно 6-26 букв и цифр. Пример: PAS qwerty12"
    assert await world.login(IVANOV, old) == OK


async def test_11c_the_keyword_is_taken_in_any_case(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.sms("000105", "  pas   Secret88 ")
    assert "изменен" in (await phone.expect_sms()).text
    assert await world.login(IVANOV, "Secret88") == OK


async def test_12_a_one_time_code_logs_in_and_leaves_the_password_alone(world: World) -> None:
    phone = await world.handset(IVANOV)
    password = await new_password(phone)
    status, _ = await world.call("POST", "/api/v1/lk/otp", {"login": "8 926 123-45-67"})
    assert status == 202
    message = await phone.expect_sms()
    found = re.search(r"Код для входа: (\d{4})\.", message.text)
    assert found is not None, message.text

    async def by_code() -> int:
        status, _ = await world.call("POST", "/api/v1/lk/login", {"login": IVANOV, "code": found[1]})
        return status

    assert await by_code() == OK
    assert await by_code() == WRONG, "a code is for one login"
    assert await world.login(IVANOV, password) == OK
