"""Faults in config.yaml: profiles by account, profiles of one's own, mistakes at their places."""

import re
from pathlib import Path

import pytest

from tests.unit.test_config import problems
from ussd_gateway.access.fault_rules import FaultRule
from ussd_gateway.access.faults import FailedReceipt, Occasion
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.documents import read_yaml
from ussd_gateway.fault_section import open_faults
from ussd_gateway.msisdn import NumberingPlan

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
ANNA = "79261234567"
ACCOUNTS = """
smpp:
  accounts:
    - {{system_id: one, password: one, role: handsets, msisdns: ["79*"], faults: {one}}}
    - {{system_id: two, password: two, role: application, short_codes: ["7070"], faults: {two}}}
"""
EVENING = """
faults:
  seed: 7
  profiles:
    evening:
      about: One in ten is refused
      rules:
        - {fault: status, status: ESME_RTHROTTLED, chance: 10%}
        - {fault: late_response, delay: {normal: [800ms, 200ms]}}
    slow:
      rules: [{fault: failed_receipt, state: EXPIRED, error: 27}]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "config.yaml"
    file.write_text(text)
    return file


def test_profiles_of_accounts(tmp_path):
    file = written(tmp_path, ACCOUNTS.format(one="flaky", two="[evening, slow]") + EVENING)
    config = load_config(file, {})
    assert [account.faults for account in config.smpp.accounts] == [("flaky",), ("evening", "slow")]
    faults = open_faults(config.faults, config.smpp.accounts, ManualClock(), NumberingPlan())
    assert faults.active
    assert {name: (each.names, each.seed) for name, each in faults.in_use.items()} == {
        "one": (("flaky",), 7),
        "two": (("evening", "slow"), 7),
    }
    assert faults.receipt_outcome("two", "7070", ANNA) == FailedReceipt("EXPIRED", 27), "its own `slow`"
    met = [faults.for_response(Occasion("two", "sms", ANNA)) for _ in range(2_000)]
    struck = [each.rule.fault for each in met if each is not None]
    assert len(struck) == 2_000
    assert struck.count("status") == pytest.approx(200, abs=40)


def test_by_default_nothing_goes_wrong(tmp_path):
    config = load_config(written(tmp_path, ""), {"USSDGW_FAULTS__SEED": "9"})
    assert config.faults.seed == 9
    assert not open_faults(config.faults, config.smpp.accounts, ManualClock(), NumberingPlan()).active


def test_profiles_that_do_not_exist(tmp_path):
    file = written(tmp_path, ACCOUNTS.format(one="flakey", two="[slow, evning, dead]") + EVENING)
    one, two = (line.index(name) + 1 for line, name in zip(
        file.read_text().splitlines()[3:5], ("flakey", "evning"), strict=True))  # fmt: skip
    assert problems(file, {}) == [
        f"config.yaml:4:{one}: no such profile of faults: flakey (did you mean `flaky`?)",
        f"config.yaml:5:{two}: no such profile of faults: evning (did you mean `evening`?)",
    ]


@pytest.mark.parametrize(
    "rule, problem",
    [
        ("{fault: earthquake}", "4:23: expected 'drop_response', 'late_response'"),
        ("{fault: delay, on: bind}", "4:34: delay cannot happen to a bind"),
        ("{fault: delay, delay: 5}", "4:37: expected a time such as 5s"),
        ("{fault: delay, delay: {uniform: [2s, 1s]}}", "4:37: the second of two times"),
        ("{fault: status, status: ESME_ROKAY}", "4:39: expected a command_status"),
        ("{fault: status, chance: 200%}", "4:39: input should be less than or equal to 1"),
        ("{fault: status, chanse: 2%}", "4:31: unknown key `chanse` (did you mean `chance`?)"),
        ("{chance: 2%}", "4:15: missing key `fault`"),
        ("drop_response", "4:15: expected a mapping"),
    ],
)
def test_a_rule_with_a_mistake(tmp_path, rule, problem):
    file = written(tmp_path, f"faults:\n  profiles:\n    evening:\n      rules: [{rule}]\n")
    (found,) = problems(file, {})
    assert found.startswith(f"config.yaml:{problem}")


def test_the_examples_of_the_page(tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    config = load_config(written(tmp_path, example), {})
    assert config.smpp.accounts[0].faults == ("flaky",)
    assert len(config.faults.profiles["evening"].rules) == 3
    rules = [read_yaml(text).value for text in re.findall(r"`(\{fault: [^`]*\})`", PAGE)]
    assert [FaultRule.model_validate(rule).fault for rule in rules] == ["close", "silence"]


def test_a_name_that_cannot_be_one(tmp_path):
    (found,) = problems(written(tmp_path, "faults: {profiles: {Late Hours: {}}}\n"), {})
    assert found.startswith("config.yaml:1:21: ")
