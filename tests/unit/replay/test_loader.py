"""Scripts are read whole, or refused with every mistake at its place."""

from pathlib import Path

import pytest

from ussd_gateway.errors import ConfigError
from ussd_gateway.replay import names
from ussd_gateway.replay.loader import check_scripts, load_script, load_scripts, script_files
from ussd_gateway.replay.script import Assert, Expect, Include, Press, Repeat, Script, Set
from ussd_gateway.replay.verdict import Place


def load(text: str) -> Script:
    return load_script(text, file_name="s")


def mistakes(text: str) -> list[str]:
    """Line:column: message of each, without the file."""
    with pytest.raises(ConfigError) as caught:
        load(text)
    return [str(problem).removeprefix("s:") for problem in caught.value.problems]


def steps(*lines: str) -> str:
    return "\n".join(["script: s", "steps:", *(f"  - {line}" for line in lines)])


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / f"{next(iter(files))}.yaml"


def refused(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_script(path)
    return [str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems]


# ---------------------------------------------------------------- what is read


def test_steps_keep_their_order_bodies_and_places():
    script = load(steps('dial: "*105#"', "expect: {contains: Счет, op: ask}", "cancel:", "cancel: true"))
    assert [step.verb for step in script.steps] == ["dial", "expect", "cancel", "cancel"]
    expect = script.steps[1]
    assert isinstance(expect.body, Expect)
    assert (expect.body.contains, expect.body.op) == (("Счет",), "ask")
    assert expect.place == Place("s", 4, 5)
    assert expect.at("op") == Place("s", 4, 30)
    assert expect.at("text") == expect.place


@pytest.mark.parametrize(
    "step, long",
    [
        ("dial: '*105#'", "dial: {code: '*105#'}"),
        ("send: 1", "send: {text: '1'}"),
        ("expect: [a, b]", "expect: {contains: [a, b]}"),
        ("expect_sms: a", "expect_sms: {contains: a}"),
        ("no_sms: 30s", "no_sms: {within: 30s}"),
        ("call: '0505'", "call: {number: '0505'}"),
        ("press: 242", "press: {keys: '242'}"),
        ("expect_voice: a", "expect_voice: {contains: [a]}"),
        ("push: a", "push: {text: a}"),
        ("wait: 24h", "wait: {time: 24h}"),
        ("topup: 100", "topup: {amount: '100'}"),
        ("inject: drop_response", "inject: {fault: drop_response}"),
        ("set: {a: 1}", "set: {values: {a: '1'}}"),
        ("parallel: [{steps: [{wait: 1s}]}]", "parallel: {branches: [{steps: [{wait: 1s}]}]}"),
    ],
)
def test_a_plain_value_is_short_for_the_main_key(step, long):
    assert load(steps(step)).steps[0].body == load(steps(long)).steps[0].body


def test_a_variable_may_be_called_like_the_long_form():
    body = load(steps("set: {values: 1}")).steps[0].body
    assert isinstance(body, Set)
    assert body.values == {"values": "1"}


def test_numbers_and_truths_wait_for_their_variables():
    script = load(steps("set: {n: 2}", "repeat: {times: '{{ n }}', steps: [{wait: '{{n}}s'}]}", "press: 1"))
    repeat, press = script.steps[1:]
    assert isinstance(repeat.body, Repeat)
    assert repeat.body.times == "{{ n }}"
    assert repeat.uses == {"n"}
    assert repeat.steps[0].verb == "wait"
    assert repeat.steps[0].uses == {"n"}
    assert isinstance(press.body, Press)
    assert not press.uses


def test_fits_is_true_or_a_number():
    bodies = [step.body for step in load(steps("expect: {fits: true}", "expect: {fits: 80}")).steps]
    assert [body.fits for body in bodies if isinstance(body, Expect)] == [True, 80]
    assert isinstance(bodies[0], Expect)
    assert bodies[0].fits is True


def test_one_ledger_line_is_a_list_of_one():
    body = load(steps("assert: {ledger: {kind: topup, count: 0}}")).steps[0].body
    assert isinstance(body, Assert)
    assert [(each.kind, each.count) for each in body.ledger] == [("topup", 0)]


def test_without_data_there_is_one_run_and_the_default_phone():
    script = load(steps("wait: 1s"))
    assert (script.rows, script.msisdn) == ([{}], "79261234567")


def test_walk_goes_through_all_steps():
    inner = "repeat: {times: 1, steps: [{send: 1}, {parallel: [{steps: [{send: 2}]}, {steps: [{send: 3}]}]}]}"
    script = load("setup: [{topup: 5}]\n" + steps(inner, "cancel:"))
    verbs = [step.verb for step in script.walk()]
    assert verbs == ["topup", "repeat", "send", "parallel", "send", "send", "cancel"]


# ---------------------------------------------------------------- mistakes of shape


def test_all_mistakes_come_at_once_each_at_its_place():
    text = steps(
        "expct: 1",
        'dial: "*1 0#"',
        "expect: {op: edn, containz: 1}",
        'expect: {regex: "("}',
        "no_sms: 30q",
        "assert: {balance: much}",
        "send: '{{ who }}'",
        "repeat: {times: x, steps: [{send: '{{ inner }}'}, {sms: {}}]}",
    )
    assert mistakes(text) == [
        "3:5: unknown verb `expct` (did you mean `expect`?)",
        "4:11: expected a code of digits, * and #, such as *105#",
        "5:18: expected ask, end or notify",
        "5:23: unknown key `containz` (did you mean `contains`?)",
        "6:21: not a regular expression: missing ), unterminated subpattern at position 0",
        "7:13: expected a duration such as 24h, 1h30m, 90s, 2w or 250ms",
        "8:23: expected an amount in roubles such as 250.00",
        "9:11: unknown variable `who`",
        "10:21: expected a whole number",
        "10:39: unknown variable `inner`",
        "10:56: missing key `to`",
    ]


@pytest.mark.parametrize(
    "lines, expected",
    [
        (["dial: '*1#'", "  send: 2"], "3:5: one verb a step: `send` needs a dash of its own"),
        (["expect:", "  contains: 3"], "3:5: `contains` belongs under `expect`: indent it further"),
        (["{}"], "3:5: a step needs a verb"),
        (["dial"], "3:5: expected a mapping (`key: value` lines)"),
        (["dial:"], "3:5: missing key `code`"),
        (["press: {}"], "3:12: give `keys`, or `silence: true`"),
        (["login: {password: a, code: b}"], "3:12: give `password` or `code`, one of them"),
        (["assert: {phone: '79261234567'}"], "3:13: nothing is asserted"),
        (["expect: {error: true, op: ask}"], "3:13: either a screen or a refusal is expected, not both"),
        (["expect: {status: ESME_NONE}"], "3:22: expected a status such as ESME_RTHROTTLED, 0x58 or 88"),
        (["repeat: {times: 2, steps: []}"], "3:31: an empty list"),
    ],
)
def test_a_step_says_what_is_wrong_with_it(lines, expected):
    first, *others = lines
    found = mistakes("\n".join(["script: s", "steps:", f"  - {first}", *(f"  {line}" for line in others)]))
    assert found == [expected]


def test_a_script_needs_steps():
    assert mistakes("script: s") == ["1:1: missing key `steps`"]
    assert mistakes("script: s\nsteps: []") == ["2:8: an empty list"]
    assert mistakes("[]") == ["1:1: expected a mapping (`key: value` lines)"]


# ---------------------------------------------------------------- names


def test_variables_are_known_from_where_they_get_a_value():
    text = steps(
        "send: '{{ late }}'", "set: {late: 1}", "send: '{{ late }} {{ lat }}'", "send: '{{ a b }} {{ late'"
    )
    assert mistakes(text) == [
        "3:11: unknown variable `late`",
        "5:11: unknown variable `lat` (did you mean `late`?)",
        "6:11: `a b` is no name of a variable: letters, digits and _ only, no digit first",
        "6:11: `{{` without `}}`",
    ]


def test_names_come_from_phones_rows_variables_and_captures():
    script = load(
        "phones: {anna: '89261234568'}\ndata: {rows: [{x: 1}]}\nvariables: {y: '{{ x }}{{ anna }}'}\n"
        + steps(
            "send: '{{ x }}{{ y }}{{ anna }}{{ msisdn }}'",
            "expect: {regex: '(?P<z>.)'}",
            "expect_sms: {regex: '{{ z }}(?P<w>.)'}",
            "send: '{{ w }}'",
        )
    )
    assert script.phones == {"anna": "79261234568"}
    assert script.steps[0].uses == {"x", "y", "anna", "msisdn"}


def test_what_a_branch_captures_the_other_does_not_know():
    capture = "{expect: {regex: '(?P<z>.)'}}"
    text = steps(
        f"parallel: [{{steps: [{capture}]}}, {{steps: [{{send: '{{{{ z }}}}'}}]}}]", "send: '{{ z }}'"
    )
    assert [each.split(": ", 1)[1] for each in mistakes(text)] == [
        "unknown variable `z` here: it has a value elsewhere only"
    ]


def test_a_mistake_in_a_step_does_not_make_its_captures_unknown():
    text = steps("expect: {regex: '(?P<z>.)', op: edn}", "send: '{{ z }}'")
    assert mistakes(text) == ["3:37: expected ask, end or notify"]


def test_phones_are_names_or_numbers():
    text = "msisdn: 12\nphones: {anna: '79261234567', boris: x}\nvariables: {anna: 1}\n" + steps(
        "send: {text: a, phone: ana}",
        "send: {text: a, phone: +7 926 123-45-67}",
        "account: {msisdn: 12-3}",
        "parallel: [{phone: vera, steps: [{cancel: }]}]",
    )
    assert mistakes(text) == [
        "1:9: `12` is not a phone number",
        "2:38: `x` is not a phone number",
        "3:13: `anna` is a phone already: its number is a variable of that name",
        "6:28: unknown phone `ana` (did you mean `anna`?)",
        "8:23: `12-3` is not a phone number",
        "9:24: unknown phone `vera`",
    ]


def test_a_secret_is_the_name_of_a_variable():
    text = "secrets: [wrod]\n" + steps("set: {word: 1}")
    assert mistakes(text) == ["1:11: no variable is called `wrod` (did you mean `word`?)"]


def test_rows_are_alike_and_their_numbers_are_numbers():
    text = "data: {rows: [{msisdn: '79261234567', x: 1}, {msisdn: 5}, {1x: 2}]}\n" + steps("wait: 1s")
    assert [each.split(": ", 1)[1] for each in mistakes(text)] == [
        "no value for `1x`, which other rows have",
        "no value for `x`, which other rows have",
        "`5` is not a phone number",
        "no value for `msisdn`, which other rows have",
        "`1x` is no name: letters, digits and _ only, no digit first",
    ]


# ---------------------------------------------------------------- other files


def test_rows_come_from_a_file_beside_the_script(tmp_path):
    path = write(tmp_path, main="data: {file: n.csv}\n" + steps("send: '{{ x }}'"))
    (tmp_path / "n.csv").write_text("msisdn;x\n79261234567;1\n79261234568;2\n", encoding="utf-8")
    assert [row["x"] for row in load_script(path).rows] == ["1", "2"]
    (tmp_path / "n.csv").write_text("msisdn;x\n79261234567;1\n5;2\n6\n", encoding="utf-8")
    assert refused(path) == ["n.csv:4:1: 1 values, the header names 2"]
    (tmp_path / "n.csv").write_text("msisdn;x\n5;2\n", encoding="utf-8")
    assert refused(path) == ["n.csv:2:1: `5` is not a phone number"]
    (tmp_path / "n.csv").unlink()
    assert refused(path) == ["main.yaml:1:14: n.csv is not a file"]


def test_an_included_file_brings_its_steps_phones_and_captures(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "b.yaml").write_text("steps: [{send: '{{ n }}'}]", encoding="utf-8")
    (tmp_path / "parts" / "a.yaml").write_text(
        "phones: {boris: '79261234568'}\nvariables: {n: 1, m: 2}\nsecrets: [word]\nsetup: [{topup: 1}]\n"
        "steps: [{include: b.yaml}, {set: {word: x}}]",
        encoding="utf-8",
    )
    include = "include: {file: parts/a.yaml, with: {n: '{{ msisdn }}'}}"
    script = load_script(write(tmp_path, main=steps(include, "send: '{{ word }}{{ boris }}'")))
    step = script.steps[0]
    assert isinstance(step.body, Include)
    assert step.body.with_ == {"n": "{{ msisdn }}", "m": "2"}
    assert step.uses == {"msisdn"}
    assert [each.verb for each in script.walk()] == ["include", "topup", "include", "send", "set", "send"]
    assert step.steps[0].place == Place(str(tmp_path / "parts" / "a.yaml"), 4, 10)
    assert script.phones == {"boris": "79261234568"}
    assert script.secrets == {"word"}


def test_parameters_of_an_included_file_end_with_it(tmp_path):
    path = write(
        tmp_path,
        main=steps("include: {file: a.yaml, with: {n: 1}}", "send: '{{ n }}'"),
        a="steps:\n  - send: '{{ n }}'\n  - dail: 1\n  - send: '{{ m }}'",
    )
    assert refused(path) == [
        "a.yaml:3:5: unknown verb `dail` (did you mean `dial`?)",
        "a.yaml:4:11: unknown variable `m`",
        "main.yaml:4:11: unknown variable `n` here: it has a value elsewhere only",
    ]


def test_a_circle_of_files_is_told(tmp_path):
    path = write(tmp_path, main=steps("include: a.yaml"), a="steps: [{include: main.yaml}]")
    assert refused(path) == ["a.yaml:1:19: a circle: main.yaml -> a.yaml -> main.yaml"]


def test_an_included_file_must_be_there(tmp_path):
    path = write(tmp_path, main=steps("include: a.yaml", "include: {file: '{{ msisdn }}'}"))
    assert refused(path) == [
        "main.yaml:3:14: a.yaml is not a file",
        "main.yaml:4:21: the name of a file has no variables in it",
    ]


def test_files_that_multiply_are_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(names, "MAX_STEPS", 100)
    twice = "steps: [{{include: {0}.yaml}}, {{include: {0}.yaml}}]"
    chain = {f"f{n}": twice.format(f"f{n + 1}") for n in range(12)}
    path = write(tmp_path, main=steps("include: f0.yaml"), **chain, f12="steps: [{wait: 1s}]")
    assert "more than 100 steps with all that is included" in refused(path)[0]


def test_a_folder_gives_its_scripts_without_the_parts(tmp_path):
    part = "steps: [{send: '{{ given }}'}, {send: {text: a, phone: somebody}}]"
    write(tmp_path, one=steps("include: {file: part.yaml, with: {given: 1, somebody: 2}}"), part=part)
    assert [path.name for path in script_files([tmp_path])] == ["one.yaml"]
    assert check_scripts([tmp_path / "part.yaml"]) == []
    with pytest.raises(ConfigError, match="unknown phone `somebody`"):
        load_scripts([tmp_path])
    (tmp_path / "part.yaml").write_text("steps: [{send: '{{ given }}'}]", encoding="utf-8")
    assert [script.name for script in load_scripts([tmp_path])] == ["s"]
