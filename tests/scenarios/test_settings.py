"""Where the sources disagree the operator decides: each such setting, turned the other way."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.scenarios.test_between_subscribers import account, do, texts
from tests.scenarios.test_money_and_services import with_card
from tests.world import REPOSITORY, World, running_world

IVANOV = "79261234567"
FRESH = "79265550001"
GENERATED = re.compile(r"\b\d{6}\b")


@asynccontextmanager
async def decided(folder: Path, file: str, *changes: tuple[str, str]) -> AsyncIterator[World]:
    """A gateway whose `catalogue/` says something else at some places of one file."""
    catalogue = folder / "catalogue"
    shutil.copytree(REPOSITORY / "catalogue", catalogue)
    text = (catalogue / file).read_text(encoding="utf-8")
    for usual, other in changes:
        assert text.count(usual) == 1, f"`{usual}` stands {text.count(usual)} times in {file}"
        text = text.replace(usual, other)
    (catalogue / file).write_text(text, encoding="utf-8")
    async with running_world("memory://", {"USSDGW_PATHS__CATALOGUE": str(catalogue)}) as world:
        yield world


async def test_c1_code_01_can_send_a_new_password_again(tmp_path: Path) -> None:
    async with decided(tmp_path, "settings.yaml", ("code_01: set", "code_01: resend")) as world:
        phone = await world.handset(IVANOV)
        screen = await phone.dial("*105*01#")
        assert (screen.op, screen.text) == ("end", "Запрос принят. Пароль придет в SMS в течение 30 секунд")
        [password] = GENERATED.findall((await phone.expect_sms()).text)
        assert await world.login(IVANOV, password) == 200
        # Its alias goes on asking for a password of one's own.
        assert (await phone.dial("*105*0#")).text == "Введите новый пароль: 6-26 букв и цифр"


async def test_c5_messages_leave_when_the_operator_says(tmp_path: Path) -> None:
    async with decided(tmp_path, "settings.yaml", ("delay_s: 2", "delay_s: 25")) as world:
        phone = await world.handset(IVANOV)
        await phone.dial("*105*00#")
        await phone.expect_silence(for_ms=24_000)
        await phone.expect_sms(within_ms=2_000)


@pytest.mark.parametrize("deliver, by_sms", [("ussd", False), ("both", True)])
async def test_c6_the_screen_can_show_the_password(tmp_path: Path, deliver: str, by_sms: bool) -> None:
    async with decided(tmp_path, "settings.yaml", ("deliver: sms", f"deliver: {deliver}")) as world:
        phone = await world.handset(IVANOV)
        [password] = GENERATED.findall((await phone.dial("*105*00#")).text)
        if by_sms:
            assert password in (await phone.expect_sms()).text
        else:
            await phone.expect_silence()
        assert await world.login(IVANOV, password) == 200
        # Where there is no screen it comes by SMS all the same.
        await phone.sms("000110", "00")
        [other] = GENERATED.findall((await phone.expect_sms()).text)
        assert await world.login(IVANOV, other) == 200


async def test_c6_by_default_no_screen_shows_a_password(tmp_path: Path) -> None:
    async with decided(tmp_path, "settings.yaml") as world:
        phone = await world.handset(IVANOV)
        assert not GENERATED.search((await phone.dial("*105*00#")).text)


async def test_c7_the_fifth_wrong_answer_can_lock(tmp_path: Path) -> None:
    async with decided(tmp_path, "settings.yaml", ("lock_on_wrong: 6", "lock_on_wrong: 5")) as world:
        await do(world, IVANOV, "password.set", password="Secret77")
        assert [await world.login(IVANOV, "wrong1") for _ in range(5)] == [401] * 4 + [423]
        assert await world.login(IVANOV, "Secret77") == 423


async def test_c10_passwords_are_as_long_as_the_operator_says(tmp_path: Path) -> None:
    changes = [("generated_digits: 6", "generated_digits: 8"), ("min_length: 6", "min_length: 9")]
    async with decided(tmp_path, "settings.yaml", *changes) as world:
        phone = await world.handset(IVANOV)
        await phone.dial("*105*00#")
        assert re.search(r"\b\d{8}\b", (await phone.expect_sms()).text)
        assert (await do(world, IVANOV, "password.set", password="Secret77")).name == "denied"
        assert (await do(world, IVANOV, "password.set", password="Secret777")).name == "done"


async def test_c10_a_one_time_code_lives_as_long_as_the_operator_says(tmp_path: Path) -> None:
    change = ("one_time_code: {digits: 4, minutes: 5,", "one_time_code: {digits: 5, minutes: 1,")
    async with decided(tmp_path, "payments.yaml", change) as world:
        await do(world, IVANOV, "otp.request")
        [code] = re.findall(r"\b\d{5}\b", (await texts(world, IVANOV))[-1])
        world.clock.advance(61_000)
        status, _ = await world.call("POST", "/api/v1/lk/login", {"login": IVANOV, "code": code})
        assert status == 401


async def test_c13_c14_c15_prices_of_services_are_the_catalogues(tmp_path: Path) -> None:
    changes = [
        ("    single: 7.00", "    single: 3.00"),
        ("conference}\n    fee: 50.00", "conference}\n    fee: 25.00"),
    ]
    async with decided(tmp_path, "services.yaml", *changes) as world:
        assert (await do(world, FRESH, "svc.once", code="221")).params["fee_kop"] == 300
        phone = await world.handset(FRESH)
        await phone.dial("*105*750#")
        assert "25р" in (await phone.expect_sms()).text
        assert (await account(world, FRESH)).balance_kop == 10_000 - 300 - 2_500


async def test_c16_autopay_offers_what_the_operator_says(tmp_path: Path) -> None:
    changes = [("  threshold: 30.00", "  threshold: 10.00"), ("  amount: 100.00\n", "  amount: 200.00\n")]
    async with decided(tmp_path, "payments.yaml", *changes) as world:
        await with_card(world, FRESH)
        await do(world, FRESH, "pay.autopay_set")
        await do(world, FRESH, "account.charge", fee_kop=9_001)
        assert (await account(world, FRESH)).balance_kop == 999 + 20_000


async def test_c17_a_card_pays_within_the_operators_limits(tmp_path: Path) -> None:
    changes = [("  least: 100.00", "  least: 50.00"), ("  most: 1000.00", "  most: 2000.00")]
    async with decided(tmp_path, "payments.yaml", *changes) as world:
        await with_card(world, FRESH)
        names = [
            (await do(world, FRESH, "pay.card", amount_kop=kop)).name
            for kop in (4_999, 5_000, 200_000, 200_001)
        ]
        assert names == ["denied", "done", "done", "denied"]


async def test_c18_a_point_costs_what_the_operator_says(tmp_path: Path) -> None:
    async with decided(tmp_path, "bonus.yaml", ("spend_per_point: 30.00", "spend_per_point: 10.00")) as world:
        await do(world, FRESH, "bonus.join")
        await do(world, FRESH, "account.charge", fee_kop=3_000)
        world.clock.advance(32 * 86_400_000)
        await world.app.jobs.catch_up()
        assert (await do(world, FRESH, "bonus.balance")).params["points"] == 3


async def test_c23_promised_payments_have_the_operators_tiers(tmp_path: Path) -> None:
    change = ("fee: 10.00, down_to: 40.00", "fee: 4.00, down_to: 25.00")
    async with decided(tmp_path, "payments.yaml", change) as world:
        phone = await world.handset("79261234569")
        assert "50р (плата 4р)" in (await phone.dial("*106#")).text


async def test_c26_a_tariff_can_change_at_once(tmp_path: Path) -> None:
    async with decided(tmp_path, "services.yaml", ("when: midnight", "when: now")) as world:
        await do(world, FRESH, "account.topup", amount_kop=100_000)
        assert (await do(world, FRESH, "tariff.change", code="0618P")).name == "done"
        assert (await account(world, FRESH)).tariff == "0618P"


async def test_c26_a_second_order_can_replace_the_first(tmp_path: Path) -> None:
    async with decided(tmp_path, "services.yaml", ("second: refuse", "second: replace")) as world:
        await do(world, FRESH, "account.topup", amount_kop=200_000)
        for code in ("0618P", "1218T"):
            assert (await do(world, FRESH, "tariff.change", code=code)).name == "done"
        waiting = (await account(world, FRESH)).pending_tariff
        assert waiting is not None
        assert waiting.code == "1218T"
