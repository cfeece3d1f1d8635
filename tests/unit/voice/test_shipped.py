"""The voice menus we ship: sound, and saying what callers of 0505, 0500 and 0555 expect."""

from pathlib import Path

import pytest

from tests.unit.voice.playbook import DONE, PLAN, FixedFacts, Player, denied, done
from ussd_gateway.actions import vocabulary
from ussd_gateway.documents import read_yaml
from ussd_gateway.flow.variables import samples
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import Outcome, Value
from ussd_gateway.voice.engine import Speak
from ussd_gateway.voice.loader import assemble, load_voice, read_menu, read_voice

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "menus" / "voice"
WORDS = vocabulary()
TEXTS = Texts.load(read_yaml(ROOT / "catalogue" / "texts.yaml"))
MENUS = load_voice(FOLDER, WORDS, TEXTS, PLAN)


def facts(**given: Value) -> FixedFacts:
    """An individual with 153.20 roubles and a password, unless told otherwise (`__` stands for a dot)."""
    ordinary: dict[str, Value] = {
        "subscriber.corporate": False,
        "subscriber.company": "",
        "account.balance_kop": 15320,
        "account.budget_kop": 41250,
        "account.budget_limit_kop": 70000,
        "account.personal_kop": 3500,
        "password.set": True,
        "block.on": False,
        "bonus.member": True,
    }
    rows: dict[str, list[dict[str, Value]]] = {
        "tariffs.available": [
            {"code": "0618P", "name": "Пиши", "fee_kop": 32000, "per": "мес"},
            {"code": "16N", "name": "НОЛЬ", "fee_kop": 0, "per": "мес"},
        ],
        "promised.tiers": [{"tier": "50", "amount_kop": 5000, "fee_kop": 1000}],
    }
    named = {name.replace("__", "."): value for name, value in given.items()}
    return FixedFacts(ordinary | named, rows, WORDS)


INDIVIDUAL = facts()
CORPORATE = facts(subscriber__corporate=True, subscriber__company="ООО Ромашка")
GREETING = (
    "Сервис-Гид. Счет - 1. Тарифные планы и услуги - 2. Платежи - 3. Бонусы - 5. Блокировка - 7. Оператор - 0"
)


def call(
    number: str, *inputs: str | Outcome, facts: FixedFacts = INDIVIDUAL, language: str = "ru"
) -> list[str]:
    return Player(MENUS, facts, language).dial(number, *inputs).transcript


def test_they_are_sound():
    assert read_voice(FOLDER, WORDS, TEXTS, PLAN)[1] == []


def test_the_greeting():
    assert call("0505") == [GREETING]
    assert call("0505", facts=CORPORATE) == [GREETING.replace("Бонусы - 5. ", "")]
    assert call("0505", language="en")[0].startswith("Service Guide. Account - 1. Tariffs and services - 2.")


def test_the_own_password_by_keypad():
    assert call("0505", "2", "4", "2", "739105#", "739105#", DONE)[2:] == [
        "Случайный пароль по SMS - 1. Задать свой - 2",
        "Введите новый пароль и нажмите решетку. Нужно от 6 до 10 цифр",
        "Повторите пароль и нажмите решетку",
        "do: password.set password='739105' repeat='739105'",
        "end: Пароль изменен. Вход: lk.megafon.ru",
    ]


def test_passwords_that_differ_are_asked_once_more():
    again = call("0505", "242", "739105#", "739106#", "111111#", "111111#", DONE)
    assert again[5].startswith("Пароли не совпали\nВведите новый пароль")
    assert again[-2:] == [
        "do: password.set password='111111' repeat='111111'",
        "end: Пароль изменен. Вход: lk.megafon.ru",
    ]
    refused = call("0505", "242", "739105#", "739106#", "111111#", "222222#", denied("pw.mismatch"))
    assert refused[-1] == "end: Пароли не совпали. Пароль не изменен"


@pytest.mark.parametrize("digits", ["12345#", "12345678901#", "#"])
def test_a_password_has_6_to_10_digits(digits):
    assert call("0505", "242", digits)[-1].startswith("Нужно от 6 до 10 цифр\n")


def test_the_passwords_never_reach_a_log():
    player = Player(MENUS, INDIVIDUAL).dial("0505", "242")
    for keys in ("739105#", "739106#", "111111#"):
        assert isinstance(player.step, Speak)
        assert player.step.secret
        player.send(keys)


def test_the_older_behaviour_asks_for_the_present_password():
    source = (FOLDER / "service_guide.yaml").read_text(encoding="utf-8")
    menu, _ = read_menu(source.replace("ask_current: false", "ask_current: true"), WORDS, TEXTS, PLAN, [])
    assert menu is not None
    older = assemble([menu], TEXTS)
    transcript = Player(older, INDIVIDUAL).dial("0505", "242", "739105#", DONE).transcript
    assert transcript[3] == "Введите действующий пароль и нажмите решетку"
    assert transcript[4] == "do: auth.login password='739105'"
    assert transcript[5].startswith("Введите новый пароль")
    wrong = denied("login.wrong", attempts_left=4)
    refused = Player(older, INDIVIDUAL).dial("0505", "242", "1#", wrong).transcript
    assert refused[-1].startswith("Неверный пароль. Осталось попыток: 4\nВведите действующий пароль")
    first = Player(older, facts(password__set=False)).dial("0505", "242").transcript
    assert first[-1].startswith("Введите новый пароль")


def test_a_random_password_by_sms():
    assert call("0505", "241", DONE)[-2:] == ["do: password.new", "end: Пароль придет в SMS. Всего доброго"]


def test_the_agent_gives_a_password_wherever_he_is_called():
    for keys in ("0", "10", "240", "20"):
        transcript = call("0505", keys, DONE)
        assert transcript[-2] == "do: password.new"
        assert transcript[-1].startswith("end: Оператор слушает.")
        assert "отправил вам по SMS" in transcript[-1]


def test_account():
    account = "Баланс - 1. Детализация на почту - 2. Название тарифа - 3. Остатки пакетов - 4"
    assert call("0505", "11")[-1] == f"На вашем счете 153 рубля 20 копеек\n{account}"
    budget = "Остаток бюджета 412 рублей 50 копеек. На личном счете 35 рублей"
    assert call("0505", "11", facts=CORPORATE)[-1] == f"{budget}\n{account}"
    assert call("0505", "14", DONE)[-2:] == [
        "do: account.remains",
        f"Остатки пакетов придут в SMS\n{account}",
    ]
    assert call("0505", "12", "3#")[-1] == "do: acct.detail month='3'"


def test_changing_the_tariff():
    heard = call("0505", "2221", done(name="НОЛЬ", effective_ms=0, fee_kop=0))
    assert heard[2:5] == [
        "Пиши, плата 320 рублей за мес. Перейти - 1, следующий тариф - 2",
        "НОЛЬ, плата 0 рублей за мес. Перейти - 1, следующий тариф - 2",
        "do: tariff.change code='16N'",
    ]
    assert heard[5].startswith("Заявка на тариф НОЛЬ принята")


def test_services_by_code():
    assert call("0505", "231", "130#")[-1] == "do: svc.on code='130'"
    on = done(name="Черный список", fee_kop=100, per="сут")
    assert call("0505", "231", "130#", on)[-1].startswith("Черный список: подключено\nМой тариф - 1")
    assert call("0505", "232", "130#")[-1] == "do: svc.off code='130'"


def test_payments():
    assert call("0505", "311")[-2:] == [
        "Обещанный платеж 50 рублей, плата 10 рублей. Взять - 1, другая сумма - 2",
        "do: pay.promised tier='50'",
    ]
    assert call("0505", "321", "700#", "500#")[-1] == (
        "do: pay.autopay_set threshold_kop=70000 amount_kop=50000"
    )
    assert call("0505", "33", "12345678#")[-1] == "do: pay.scratch code='12345678'"
    refusal = denied("pay.card.unknown", attempts_left=2)
    assert call("0505", "33", "12345678#", refusal)[-1].endswith(
        "\nВведите код карты оплаты и нажмите решетку"
    )


def test_bonus():
    assert call("0505", "51", done(member=True, points=2))[-1].startswith("У вас 2 балла\n")
    assert call("0505", "52", "110#")[-1] == "do: bonus.redeem code='110'"
    stranger = facts(bonus__member=False)
    assert call("0505", "5", facts=stranger)[-1] == "Участвовать - 3"
    assert call("0505", "53", facts=stranger)[-1] == "do: bonus.join"


def test_blocking_the_number():
    question = "Номер будет заблокирован, дней: {}. Подтвердить - 1. Отказаться - 2. Другой срок - 3"
    assert call("0505", "71")[-1] == question.format(30)
    assert call("0505", "711")[-1] == "do: num.block days=30"
    assert call("0505", "712")[-1] == GREETING
    assert call("0505", "713", "7#")[-1] == question.format(7)
    assert call("0505", "713", "7#", "1")[-1] == "do: num.block days=7"
    assert call("0505", "72", facts=facts(block__on=True))[-1] == "do: num.unblock"


@pytest.mark.parametrize("number", ["0500", "0550", "8 800 550-05-00", "+79261110500"])
def test_support_leads_to_the_service_guide(number):
    assert call(number, "1")[-1] == GREETING
    assert call(number, "4")[-1].startswith("Мой тариф - 1")
    assert call(number, "7")[-1] == "do: sup.offices"
    heard = call(number, "0", DONE)
    assert heard[-2:] == [
        "do: sup.ask text='0500'",
        "end: Все операторы заняты. Ваше обращение записано, ответ придет в SMS",
    ]


@pytest.mark.parametrize("number", ["0555", "8 800 550-05-55"])
def test_the_business_line(number):
    root = (
        "Линия для бизнеса, ООО Ромашка. Бюджет и лимит - 1. Готовность документов - 2. "
        "Заблокировать SIM-карту - 3. Менеджер - 0"
    )
    assert call(number, facts=CORPORATE) == [root]
    assert call(number, "1", facts=CORPORATE)[-1] == (
        "Остаток бюджета 412 рублей 50 копеек при лимите 700 рублей. На личном счете 35 рублей\n" + root
    )
    assert call(number, "31", facts=CORPORATE)[-1] == "do: num.block days=30"
    assert call(number, "0", facts=CORPORATE)[-1] == "do: sup.ask text='0555'"
    assert call(number) == ["end: Доступно только корпоративным абонентам"]


@pytest.mark.parametrize(
    "number, first",
    [
        ("0525", "do: svc.once code='525'"),
        ("0501", "end: На вашем счете 153 рубля 20 копеек"),
        ("0510", "Баланс баллов - 1. Потратить по коду - 2"),
        ("5010", "Баланс баллов - 1. Потратить по коду - 2"),
        ("0006", "Обещанный платеж 50 рублей, плата 10 рублей. Взять - 1, другая сумма - 2"),
        ("0011", "Введите код карты оплаты и нажмите решетку"),
        ("0500910", "Автоплатеж включен: нет. Настроить - 1"),
        ("0500559", "Подписок: 9. Отключить все - 1. Запретить платный контент - 2"),
        (
            "5130",
            "Черный список, включен: нет, номеров: 0. Включить - 1. Добавить номер - 3. Список по SMS - 5",
        ),
    ],
)
def test_numbers_that_do_one_thing(number, first):
    examples: dict[str, Value] = {"black_list__on": False, "black_list__count": 0, "pay__autopay": False}
    assert call(number, facts=facts(**examples, services__subscriptions=9)) == [first]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_text_can_be_said_with_long_values(language):
    for menu in MENUS.by_name.values():
        values = {**menu.profile, **samples(menu.screens.values(), WORDS), "choices": ""}
        texts = [screen.text for screen in menu.screens.values() if hasattr(screen, "text")]
        assert all(
            0 < len(text.render(language, values)) < 500 for text in texts if text.source != "{choices}"
        )
