"""Variables are filled in, captured and kept apart; secrets do not come out."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.replay.fields import compiled
from ussd_gateway.replay.loader import load_script
from ussd_gateway.replay.script import Assert, Expect, Repeat, Script, Wait
from ussd_gateway.replay.variables import (
    Secrets,
    VariableError,
    Variables,
    begin,
    number_of,
    shown,
)


def variables(**values: str) -> Variables:
    found = Variables(Secrets())
    for name, value in values.items():
        found.set(name, value)
    return found


def script(head: str, step: str = "wait: 1s") -> Script:
    return load_script(f"{head}\nsteps:\n  - {step}")


# ---------------------------------------------------------------- filling in


def test_names_in_braces_are_replaced_once():
    known = variables(a="{{ b }}", b="1")
    assert known.fill("{{a}}-{{  b }}-{b}") == "{{ b }}-1-{b}"


def test_an_unknown_name_is_told():
    with pytest.raises(VariableError, match="unknown variable `sun` \\(did you mean `sum`\\?\\)"):
        variables(sum="1").fill("{{ sun }}")


def test_a_body_is_filled_and_checked_again():
    source = "variables: {n: 3, t: 2h, op: end}"
    loaded = load_script(
        f"{source}\nsteps:\n  - repeat: {{times: '{{{{n}}}}', steps: [{{wait: '{{{{t}}}}'}}]}}\n"
        "  - expect: {op: '{{ op }}', contains: ['{{ n }}', x], phone: '{{ msisdn }}'}\n"
        "  - assert: {ledger: {count: '{{ n }}'}, account: {a: ['{{ t }}', 1]}}"
    )
    known = begin(loaded, {}, Secrets())
    repeat, expect, stands = (known.filled(step) for step in loaded.steps)
    assert isinstance(repeat, Repeat)
    assert repeat.times == 3
    wait = known.filled(loaded.steps[0].steps[0])
    assert isinstance(wait, Wait)
    assert wait.time == "2h"
    assert isinstance(expect, Expect)
    assert (expect.op, expect.contains, expect.phone) == ("end", ("3", "x"), "79261234567")
    assert isinstance(stands, Assert)
    assert (stands.ledger[0].count, stands.account) == (3, {"a": ["2h", 1]})


def test_a_value_that_does_not_fit_is_told_without_it():
    loaded = script("variables: {pin: 7391}", "wait: '{{ pin }}'")
    with pytest.raises(VariableError) as caught:
        begin(loaded, {}, Secrets()).filled(loaded.steps[0])
    assert str(caught.value) == "time: expected a duration such as 24h, 1h30m, 90s, 2w or 250ms"


def test_in_a_regex_values_match_as_they_are():
    loaded = script("variables: {sum: 1.5+}", "expect: {regex: '^{{ sum }}(?P<rest>.*)$'}")
    body = begin(loaded, {}, Secrets()).filled(loaded.steps[0])
    assert isinstance(body, Expect)
    assert body.regex is not None
    assert compiled(body.regex).search("1.5+ руб\nда") is not None
    assert compiled(body.regex).search("1x55") is None


# ---------------------------------------------------------------- layers


def test_an_included_script_has_its_own_values_and_leaves_its_captures():
    outer = variables(n="1")
    inner = outer.within({"n": "2"})
    inner.set("n", "3")
    inner.set("found", "x")
    assert (inner.fill("{{n}}{{found}}"), outer.fill("{{n}}{{found}}")) == ("3x", "1x")


def test_branches_do_not_see_each_other_until_they_are_absorbed():
    outer = variables(n="1")
    left, right = outer.branch(), outer.branch()
    left.within({}).set("n", "left")
    assert (left.get("n"), right.get("n"), outer.get("n")) == ("left", "1", "1")
    outer.absorb(left)
    assert outer.get("n") == "left"


def test_groups_are_captured():
    known = variables()
    match = re.search(r"(?P<a>\d+)(?P<b>x)?", "12")
    assert match is not None
    known.capture(match)
    assert (known.get("a"), known.get("b")) == ("12", "")


# ---------------------------------------------------------------- the start of a run


def test_a_row_goes_before_variables_and_its_msisdn_is_the_default_phone():
    loaded = script("data: {rows: [{msisdn: 8 926 123-45-68, x: row}]}\nvariables: {x: own, y: '{{ x }}'}")
    known = begin(loaded, loaded.rows[0], Secrets())
    assert known.fill("{{ msisdn }} {{ x }} {{ y }}") == "79261234568 row row"
    assert number_of(loaded, known, None) == "79261234568"


def test_phones_may_come_from_the_row():
    loaded = script("phones: {anna: '{{ to }}'}\nmsisdn: anna\ndata: {rows: [{to: '9261234568'}]}")
    known = begin(loaded, loaded.rows[0], Secrets())
    assert number_of(loaded, known, "anna") == known.get("msisdn") == "79261234568"
    assert number_of(loaded, known, "+7 926 123-45-69") == "79261234569"
    with pytest.raises(VariableError, match="neither a phone number"):
        number_of(loaded, known, "boris")


# ---------------------------------------------------------------- secrets


def test_secrets_are_known_by_name():
    known = Secrets(["word"])
    for name, value in {"word": "sesame", "new_password": "Secret77", "PIN": "4821", "sum": "100"}.items():
        known.learn(name, value)
    assert known.mask("sesame Secret77 4821 100 Secret7") == "*** *** *** 100 Secret7"


def test_a_secret_pressed_key_by_key_is_hidden():
    known = Secrets()
    known.learn("password", "739105")
    assert known.mask("keys 7 3 9 1 0 5 #") == "keys *** #"


def test_a_short_secret_is_hidden_where_it_stands_alone():
    known = Secrets()
    known.learn("pin", "12")
    known.learn("secret", "")
    assert known.mask("12 of 512, 1 2") == "*** of 512, 1 2"


def test_what_is_dialled_is_no_secret_unless_listed():
    known, listed = Secrets(), Secrets(["code"])
    for each in (known, listed):
        each.learn("code", "*105#")
    assert (known.mask("dial *105#"), listed.mask("dial *105#")) == ("dial *105#", "dial ***")


def test_secrets_that_overlap_leave_nothing():
    known = Secrets(["a", "b"])
    known.learn("a", "abcdef")
    known.learn("b", "defghi")
    assert known.mask("xabcdefghix") == "x***x"


@given(st.lists(st.text("abc1 ", min_size=4), min_size=1, max_size=4), st.text("abc1 ", max_size=40))
def test_no_secret_survives(values, text):
    known = Secrets([str(index) for index in range(len(values))])
    for index, value in enumerate(values):
        known.learn(str(index), value)
    hidden = known.mask(" ".join([text, *values, text]))
    assert not [value for value in values if value.strip() and value in hidden]


def test_a_row_is_shown_without_its_secrets():
    known = Secrets()
    values = {"password": "Secret77", "code": "*105#", "note": "says Secret77"}
    for name, value in values.items():
        known.learn(name, value)
    assert shown(values, known) == {"password": "***", "code": "*105#", "note": "says ***"}
