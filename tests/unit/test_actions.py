"""The named actions with their prepare phases, and the facts a menu may ask about."""

import asyncio

import pytest

from tests.unit.billing.kit import (
    ALICE,
    BOB,
    NOW_MS,
    catalogue,
    employee,
    individual,
    opening_commit,
    perform,
)
from ussd_gateway.actions import ACTIONS, Actions, SubscriberFacts, vocabulary
from ussd_gateway.billing.account import Account, Password
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.texts import REFUSAL_TEXTS
from ussd_gateway.storage.memory import MemoryStore
from ussd_gateway.storage.registry import StoreRegistry
from ussd_gateway.storage.vault import ScryptHasher
from ussd_gateway.vocabulary import Value


class CountingHasher(ScryptHasher):
    """The real one at its cheapest, counting what it does."""

    def __init__(self) -> None:
        super().__init__(b"pepper", cost=2)
        self.hashed = 0
        self.verified = 0

    async def hash(self, password: str) -> str:
        self.hashed += 1
        return await super().hash(password)

    async def verify(self, password: str, stored: str | None) -> bool:
        self.verified += 1
        return await super().verify(password, stored)


class LoadedDice:
    """Digits that can be foreseen: 111111, 222222, ..."""

    def __init__(self) -> None:
        self.rolls = 0

    def digits(self, count: int) -> str:
        self.rolls += 1
        return str(self.rolls) * count


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
def actions(hasher: CountingHasher) -> Actions:
    return Actions(hasher, LoadedDice(), StoreRegistry(MemoryStore()))


async def store_with(account: Account) -> MemoryStore:
    store = MemoryStore()
    await store.commit(opening_commit(account))
    return store


def draft_of(account: Account) -> Draft:
    return Draft(account, catalogue(), key="k", now_ms=NOW_MS)


async def test_the_life_of_a_password(actions: Actions) -> None:
    store = await store_with(individual())
    keys = iter(range(100))

    async def do(action: str, **args: Value) -> str:
        outcome = await perform(store, actions, ALICE, action, args, key=str(next(keys)))
        return str(outcome.params.get("reason", outcome.name))

    assert await do("auth.login", password="111111") == "login.wrong"
    assert await do("password.new") == "done"
    [message] = await store.inbox(ALICE, 10)
    assert "111111" in message.text
    for _ in range(3):
        assert await do("auth.login", password="111111") == "done"
    assert await do("password.set", password="Secret77", repeat="Secret77") == "done"
    assert await do("auth.login", password="111111") == "login.wrong"
    assert await do("auth.login", password="Secret77") == "done"
    assert await do("password.set", password="Secret77") == "pw.same"
    for _ in range(5):
        assert await do("auth.login", password="guess1") == "login.wrong"
    assert await do("auth.login", password="guess1") == "login.locked"
    assert await do("auth.login", password="Secret77") == "login.locked"
    assert await do("password.new") == "done"
    assert await do("auth.login", password="Secret77") == "login.wrong"
    assert await do("auth.login", password="222222") == "done"


async def test_500_guesses_at_once_are_counted_exactly(actions: Actions) -> None:
    store = await store_with(
        individual(password=Password(await ScryptHasher(b"pepper", cost=2).hash("Secret")))
    )
    outcomes = await asyncio.gather(
        *(
            perform(store, actions, ALICE, "auth.login", {"password": "wrong1"}, key=str(n))
            for n in range(500)
        )
    )
    heard = sorted((str(each.params["reason"]), each.params["attempts_left"]) for each in outcomes)
    assert heard == [("login.locked", 0)] * 495 + [("login.wrong", left) for left in range(1, 6)]
    account = await store.account(ALICE)
    assert account is not None
    assert account.password.wrong == 6
    assert len(await store.inbox(ALICE, 10)) == 1


async def test_another_try_generates_and_hashes_nothing_anew(
    actions: Actions, hasher: CountingHasher
) -> None:
    draft = draft_of(individual())
    await actions.perform(draft, "password.new", {})
    again = draft.again(individual(version=5))
    await actions.perform(again, "password.new", {})
    assert again.account.password.hash == draft.account.password.hash
    assert hasher.hashed == 1


async def test_a_comparison_does_not_outlive_the_hash_it_was_made_with(
    actions: Actions, hasher: CountingHasher
) -> None:
    account = individual(password=Password(await hasher.hash("Secret77")))
    draft = draft_of(account)
    guess: dict[str, Value] = {"password": "Secret77"}
    assert (await actions.perform(draft, "auth.login", guess)).name == "done"
    assert (await actions.perform(draft.again(account), "auth.login", guess)).name == "done"
    assert hasher.verified == 1
    changed = account._replace(password=Password(await hasher.hash("Other777")))
    assert (await actions.perform(draft.again(changed), "auth.login", guess)).name == "denied"
    assert hasher.verified == 2


async def test_two_guesses_in_one_request_are_two_comparisons(
    actions: Actions, hasher: CountingHasher
) -> None:
    draft = draft_of(individual(password=Password(await hasher.hash("Secret77"))))
    assert (await actions.perform(draft, "auth.login", {"password": "guess1"})).name == "denied"
    assert (await actions.perform(draft, "auth.login", {"password": "Secret77"})).name == "done"


async def test_a_password_that_is_refused_is_not_hashed(actions: Actions, hasher: CountingHasher) -> None:
    outcome = await actions.perform(draft_of(individual()), "password.set", {"password": "short"})
    assert (outcome.params["reason"], hasher.hashed) == ("pas.bad", 0)


async def test_unknown_actions_are_bugs(actions: Actions) -> None:
    with pytest.raises(KeyError):
        await actions.perform(draft_of(individual()), "account.burn", {})


# ---------------------------------------------------------------- specifications are kept

BETWEEN: dict[str, Value] = {"from": BOB, "to": ALICE}
PARCEL: dict[str, Value] = {**BETWEEN, "amount_kop": 1_000, "fee_kop": 500, "kind": "transfer"}
ARGUMENTS: dict[str, dict[str, Value]] = {
    "account.language": {"language": "en"},
    "account.charge": {"fee_kop": 1},
    "account.topup": {"amount_kop": 1},
    "account.set_balance": {"balance_kop": 1},
    "password.set": {"password": "Secret77"},
    "password.change": {"old": "Secret66", "new": "Secret77", "repeat": "Secret77"},
    "pay.trust": {"amount_kop": 30_000},
    "autologin.set": {"on": True},
    "auth.login": {"password": "guess1"},
    "otp.login": {"code": "1234"},
    "pay.card": {"amount_kop": 10_000},
    "pay.card_bind": {"number": "4111111111111111"},
    "pay.card_confirm": {"code": "1234"},
    "pay.scratch": {"code": "11112222333344"},
    "pay.transfer": {"to": BOB, "amount_kop": 10_000},
    "pay.transfer_confirm": {"code": "1234"},
    "pay.transfer_now": {"to": BOB, "amount_kop": 10_000},
    "pay.transfer_bar": {"on": True},
    "pay.call_me": {"to": BOB},
    "pay.pay_me": {"to": BOB},
    "pay.relatives_add": {"to": BOB},
    "pay.relatives_consent": {"to": BOB},
    "pay.relatives_remove": {"to": BOB},
    "money.receive": PARCEL,
    "money.returned": PARCEL,
    "relatives.asked": BETWEEN,
    "relatives.agreed": BETWEEN,
    "relatives.refused": BETWEEN,
    "relatives.dropped": BETWEEN,
    "bonus.redeem": {"code": "110"},
    "bonus.redeem_money": {"amount": "10"},
    "bonus.gift": {"to": BOB, "code": "110"},
    "bonus.receive": {**BETWEEN, "code": "110", "lots": "12:1:2"},
    "bonus.returned": {**BETWEEN, "code": "110", "lots": "12:1:2"},
    "company.enrol": {"number": BOB},
    "company.not_joined": {"number": BOB},
    "company.release": {"number": BOB},
    "company.left": {"number": BOB},
    "company.paper": {"kind": "report", "period": "2026-05"},
    "company.papers": {"to": BOB},
    "company.pay": {"amount_kop": 10_000},
    "corp.leave": {"company": "romashka", "contract": "10052733", "tariff": "16N"},
    "corp.forward": {"company": "romashka"},
    "corp.roaming": {"company": "romashka"},
    "corp.cancel": {"company": "romashka"},
    "company.login": {"password": "Secret77"},
    "corp.join": {"company": "romashka", "tariff": "C7040"},
    "corp.describe": {"company": "romashka"},
    "corp.tag": {"company": "romashka", "tag": "HR"},
    "corp.limit": {"company": "romashka", "limit_kop": 100_000},
    "corp.restrict": {"company": "romashka"},
    "corp.content_ban": {"company": "romashka"},
    "corp.tariff": {"company": "romashka", "code": "CSTD"},
    "corp.service": {"company": "romashka", "code": "134"},
    "corp.service_failed": {"code": "134"},
    "corp.sim": {"company": "romashka", "iccid": "8970102000000000011", "puk1": "12345678"},
    "usage.call": {"to": BOB, "minutes": 3},
    "usage.sms": {"to": BOB},
    "usage.data": {"mb": 5},
    "tariff.change": {"code": "16N"},
    "svc.on": {"code": "134"},
    "svc.off": {"code": "220"},
    "svc.status": {"code": "134"},
    "svc.once": {"code": "221"},
    "tone.set": {"id": "2"},
    "pkg.buy": {"code": "372"},
    "pkg.autorenew": {"on": True},
    "bl.add": {"number": BOB},
    "bl.delete": {"number": BOB},
    "cf.set": {"kind": "busy", "to": BOB},
    "cb.set": {"kind": "incoming", "password": "0000"},
    "cb.clear": {"kind": "330", "password": "0000"},
    "cb.password": {"old": "0000", "new": "1234"},
    "num.block": {"days": 7},
    "roaming.set": {"on": True},
    "acct.spend": {"period": "day"},
    "acct.detail": {"month": 1},
    "email.set": {"email": "ivanov@mail.ru"},
    "sup.ask": {"text": "?"},
}
HOPELESS: dict[str, Value] = {
    "language": "xx",
    "fee_kop": 10**9,
    "amount_kop": 0,
    "balance_kop": -1,
    "password": "?",
    "on": "",
    "to": "02",
    "code": "?",
    "number": "4111",
    "minutes": 0,
    "mb": "x",
    "amount": "-1",
    "id": "77",
    "kind": "?",
    "old": "1111",
    "new": "12345",
    "days": 0,
    "period": "year",
    "month": 7,
    "email": "@",
    "text": " ",
}


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("account", [individual(), employee()], ids=lambda account: account.kind)
async def test_outcomes_are_as_specified(actions: Actions, name: str, account: Account) -> None:
    spec = ACTIONS[name].spec
    given = ARGUMENTS.get(name, {})
    assert {param for param, needed in spec.params.items() if needed} == set(given)
    hopeless = given if ACTIONS[name].internal else {param: HOPELESS[param] for param in given}
    for args in (given, hopeless):
        outcome = await actions.perform(draft_of(account), name, args)
        if outcome.name == "done":
            assert set(outcome.params) == spec.results
        else:
            assert spec.can_deny
            assert set(outcome.params) - {"reason"} <= spec.denied_results
            assert outcome.params["reason"] in REFUSAL_TEXTS


def test_secrets_are_marked() -> None:
    for name, action in ACTIONS.items():
        secrets = {"password", "repeat"}
        if name.startswith(("otp.", "pay.")):
            secrets |= {"code", "number"}
        if name == "corp.sim":
            secrets |= {"puk1"}
        if name in ("cb.password", "password.change"):
            secrets |= {"old", "new"}
        told = set(action.spec.results) & {"password"}
        assert action.spec.secret == set(action.spec.params) & secrets | told, name


# ---------------------------------------------------------------- facts


@pytest.mark.parametrize("account", [individual(), employee()], ids=lambda account: account.kind)
def test_every_fact_and_list_of_the_vocabulary_has_a_value(account: Account) -> None:
    facts = SubscriberFacts(account, catalogue(), NOW_MS)
    words = vocabulary()
    for name, example in words.facts.items():
        assert type(facts.value(name)) is type(example), name
    for name, columns in words.lists.items():
        for row in facts.rows(name):
            assert {column: type(value) for column, value in row.items()} == {
                column: type(value) for column, value in columns.items()
            }
    with pytest.raises(KeyError):
        facts.value("subscriber.shoe_size")
    with pytest.raises(KeyError):
        facts.rows("shoes")


def test_facts() -> None:
    facts = SubscriberFacts(employee(password=Password("h", 2, True)), catalogue(), NOW_MS)
    assert facts.value("subscriber.corporate") is True
    assert facts.value("subscriber.company") == "ООО Ромашка"
    assert facts.value("account.budget_kop") == 41_250
    assert facts.value("account.spendable_kop") == 44_750
    assert facts.value("password.locked") is True
    assert facts.value("password.wrong") == 2


def test_tariffs_on_offer_are_those_of_ones_kind_and_language() -> None:
    rows = SubscriberFacts(individual(language="en"), catalogue(), NOW_MS).rows("tariffs.available")
    offered = [(row["code"], row["name"], row["fee_kop"], row["per"], row["minutes"]) for row in rows]
    assert ("1019V", "Join in! Choose", 51_000, "30 days", 600) in offered
    assert not {"0618P", "C7040"} & {row["code"] for row in rows}
