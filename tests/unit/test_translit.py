"""Russian in Latin letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.smpp.gsm7 import is_gsm7
from ussd_gateway.translit import transliterate

LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
RUSSIAN = LETTERS + LETTERS.upper() + "0123456789 .,:;*#%()«»„“”–—…№₽\u00a0"


@pytest.mark.parametrize(
    "russian,latin",
    [
        ("Счет", "Schet"),
        ("Баланс: 153.20р", "Balans: 153.20r"),
        ("Отключить: *105*3*3#", "Otklyuchit': *105*3*3#"),
        ("Подъезд, щука, ёж", "Pod'ezd, shchuka, ezh"),
        ("«Включайся! Пиши» — 320 ₽…", '"Vklyuchaysya! Pishi" - 320 RUB...'),
        ("ЩИ и Щука", "SHCHI i Shchuka"),
        ("Balance", "Balance"),
        ("日本", "日本"),
        ("", ""),
    ],
)
def test_spelling(russian, latin):
    assert transliterate(russian) == latin


@given(st.text(RUSSIAN, max_size=60))
def test_what_was_russian_fits_the_seven_bit_alphabet(text):
    assert is_gsm7(transliterate(text))


@given(st.text(max_size=60))
def test_doing_it_twice_changes_nothing(text):
    once = transliterate(text)
    assert transliterate(once) == once
