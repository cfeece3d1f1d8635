"""Texts of a session: what gets a name, what becomes a pattern, and that YAML gives back what was written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.documents import read_yaml
from ussd_gateway.replay.recorder.notes import Note
from ussd_gateway.replay.recorder.page import page
from ussd_gateway.replay.recorder.patterns import Regex, expected, sent
from ussd_gateway.replay.recorder.recorder import Recorder
from ussd_gateway.replay.recorder.steps import Step, duration
from ussd_gateway.replay.recorder.values import Capture, Ref, alike, named

ANNA = "79261234567"


def noted(*lines: str | tuple[str, str], secret: bool | None = None) -> list[Note]:
    """`("send", "1")` as notes, a plain text as a screen."""
    return [
        Note(0, "screen", line, op="ask")
        if isinstance(line, str)
        else Note(0, line[0], line[1], secret=secret)  # type: ignore[arg-type]
        for line in lines
    ]


def test_a_password_that_is_shown_is_captured_and_known_afterwards():
    texts = named(noted("Пароль: 846131.", ("send", "846131"), "Ваш 846131 принят")).texts
    assert texts == [
        ("Пароль: ", Capture("password", "846131"), "."),
        (Ref("password"),),
        ("Ваш ", Ref("password"), " принят"),
    ]


def test_a_password_that_is_typed_becomes_a_variable_of_its_shape():
    found = named(noted("Введите новый пароль", ("send", "Secret77"), "Повторите", ("send", "Secret77")))
    assert found.texts[1] == found.texts[3] == (Ref("password"),)
    assert re.fullmatch("[A-Z][a-z]{5}[0-9]{2}", found.variables["password"])
    assert found.variables["password"] != "Secret77"
    assert found.present is None


def test_the_present_password_is_known_by_its_prompt():
    assert named(noted("Введите действующий пароль", ("send", "Secret77"))).present == "password"


@pytest.mark.parametrize(
    "lines",
    [
        ("1 Пароль\n2 Код", ("send", "1")),
        ("Введите пароль\n0 Назад", ("send", "0")),
        ("Оплата картой, введите сумму", ("send", "1000")),
        ("Счет", ("send", "12345")),
        ("Перезвоните по 79261234567", ("send", "79261234567")),
        ("Баланс 1250.50", ("send", "1250")),
    ],
)
def test_what_is_no_secret_stays(lines):
    found = named(noted(*lines))
    assert not found.variables
    assert found.texts[1] == (lines[1][1],)


def test_digits_that_are_typed_later_are_captured():
    texts = named(noted("Заказ 10045 готов", ("dial", "*105*10045#"))).texts
    assert texts == [("Заказ ", Capture("number", "10045"), " готов"), ("*105*", Ref("number"), "#")]


def test_a_code_in_a_dialled_string_is_filled_in():
    texts = named(noted("Ваш код: *109*4821# и вызов", ("dial", "*109*4821#"))).texts
    assert texts == [("Ваш код: *109*", Capture("code", "4821"), "# и вызов"), ("*109*", Ref("code"), "#")]


def test_a_secret_message_by_the_word_of_the_gateway():
    found = named([Note(0, "sms", "AVTO 4111111111111111 512", "000105", secret=True)])
    assert found.texts == [("AVTO ", Ref("password"), " ", Ref("password_2"))]
    assert found.variables["password"][-4:] == "1111"


def test_a_card_is_a_secret_that_must_be_named_so():
    found = named(noted("Номер карты?", ("send", "4111111111111111")))
    assert found.secrets == ["card"]


def test_likenesses_depend_on_their_number_alone():
    assert alike("Secret77", 1) == alike("Passwd12", 1) != alike("Secret77", 2)


# ---------------------------------------------------------------- patterns


@pytest.mark.parametrize(
    "text, pattern",
    [
        ("Обновление 01.06.", r"^Обновление \d\d\.\d\d\.$"),
        ("до 03.06 12:40", r"^до \d\d\.\d\d \d\d:\d\d$"),
        ("by 1 Jun 2026", r"^by \d\d? [A-Za-z]+ 2026$"),
        ("2026-06-01", r"^\d\d\d\d-\d\d-\d\d$"),
        ("c 01.06.2026, (все)", r"^c \d\d\.\d\d\.\d\d\d\d, \(все\)$"),
    ],
)
def test_dates_and_times_become_patterns(text, pattern):
    assert expected((text,), loose=False) == Regex(pattern)


@pytest.mark.parametrize("text", ["Баланс: 250.00р", "12.10р", "10.10 руб", "2.4 ГБ", "*105*00#", "Счет 1"])
def test_sums_are_no_dates(text):
    assert expected((text,), loose=False) == text


def test_loose_lets_digits_change_but_for_choices_and_codes():
    text = "1 Остаток 212 мин\n22. Цена 15.50р\nКод *105*00#"
    assert expected((text,), loose=True, menu=True) == Regex(
        "^1 Остаток \\d+ мин\n22\\. Цена \\d+\\.\\d+р\nКод \\*105\\*00#$"
    )
    assert expected(("212 мин",), loose=True) == Regex(r"^\d+ мин$")


def test_a_value_that_a_text_brings_is_repeated_within_it():
    text = ("Код ", Capture("code", "4821"), ", еще раз ", Ref("code"))
    assert expected(text, loose=False) == Regex("^Код (?P<code>[0-9]{4}), еще раз (?P=code)$")


@given(st.text(alphabet="ab1.*+?()[]{}|\\^$ \n#:-р", max_size=30), st.booleans())
def test_an_expectation_matches_its_own_text(text, loose):
    wanted = expected((text,), loose=loose, menu=True)
    if isinstance(wanted, Regex):
        assert re.compile(wanted.pattern, re.DOTALL).search(text)
        assert "{{" not in wanted.pattern
    else:
        assert wanted == text
        assert "{{" not in wanted


def test_braces_that_would_open_a_place_are_spelled_by_a_variable():
    assert sent(("1 {{ x",)) == "1 {{ brace }}{{ brace }} x"
    recorder = Recorder(ANNA)
    recorder.add(Note(0, "sms", "{{", "000105"))
    value = read_yaml(recorder.script("braces", made="now")).value
    assert value["variables"] == {"brace": "{"}


# ---------------------------------------------------------------- the page

anything = st.text(min_size=1, max_size=40) | st.text(
    alphabet="ab \n'\"#:-{}[]|>&*!%@`0.1\t\r\\", max_size=20
)


@given(anything, anything, st.booleans())
def test_yaml_gives_back_every_text(text, other, flag):
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    other = other.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    steps = [
        Step("send", text),
        Step("expect", {"op": "ask", "text": text, "regex": Regex(other), "fits": flag}, (other,)),
        Step("account", {"remains": {"mb": 3, other or "x": text}, "password": None}),
    ]
    written = page([other], {"script": text, "variables": {"a": other}}, {"variables": text}, steps, steps)
    value = read_yaml(written).value
    again = [
        {"send": text},
        {"expect": {"op": "ask", "text": text, "regex": other, "fits": flag}},
        {"account": {"remains": {"mb": 3, other or "x": text}, "password": None}},
    ]
    assert value == {"script": text, "variables": {"a": other}, "setup": again, "steps": again}


@pytest.mark.parametrize("seconds, text", [(3, "3s"), (86_400, "1d"), (3_661, "1h1m1s"), (0, "0s")])
def test_durations_are_written_as_they_are_read(seconds, text):
    assert duration(seconds) == text


# ---------------------------------------------------------------- the order of things


def test_a_message_that_overtakes_a_screen_comes_behind_it():
    recorder = Recorder(ANNA)
    recorder.add(
        Note(0, "dial", "*100#"), Note(5, "message", "x", "000105"), Note(9, "screen", "y", op="end")
    )
    verbs = [next(iter(step)) for step in read_yaml(recorder.script("x", made="now")).value["steps"]]
    assert verbs == ["dial", "expect", "expect_sms"]


def test_a_refusal_is_expected_by_its_status():
    recorder = Recorder(ANNA)
    recorder.add(Note(0, "dial", "*100#"), Note(1, "refusal", "no", status=0x58))
    recorder.add(Note(2, "sms", "", "4040"), Note(3, "refusal", "no_service"))
    steps = read_yaml(recorder.script("x", made="now")).value["steps"]
    assert steps[1::2] == [{"expect": {"status": "ESME_RTHROTTLED"}}, {"expect": {"error": True}}]


def test_a_message_that_takes_long_is_waited_for():
    recorder = Recorder(ANNA)
    recorder.add(Note(0, "dial", "*100#"), Note(0, "screen", "y", op="end"))
    recorder.add(Note(40_000, "message", "x", "000105"))
    steps = read_yaml(recorder.script("x", made="now")).value["steps"]
    assert steps[-1] == {"expect_sms": {"from": "000105", "within": "55s", "text": "x"}}
