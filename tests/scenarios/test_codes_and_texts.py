"""Codes, short numbers and languages through real SMPP: what was dialled or written does what it should."""

from tests.world import World
from ussd_gateway.smpp.gsm7 import is_gsm7

IVANOV, PETROV = "79261234567", "79261234568"


async def test_forwarding_by_the_strings_of_the_phone(world: World) -> None:
    phone = await world.handset(IVANOV)
    screen = await phone.dial("**21*+79263333333#")
    assert (screen.op, screen.text) == ("end", "Переадресация на +79263333333 включена")
    assert screen.service_code == "**21#"
    assert (await phone.dial("*#21#")).text == "Все 79263333333"
    assert (await phone.dial("*105*7*1*5#")).text == "Все 79263333333"
    assert (await phone.dial("##002#")).text == "Переадресация снята"
    assert (await phone.dial("*#21#")).text == "Переадресации нет"


async def test_barring_by_the_strings_of_the_phone(world: World) -> None:
    phone = await world.handset(IVANOV)
    assert (await phone.dial("*33*1111#")).text == "Неверный пароль запрета вызовов"
    assert (await phone.dial("*33*0000#")).text == "Запрещено: исходящие"
    changed = await phone.dial("**03*330*0000*4321*4321#")
    assert changed.text == "Пароль запрета вызовов изменен"
    assert (await phone.dial("#330*4321#")).text == "Запретов нет"


async def test_a_service_by_an_empty_sms_to_its_number(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.sms("000105134", "")
    sms = await phone.expect_sms()
    assert sms.text == "Услуга Живой баланс подключена. Плата 2р/сутки. Отключить: *105*134*0#"
    await phone.sms("000105", "VK S 134")
    assert (await phone.expect_sms()).text == "Живой баланс: подключено - да. Плата 2р/сут"
    assert (await phone.dial("*105*503#")).text == "Платные: Живой баланс 2р/сут. Отключить: *105*3*3#"
    await phone.sms("0001051340", "")
    assert (await phone.expect_sms()).text == "Услуга Живой баланс отключена"
    await phone.sms("000105999", "")
    assert (await phone.expect_sms()).text == "Неверный код услуги. Наберите *105#"


async def test_a_text_to_a_subscriber_that_ends_in_a_sum(world: World) -> None:
    sender, recipient = await world.handset(IVANOV), await world.handset(PETROV)
    await sender.sms("9261234568", "С праздником! #100")
    greeting = await recipient.expect_sms()
    assert (greeting.source, greeting.text) == (IVANOV, "С праздником! #100")
    code = (await sender.expect_sms()).text
    assert code.startswith("Для перевода 100р абоненту 79261234568 наберите *109*")
    screen = await sender.dial(code.partition("наберите ")[2].partition(" ")[0])
    assert screen.text == "Перевод 100р на +79261234568 принят. Плата 5р"
    assert (await sender.expect_sms()).text.startswith("Перевод 100р на +79261234568")
    assert "100" in (await recipient.expect_sms()).text


async def test_latin_letters_everywhere(world: World) -> None:
    phone = await world.handset(IVANOV)
    assert (await phone.dial("*105*8*4*3#")).text == "Vybrany latinskie bukvy"
    screen = await phone.dial("*105#")
    assert screen.text.startswith("1 Schet\n2 Tarify\n3 Uslugi")
    tariff = await phone.dial("*105*2*1#")
    assert tariff.text.startswith("Tarif: Vklyuchaysya! Pishi. 320r/mes. Ostatok: 212min 187SMS 2.4GB do ")
    await phone.dial("*558#")
    sms = await phone.expect_sms()
    assert sms.text.startswith("Ostatki: 212 min, 187 SMS, 2.4 GB.")
    for text in (screen.text, tariff.text, sms.text):
        assert is_gsm7(text)


async def test_the_whole_string_with_a_confirmation_by_hand(world: World) -> None:
    phone = await world.handset(IVANOV)
    screen = await phone.dial("*105*4*2*9261234568*100#")
    assert screen.text == "Перевод 100р на +79261234568, плата 5р. Подтвердите: 1 Да 2 Нет"
    assert (await phone.send("2")).text == "Действие отменено"
    assert (await phone.dial("*100#")).text == "Баланс: 250.00р"


async def test_what_was_asked_by_sms_is_answered_from_there(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.sms("5130", "")
    assert (await phone.expect_sms()).source == "5130"
    await phone.sms("0006", "150")
    assert (await phone.expect_sms()).source == "0006"
    await phone.sms("000105", "00")
    assert (await phone.expect_sms()).source == "000110"
    await phone.dial("*130*4#")
    assert (await phone.expect_sms()).source == "000105"


async def test_a_transfer_is_confirmed_by_a_reply_to_its_message(world: World) -> None:
    phone = await world.handset(IVANOV)
    await phone.sms("8900", "9261234568 100")
    asked = await phone.expect_sms()
    await phone.sms(asked.source, asked.text.partition("*109*")[2][:4])
    assert (await phone.expect_sms()).text.startswith("Перевод 100р на +79261234568")
