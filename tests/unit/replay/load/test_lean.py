"""Which scripts can be load, and what of them is left out."""

import pytest

from ussd_gateway.errors import ConfigError
from ussd_gateway.replay.load.lean import lean
from ussd_gateway.replay.loader import load_script


def compiled(steps, head=""):
    (found,) = lean([load_script(f"script: t\n{head}\nsteps:\n{steps}", file_name="t.yaml")])
    return found


def refused(steps):
    with pytest.raises(ConfigError) as caught:
        compiled(steps)
    return [str(problem) for problem in caught.value.problems]


def test_repetitions_are_laid_flat_and_share_their_lines():
    found = compiled('  - repeat: {times: 3, steps: [{dial: "*1#"}, {expect: x}]}\n')
    assert [move.verb for move in found.moves] == ["dial", "expect"] * 3
    assert [line.verb for line in found.lines] == ["dial", "expect"]
    assert not found.variables


def test_what_is_included_brings_its_variables(tmp_path):
    (tmp_path / "part.yaml").write_text('variables: {x: "1"}\nsteps:\n  - send: "{{ x }}"\n')
    path = tmp_path / "t.yaml"
    path.write_text('script: t\nsteps:\n  - dial: "*1#"\n  - include: part.yaml\n')
    (found,) = lean([load_script(path)])
    assert [move.verb for move in found.moves] == ["dial", "enter", "send", "leave"]
    assert found.variables


def test_what_only_looks_is_left_out_and_told():
    found = compiled(
        '  - dial: "*1#"\n  - expect: {screen: root, op: ask}\n  - assert: {balance: "1"}\n  - no_sms: 5s\n'
        "  - login: {password: x}\n  - note: a word\n",
        'setup: [{account: {balance: "1.00"}}, {set: {sum: "2"}}]',
    )
    assert [move.verb for move in found.moves] == ["set", "dial", "expect"]
    assert [(line.verb, line.place.line) for line, _ in found.left_out] == [
        ("account", 2),
        ("expect", 5),
        ("assert", 6),
        ("no_sms", 7),
        ("login", 8),
    ]


@pytest.mark.parametrize(
    "step, words",
    [
        ('topup: "5"', "no place in a load"),
        ("push: hello", "no place in a load"),
        ('call: "0505"', "no place in a load"),
        ("inject: drop_response", "no place in a load"),
        ('send: {text: "1", phone: "79261234568"}', "has one phone"),
        ('parallel: [{steps: [{send: "1"}]}]', "no place in a load"),
        ("wait: 24h", "time is real"),
        ("wait: {until: next day}", "time is real"),
        ('repeat: {times: 20000, steps: [{send: "1"}]}', "more than"),
    ],
)
def test_what_cannot_be_load_is_refused_at_its_place(step, words):
    (problem,) = refused(f'  - dial: "*1#"\n  - {step}\n')
    assert problem.startswith("t.yaml:5:")
    assert words in problem


def test_all_complaints_come_at_once():
    assert len(refused('  - topup: "5"\n  - repeat: {times: 2, steps: [{push: x}]}\n')) == 3
