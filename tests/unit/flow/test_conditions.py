"""Conditions: the grammar, its mistakes, and what a checker is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.flow.conditions import MAX_LENGTH, Condition
from ussd_gateway.vocabulary import Value

VALUES: dict[str, Value] = {"yes": True, "no": False, "a.b": 5, "zero": 0, "name": "Пиши", "other": "Пиши"}


@pytest.mark.parametrize(
    "source,expected",
    [
        ("yes", True),
        ("not yes", False),
        ("not not yes", True),
        ("yes and no", False),
        ("yes or no", True),
        ("no and no or yes", True),  # `and` binds closer
        ("no and (no or yes)", False),
        ("not no and yes", True),  # `not` binds closest
        ("a.b >= 5", True),
        ("a.b > 5", False),
        ("a.b<6", True),
        ("a.b <= 4", False),
        ("5 == a.b", True),
        ("a.b != 5", False),
        ("a.b > -1", True),
        ("zero < a.b", True),
        ("name == 'Пиши'", True),
        ('name == "пиши"', False),
        ("name == other", True),
        ("name == 'and'", False),
        ("yes == true", True),
        ("no != false", False),
        ("true", True),
        ("name > a.b", False),  # only numbers have an order
    ],
)
def test_truth(source, expected):
    assert Condition(source).holds(VALUES) is expected


@pytest.mark.parametrize(
    "source,message",
    [
        ("", "ends too early"),
        ("a ==", "ends too early"),
        ("not", "ends too early"),
        ("a b", "`b` is not expected here"),
        ("(a", r"a `\)` is missing"),
        ("a)", r"`\)` is not expected here"),
        ("a == and", "`and` is not expected here"),
        ("a < b < c", "`<` is not expected here"),
        ("a = 5", "cannot read `= 5`"),
        ("a.b()", r"`\(` is not expected here"),
        ("a + 1 > 2", r"cannot read `\+ 1 > 2`"),
        ("'open", "cannot read `'open`"),
        ("A", "cannot read `A`"),
        ("5", "true or false is wanted where a number stands"),
        ("'x' > 5", "a number is wanted where a text stands"),
        ("5 == 'x'", "a text is wanted where a number stands"),
        ("(" * 11 + "a" + ")" * 11, "nested too deeply"),
        ("not " * 11 + "a", "nested too deeply"),
        ("a" * (MAX_LENGTH + 1), "longer than"),
    ],
)
def test_mistakes(source, message):
    with pytest.raises(ValueError, match=message):
        Condition(source)


def test_demands():
    condition = Condition("a and b == 'x' and c >= 5 and d == e and f != true")
    assert condition.demands == (("a", bool), ("b", str), ("c", int), ("d", None), ("e", None), ("f", bool))


@given(st.text(alphabet="ab.()'\"<=>! 0159-\n", max_size=30) | st.text(max_size=30))
def test_any_source_compiles_or_is_refused(source):
    try:
        condition = Condition(source)
    except ValueError:
        return
    values: dict[str, Value] = {name: 5 for name, _ in condition.demands}
    assert isinstance(condition.holds(values), bool)
