"""Pages: every one fits a USSD string, nothing is lost, and cuts fall where a reader expects them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.menu.paging import clip, fits, paginate
from ussd_gateway.smpp.text import fits_ussd


@pytest.mark.parametrize(
    "text,expected",
    [
        ("", True),
        ("Ж" * 80, True),
        ("Ж" * 81, False),
        ("w" * 182, True),
        ("w" * 183, False),
        ("€" * 91, True),
        ("€" * 92, False),
        ("😀" * 40, True),
        ("😀" * 41, False),
        ("w" * 80 + "Ж", False),
    ],
)
def test_one_string(text, expected):
    assert fits(text) is expected


@given(st.text(max_size=200) | st.text(alphabet="aЖ€😀[ ", max_size=200))
def test_the_short_cut_agrees_with_the_codec(text):
    assert fits(text) == fits_ussd(text)


def pages(text: str, **options) -> list[str]:
    return paginate(text, more="99 Далее", less="98 Обратно", **options)


def test_a_text_that_fits_is_one_page():
    assert pages("a\nb") == ["a\nb"]


def test_cuts_fall_between_lines_then_words_then_anywhere():
    lines = "\n".join(f"{number} строка меню" for number in range(1, 9))
    assert pages(lines) == [
        "1 строка меню\n2 строка меню\n3 строка меню\n4 строка меню\n5 строка меню\n99 Далее",
        "6 строка меню\n7 строка меню\n8 строка меню\n98 Обратно",
    ]
    assert pages("слово " * 15)[0] == "слово " * 11 + "слово\n99 Далее"
    assert pages("ы" * 81) == ["ы" * 71 + "\n99 Далее", "ы" * 10 + "\n98 Обратно"]


def test_pinned_lines_stand_on_every_page():
    assert pages("ы" * 100, pinned="0 Назад") == [
        "ы" * 63 + "\n99 Далее\n0 Назад",
        "ы" * 37 + "\n98 Обратно\n0 Назад",
    ]


def test_the_last_page_of_a_final_text_has_no_way_back():
    assert pages("ы" * 81, final=True) == ["ы" * 71 + "\n99 Далее", "ы" * 10]


def test_pinned_lines_that_leave_no_room_are_left_out():
    assert pages("ы" * 81, pinned="П" * 80)[0] == "ы" * 71 + "\n99 Далее"


def test_a_latin_page_may_be_longer():
    found = paginate("word " * 60, more="99 More", less="98 Previous")
    assert [len(page) for page in found] == [182, 137]


@given(
    st.text(alphabet="ab \nЖ€😀{", min_size=60, max_size=600),
    st.sampled_from(["", "0 Назад", "0 Back\n5 Exit"]),
    st.booleans(),
)
def test_nothing_is_lost_and_everything_fits(text, pinned, final):
    found = pages(text, pinned=pinned, final=final)
    assert all(fits(page) for page in found)
    feet = {"99 Далее", "98 Обратно", *pinned.split("\n")}
    body = " ".join(line for page in found for line in page.split("\n") if line not in feet)
    assert "".join(body.split()) == "".join(text.split())


@given(st.text(max_size=400))
def test_a_clipped_text_is_a_beginning_that_fits(text):
    clipped = clip(text)
    assert fits(clipped)
    assert text.startswith(clipped)


@pytest.mark.parametrize("text", ["😀" * 60, "a" + "😀" * 60, "€" * 200, "w€" * 100])
def test_no_character_is_cut_in_two(text):
    for page in pages(text):
        assert set(page.split("\n")[0]) <= set(text)
        page.encode("utf-16-be")  # half a surrogate pair would raise
