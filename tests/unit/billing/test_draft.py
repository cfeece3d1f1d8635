"""A draft: several decisions, one commit."""

from itertools import count

from tests.unit.billing.kit import ALICE, NOW_MS, catalogue, individual
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.ledger import holding
from ussd_gateway.billing.operations import accounts, passwords
from ussd_gateway.billing.operations.base import NOTHING_PREPARED
from ussd_gateway.billing.store import OutMessage, check_commit


def draft_of(account: Account) -> Draft:
    return Draft(account, catalogue(), key="ussd:d1:2", now_ms=NOW_MS)


def test_a_draft_that_only_looked_has_nothing_to_commit() -> None:
    draft = draft_of(individual())
    draft.decide(accounts.balance, {}, NOTHING_PREPARED)
    assert not draft.changed


def test_a_refusal_leaves_nothing_behind() -> None:
    draft = draft_of(individual(balance_kop=5))
    assert draft.decide(accounts.charge, {"fee_kop": 6}, NOTHING_PREPARED).name == "denied"
    assert not draft.changed


def test_two_actions_and_a_message_are_one_commit() -> None:
    account = individual(balance_kop=1_000, version=7)
    draft = draft_of(account)
    for _ in range(2):
        draft.decide(accounts.charge, {"fee_kop": 300}, NOTHING_PREPARED)
    draft.decide(passwords.new, {}, {"password": "483920", "hash": "h"})
    draft.send("Заходите еще", "000105", delay_ms=500)
    commit = draft.commit("asked", {"text": "ok"}, count(41).__next__)

    check_commit(commit, {ALICE: holding(account)})
    [after] = commit.accounts
    assert (after.version, after.balance_kop, after.password.hash) == (8, 400, "h")
    assert (commit.key, commit.request, commit.reply) == ("ussd:d1:2", "asked", {"text": "ok"})
    assert commit.messages == [
        OutMessage(
            41,
            "000110",
            ALICE,
            "Пароль для доступа в Личный кабинет: 483920. Никому его не сообщайте",
            True,
            NOW_MS,
            NOW_MS + 2000,
        ),
        OutMessage(42, "000105", ALICE, "Заходите еще", False, NOW_MS, NOW_MS + 500),
    ]


def test_the_second_action_sees_what_the_first_left() -> None:
    draft = draft_of(individual(balance_kop=500))
    assert draft.decide(accounts.charge, {"fee_kop": 300}, NOTHING_PREPARED).name == "done"
    assert draft.decide(accounts.charge, {"fee_kop": 300}, NOTHING_PREPARED).name == "denied"


def test_messages_speak_the_language_just_chosen() -> None:
    draft = draft_of(individual())
    draft.decide(accounts.language, {"language": "en"}, NOTHING_PREPARED)
    draft.decide(accounts.remains, {}, NOTHING_PREPARED)
    [message] = draft.commit("", {}, count(1).__next__).messages
    assert message.text == "Left: 0 min, 0 SMS, 0 GB. Renewal 1 Jun. Tariff Join in! Write"


def test_a_message_alone_changes_no_account() -> None:
    draft = draft_of(individual())
    draft.decide(accounts.remains, {}, NOTHING_PREPARED)
    commit = draft.commit("", {}, count(1).__next__)
    assert draft.changed
    assert (commit.accounts, commit.entries, len(commit.messages)) == ([], [], 1)


def test_again_forgets_decisions_and_keeps_preparations() -> None:
    draft = draft_of(individual(balance_kop=1_000))
    draft.prepared["password.new"] = {"password": "483920"}
    draft.decide(accounts.charge, {"fee_kop": 300}, NOTHING_PREPARED)
    draft = draft.again(individual(balance_kop=50, version=9))
    assert not draft.changed
    assert draft.prepared == {"password.new": {"password": "483920"}}
    assert draft.decide(accounts.charge, {"fee_kop": 300}, NOTHING_PREPARED).name == "denied"
