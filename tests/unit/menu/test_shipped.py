"""The menus we ship: sound, small enough for a phone, and saying what the operator's users expect."""

from pathlib import Path

import pytest

from tests.unit.menu.playbook import DONE, FixedFacts, Player, denied, play
from ussd_gateway.actions import vocabulary
from ussd_gateway.documents import read_yaml
from ussd_gateway.menu.engine import Engine, Show
from ussd_gateway.menu.graph import to_mermaid
from ussd_gateway.menu.loader import Surroundings, check_menus, load_menus
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import Value

ROOT = Path(__file__).parents[3]
WORDS = vocabulary()
TEXTS = Texts.load(read_yaml(ROOT / "catalogue" / "texts.yaml"))
SURROUNDINGS = Surroundings(WORDS, TEXTS)
ENGINE = Engine(load_menus(ROOT / "menus", SURROUNDINGS))


def facts(**given: Value) -> FixedFacts:
    """An individual with 153.20 roubles and a password, unless told otherwise (`__` stands for a dot)."""
    ordinary: dict[str, Value] = {
        "subscriber.corporate": False,
        "account.balance_kop": 15320,
        "account.budget_kop": 41250,
        "account.budget_limit_kop": 70000,
        "account.personal_kop": 3500,
        "password.set": True,
        "password.locked": False,
        "password.wrong": 2,
        "autologin.on": False,
    }
    named = {name.replace("__", "."): value for name, value in given.items()}
    return FixedFacts(ordinary | named, vocabulary=WORDS)


def test_they_are_sound():
    assert check_menus(ROOT / "menus", SURROUNDINGS) == []


@pytest.mark.parametrize("code", ["*105*00#", "*105*0*1#"])
def test_a_new_password(code):
    assert play(ENGINE, code, DONE, facts=facts()) == [
        "do: password.new screen=True",
        "end: Запрос принят. Пароль придет в SMS в течение 30 секунд",
    ]


@pytest.mark.parametrize("code", ["*105*01#", "*105*0#", "*105*0*2#"])
def test_an_own_password(code):
    assert play(ENGINE, code, "Secret77", "Secret77", DONE, facts=facts()) == [
        "ask: Введите новый пароль: 6-26 букв и цифр",
        "ask: Повторите новый пароль",
        "do: password.set password='Secret77' repeat='Secret77'",
        "end: Пароль изменен. Вход: lk.megafon.ru",
    ]


@pytest.mark.parametrize("bad", ["12345", "короткий", "a" * 27, "with space", "semi;colon"])
def test_an_unsuitable_password_is_asked_for_once_more(bad):
    assert play(ENGINE, "*105*01#", bad, bad, facts=facts()) == [
        "ask: Введите новый пароль: 6-26 букв и цифр",
        "ask: Нужно 6-26 букв и цифр\nВведите новый пароль: 6-26 букв и цифр",
        "end: Неверный пункт. Сеанс завершен",
    ]


def test_a_refused_password_says_why():
    transcript = play(ENGINE, "*105*01#", "Secret77", "Secret78", denied("pw.mismatch"), facts=facts())
    assert transcript[-1] == "end: Пароли не совпали. Пароль не изменен"


def test_passwords_are_secret_on_their_way():
    player = Player(ENGINE, facts()).dial("*105*01#")
    assert isinstance(player.step, Show)
    assert player.step.secret
    player.send("Secret77")
    assert isinstance(player.step, Show)
    assert player.step.secret
    assert TEXTS["pw.new"].secret


def test_automatic_login_offers_what_can_be_done():
    assert play(ENGINE, "*105*0*3#", "2", "1", DONE, facts=facts()) == [
        "ask: Автовход: нет\n1 Включить\n0 Назад",
        "ask: Неверный пункт. Повторите ввод\nАвтовход: нет\n1 Включить\n0 Назад",
        "do: autologin.set on=True",
        "end: Автовход включен",
    ]
    assert play(ENGINE, "*105*0*3*2#", DONE, facts=facts(autologin__on=True)) == [
        "do: autologin.set on=False",
        "end: Автовход отключен",
    ]


@pytest.mark.parametrize(
    "given,shown",
    [
        ({}, "Пароль задан, вход открыт. Неверных попыток: 2"),
        ({"password__set": False}, "Пароль еще не задан. Получить по SMS: *105*00#"),
        (
            {"password__locked": True, "password__wrong": 6},
            "Вход закрыт: неверных паролей 6. Новый пароль: *105*00#",
        ),
    ],
)
def test_password_status(given, shown):
    assert play(ENGINE, "*105*0*4#", facts=facts(**given)) == [f"end: {shown}"]


def test_they_can_be_drawn():
    assert all(to_mermaid(menu, "ru") for menu in ENGINE.menus.by_name.values())
