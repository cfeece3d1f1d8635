"""A company changes tariff and services of its numbers, dry or in earnest, now or later."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.billing.kit import NOW_MS, employee, individual, run
from tests.unit.billing.life import Life, midnight_ms
from ussd_gateway.billing.calendar import DAY_MS
from ussd_gateway.billing.holdings import Deferred, Employee, PendingTariff, Service
from ussd_gateway.billing.operations import corporate_changes as changes

OURS: dict[str, Any] = {"company": "romashka"}
RESTRICTED = Employee("Анна", "", restricted=True)


def test_a_tariff_at_a_time_of_the_company_s_choice() -> None:
    life = Life(employee(employee=RESTRICTED))
    at_ms = NOW_MS + 3 * DAY_MS
    outcome = life.do(changes.tariff, code="cstd", effective_ms=at_ms, application=True, **OURS)
    assert (outcome.params["effective_ms"], outcome.params["fee_kop"]) == (at_ms, 3_000)
    assert life.account.pending_tariff == PendingTariff("CSTD", NOW_MS, at_ms, 3_000, application=True)
    life.until(at_ms)
    assert (life.account.tariff, life.account.employee) == ("CSTD", RESTRICTED)


def test_without_a_time_a_tariff_comes_at_midnight() -> None:
    life = Life(employee())
    assert life.do(changes.tariff, code="CSTD", **OURS).params["effective_ms"] == midnight_ms()
    assert life.account.pending_tariff is not None
    assert not life.account.pending_tariff.application


def test_the_obstacles_of_a_tariff_are_named_dry_and_in_earnest() -> None:
    for dry in (True, False):
        asked: dict[str, Any] = {"dry": dry, **OURS}
        assert Life(individual()).refused(changes.tariff, code="CSTD", **asked) == "corp.foreign"
        assert Life(employee()).refused(changes.tariff, code="0618P", **asked) == "tariff.unknown"
        assert Life(employee()).refused(changes.tariff, code="C7040", **asked) == "tariff.same"
        blocked = Life(employee(status="blocked"))
        assert blocked.refused(changes.tariff, code="CSTD", **asked) == "number.blocked"
        poor = Life(employee(0, 0))
        assert poor.refused(changes.tariff, code="CSTD", **asked) == "no.money"
        for at_ms in (NOW_MS - 1, NOW_MS + 367 * DAY_MS):
            assert Life(employee()).refused(changes.tariff, code="CSTD", effective_ms=at_ms, **asked) == (
                "corp.time"
            )


def test_a_service_on_and_off_though_the_employee_is_restricted() -> None:
    life = Life(employee(employee=RESTRICTED, personal_kop=100_000))
    assert life.do(changes.service, code="134", **OURS).params["at_ms"] == NOW_MS
    assert life.account.service("134") is not None
    assert life.account.employee == RESTRICTED
    assert life.refused(changes.service, code="134", **OURS) == "svc.already"
    assert life.do(changes.service, code="134", on=False, **OURS).name == "done"
    assert life.account.service("134") is None
    assert life.refused(changes.service, code="134", on=False, **OURS) == "svc.not_on"
    assert Life(individual()).refused(changes.service, code="134", **OURS) == "corp.foreign"


def test_a_service_at_a_later_time_is_an_order_to_the_same_number() -> None:
    at_ms = NOW_MS + DAY_MS
    rich = employee(personal_kop=100_000)
    decision = run(changes.service, rich, {"code": "134", "at_ms": at_ms, **OURS})
    waiting = decision.account
    assert waiting is not None
    assert (waiting.deferred, decision.entries) == ((Deferred("134", True, at_ms),), [])
    [order] = decision.orders
    assert (order.target, order.action, order.not_before_ms) == (rich.msisdn, "corp.service", at_ms)
    carried_out = run(changes.service, waiting, order.args, now_ms=at_ms).account
    assert carried_out is not None
    assert (carried_out.has("134"), carried_out.deferred) == (True, ())
    twice = run(changes.service, waiting, {"code": "134", "at_ms": at_ms, **OURS})
    assert (twice.outcome.name, twice.account, twice.orders) == ("done", None, [])
    dry = run(changes.service, rich, {"code": "134", "at_ms": at_ms, "dry": True, **OURS})
    assert dry.orders == []


def test_what_waits_can_be_taken_back() -> None:
    at_ms = NOW_MS + DAY_MS
    life = Life(employee(personal_kop=100_000))
    assert life.refused(changes.cancel, **OURS) == "corp.nothing"
    for code in ("134", "221"):
        life.do(changes.service, code=code, at_ms=at_ms, **OURS)
    life.do(changes.tariff, code="CSTD", **OURS)
    assert life.refused(changes.cancel, code="750", **OURS) == "corp.nothing"
    assert life.do(changes.cancel, code="134", **OURS).params["count"] == 1
    order = {"code": "134", "on": True, "deferred_ms": at_ms, **OURS}
    late = run(changes.service, life.account, order, now_ms=at_ms)
    assert (late.outcome.name, late.account, late.entries) == ("done", None, [])
    assert life.do(changes.cancel, **OURS).params["count"] == 2
    assert (life.account.deferred, life.account.pending_tariff) == ((), None)
    assert Life(individual()).refused(changes.cancel, **OURS) == "corp.foreign"


def test_a_change_that_cannot_be_made_at_its_time_waits_no_longer() -> None:
    at_ms = NOW_MS + DAY_MS
    life = Life(employee(personal_kop=100_000))
    life.do(changes.service, code="134", at_ms=at_ms, **OURS)
    life.do(changes.service, code="134", **OURS)
    order = {"code": "134", "on": True, "deferred_ms": at_ms, **OURS}
    assert life.refused(changes.service, **order) == "svc.already"
    life.do(changes.service_failed, **order)
    assert life.account.deferred == ()


def test_a_change_that_failed_later_is_told() -> None:
    life = Life(employee())
    life.do(changes.service_failed, code="134", on=True, **OURS)
    [text] = life.texts()
    assert text.startswith("Ваша компания заказала изменение услуги ")


codes = st.sampled_from(
    ["134", "130", "221", "750", "272", "770", "8101", "801", "372", "C7040", "CSTD", "?"]
)
held = st.lists(st.sampled_from(["134", "130", "220"]), unique=True)


@given(codes, st.booleans(), st.booleans(), st.integers(0, 60_000), held)
@settings(deadline=None)
def test_a_dry_run_foretells_and_changes_nothing(
    code: str, on: bool, tariff: bool, money_kop: int, services: list[str]
) -> None:
    account = employee(0, money_kop, services=tuple(Service(each, 0) for each in services))
    operation = changes.tariff if tariff else changes.service
    asked: dict[str, Any] = {"code": code, "on": on, **OURS}
    dry = run(operation, account, {**asked, "dry": True})
    earnest = run(operation, account, asked)
    assert dry.outcome == earnest.outcome
    assert (dry.account, dry.entries, dry.messages, dry.orders) == (None, [], [], [])
    assert (earnest.account is None) == (earnest.outcome.name == "denied")
