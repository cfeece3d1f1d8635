"""Expected and seen, line by line."""

from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.replay.differences import diff_lines, diff_text
from ussd_gateway.replay.verdict import Difference


def test_lines_that_are_the_same_stand_once_and_changed_characters_are_marked() -> None:
    lines = diff_lines(Difference("text", "1 Счет\n2 Тариф 30\n0 Выход", "1 Счет\n2 Тариф 45\n0 Выход"))
    assert [(line.sign, line.text) for line in lines] == [
        (" ", "1 Счет"),
        ("-", "2 Тариф 30"),
        ("+", "2 Тариф 45"),
        (" ", "0 Выход"),
    ]
    assert [text for line in lines for text, differs in line.pieces if differs] == ["30", "45"]


def test_lines_that_have_nothing_in_common_are_not_marked_in_pieces() -> None:
    expected, actual = diff_lines(Difference("tariff", "basic", "9999"))
    assert (expected.pieces, actual.pieces) == ((("basic", False),), (("9999", False),))


def test_what_should_be_in_a_text_is_followed_by_the_whole_text() -> None:
    assert diff_text(Difference("contains", "1 Счет", "1 Счёт\n0 Выход")) == (
        "contains:\n  - 1 Счет\n  + 1 Счёт\n  + 0 Выход"
    )


_TEXT = st.text("ab \n", max_size=30)


@given(_TEXT, _TEXT)
def test_both_texts_can_be_read_back(expected: str, actual: str) -> None:
    lines = diff_lines(Difference("text", expected, actual))
    assert "\n".join(line.text for line in lines if line.sign != "+") == expected
    assert "\n".join(line.text for line in lines if line.sign != "-") == actual
