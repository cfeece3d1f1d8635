"""Every mistake in an SMS command file is found and told with its place."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ussd_gateway.sms
from tests.unit.sms.support import TEXTS, VOCABULARY, commands, complaints, match
from ussd_gateway.documents import read_yaml
from ussd_gateway.errors import ConfigError
from ussd_gateway.sms.loader import compile_commands, load_sms_commands
from ussd_gateway.sms.model import json_schema

BROKEN = """\
short_code: "000105"
commands:
  - keyword: PAS
    args: "{pasword}"
    action: password.set
  - match: ["00", "41"]
    action: pasword.new
  - keyword: two words
    reply: pas.bad
  - match: "41"
    reply: pas.baad
  - keyword: SEND
    args: "{text...} {to}"
    reply: pas.bad
  - action: password.new
  - keyword: A
    regex: b
    action: password.new
  - regex: "(a+)*"
    action: password.new
  - regex: "(?P<sum>"
    action: password.new
  - keyword: B
    action: account.balance
    on:
      denied: {reply: pas.bad}
      done: {reply: "{balance}"}
  - keyword: C
    reply: {ru: "Счет {balance_kop}"}
    on: {done: {reply: pas.bad}}
  - keyword: D
    action: transfer
    with: {to: "{to}", amount: "{sum}р", colour: red}
    reply: pas.bad
    tone: loud
  - keyword: E
  - keyword: F
    reply: unknown
    from: abc
otherwise: {reply: unknown, with: {a: b}}
"""


def test_all_mistakes_of_a_file_are_told_at_once_with_their_places():
    assert complaints(BROKEN) == [
        "a.yaml:5:13: `password.set` needs the argument `password`",
        "a.yaml:5:13: `{pasword}` goes nowhere: `password.set` takes no argument `pasword`",
        "a.yaml:7:13: unknown action `pasword.new` (did you mean `password.new`?)",
        "a.yaml:8:14: keyword 'two words' must be one word; see `match`",
        "a.yaml:10:12: text '41' is never reached: the command on line 6 takes it first",
        "a.yaml:11:12: unknown text `pas.baad` (did you mean `pas.bad`?)",
        "a.yaml:13:5: {text...} takes all the rest, so it must come last",
        "a.yaml:15:5: a command has one of `keyword`, `match` and `regex`; here none",
        "a.yaml:16:5: a command has one of `keyword`, `match` and `regex`; here `keyword` and `regex`",
        "a.yaml:19:12: a repeated group may not hold repeats or alternatives: it could take ages",
        "a.yaml:21:12: not a regular expression: missing ), unterminated subpattern at position 0",
        "a.yaml:26:7: `account.balance` is never denied",
        "a.yaml:27:21: undefined variable `{balance}` (did you mean `balance_kop`?)",
        "a.yaml:29:12: text has no `en`",
        "a.yaml:30:5: `on` belongs to an `action`; here is none",
        "a.yaml:33:16: '{to}' is neither a plain value nor a variable of this command",
        "a.yaml:33:32: '{sum}р' is neither a plain value nor a variable of this command",
        "a.yaml:33:42: `transfer` takes no argument `colour`",
        "a.yaml:34:5: beside an `action`, replies stand under `on`",
        "a.yaml:35:5: unknown key `tone` (did you mean `done`?)",
        "a.yaml:36:5: a command needs an `action` or a `reply`",
        "a.yaml:39:11: 'abc' is no short number: 3 to 15 digits",
        "a.yaml:40:29: `with` belongs to an `action`; here is none",
    ]


@pytest.mark.parametrize(
    "body, message",
    [
        (
            "otherwise: {reply: unknown}",
            "a.yaml:1:1: missing key `short_code`: which number are these commands for?",
        ),
        (
            "short_code: '7070'",
            "a.yaml:1:1: no `commands` and no `otherwise`: nothing would ever happen",
        ),
        (
            "short_code: '7070'\nshort_codes: ['7071']\notherwise: {reply: unknown}",
            "a.yaml:2:1: either `short_code` or `short_codes`, not both",
        ),
        (
            "short_code: '7070'\notherwise: {reply: 'Счет {balance}'}",
            "a.yaml:2:20: undefined variable `{balance}`",
        ),
        (
            "short_code: '7070'\notherwise: {from: '7071', action: password.new}",
            "a.yaml:2:13: `from` belongs to a `reply`; here is none",
        ),
        (
            "short_code: '7070'\ncommands:\n- {match: ['a  b', 'A b'], reply: unknown}",
            "a.yaml:3:20: text 'A b' stands here twice",
        ),
        (
            "short_code: '7070'\ncommands:\n- {keyword: [PAS, pas], reply: unknown}",
            "a.yaml:3:19: keyword 'pas' stands here twice",
        ),
        (
            "short_code: '7070'\ncommands:\n- {keyword: PAS, args: '{a} {a}', reply: unknown}",
            "a.yaml:3:18: argument {a} stands here twice",
        ),
        (
            "short_code: '7070'\ncommands:\n- {keyword: PAS, args: 'word', reply: unknown}",
            "a.yaml:3:18: 'word' is no argument; write {name}, and {name...} for all the rest",
        ),
        (
            "short_code: '7070'\ncommands:\n- {match: PAS, args: '{a}', reply: unknown}",
            "a.yaml:3:16: `args` follow a `keyword`; here is none",
        ),
        (
            "short_code: '7070'\ncommands:\n- {regex: '(?P<Я>a)', reply: unknown}",
            "a.yaml:3:11: group 'Я' cannot be a variable; use a-z, 0-9 and _",
        ),
        (
            "short_code: '7070'\ncommands:\n- {regex: 'a{99999999999}', reply: unknown}",
            "a.yaml:3:11: not a regular expression: the repetition number is too large",
        ),
    ],
)
def test_one_mistake_one_message(body, message):
    assert complaints(body) == [message]


@pytest.mark.parametrize(
    "first, second, beaten",
    [
        ("keyword: PAS", "keyword: pas", "keyword 'pas'"),
        ("keyword: [A, B]", "keyword: b", "keyword 'b'"),
        ("keyword: PAS\n  args: '{a}'", "keyword: PAS\n  args: '{b}'", "keyword 'pas'"),
        ("keyword: PAS\n  args: '{a...}'", "keyword: PAS\n  args: '{b} {c...}'", "keyword 'pas'"),
        ("keyword: PAS", "match: PAS", "text 'pas'"),
        ("match: PAS", "keyword: PAS", "keyword 'pas'"),
        ("keyword: PAS\n  args: '{a...}'", "match: pas  1", "text 'pas 1'"),
        ("regex: '.*'", "keyword: PAS", "keyword 'pas'"),
        ("regex: '[^!]*'", "match: ''", "text ''"),
        ("regex: '(?P<a>.*)'", "regex: b", "this expression"),
        ("regex: '[0-9]+'", "regex: '[0-9]+'", "this expression"),
        ("regex: '[0-9]+'", "match: '12'", "text '12'"),
    ],
)
def test_a_command_behind_one_that_takes_all_its_texts_is_unreachable(first, second, beaten):
    body = f"short_code: '7070'\ncommands:\n- {first}\n  reply: unknown\n- {second}\n  reply: unknown"
    (message,) = complaints(body)
    assert message.endswith(f"{beaten} is never reached: the command on line 3 takes it first")


@pytest.mark.parametrize(
    "first, second",
    [
        ("keyword: PAS", "keyword: PAS\n  args: '{a}'"),
        ("keyword: PAS\n  args: '{a}'", "keyword: PAS\n  args: '{b...}'"),
        ("keyword: PAS\n  args: '{a}'", "match: PAS"),
        ("regex: '[0-9]+'", "keyword: '12'\n  args: '{a}'"),
        ("match: '12'", "regex: '[0-9]+'"),
    ],
)
def test_a_narrower_command_may_stand_before_a_wider_one(first, second):
    body = f"short_code: '7070'\ncommands:\n- {first}\n  reply: unknown\n- {second}\n  reply: unknown"
    assert complaints(body) == []


def test_a_short_number_belongs_to_one_file():
    assert complaints(
        "short_code: '7070'\notherwise: {reply: unknown}",
        "short_codes: ['7071', '7070']\notherwise: {reply: unknown}",
    ) == ["b.yaml:1:23: short number 7070 already belongs to a.yaml"]


@pytest.mark.parametrize(
    "expression, refused",
    [
        (r"(a+)+", True),
        (r"(?:x|y)*", True),
        (r"((a)b*){2,}", True),
        (r"(?P<n>\d+,)+", True),
        (r"(a?){20}", True),
        (r"(\d{3})+", True),
        (r"(?P<to>\d+)\s+(?P<sum>\d+)", False),
        (r"(?:да|нет)?", False),
        (r"\(a+\)+", False),
        (r"[(a+)]+", False),
        (r"[]+*(]+", False),
        (r"(ab)+", False),
        (r"(?i:x)+", False),
        (r"(?<=a)b+", False),
    ],
)
def test_expressions_that_could_take_ages_are_refused(expression, refused):
    file = json.dumps({"short_code": "7070", "commands": [{"regex": expression, "reply": "unknown"}]})
    assert bool(complaints(file)) is refused


def test_a_broken_command_does_not_hide_the_mistakes_of_the_others():
    file = "short_code: '7070'\ncommands:\n- 7\n- {keyword: A, reply: pas.baad}\n- {match: [], reply: x_y}\n"
    assert complaints(file) == [
        "a.yaml:3:3: expected a mapping (`key: value` lines)",
        "a.yaml:4:23: unknown text `pas.baad` (did you mean `pas.bad`?)",
        "a.yaml:5:11: an empty list fits nothing",
    ]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["", "PAS", "{a}", "{a...}", "unknown", "(", "*"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "short_code",
                    "commands",
                    "otherwise",
                    "keyword",
                    "match",
                    "regex",
                    "args",
                    "reply",
                    "on",
                    "done",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values, st.lists(json_values, max_size=4))
def test_no_file_makes_the_loader_fail(otherwise, listed):
    document = read_yaml(
        json.dumps({"short_code": "7070", "commands": listed, "otherwise": otherwise}), "a.yaml"
    )
    _, problems = compile_commands([document], VOCABULARY, TEXTS)
    assert all(problem.line >= 1 for problem in problems)


def test_a_folder_is_read_whole_and_all_its_problems_come_together(tmp_path):
    (tmp_path / "a.yaml").write_text("short_code: [", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("short_code: '7070'\nother: 1", encoding="utf-8")
    (tmp_path / "c.txt").write_text("not ours", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_sms_commands(tmp_path, VOCABULARY, TEXTS)
    assert [Path(problem.file).name for problem in caught.value.problems] == ["a.yaml", "b.yaml", "b.yaml"]


def test_a_missing_folder_is_a_mistake_and_an_empty_one_is_not(tmp_path):
    assert load_sms_commands(tmp_path, VOCABULARY, TEXTS).short_codes == frozenset()
    with pytest.raises(ConfigError, match="there is no such folder"):
        load_sms_commands(tmp_path / "nowhere", VOCABULARY, TEXTS)


def test_the_json_schema_for_editors_is_current():
    stored = Path(ussd_gateway.sms.__file__).with_name("sms_commands.schema.json")
    assert json.loads(stored.read_text(encoding="utf-8")) == json_schema()


def test_numbers_without_quotes_are_the_text_they_look_like():
    one = commands("short_code: 7070\ncommands: [{match: [5010, 00], reply: unknown}]")
    zeros = match(one, "00", "7070").command
    assert zeros.reply is not None
    assert match(one, "5010", "7070").command is zeros
