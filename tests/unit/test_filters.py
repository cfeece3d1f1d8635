"""Filters: sums, numbers, dates and plural forms, by language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.filters import FILTERS, PLURAL_FORMS, compile_filter, plural_problem
from ussd_gateway.templates import LocalText, Template

JUNE_4_0930_UTC = 1_780_565_400_000


@pytest.mark.parametrize(
    "written,value,russian,english",
    [
        ("money", 123_456_00, "123456", "123,456"),
        ("money2", -123_456_05, "-123456.05", "-123,456.05"),
        ("spoken", 15_320, "153 рубля 20 копеек", "153 roubles 20 kopecks"),
        ("spoken", 101, "1 рубль 1 копейка", "1 rouble 1 kopeck"),
        ("spoken", 0, "0 рублей", "0 roubles"),
        ("spoken", -2_500, "минус 25 рублей", "minus 25 roubles"),
        ("date", JUNE_4_0930_UTC, "04.06.2026", "4 Jun 2026"),
        ("day", JUNE_4_0930_UTC, "04.06", "4 Jun"),
        ("moment", JUNE_4_0930_UTC, "04.06 12:30", "4 Jun 12:30"),
        ("time", JUNE_4_0930_UTC, "12:30", "12:30"),
        ("yesno", False, "нет", "no"),
        ("number", 0, "0", "0"),
        ("gb", 2458, "2.4", "2.4"),
        ("gb", 3072, "3", "3"),
        ("gb", 10, "0", "0"),
        ("price", 150, "1.5", "1.50"),
        ("price", 255, "2.55", "2.55"),
        ("price", 100, "1", "1"),
        ("price", 1000, "10", "10"),
        ("money:р", 32000, "320р", "320р"),
        ("money:р", 0, "", ""),
        ("money2: RUB", 123_400, "1234.00 RUB", "1,234.00 RUB"),
        ("gb:ГБ", 0, "", ""),
        ("number:мин", 250, "250мин", "250мин"),
    ],
)
def test_each_language_has_its_way(written, value, russian, english):
    filter_, forms = compile_filter(written)
    assert (filter_(value, "ru"), filter_(value, "en"), forms) == (russian, english, 0)
    assert filter_(value, "translit") == russian


@pytest.mark.parametrize(
    "number,russian,english",
    [
        (0, "баллов", "points"),
        (1, "балл", "point"),
        (2, "балла", "points"),
        (4, "балла", "points"),
        (5, "баллов", "points"),
        (11, "баллов", "points"),
        (12, "баллов", "points"),
        (21, "балл", "points"),
        (111, "баллов", "points"),
        (-1, "балл", "point"),
        ("2.4", "баллов", "points"),
    ],
)
def test_plural_forms(number, russian, english):
    text = LocalText({"ru": "{n|plural: балл, балла, баллов}", "en": "{n|plural: point, points}"})
    assert text.render("ru", {"n": number}) == russian
    assert text.render("en", {"n": number}) == english
    assert text.render("translit", {"n": number}) == {"балл": "ball", "балла": "balla"}.get(russian, "ballov")


@pytest.mark.parametrize(
    "languages,message",
    [
        ({"ru": "{n|plural: балл, балла}"}, r"`plural` needs 3 forms in `ru` \(one, few, many\), not 2"),
        ({"ru": "x", "en": "{n|plural: a, b, c}"}, "`plural` needs 2 forms in `en`"),
        ("{n|plural: a, b}", "`plural` needs a text of its own for every language"),
        ({"ru": "{n|plural}"}, "`plural` needs its forms"),
        ({"ru": "{n|plural: a,, b}"}, "`plural` needs its forms"),
        ({"ru": "{n|phone: a}"}, "filter `phone` takes nothing after a colon"),
        ({"ru": "{n|plurals: a}"}, "unknown filter `plurals`"),
    ],
)
def test_mistakes_are_found_at_load(languages, message):
    with pytest.raises(ValueError, match=message):
        LocalText(languages)


@given(st.sampled_from(sorted(PLURAL_FORMS)), st.integers() | st.text())
def test_there_is_a_form_for_every_number(language, value):
    forms = [f"form{index}" for index, _ in enumerate(PLURAL_FORMS[language])]
    assert plural_problem(language, len(forms)) is None
    template = Template(f"{{n|plural: {', '.join(forms)}}}")
    assert template.render(language, {"n": value}) in forms


@given(st.sampled_from(sorted(FILTERS)), st.integers() | st.text() | st.booleans())
def test_filters_never_fail(name, value):
    for language in ("ru", "en", "translit", ""):
        assert isinstance(FILTERS[name](value, language), str)
