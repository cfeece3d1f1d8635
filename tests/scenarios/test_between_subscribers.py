"""Money, gifts and bonds between two subscribers: taken here, carried across, refused there, given back."""

import asyncio
import re
from itertools import count

import pytest

from tests.world import World
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.holdings import Relative
from ussd_gateway.vocabulary import Outcome, Value

ANNA, ENGLISH, POOR = "79261234567", "79261234568", "79261234569"
EMPLOYEE = "79260000001"
CARD_OF_100 = "11112222333344"
VISA = "4111111111111111"

_keys = count(1)


async def do(world: World, msisdn: str, action: str, **args: Value) -> Outcome:
    """One action, and all that it orders."""
    key = f"test:{next(_keys)}"
    performed = await world.app.gateway.perform(msisdn, action, args, key=key, request=action)
    await world.app.jobs.catch_up()
    return performed.outcome


async def account(world: World, msisdn: str) -> Account:
    return await world.app.gateway.account(msisdn)


async def texts(world: World, msisdn: str) -> list[str]:
    """All messages to a number, oldest first."""
    return [message.text for message in reversed(await world.app.store.inbox(msisdn, 100))]


async def code_in(world: World, msisdn: str, pattern: str) -> str:
    """The code in the newest message."""
    found = re.search(pattern, (await texts(world, msisdn))[-1])
    assert found is not None
    return found[1]


async def assert_sound(world: World) -> None:
    report = await world.app.store.audit()
    assert (report.problems, report.balances_kop) == ((), 0)
    assert not await world.app.store.orders_pending(world.clock.now_ms(), 10)


async def test_a_transfer_by_code_arrives(world: World) -> None:
    await do(world, ANNA, "pay.transfer", to=POOR, amount_kop=10_000)
    code = await code_in(world, ANNA, r"\*109\*(\d{4})#")
    wrong = f"{(int(code) + 1) % 10_000:04}"
    assert (await do(world, ANNA, "pay.transfer_confirm", code=wrong)).params["reason"] == "code.wrong"
    assert (await do(world, ANNA, "pay.transfer_confirm", code=code)).name == "done"
    assert (await account(world, ANNA)).balance_kop == 14_500
    assert (await account(world, POOR)).balance_kop == 10_000
    assert (await texts(world, POOR))[-1] == "Вам 100р от +79261234567. Баланс 100.00р"
    assert (await do(world, ANNA, "pay.transfer_confirm", code=code)).params["reason"] == "code.none"
    await assert_sound(world)


async def test_a_code_is_worth_nothing_to_anybody_else(world: World) -> None:
    await do(world, ANNA, "pay.transfer", to=POOR, amount_kop=10_000)
    code = await code_in(world, ANNA, r"\*109\*(\d{4})#")
    assert (await do(world, ENGLISH, "pay.transfer_confirm", code=code)).params["reason"] == "code.none"


@pytest.mark.parametrize("action", ["pay.transfer", "pay.transfer_now"])
async def test_who_takes_no_transfer_is_found_out_before_money_moves(world: World, action: str) -> None:
    await do(world, ENGLISH, "pay.transfer_bar", on=True)
    for recipient in (EMPLOYEE, ENGLISH):
        outcome = await do(world, ANNA, action, to=recipient, amount_kop=10_000)
        assert outcome == Outcome("denied", {"reason": "transfer.declined", "to": recipient})
    assert await texts(world, ANNA) == []
    assert (await account(world, ANNA)).balance_kop == 25_000


async def test_a_recipient_may_decline_until_the_code_is_typed(world: World) -> None:
    await do(world, ANNA, "pay.transfer", to=ENGLISH, amount_kop=10_000)
    code = await code_in(world, ANNA, r"109\*(\d{4})#")
    await do(world, ENGLISH, "pay.transfer_bar", on=True)
    refused = await do(world, ANNA, "pay.transfer_confirm", code=code)
    assert refused.params["reason"] == "transfer.declined"
    assert (await account(world, ANNA)).balance_kop == 25_000
    await assert_sound(world)


async def test_a_transfer_repays_a_promised_payment(world: World) -> None:
    assert (await do(world, POOR, "pay.promised", tier="50")).name == "done"
    await do(world, ANNA, "pay.transfer_now", to=POOR, amount_kop=10_000)
    poor = await account(world, POOR)
    assert (poor.balance_kop, poor.promised) == (5_000 + 10_000 - 6_000, ())
    await assert_sound(world)


async def test_a_scratch_card_is_good_once_in_the_world(world: World) -> None:
    outcomes = await asyncio.gather(
        *(do(world, number, "pay.scratch", code=CARD_OF_100) for number in (ANNA, ENGLISH, POOR, ANNA))
    )
    assert [outcome.name for outcome in outcomes].count("done") == 1
    balances = [(await account(world, number)).balance_kop for number in (ANNA, ENGLISH, POOR)]
    assert sum(balances) == 60_000
    await assert_sound(world)


async def test_a_card_is_bound_and_pays_for_others_too(world: World) -> None:
    await do(world, ANNA, "pay.card_bind", number=VISA)
    code = await code_in(world, ANNA, r": (\d{4})\.")
    assert (await do(world, ANNA, "pay.card_confirm", code=code)).params == {"last4": "1111"}
    assert (await do(world, ANNA, "pay.card", amount_kop=10_000, to=EMPLOYEE)).name == "done"
    assert (await account(world, EMPLOYEE)).personal_kop == 13_500
    await do(world, ANNA, "pay.autopay_set", threshold_kop=30_000, amount_kop=20_000)
    assert (await account(world, ANNA)).balance_kop == 45_000
    assert VISA not in "".join(await texts(world, ANNA))
    await assert_sound(world)


async def test_a_gift_needs_a_member(world: World) -> None:
    for number in (ANNA, ENGLISH):
        assert (await do(world, number, "bonus.join")).name == "done"
    # 300 roubles spent in a month are 10 points when the next one begins.
    await do(world, ANNA, "account.topup", amount_kop=100_000)
    await do(world, ANNA, "account.charge", fee_kop=30_000)
    world.clock.advance(31 * 86_400_000)
    await world.app.jobs.catch_up()
    points = (await account(world, ANNA)).bonus.points
    assert points >= 10
    assert (await do(world, ANNA, "bonus.gift", to=POOR, code="010")).name == "done"
    assert (await account(world, ANNA)).bonus.points == points
    assert (await do(world, ANNA, "bonus.gift", to=ENGLISH, code="010")).name == "done"
    assert (await account(world, ANNA)).bonus.points == points - 10
    english = await account(world, ENGLISH)
    assert [package.code for package in english.packages if package.code.startswith("bonus:")] == [
        "bonus:010"
    ]
    await assert_sound(world)


async def test_relatives_hear_of_a_low_balance(world: World) -> None:
    await do(world, ANNA, "pay.relatives_add", to=ENGLISH)
    assert (await account(world, ENGLISH)).relatives == (Relative(ANNA, "asked"),)
    await do(world, ENGLISH, "pay.relatives_consent", to=ANNA)
    assert (await account(world, ANNA)).relatives == (Relative(ENGLISH, "watched"),)
    await do(world, ENGLISH, "account.charge", fee_kop=24_000)
    assert (await texts(world, ANNA))[-1] == (f"The balance of +{ENGLISH} is low: 10.00 RUB")
    await do(world, ANNA, "pay.relatives_remove", to=ENGLISH)
    assert (await account(world, ENGLISH)).relatives == ()


async def test_a_number_nobody_has_refuses_by_itself(world: World) -> None:
    """Numbers of the plan get an account when money comes; nothing is lost on the way there."""
    stranger = "79267777777"
    assert (await do(world, ANNA, "pay.transfer_now", to=stranger, amount_kop=10_000)).name == "done"
    assert (await account(world, stranger)).balance_kop == 20_000
    await assert_sound(world)
