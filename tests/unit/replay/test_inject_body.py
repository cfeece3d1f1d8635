"""`inject` is checked as it is written: faults, their members, profiles; variables anywhere in them."""

import pytest

from ussd_gateway.errors import ConfigError
from ussd_gateway.replay.loader import load_script

HEAD = "script: x\nvariables: {what: delay, long: 2s}\nphones: {boris: '79261234568'}\nsteps:\n  - inject: "


def body(text: str):
    return load_script(HEAD + text + "\n", file_name="x.yaml").steps[0].body


@pytest.mark.parametrize(
    "text, values",
    [
        ("drop_response", {"fault": "drop_response"}),
        ("{fault: delay, times: 0, phone: boris}", {"fault": "delay", "times": 0}),
        ("{fault: delay, msisdn: boris}", {"fault": "delay", "msisdn": "boris"}),
        ("{fault: '{{ what }}', chance: 5%}", {"fault": "{{ what }}", "chance": "5%"}),
        (
            "{fault: delay, delay: {uniform: ['{{ long }}', 3s]}}",
            {"fault": "delay", "delay": {"uniform": ["{{ long }}", "3s"]}},
        ),
        ("{profile: flaky, seed: 7}", {"profile": ("flaky",), "seed": 7}),
        ("{profile: [magic, slow], account: app}", {"profile": ("magic", "slow"), "account": "app"}),
    ],
)
def test_what_is_asked_of_the_gateway(text, values):
    asked = body(text).values
    assert asked == values


@pytest.mark.parametrize(
    "text, place, problem",
    [
        ("{fault: earthquake}", "earth", "expected 'drop_response'"),
        ("{fault: delay, on: bind}", "bind", "delay cannot happen to a bind"),
        ("{fault: delay, delay: {uniform: [3s, 2s]}}", "{uniform", "the second of two times"),
        ("{fault: '{{ what }}', chance: 500%}", "500", "input should be less"),
        ("{fault: status, status: ESME_RNO}", "ESME", "expected a command_status"),
        ("{fault: delay, dellay: 5s}", "dellay", "unknown key `dellay` (did you mean `delay`?)"),
        ("{profile: slow, times: 3}", "{", "`times` does not go with a profile"),
        ("{profile: slow, fault: delay}", "{", "expected `fault`, or `profile`"),
        ("{account: app}", "{", "expected `fault`, or `profile`"),
        ("{fault: '{{ who }}'}", "'{{", "unknown variable `who`"),
    ],
)
def test_a_mistake_is_told_at_its_place(text, place, problem):
    with pytest.raises(ConfigError) as refused:
        body(text)
    (found,) = (str(each) for each in refused.value.problems)
    column = len("  - inject: ") + text.index(place) + 1
    assert found.startswith(f"x.yaml:5:{column}: {problem}")
