"""The last rouble: USSD, SMS and API reach for it at once, a thousand times; exactly one gets it."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.world import ANSWER_S, World, running_world
from ussd_gateway.phone.events import Screen, SmsArrived
from ussd_gateway.phone.smpp import SmppPhone

ROUNDS = 1000
PHONES = [str(79_260_100_000 + n) for n in range(10)]
PRICE = "2.55"
"""One message on the default tariff: what the API charges, and by these files the other two as well."""

MENU = """
menu: price
service_codes: ["*900#"]
start: price
screens:
  price:
    action: account.charge
    with: {fee_kop: 255, note: ussd}
    on:
      done: {end: {ru: "got it", en: "got it"}}
      denied: {end: {ru: "too late", en: "too late"}}
"""
COMMAND = """
short_code: "900"
otherwise:
  action: account.charge
  with: {fee_kop: 255, note: sms}
  on:
    done: {reply: {ru: "got it", en: "got it"}}
    denied: {reply: {ru: "too late", en: "too late"}}
"""


async def one_round(world: World, phone: SmppPhone, order: int) -> list[str]:
    """All at once, now this one first on the line and now that one; who got it."""
    path = f"/api/v1/subscribers/{phone.msisdn}"
    await world.call("POST", f"{path}/balance", {"balance": PRICE})

    async def by_api() -> None:
        status, _ = await world.call("POST", f"{path}/usage", {"kind": "sms", "to": "79261234567"})
        assert status in (200, 422)
        if status == 200:
            winners.append("api")

    async def by_phone() -> None:
        if order % 3 == 0:
            # HTTP takes longer to arrive: now and then it gets a start of one turn of the event loop.
            await asyncio.sleep(0)
        if order % 2:
            await asyncio.gather(phone.dial("*900#"), phone.send_sms("900", ""))
        else:
            await asyncio.gather(phone.send_sms("900", ""), phone.dial("*900#"))
        for _ in range(2):
            event = await asyncio.wait_for(phone.events.get(), ANSWER_S)
            assert isinstance(event, Screen | SmsArrived)
            if event.text == "got it":
                winners.append(type(event).__name__)

    winners: list[str] = []
    await asyncio.gather(by_api(), by_phone())
    return winners


async def rounds(world: World, msisdn: str, won: Counter[str]) -> None:
    assert world.app.smpp_address is not None
    host, port = world.app.smpp_address.rsplit(":", 1)
    phone = SmppPhone(msisdn, host=host, port=int(port), system_id="handset", password="handset")
    await phone.open()
    for order in range(ROUNDS // len(PHONES)):
        winners = await one_round(world, phone, order)
        assert len(winners) == 1
        won[winners[0]] += 1
        _, account = await world.call("GET", f"/api/v1/subscribers/{msisdn}")
        assert account["balance_kop"] == 0
    await phone.close()


@pytest.mark.slow
async def test_exactly_one_wins_a_thousand_times(tmp_path: Path) -> None:
    for name, text in (("menus", MENU), ("commands", COMMAND)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "price.yaml").write_text(text)
    environment = {
        "USSDGW_PATHS__MENUS": str(tmp_path / "menus"),
        "USSDGW_PATHS__SMS_COMMANDS": str(tmp_path / "commands"),
    }
    won: Counter[str] = Counter()
    async with running_world(f"sqlite:///{tmp_path}/gateway.db", environment) as world:
        await asyncio.gather(*(rounds(world, msisdn, won) for msisdn in PHONES))
        assert (await world.app.store.audit()).problems == ()
    assert won.total() == ROUNDS
    # Each of the three was first now and then, or it would prove nothing.
    assert set(won) == {"Screen", "SmsArrived", "api"}
