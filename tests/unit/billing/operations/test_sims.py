"""A new SIM card for a company's number: the right card, its PUK1, once."""

from typing import Any

from tests.unit.billing.kit import BOB, NOW_MS, catalogue, employee, individual, opening_commit, run
from ussd_gateway.actions import Actions
from ussd_gateway.billing.calendar import DAY_MS
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.holdings import Sim
from ussd_gateway.billing.operations import sims
from ussd_gateway.storage.memory import MemoryStore
from ussd_gateway.storage.registry import StoreRegistry
from ussd_gateway.storage.vault import ScryptHasher, SystemDice

CARD: dict[str, Any] = {"company": "romashka", "iccid": "8970102000000000011", "puk1": "12345678"}
MINE = {"mine": "yes"}


def test_the_new_card_takes_the_place_of_the_old() -> None:
    decision = run(sims.replace, employee(sim=Sim("old", "1")), {**CARD, "puk1": "1234 5678"}, prepared=MINE)
    assert decision.account is not None
    assert decision.account.sim == Sim(CARD["iccid"], "12345678")
    assert [message.text_key for message in decision.messages] == ["sim.done"]


def test_refusals_in_their_order() -> None:
    def reason(account: Any, **other: Any) -> object:
        return run(sims.replace, account, {**CARD, **other}).outcome.params["reason"]

    assert reason(individual()) == "corp.foreign"
    assert reason(employee(), iccid="8970102000000000029") == "sim.puk"
    assert reason(employee(), iccid="8970102000000000000") == "sim.unknown"
    assert reason(employee(sim=Sim(CARD["iccid"], "12345678"))) == "sim.same"
    assert reason(employee()) == "sim.used", "nobody claimed it"


def test_the_tenth_wrong_puk_of_a_day_is_the_last() -> None:
    account = employee()
    for _ in range(10):
        decision = run(sims.replace, account, {**CARD, "puk1": "00000000"}, prepared=MINE)
        assert decision.outcome.params["reason"] == "sim.puk"
        assert decision.account is not None
        account = decision.account
    assert run(sims.replace, account, CARD, prepared=MINE).outcome.params["reason"] == "sim.often"
    tomorrow_ms = NOW_MS + DAY_MS
    assert run(sims.replace, account, CARD, prepared=MINE, now_ms=tomorrow_ms).outcome.name == "done"


async def test_a_card_serves_one_number() -> None:
    store = MemoryStore()
    actions = Actions(ScryptHasher(b"pepper", cost=2), SystemDice(), StoreRegistry(store))
    first, second = employee(), employee(msisdn=BOB)
    for account in (first, second):
        await store.commit(opening_commit(account))

    async def ask(account: Any) -> object:
        draft = Draft(account, catalogue(), key="k", now_ms=NOW_MS)
        outcome = await actions.perform(draft, "corp.sim", CARD)
        return outcome.params.get("reason", outcome.name)

    assert await ask(second._replace(company="oduvanchik")) == "corp.foreign"
    assert [await ask(first), await ask(first), await ask(second)] == ["done", "done", "sim.used"]
