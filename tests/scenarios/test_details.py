"""Details of codes, numbers and rules that the longer scenarios pass by, through the real channels."""

from pathlib import Path

from tests.scenarios.test_money_and_services import with_card
from tests.scenarios.test_voice import call
from tests.world import World, running_world

IVANOV, PETROV = "79261234567", "79261234568"
EMPLOYEE = "79260000001"
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
