"""Operations on the password: scenarios 1-11 and 13 of the service, by their decisions."""

import pytest

from tests.unit.billing.kit import NOW_MS, catalogue, individual, run
from ussd_gateway.billing.account import Account, Password
from ussd_gateway.billing.operations import passwords
from ussd_gateway.billing.operations.base import Decision
from ussd_gateway.vocabulary import Value

LOCKED = Password("old", wrong=6, locked=True)


def after(decision: Decision) -> Account:
    assert decision.outcome.name == "done"
    assert decision.account is not None
    return decision.account


def reason(decision: Decision) -> object:
    assert decision.outcome.name == "denied"
    return decision.outcome.params["reason"]


def test_a_generated_password_comes_by_sms_and_unlocks() -> None:
    prepared = {"password": "483920", "hash": "new"}
    decision = run(passwords.new, individual(password=LOCKED), prepared=prepared)
    assert after(decision).password == Password("new", set_ms=NOW_MS)
    [message] = decision.messages
    assert (message.sender, message.secret, message.delay_ms) == ("000110", True, 2000)
    text = catalogue().texts[message.text_key].render("ru", message.params)
    assert text == "Пароль для доступа в Личный кабинет: 483920. Никому его не сообщайте"


def test_by_default_no_screen_learns_the_password() -> None:
    for args in ({}, {"screen": True}):
        decision = run(passwords.new, individual(), args, prepared={"password": "483920", "hash": "new"})
        assert decision.outcome.params == {"password": ""}
        assert len(decision.messages) == 1


def test_an_own_password_unlocks_and_is_confirmed() -> None:
    args: dict[str, Value] = {"password": "Secret77", "repeat": "Secret77"}
    decision = run(passwords.set_own, individual(password=LOCKED), args, prepared={"hash": "new"})
    assert after(decision).password == Password("new", set_ms=NOW_MS)
    [message] = decision.messages
    assert (message.text_key, message.sender, message.params) == ("pw.changed", "000110", {})


@pytest.mark.parametrize(
    "args, prepared, expected",
    [
        ({"password": "short"}, {}, "pas.bad"),
        ({}, {}, "pas.bad"),
        ({"password": "пароль77", "repeat": "other"}, {}, "pas.bad"),
        ({"password": "Secret77", "repeat": "Secret78"}, {"hash": "new", "same": "yes"}, "pw.mismatch"),
        ({"password": "Secret77"}, {"hash": "new", "same": "yes"}, "pw.same"),
    ],
)
def test_refusals_change_nothing(args: dict[str, Value], prepared: dict[str, str], expected: str) -> None:
    decision = run(passwords.set_own, individual(password=LOCKED), args, prepared=prepared)
    assert (reason(decision), decision.account, decision.messages) == (expected, None, [])


def test_a_blocked_number_gets_no_password() -> None:
    blocked = individual(status="blocked")
    assert reason(run(passwords.new, blocked, prepared={"password": "1", "hash": "h"})) == "number.blocked"
    assert reason(run(passwords.set_own, blocked, {"password": "x"})) == "number.blocked"


def test_login() -> None:
    account = individual(password=Password("h", wrong=5))
    decision = run(passwords.login, account, prepared={"right": "yes"})
    assert after(decision).password.wrong == 0


def test_a_login_that_changes_nothing_needs_no_commit() -> None:
    decision = run(passwords.login, individual(password=Password("h")), prepared={"right": "yes"})
    assert (decision.outcome.name, decision.account) == ("done", None)


def test_six_wrong_logins() -> None:
    account = individual(password=Password("h"))
    heard = []
    for _ in range(6):
        decision = run(passwords.login, account, prepared={"right": ""})
        heard.append((reason(decision), decision.outcome.params["attempts_left"], len(decision.messages)))
        assert decision.account is not None
        account = decision.account
    assert heard == [*(("login.wrong", left, 0) for left in (5, 4, 3, 2, 1)), ("login.locked", 0, 1)]
    assert account.password.locked
    [message] = decision.messages
    text = catalogue().texts[message.text_key].render("ru", message.params)
    assert text == "Вход в Личный кабинет закрыт: 6 неверных паролей. Новый: *105*00#"


def test_a_locked_login_is_told_so_and_counts_no_further() -> None:
    decision = run(passwords.login, individual(password=LOCKED), prepared={"right": "yes"})
    assert (reason(decision), decision.account, decision.messages) == ("login.locked", None, [])


def test_status() -> None:
    params = run(passwords.status, individual(password=LOCKED)).outcome.params
    assert params == {"set": True, "locked": True, "wrong": 6}
    assert run(passwords.status, individual()).outcome.params["set"] is False


@pytest.mark.parametrize(
    "on, expected", [(True, True), ("1", True), ("on", True), (False, False), ("0", False)]
)
def test_autologin(on: Value, expected: bool) -> None:
    assert (
        after(run(passwords.autologin, individual(autologin=not expected), {"on": on})).autologin is expected
    )
