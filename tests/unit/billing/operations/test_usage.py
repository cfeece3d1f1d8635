"""Usage: what is charged for a call, a message, megabytes, and what is not let through."""

import pytest

from tests.unit.billing.kit import ALICE, EMPLOYEE, catalogue, employee, individual, run
from tests.unit.billing.operations.test_accounts import assert_adds_up, reason
from ussd_gateway.billing.account import Account, Package
from ussd_gateway.billing.holdings import Barring, Forward, Service
from ussd_gateway.billing.ledger import FEES, sums
from ussd_gateway.billing.operations import usage
from ussd_gateway.billing.operations.base import Decision
from ussd_gateway.vocabulary import Value

BEELINE, BERLIN = "79031234567", "+493012345678"
FAR_MS = 1 << 50


def called(account: Account, to: str = BEELINE, minutes: Value = 3, **args: Value) -> Decision:
    decision = run(usage.call, account, {"to": to, "minutes": minutes, **args})
    assert_adds_up(account, decision)
    return decision


def result(decision: Decision) -> tuple[Value, ...]:
    params = decision.outcome.params
    assert set(params) == {"cost_kop", "from_package", "class", "units"}
    return params["class"], params["units"], params["from_package"], params["cost_kop"]


def test_a_call_is_charged_and_remembered() -> None:
    decision = called(individual(packages=(Package("0618P", "minutes", 1, 250, FAR_MS),)))
    assert result(decision) == ("other_home", 3, 1, 400)
    assert sums(decision.entries, by="account") == {f"{ALICE}:main": -400, FEES: 400}
    assert {entry.kind for entry in decision.entries} == {"usage"}
    assert decision.account is not None
    assert decision.account.packages[0].left == 0
    assert decision.account.last_charges[0].note == f"звонок {BEELINE}"
    assert decision.account.spent.month_kop == 400


def test_a_call_within_a_package_changes_nothing_else() -> None:
    account = individual(packages=(Package("0618P", "minutes", 9, 250, FAR_MS),))
    decision = called(account)
    assert decision.entries == []
    assert decision.account == account._replace(packages=(Package("0618P", "minutes", 6, 250, FAR_MS),))


def test_a_free_call_changes_nothing() -> None:
    decision = called(individual(), "0500")
    assert (result(decision), decision.account) == (("short", 3, 0, 0), None)


def test_the_call_is_as_long_as_the_money() -> None:
    assert result(called(individual(balance_kop=599), minutes=60)) == ("other_home", 2, 0, 400)
    refused = called(individual(balance_kop=199), minutes=60)
    assert refused.outcome.params == {"reason": "no.money", "need_kop": 200, "balance_kop": 199}


def test_scenario_24_minute_101_of_city_100() -> None:
    account = employee(tariff="CSTD")._replace(packages=(Package("G100", "minutes", 100, 100, FAR_MS),))
    decision = called(account, minutes=101)
    assert result(decision) == ("other_home", 101, 100, 250)
    assert sums(decision.entries, by="account") == {f"{EMPLOYEE}:budget": -250, FEES: 250}


def test_above_the_budget_the_employee_pays() -> None:
    decision = called(employee(budget_kop=300, personal_kop=500), minutes=9)
    assert result(decision) == ("other_home", 4, 0, 800)
    assert sums(decision.entries, by="account") == {
        f"{EMPLOYEE}:budget": -300,
        f"{EMPLOYEE}:personal": -500,
        FEES: 800,
    }


def test_calls_inside_a_company_are_free() -> None:
    poor = employee(budget_kop=0, personal_kop=0)
    args: dict[str, Value] = {"to": "+7 926 000-00-02", "minutes": 3}
    inside, outside = {"company": "romashka"}, {"company": "vasilek"}
    assert result(run(usage.call, poor, args, prepared=inside)) == ("company", 3, 0, 0)
    assert result(run(usage.sms, poor, args, prepared=inside)) == ("company", 1, 0, 0)
    assert result(run(usage.call, poor, args, prepared=outside))[0] == "on_net"
    assert result(run(usage.call, individual(), args))[0] == "on_net"
    assert usage.other_party(poor, args, catalogue()) == "79260000002"
    assert usage.other_party(individual(), args, catalogue()) is None


def test_content_costs_what_its_number_says_and_can_be_banned() -> None:
    assert result(called(individual(), "3649", 2)) == ("short", 2, 0, 6_000)
    assert result(run(usage.sms, individual(), {"to": "2855"})) == ("short", 1, 0, 5_000)
    banned = individual(content_ban=True)
    assert reason(called(banned, "3649")) == "svc.banned"
    assert reason(run(usage.sms, banned, {"to": "2855"})) == "svc.banned"
    assert called(banned, "0500").outcome.name == "done"


def test_incoming_calls_are_free() -> None:
    decision = called(individual(balance_kop=0), direction="in")
    assert (result(decision), decision.account) == (("incoming", 3, 0, 0), None)


def test_scenario_25_a_caller_on_the_black_list_is_rejected() -> None:
    listed = individual(black_list=(BEELINE,), services=(Service("130", 0),))
    assert reason(called(listed, direction="in")) == "call.rejected"
    assert called(listed, "79037654321", direction="in").outcome.name == "done"
    assert called(listed._replace(services=()), direction="in").outcome.name == "done"


def test_a_forwarded_minute_has_one_price() -> None:
    away = individual(forwarding=(Forward("busy", BERLIN), Forward("all", "79160000001")))
    decision = called(away, direction="in")
    assert result(decision) == ("forwarded", 3, 0, 1_050)
    assert decision.account is not None
    assert decision.account.last_charges[0].note == "переадресация 79160000001"
    assert result(called(individual(), direction="forwarded")) == ("forwarded", 3, 0, 1_050)
    assert result(called(individual(forwarding=(Forward("busy", BERLIN),)), direction="in"))[0] == "incoming"


@pytest.mark.parametrize(
    "kinds, to, direction, barred",
    [
        (("33",), BEELINE, "out", True),
        (("33",), "0500", "out", False),
        (("331",), BEELINE, "out", False),
        (("331",), BERLIN, "out", True),
        (("332",), BERLIN, "out", True),
        (("35",), BEELINE, "in", True),
        (("33",), BEELINE, "in", False),
    ],
)
def test_barred_calls(kinds: tuple[str, ...], to: str, direction: str, barred: bool) -> None:
    decision = called(individual(barring=Barring(kinds)), to, direction=direction)
    assert (decision.outcome.params.get("reason") == "call.barred") is barred


@pytest.mark.parametrize(
    "args, expected",
    [
        ({"to": "x"}, "number.bad"),
        ({"to": ""}, "number.bad"),
        ({"minutes": 0}, "usage.bad"),
        ({"minutes": 100_001}, "usage.bad"),
        ({"minutes": "x"}, "usage.bad"),
        ({"direction": "up"}, "usage.bad"),
    ],
)
def test_what_is_no_call(args: dict[str, Value], expected: str) -> None:
    assert reason(run(usage.call, individual(), {"to": BEELINE, "minutes": 1, **args})) == expected


def test_a_blocked_number_uses_nothing() -> None:
    blocked = individual(status="blocked")
    for operation in (usage.call, usage.sms, usage.data):
        args: dict[str, Value] = {"to": BEELINE, "minutes": 1, "mb": 1}
        assert reason(run(operation, blocked, args)) == "number.blocked"


@pytest.mark.parametrize(
    "to, destination, cost_kop",
    [(BEELINE, "other_home", 255), (BERLIN, "abroad", 990), ("0500", "short", 0)],
)
def test_messages(to: str, destination: str, cost_kop: int) -> None:
    assert result(run(usage.sms, individual(), {"to": to})) == (destination, 1, 0, cost_kop)
    if cost_kop:
        refused = run(usage.sms, individual(balance_kop=cost_kop - 1), {"to": to})
        assert refused.outcome.params["need_kop"] == cost_kop
    assert reason(run(usage.sms, individual(), {"to": "?"})) == "number.bad"


def test_data() -> None:
    account = individual(packages=(Package("0618P", "mb", 3, 3072, FAR_MS),), tariff="16N")
    decision = run(usage.data, account, {"mb": "5"})
    assert result(decision) == ("data", 5, 3, 2_020)
    assert decision.account is not None
    assert decision.account.last_charges[0].note == "интернет"
    for size in (0, -1, "", "many"):
        assert reason(run(usage.data, account, {"mb": size})) == "usage.bad"


def test_notes_are_in_the_subscribers_language() -> None:
    decision = run(usage.data, individual(language="en"), {"mb": 1})
    assert decision.account is not None
    assert decision.account.last_charges[0].note == catalogue().texts.render("note.data", "en", {"to": ""})
