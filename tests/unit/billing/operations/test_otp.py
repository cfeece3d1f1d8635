"""One-time codes: single use, five minutes, five tries, and the password is left alone."""

from tests.unit.billing.kit import NOW_MS, catalogue, individual, run
from tests.unit.billing.operations.test_accounts import reason
from ussd_gateway.billing.account import Account, Password
from ussd_gateway.billing.calendar import DAY_MS, day_of
from ussd_gateway.billing.holdings import Quota
from ussd_gateway.billing.operations import otp

LOCKED = Password("hash", 6, True)


def requested(account: Account) -> Account:
    decision = run(otp.request, account, prepared={"code": "4821", "sealed": "S"})
    [message] = decision.messages
    assert (message.secret, message.sender, message.delay_ms) == (True, "000110", 2_000)
    text = catalogue().texts.render("otp", "ru", message.params)
    assert text == "Код для входа: 4821. Никому его не сообщайте"
    assert decision.account is not None
    return decision.account


def test_scenario_12_login_by_code_once_and_the_password_is_untouched() -> None:
    waiting = requested(individual(password=LOCKED))
    decision = run(otp.login, waiting, {"code": "4821"}, prepared={"sealed": "S"})
    assert (decision.outcome.name, decision.entries) == ("done", [])
    assert decision.account is not None
    assert (decision.account.codes, decision.account.password) == ((), LOCKED)
    again = run(otp.login, decision.account, {"code": "4821"}, prepared={"sealed": "S"})
    assert reason(again) == "otp.none"


def test_five_minutes_and_five_tries() -> None:
    account = requested(individual())
    late = run(otp.login, account, prepared={"sealed": "S"}, now_ms=NOW_MS + 300_000)
    assert reason(late) == "otp.none"
    for left in (4, 3, 2, 1, 0):
        decision = run(otp.login, account, prepared={"sealed": "X"})
        assert decision.outcome.params == {"reason": "otp.wrong", "attempts_left": left}
        assert decision.account is not None
        account = decision.account
    assert reason(run(otp.login, account, prepared={"sealed": "S"})) == "otp.none"


def test_so_many_codes_a_day() -> None:
    account = individual(quotas=(Quota("otp", day_of(NOW_MS), 10),))
    prepared = {"code": "4821", "sealed": "S"}
    assert reason(run(otp.request, account, prepared=prepared)) == "otp.often"
    assert run(otp.request, account, prepared=prepared, now_ms=NOW_MS + DAY_MS).outcome.name == "done"
    assert reason(run(otp.request, individual(status="blocked"), prepared=prepared)) == "number.blocked"
