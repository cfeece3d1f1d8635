"""Dialled strings to services: longest match on separators, checked against a plain reading of the rules."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ussd_gateway.ussd.routing import MAX_DIALLED, Acceptor, Match, Router, pattern_problem


def router(*patterns: str, exact: tuple[str, ...] = ()) -> Router[str]:
    made: Router[str] = Router()
    for pattern in patterns:
        made.add(pattern, pattern)
    for pattern in exact:
        made.add(pattern, f"exact {pattern}", exact=True)
    return made


@pytest.mark.parametrize(
    "patterns, dialled, code, inputs",
    [
        (["*105#"], "*105#", "*105#", []),
        (["*105#"], "*105*1*1#", "*105#", ["1", "1"]),
        (["*105#", "*105*00#"], "*105*00#", "*105*00#", []),
        (["*105#", "*105*00#"], "*105*0#", "*105#", ["0"]),
        (["*105#", "*105*0#"], "*105*00#", "*105#", ["00"]),
        (["*105#", "*105*01#"], "*105*01*Secret77#", "*105*01#", ["Secret77"]),
        (["*100#", "*100*1#"], "*100*1#", "*100*1#", []),
        (["*100#", "*100*1#"], "*100*1*2#", "*100*1#", ["2"]),
        (["*100#", "*100*1#"], "*100*12#", "*100#", ["12"]),
        (["*100#"], "*100#1#", "*100#", ["1"]),
        (["*100#"], "*100*1#2*3#", "*100#", ["1", "2", "3"]),
        (["*105#"], "*105**1#", "*105#", ["", "1"]),
        (["*105#"], "*105*#", "*105#", [""]),
        (["*105#"], "*105##", "*105#", [""]),
        (["#105#", "*105#"], "#105*1#", "#105#", ["1"]),
        (["*#105#"], "*#105#", "*#105#", []),
        (["*500#"], "*500*79261234567*100#", "*500#", ["79261234567", "100"]),
        (["7"], "7", "7", []),
    ],
)
def test_the_longest_code_that_ends_at_a_separator_wins(patterns, dialled, code, inputs):
    assert router(*patterns).find(dialled) == Match(code, code, inputs)


@pytest.mark.parametrize(
    "dialled",
    ["*1001#", "*10#", "*100", "100#", "**100#", "*100 #", "", "#", "*#", "*", "77", "*" * 300 + "#"],
)
def test_what_no_code_covers_is_not_found(dialled):
    assert router("*100#", "*100*1#", "7").find(dialled) is None


def test_an_exact_code_wins_its_own_string_and_leaves_what_is_below():
    both = router("*100#", exact=("*100#", "*100*1#"))
    assert both.find("*100#") == Match("exact *100#", "*100#", [])
    assert both.find("*100*1#") == Match("exact *100*1#", "*100*1#", [])
    assert both.find("*100*1*2#") == Match("*100#", "*100#", ["1", "2"])


def test_a_string_longer_than_a_phone_can_dial_is_not_walked():
    longest = "*100" + "*1" * ((MAX_DIALLED - 5) // 2) + "*#"
    assert len(longest) == MAX_DIALLED
    assert router("*100#").find(longest) is not None
    assert router("*100#").find(longest[:-1] + "*#") is None


def test_a_code_can_be_taken_once_in_each_sense():
    made = router("*100#", exact=("*100#",))
    with pytest.raises(ValueError, match=re.escape("'*100#' is taken twice")):
        made.add("*100#", "again")
    with pytest.raises(ValueError, match="is taken twice"):
        made.add("*100#", "again", exact=True)
    assert list(made.codes()) == [("*100#", "exact *100#"), ("*100#", "*100#")]


@pytest.mark.parametrize(
    "pattern, words",
    [
        ("", "is empty"),
        ("*105", "must end in #"),
        ("105", "must end in #"),
        ("*10a#", "holds 'a'; only digits"),
        ("*105 #", "holds ' '"),
        ("*105**1#", "must look like"),
        ("****105#", "must look like"),
        ("*#", "must look like"),
        ("*105*#", "must look like"),
        ("*#06#", "never leaves the phone"),
        ("**04*1234*5678*5678#", "never leaves the phone"),
        ("*" + "1" * 19 + "#", "longer than 20"),
        ("*١٠٥#", "only digits"),
    ],
)
def test_a_bad_code_is_explained(pattern, words):
    problem = pattern_problem(pattern)
    assert problem is not None
    assert words in problem
    with pytest.raises(ValueError, match="service code"):
        router(pattern)


@pytest.mark.parametrize("pattern", ["*105#", "#105#", "*#105#", "**100#", "*105*00#", "*100#1#", "7", "12"])
def test_what_a_phone_can_dial_is_a_good_code(pattern):
    assert pattern_problem(pattern) is None


# ---------------------------------------------------------------- codes with parameters


def digits(shortest: int, longest: int) -> Acceptor:
    return lambda text: text if shortest <= len(text) <= longest and text.isdigit() else None


ACCEPT = {"number": digits(10, 11), "code": digits(3, 4), "sum": digits(1, 3), "password": digits(4, 4)}


def parametrised(*patterns: str, below: tuple[str, ...] = (), exact: tuple[str, ...] = ()) -> Router[str]:
    made = router(*below, exact=exact)
    for pattern in patterns:
        made.add_parametrised(pattern, pattern, ACCEPT)
    return made


@pytest.mark.parametrize(
    "dialled, target, code, inputs",
    [
        ("*130*9261234567#", "*130*{number}#", "*130#", ["9261234567"]),
        ("*130*09261234567#", "*130*0{number}#", "*130#", ["9261234567"]),
        ("*105*801#", "*105*{code}#", "*105#", ["801"]),
        ("*105*801*0#", "*105*{code}*0#", "*105#", ["801"]),
        ("*115#9261234567#110#", "*115#{number}#{code}#", "*115#", ["9261234567", "110"]),
        ("**21*9261234567#", "**21*{number}#", "**21#", ["9261234567"]),
        ("*21*9261234567*11#", "**21*{number}#", "**21#", ["9261234567"]),
        ("*33*0000*11#", "*33*{password}#", "*33#", ["0000"]),
    ],
)
def test_a_code_with_parameters_takes_what_they_accept(dialled, target, code, inputs):
    made = parametrised(
        "*130*{number}#", "*130*0{number}#", "*105*{code}#", "*105*{code}*0#", "*115#{number}#{code}#",
        "**21*{number}#", "*33*{password}#", below=("*105#", "*130#"),
    )  # fmt: skip
    assert made.find(dialled) == Match(target, code, inputs)


def test_what_the_parameters_refuse_is_walked():
    made = parametrised("*105*{code}#", below=("*105#",), exact=("*105*802#",))
    assert made.find("*105*1#") == Match("*105#", "*105#", ["1"])
    assert made.find("*105*80100#") == Match("*105#", "*105#", ["80100"])
    assert made.find("*105*801*1#") == Match("*105#", "*105#", ["801", "1"])
    assert made.find("*105*802#") == Match("exact *105*802#", "*105*802#", [])
    assert parametrised("*105*{code}#").find("*105*1#") is None


def test_the_code_with_more_to_dial_as_it_stands_wins():
    made = parametrised("*115*{code}#", "*115*1{sum}#")
    match = made.find("*115*110#")
    assert match is not None
    assert (match.target, match.rest_inputs) == ("*115*1{sum}#", ["10"])


@pytest.mark.parametrize(
    "pattern, words",
    [
        ("*130*{number#", "a parameter is a name in braces"),
        ("*130*{Number}#", "a parameter is a name in braces"),
        ("*130*{}#", "a parameter is a name in braces"),
        ("*130*{sum}*{sum}#", "has the parameter {sum} twice"),
        ("*130*{number}0#", "a parameter ends where * or # follows"),
        ("*{code}#", "parameters come after it"),
        ("{code}", "a parameter ends where"),
        ("*130*{number}", "a parameter ends where"),
        ("*06*{code}", "a parameter ends where"),
    ],
)
def test_a_bad_code_with_parameters_is_explained(pattern, words):
    problem = pattern_problem(pattern)
    assert problem is not None
    assert words in problem
    with pytest.raises(ValueError, match="service code"):
        parametrised(pattern)


def test_a_code_with_parameters_is_taken_once_whatever_they_are_called():
    made = parametrised("*130*{number}#")
    with pytest.raises(ValueError, match="is taken twice"):
        made.add_parametrised("*130*{code}#", "again", ACCEPT)
    assert list(made.codes()) == [("*130*{number}#", "*130*{number}#")]


def naive(patterns: list[str], dialled: str) -> tuple[str, list[str]] | None:
    """The rules read aloud: cut the dialled string at each separator, shortest rest first."""
    if not dialled.endswith("#"):
        return None
    body = dialled[:-1]
    for cut in range(len(body), 0, -1):
        if cut < len(body) and body[cut] not in "*#":
            continue
        if body[:cut] + "#" in patterns:
            return body[:cut] + "#", re.split(r"[*#]", body[cut + 1 :]) if cut < len(body) else []
    return None


segments = st.lists(st.sampled_from(["1", "10", "100", "0", "01"]), min_size=1, max_size=4)
codes = st.builds(
    lambda lead, parts: lead + "*".join(parts) + "#", st.sampled_from(["*", "#", "*#"]), segments
)
typed = st.one_of(codes, st.text(alphabet="*#01", max_size=12))


@given(st.lists(codes, max_size=8, unique=True), typed)
@example(["*100#"], "*100##")
def test_the_lookup_agrees_with_a_plain_reading_of_the_rules(patterns, dialled):
    patterns = [pattern for pattern in patterns if pattern_problem(pattern) is None]
    found = router(*patterns).find(dialled)
    expected = naive(patterns, dialled)
    assert (found and (found.code, found.rest_inputs)) == expected


def test_what_a_caller_does_to_its_inputs_stays_with_it():
    made = router("*100#")
    for dialled in ("*100#", "*100*1#"):
        found = made.find(dialled)
        assert found is not None
        found.rest_inputs.append("9")
        again = made.find(dialled)
        assert again is not None
        assert "9" not in again.rest_inputs
