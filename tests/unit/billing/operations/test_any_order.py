"""Tariffs, services, packages, calls and blocks in any order and at any time: the money always adds up."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.billing.kit import BOB, employee, individual
from tests.unit.billing.life import Life
from ussd_gateway.billing.operations import (
    accounts,
    barring,
    black_list,
    blocking,
    content,
    documents,
    forwarding,
    packages,
    services,
    tariffs,
)
from ussd_gateway.billing.texts import REFUSAL_TEXTS
from ussd_gateway.vocabulary import Outcome

DAY_MS = 86_400_000

codes = st.sampled_from(["134", "130", "221", "750", "272", "770", "8101", "801", "220", "300", "372", "?"])
requests: st.SearchStrategy[tuple[Any, dict[str, Any]]] = st.one_of(
    st.tuples(st.sampled_from([services.on, services.off, services.status]), st.builds(dict, code=codes)),
    st.tuples(
        st.just(tariffs.change), st.builds(dict, code=st.sampled_from(["16N", "0219M", "15S", "CSTD"]))
    ),
    st.tuples(st.just(packages.buy), st.builds(dict, code=st.sampled_from(["372", "3351", "945", "G100"]))),
    st.tuples(st.just(packages.autorenew), st.builds(dict, on=st.booleans())),
    st.tuples(st.just(blocking.block), st.builds(dict, days=st.integers(0, 200))),
    st.tuples(st.just(black_list.add), st.builds(dict, number=st.sampled_from([BOB, "380441234567", "1"]))),
    st.tuples(st.just(services.tone), st.builds(dict, id=st.sampled_from(["0", "1", "9"]))),
    st.tuples(st.just(forwarding.establish), st.builds(dict, kind=st.just("002"), to=st.just(BOB))),
    st.tuples(st.just(barring.establish), st.builds(dict, kind=st.just("35"), password=st.just("0000"))),
    st.tuples(st.just(barring.change_password), st.builds(dict, old=st.just("1"), new=st.just("1234"))),
    st.tuples(st.just(documents.detail), st.builds(dict, month=st.integers(0, 7), email=st.just("a@b.ru"))),
    st.tuples(st.just(accounts.topup), st.builds(dict, amount_kop=st.integers(1, 100_000))),
    st.tuples(
        st.sampled_from([tariffs.cancel, blocking.unblock, content.stop_all, black_list.on, black_list.off]),
        st.just({}),
    ),
)
pauses = st.sampled_from([0, 1, DAY_MS // 24, DAY_MS, 40 * DAY_MS])


@given(st.booleans(), st.integers(0, 300_000), st.lists(st.tuples(requests, pauses), max_size=25))
@settings(max_examples=60, deadline=None)
def test_every_order_adds_up(
    corporate: bool, money_kop: int, steps: list[tuple[tuple[Any, dict[str, Any]], int]]
) -> None:
    life = Life(employee(personal_kop=money_kop) if corporate else individual(balance_kop=money_kop))
    for (operation, args), pause_ms in steps:
        life.until(life.now_ms + pause_ms)
        outcome: Outcome = life.do(operation, **args)
        if outcome.name == "denied":
            assert outcome.params["reason"] in REFUSAL_TEXTS
            # Every reason can be told with what came along.
            assert life.catalogue.texts.render(str(outcome.params["reason"]), "ru", outcome.params)
        assert sum(entry.amount_kop for entry in life.entries) == 0
        held = [service.code for service in life.account.services]
        assert len(held) == len(set(held))
