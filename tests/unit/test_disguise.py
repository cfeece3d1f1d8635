"""Likenesses: of the same shape, the same for the same secret, and never the secret itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway import disguise
from ussd_gateway.disguise import Disguise, likeness

CLOAK = Disguise(b"sixteen octets!!")
VISA = "4111111111111111"


@pytest.mark.parametrize(
    "text, secrets",
    [
        ("Пароль для доступа в Личный кабинет: 846131. Никому его не сообщайте", ["846131"]),
        ("Для перевода 1000р абоненту 79261234567 наберите *109*4821# и вызов", ["4821"]),
        ("To transfer 1000 RUB to 79261234567 dial *109*4821#", ["4821"]),
        ("Код для привязки карты *1111: 48210573. До 01.06.2026 12:40", ["48210573"]),
        ("Ключ 79261234567", ["79261234567"]),
        ("Введите новый пароль: 6-26 букв и цифр, баланс 1250.00р", []),
        ("*1055#", []),
    ],
)
def test_where_a_shown_text_has_its_secrets(text, secrets):
    assert [text[start:end] for start, end in disguise.shown(text)] == secrets


@pytest.mark.parametrize(
    "places, text, secrets",
    [
        (disguise.sms, "PAS Secret77", ["Secret77"]),
        (disguise.sms, " Secret77 ", ["Secret77"]),
        (disguise.sms, "PAS", []),
        (disguise.typed, "Secret77", ["Secret77"]),
        (disguise.typed, "0", []),
        (disguise.typed, "0000", []),
        (disguise.dialled, "*105*7*4821*10#", ["4821"]),
        (disguise.pressed, "4821#", ["4821"]),
    ],
)
def test_where_a_sent_text_has_its_secrets(places, text, secrets):
    assert [text[start:end] for start, end in places(text)] == secrets


def test_the_same_secret_is_always_alike():
    typed = CLOAK.over("Secret77", disguise.typed)
    assert CLOAK.over("PAS Secret77", disguise.sms) == f"PAS {typed}"
    assert typed != Disguise(b"sixteen others!!").over("Secret77", disguise.typed)


def test_a_card_stays_a_card():
    other = CLOAK.over(VISA, disguise.typed)
    assert other != VISA
    assert (other[0], other[-4:]) == ("4", "1111")
    digits = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(other))]
    assert sum(value - 9 if value > 9 else value for value in digits) % 10 == 0


@given(
    st.text(alphabet="abzABZ0123456789жЯ-_.", min_size=4, max_size=26), st.binary(min_size=26, max_size=26)
)
def test_a_likeness_has_the_shape_and_is_another(secret, dice):
    alike = likeness(secret, dice)
    assert len(alike) == len(secret)
    for one, other in zip(alike, secret, strict=True):
        assert (one.isdigit(), one.isupper(), one.islower()) == (
            other.isdigit(),
            other.isupper(),
            other.islower(),
        )
    assert alike != secret or not any(map(str.isalnum, secret))


def test_what_has_no_likeness_stays():
    assert likeness("-_.-", bytes(4)) == "-_.-"


@given(st.from_regex(r"\A[0-9]{4,12}\Z"))
def test_the_likeness_of_a_text_has_its_secrets_in_the_same_places(secret):
    text = f"Код: {secret}. Никому его не сообщайте"
    assert disguise.shown(CLOAK.over(text, disguise.shown)) == disguise.shown(text)
