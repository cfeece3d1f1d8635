"""Rules of faults as data: what fits them, how often they strike, how long they take; all from a seed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ussd_gateway.access.fault_delays import MAX_DELAY_MS, read_delay
from ussd_gateway.access.fault_rules import FAULTS, FaultRule, rule_as_json, shipped_profiles
from ussd_gateway.access.faults import FailedReceipt, Faults, Occasion
from ussd_gateway.clock import ManualClock

PAGE = (Path(__file__).parents[3] / "docs" / "faults.md").read_text(encoding="utf-8")
ANNA, BORIS = "79261234567", "79261234568"


def struck(faults: Faults, times: int = 400, number: str = ANNA, kind: str = "ussd") -> list[bool]:
    """Which of so many occasions met a fault."""
    occasion = Occasion("app", kind, number)  # type: ignore[arg-type]
    return [faults.for_response(occasion) is not None for _ in range(times)]


def with_rule(**members) -> Faults:
    faults = Faults(clock=ManualClock())
    faults.add(FaultRule(**{"fault": "status", **members}))
    return faults


# ---------------------------------------------------------------- delays


@pytest.mark.parametrize(
    "written, drawn",
    [
        ("250ms", [250, 250, 250]),
        ({"uniform": ["100ms", "2s"]}, [290, 1050, 1810]),
        ({"normal": ["800ms", "200ms"]}, [544, 800, 1056]),
        ({"normal": ["100ms", "200ms"]}, [0, 100, 356]),
        ({"normal": ["1s", "0s"]}, [1000, 1000, 1000]),
        ({"exponential": "1s"}, [105, 693, 2303]),
        ({"exponential": "10m"}, [63_216, 415_888, MAX_DELAY_MS]),
    ],
)
def test_a_throw_is_a_length(written, drawn):
    delay = read_delay(written)
    assert [delay.draw_ms(share) for share in (0.1, 0.5, 0.9)] == drawn
    assert delay.written == written


@given(
    kind=st.sampled_from(["uniform", "normal", "exponential"]),
    first=st.integers(0, MAX_DELAY_MS),
    more=st.integers(0, MAX_DELAY_MS),
    throws=st.tuples(st.floats(1e-12, 1 - 1e-12), st.floats(1e-12, 1 - 1e-12)),
)
def test_lengths_are_bounded_and_grow_with_the_throw(kind, first, more, throws):
    second = min(first + more, MAX_DELAY_MS) if kind == "uniform" else more
    times = [f"{first}ms", f"{second}ms"]
    delay = read_delay({kind: times[0] if kind == "exponential" else times})
    low, high = (delay.draw_ms(share) for share in sorted(throws))
    assert 0 <= low <= high <= MAX_DELAY_MS


@pytest.mark.parametrize(
    "kind, mean_ms",
    [({"uniform": ["100ms", "2s"]}, 1050), ({"normal": ["3s", "1s"]}, 3000), ({"exponential": "500ms"}, 500)],
)
def test_the_lengths_of_a_run_have_their_mean(kind, mean_ms):
    faults = with_rule(fault="late_response", delay=kind, seed=3)
    met = [faults.for_response(Occasion("app", "ussd", ANNA)) for _ in range(4000)]
    drawn = [each.ms(each.rule.delay) for each in met if each is not None]
    assert sum(drawn) / len(drawn) == pytest.approx(mean_ms, rel=0.03)
    assert len(set(drawn)) > 500


@pytest.mark.parametrize(
    "written",
    [5, "5", "11m", None, [], {}, {"uniform": "1s"}, {"uniform": ["2s", "1s"]}, {"uniform": ["1s"]},
     {"normal": ["1s", "1h"]}, {"exponential": ["1s"]}, {"gamma": ["1s", "1s"]},
     {"uniform": ["1s", "2s"], "normal": ["1s", "2s"]}, {"uniform": [1, 2]}],
)  # fmt: skip
def test_what_is_no_length(written):
    with pytest.raises(ValueError, match=r"expected|minutes|shorter"):
        read_delay(written)


# ---------------------------------------------------------------- rules


@pytest.mark.parametrize(
    "members, place",
    [
        ({"fault": "earthquake"}, "fault"),
        ({"fault": "nack", "on": "bind"}, "on"),
        ({"fault": "delay", "on": "bind"}, "on"),
        ({"fault": "status", "on": "receipt"}, "on"),
        ({"fault": "failed_receipt", "on": "sms"}, "on"),
        ({"fault": "status", "status": "ESME_RNOTHING"}, "status"),
        ({"fault": "status", "status": 0}, "status"),
        ({"fault": "status", "chance": "105%"}, "chance"),
        ({"fault": "status", "chance": "often"}, "chance"),
        ({"fault": "status", "chance": 0}, "chance"),
        ({"fault": "status", "above_per_s": 0}, "above_per_s"),
        ({"fault": "status", "text": "*" * 9}, "text"),
        ({"fault": "delay", "delay": "1h"}, "delay"),
        ({"fault": "silence", "lasts": "for ever"}, "lasts"),
        ({"fault": "failed_receipt", "state": "DELIVRD"}, "state"),
        ({"fault": "failed_receipt", "error": 256}, "error"),
        ({"fault": "status", "colour": "red"}, "colour"),
    ],
)
def test_what_is_no_rule(members, place):
    with pytest.raises(ValidationError) as refused:
        FaultRule.model_validate(members)
    assert [error["loc"] for error in refused.value.errors()] == [(place,)]


@pytest.mark.parametrize("status", ["ESME_RTHROTTLED", "rthrottled", "0x58", "88", 88])
def test_a_status_by_name_or_number(status):
    assert FaultRule(fault="status", status=status).status == 0x58


def test_a_rule_is_told_as_it_was_written():
    written = {"fault": "delay", "on": "sms", "delay": {"uniform": ["1s", "2s"]}, "chance": 0.07}
    assert rule_as_json(FaultRule.model_validate(written)) == written
    assert FaultRule.model_validate({"fault": "status", "chance": "7%"}).chance == 0.07


@pytest.mark.parametrize(
    "members, fitting",
    [
        ({}, ["ussd", "sms"]),
        ({"on": "any"}, ["ussd", "sms", "receipt"]),
        ({"on": "sms"}, ["sms"]),
        ({"on": "bind"}, ["bind"]),
        ({"fault": "no_screen"}, ["ussd"]),
        ({"fault": "no_screen", "on": "any"}, ["ussd", "sms", "receipt"]),
        ({"fault": "no_screen", "on": "receipt"}, ["receipt"]),
    ],
)
def test_what_a_rule_meets(members, fitting):
    faults = with_rule(**members)
    met = []
    for kind in ("ussd", "sms", "receipt", "bind"):
        ask = faults.for_screen if "screen" in members.get("fault", "") else faults.for_response
        if ask(Occasion("app", kind, ANNA)) is not None:
            met.append(kind)
    assert met == fitting


@pytest.mark.parametrize(
    "members, fits",
    [
        ({"account": "app"}, True), ({"account": "other"}, False),
        ({"msisdn": ANNA}, True), ({"msisdn": BORIS}, False),
        ({"code": "*500#"}, True), ({"code": "*50#"}, False), ({"code": "7070"}, False),
        ({"destination": "79160000988"}, True), ({"destination": "*988"}, True), ({"destination": "*"}, True),
        ({"destination": "7916*0*988"}, True), ({"destination": "*89"}, False), ({"destination": "9"}, False),
        ({"text": "Please FAIL now"}, True), ({"text": "*fail*"}, True), ({"text": "please*now"}, True),
        ({"text": "please*now*now"}, False), ({"text": "fail"}, False), ({"text": "*nownow"}, False),
    ],
)  # fmt: skip
def test_for_whom_it_is(members, fits):
    codes = ("500", "*500*1#", "*500*1#")
    occasion = Occasion("app", "ussd", ANNA, codes, "79160000988", "please fail now")
    assert (with_rule(**members).for_response(occasion) is not None) is fits


def test_times_are_counted():
    faults = with_rule(times=3)
    assert struck(faults, 5) == [True, True, True, False, False]
    assert not faults.active
    faults.profiles = {**faults.profiles, "once": shipped_profiles()["dead"].model_copy(
        update={"rules": (FaultRule(fault="status", times=1),)})}  # fmt: skip
    faults.use("app", ["once"])
    assert struck(faults, 3) == [True, False, False]


# ---------------------------------------------------------------- dice


@pytest.mark.parametrize("percent", [1, 5, 20, 50, 93])
def test_percentages_of_a_seeded_run(percent):
    for seed in range(5):
        hits = struck(with_rule(chance=f"{percent}%", seed=seed), 10_000)
        # Four standard deviations; a seed draws the same for ever, so this is no matter of luck.
        assert abs(sum(hits) / 100 - percent) < 4 * (percent * (100 - percent)) ** 0.5 / 100


def test_a_run_is_known_by_its_seed():
    first = "".join("x" if hit else "." for hit in struck(with_rule(chance="25%", seed=7), 40))
    assert first == "xxx.xx.x.xxxxxx......x.....x..x.......x."
    assert struck(with_rule(chance="25%", seed=8), 40) != struck(with_rule(chance="25%", seed=7), 40)


def test_phones_beside_each_other_do_not_change_each_other():
    alone = with_rule(chance="30%")
    expected = {number: struck(alone, 50, number) for number in (ANNA, BORIS)}
    together = with_rule(chance="30%")
    mixed: dict[str, list[bool]] = {ANNA: [], BORIS: []}
    for turn in range(100):
        number = ANNA if (turn % 3 == 0 and len(mixed[ANNA]) < 50) or len(mixed[BORIS]) == 50 else BORIS
        mixed[number] += struck(together, 1, number)
    assert mixed == expected
    assert expected[ANNA] != expected[BORIS]


def test_rules_alike_throw_their_own_dice():
    faults = with_rule(chance="30%")
    rule = FaultRule(fault="status", chance=0.3)
    faults.profiles = {"two": shipped_profiles()["dead"].model_copy(update={"rules": (rule, rule)})}
    faults.clear()
    faults.use("app", ["two"])
    share = sum(struck(faults, 10_000)) / 10_000
    assert share == pytest.approx(1 - 0.7 * 0.7, abs=0.02)


def test_a_profile_begins_anew():
    faults = Faults(clock=ManualClock())
    faults.use("app", ["flaky"], 11)
    first = struck(faults, 200)
    assert struck(faults, 200) != first
    faults.use("app", ["flaky"], 11)
    assert struck(faults, 200) == first
    assert sum(faults.in_use["app"].hits().values()) == sum(first)
    faults.use("app", ["flaky"], 12)
    assert struck(faults, 200) != first
    faults.use("app", ["healthy"])
    assert not faults.active
    with pytest.raises(KeyError):
        faults.use("app", ["sleepy"])


def test_accounts_do_not_throw_the_same():
    faults = Faults(clock=ManualClock())
    runs = []
    for account in ("app", "other"):
        faults.use(account, ["flaky"])
        runs.append([faults.for_response(Occasion(account, "sms", ANNA)) is not None for _ in range(300)])
    assert runs[0] != runs[1]


def test_a_rate_on_a_clock_that_stands_still():
    clock = ManualClock()
    faults = Faults(clock=clock)
    faults.add(FaultRule(fault="status", above_per_s=3))
    assert struck(faults, 5) == [False, False, False, True, True]
    clock.advance(1_000)
    assert struck(faults, 4) == [False, False, False, True]
    clock.advance(334)
    assert struck(faults, 2) == [False, True]


# ---------------------------------------------------------------- receipts


def test_how_messages_end():
    faults = Faults(clock=ManualClock())
    assert faults.receipt_outcome("app", "7070", ANNA) is None
    faults.add(FaultRule(fault="failed_receipt", chance=0.2, state="EXPIRED", error=27, seed=1))
    ends = [faults.receipt_outcome("app", "7070", ANNA, "Hi") for _ in range(5_000)]
    assert set(ends) == {None, FailedReceipt("EXPIRED", 27)}
    assert sum(end is not None for end in ends) / 50 == pytest.approx(20, abs=2)
    faults.clear()
    faults.use("app", ["magic"])
    assert faults.receipt_outcome("app", "7070", "79160000992") == FailedReceipt("EXPIRED", 1)
    assert faults.receipt_outcome("app", "7070", ANNA, "now fault:rejected") == FailedReceipt("REJECTD", 1)
    assert faults.receipt_outcome("app", "7070", ANNA, "now") is None
    assert faults.receipt_outcome("other", "7070", "79160000992") is None


# ---------------------------------------------------------------- the page


def test_the_page_names_all_there_is():
    named = set(PAGE.replace("`-`", "` `").split("`"))
    profiles = shipped_profiles()
    assert set(FAULTS) <= named
    assert set(profiles) <= named
    assert set(FaultRule.model_fields) - {"fault"} <= named
    for rule in profiles["magic"].rules:
        if rule.text is not None:
            assert rule.text.strip("*") in named
        elif rule.destination != "*00901":
            assert rule.destination is not None
            assert "00901" < rule.destination.strip("*") <= "00993"
