"""*105# as subscribers know it: every screen with the shipped catalogue, every path with its operation."""

from typing import Any

import pytest

from tests.unit.billing.kit import NOW_MS, ROOT, catalogue, employee, individual
from tests.unit.menu.playbook import DONE, Player, denied, done, play
from ussd_gateway.actions import SubscriberFacts
from ussd_gateway.billing.account import Account, Package
from ussd_gateway.billing.holdings import Bonus, Card, Charge, Forward, PendingTariff, Promised, Service
from ussd_gateway.menu.engine import Engine
from ussd_gateway.menu.paging import fits
from ussd_gateway.reference.codes import shipped

ENGINE = Engine(shipped(ROOT).menus)
DECEMBER_1 = 1_796_072_400_000
"""01.12.2026 in Moscow."""

LEFT = (
    Package("0618P", "minutes", 212, 250, DECEMBER_1),
    Package("0618P", "sms", 187, 250, DECEMBER_1),
    Package("0618P", "mb", 2458, 3072, DECEMBER_1),
)
ALICE = individual(packages=LEFT, email="ivanov@mail.ru", cards=(Card("token", "1234"),))
MEMBER = ALICE._replace(bonus=Bonus(member=True, since_ms=NOW_MS))
ON_ZERO = ALICE._replace(tariff="16N", packages=())
ON_S = ALICE._replace(tariff="15S", packages=())
PAYING = ALICE._replace(services=tuple(Service(code, NOW_MS) for code in ("130", "134", "480", "240")))


def facts(account: Account) -> SubscriberFacts:
    return SubscriberFacts(account, catalogue(), NOW_MS)


def first(dialled: str, account: Account = ALICE, language: str = "ru") -> str:
    """What a phone shows at once."""
    account = account._replace(language=language)
    return play(ENGINE, dialled, facts=facts(account), language=language)[-1]


SCREENS: list[tuple[str, str, int, Account]] = [
    (
        "*105#",
        "1 Счет / 2 Тарифы / 3 Услуги / 4 Платежи / 5 Бонусы / 6 Пакеты / 7 Звонки / 8 Помощь / 0 Пароль",
        79,
        ALICE,
    ),
    (
        "*105#",
        "1 Счет / 2 Тарифы / 3 Услуги / 4 Платежи / 6 Пакеты / 7 Звонки / 8 Помощь / 9 Бюджет / 0 Пароль",
        79,
        employee(),
    ),
    (
        "*105*1#",
        "1 Баланс / 2 Остатки / 3 Расходы / 4 Списания / 5 Детализация / 6 Мой номер / 0 Назад",
        73,
        ALICE,
    ),
    ("*105*1*3#", "1 За день / 2 За месяц / 3 Пополнения / 4 Отчет на e-mail / 0 Назад", 59, ALICE),
    ("*105*1*5#", "Детализация: месяцев 1-6? / E-mail: адрес из настроек / 0 Назад", 59, ALICE),
    ("*105*2#", "1 Мой тариф / 2 Сменить тариф / 3 Все тарифы / 4 Отменить смену / 0 Назад", 65, ALICE),
    (
        "*105*2*2#",
        "1 Пиши 320р / 2 Выбирай 510р / 3 Смотри 800р / 4 Переходи на НОЛЬ / 99 Далее / 0 Назад",
        76,
        ON_S,
    ),
    ("*105*2*2*1#", "Пиши: 320р/мес, 250мин 3ГБ. Перейти? / 1 Да / 2 Нет", 47, ON_ZERO),
    (
        "*105*3#",
        "1 Мои услуги / 2 Подключить / 3 Отключить / 4 Подписки / 5 Черный список / 0 Назад",
        72,
        ALICE,
    ),
    (
        "*105*3*2#",
        "1 Счет / 2 Платежи / 3 Связь / 4 Межгород / 5 Развлечения / 6 Семья / 7 Прочее / 0 Назад",
        74,
        ALICE,
    ),
    ("*105*3*4#", "1 Мои подписки / 2 Отключить все / 3 Стоп-контент / 0 Назад", 53, ALICE),
    (
        "*105*3*5#",
        "1 Список / 2 Добавить / 3 Удалить / 4 Очистить / 5 Вкл (1р/сут) / 6 Откл / 0 Назад",
        70,
        ALICE,
    ),
    (
        "*105*4#",
        "1 Обещанный / 2 Перевод / 3 Автоплатеж / 4 Карта / 5 Перезвони / 6 Заплати за меня / 0 Назад",
        80,
        ALICE,
    ),
    ("*105*4*1#", "1 50р (плата 10р) / 2 150р (20р) / 3 300р (20р) / Срок 3 дня / 0 Назад", 62, ALICE),
    ("*105*4*2#", "Номер получателя (10 цифр)?", 27, ALICE),
    ("*105*4*2*9261234568#", "Сумма 1-500р?", 13, ALICE),
    (
        "*105*4*2*9263333333*300#",
        "Перевод 300р на +79263333333, плата 5р. Подтвердите: 1 Да 2 Нет",
        63,
        ALICE,
    ),
    ("*105*4*3#", "1 Статус / 2 Порог и сумма / 3 Отключить / 0 Назад", 44, ALICE),
    ("*105*4*4#", "1 Пополнить 100-1000р / 2 Привязать / 3 Отвязать / 4 Карта оплаты / 0 Назад", 67, ALICE),
    ("*105*5#", "1 Баланс / 2 Потратить / 3 Подарить / 4 Сгорают / 5 Участие / 0 Назад", 59, MEMBER),
    ("*105*5#", "Подключить МегаФон-Бонус? / 1 Да / 2 Нет", 36, ALICE),
    ("*105*5*2#", "1 Минуты / 2 SMS / 3 Интернет / 4 Рубли на счет / 5 Партнеры / 0 Назад", 60, MEMBER),
    (
        "*105*6#",
        "1 Остатки / 2 Продлить интернет / 3 Минуты / 4 SMS / 5 Автопродление / 0 Назад",
        68,
        ALICE,
    ),
    (
        "*105*7#",
        "1 Переадресация / 2 Запрет вызовов / 3 Блокировка / 4 Роуминг / 5 Гудок / 0 Назад",
        71,
        ALICE,
    ),
    (
        "*105*7*1#",
        "1 Все звонки / 2 Занято / 3 Нет ответа / 4 Недоступен / 5 Статус / 6 Снять все / 0 Назад",
        76,
        ALICE,
    ),
    (
        "*105*7*2#",
        "1 Исходящие / 2 Межд.исход. / 3 Межд.кроме РФ / 4 Входящие / 99 Далее / 0 Назад",
        69,
        ALICE,
    ),
    (
        "*105*7*2*99#",
        "5 Вх.в роуминге / 6 Снять все / 7 Сменить пароль / 98 Обратно / 0 Назад",
        63,
        ALICE,
    ),
    ("*105*7*3#", "1 Заблокировать / 2 Статус / 3 Снять / 0 Назад", 40, ALICE),
    ("*105*8#", "1 Вопрос / 2 Телефоны / 3 Салоны / 4 Язык/Language / 5 О сервисе / 0 Назад", 64, ALICE),
    (
        "*105*8*2#",
        "0500 - поддержка / 0505 - голос / 0555 - бизнес / 88005500500 / 0 Назад",
        63,
        ALICE,
    ),
    ("*105*8*4#", "1 Русский / 2 English / 3 Translit / 0 Назад", 38, ALICE),
    ("*105*0#", "Введите новый пароль: 6-26 букв и цифр", 38, ALICE),
    ("*105*0*2#", "Введите новый пароль: 6-26 букв и цифр", 38, ALICE),
    ("*105*9#", "1 Остаток / 2 Лимит / 3 Личный счет / 4 Расходы / 0 Назад", 49, employee()),
    ("*105*20#", "Ваш тариф: Пиши. Сменить? / 1 Да / 2 Нет", 36, ALICE),
]


@pytest.mark.parametrize("dialled, screen, characters, account", SCREENS)
def test_every_screen_is_as_it_was_measured(dialled, screen, characters, account):
    shown = first(dialled, account)
    assert shown == "ask: " + screen.replace(" / ", "\n")
    assert len(shown) - len("ask: ") == characters


@pytest.mark.parametrize("language", ["en", "translit"])
@pytest.mark.parametrize("dialled, screen, characters, account", SCREENS)
def test_the_other_languages_need_no_ucs2(dialled, screen, characters, account, language):
    shown = first(dialled, account, language).removeprefix("ask: ")
    assert fits(shown)
    # Only the name of the language itself is in its own letters.
    assert shown.replace("Русский", "").isascii()


def test_the_password_menu_is_reached_by_its_key():
    assert play(ENGINE, "*105#", "0", facts=facts(ALICE))[-1] == (
        "ask: 1 Получить по SMS\n2 Задать свой\n3 Автовход\n4 Статус\n0 Назад"
    )


def test_the_english_root():
    assert first("*105#", language="en").replace("\n", " / ") == (
        "ask: 1 Account / 2 Tariffs / 3 Services / 4 Payments / 5 Bonus / 6 Packages / 7 Calls / 8 Help"
        " / 0 Password"
    )
    assert first("*105#", language="translit").startswith("ask: 1 Schet\n2 Tarify\n3 Uslugi\n4 Platezhi")


ENDS: list[tuple[str, str, Account]] = [
    ("*105*1*1#", "Баланс: 250.00р", ALICE),
    ("*100#", "Баланс: 250.00р", ALICE),
    ("*105*1*1#", "Персональный бюджет: остаток 412.50р из 700.00р. Личный счет: 35.00р", employee()),
    ("*105*1*6#", "Ваш номер: +79261234567", ALICE),
    ("*205#", "Ваш номер: +79261234567", ALICE),
    ("*127#", "Ваш номер: +79261234567", ALICE),
    ("*100*2#", "Осталось минут: 212", ALICE),
    ("*105*1*3*1#", "Расходы за день: 0.00р", ALICE),
    ("*105*1*3*3#", "Пополнений еще не было", ALICE),
    ("*105*1*3*3#", "28.05 23:26 100.00р", ALICE._replace(last_topups=(Charge(NOW_MS, 10_000, "card"),))),
    ("*105*2*1#", "Тариф: Включайся! Пиши. 320р/мес. Остаток: 212мин 187SMS 2.4ГБ до 01.12", ALICE),
    ("*105*1*10#", "Тариф: Переходи на НОЛЬ. 0р/мес", ON_ZERO),
    (
        "*105*2*0#",
        "Тариф: Пиши. С 01.12: Включайся! Премиум. Отменить: *105*2*4#",
        ALICE._replace(pending_tariff=PendingTariff("0618X", NOW_MS, DECEMBER_1, 3000)),
    ),
    ("*105*3*1#", "Услуг не подключено", ALICE),
    ("*105*503#", "Платных услуг нет", ALICE),
    ("*105*3*5*1#", "79261111111\n79262222222", ALICE._replace(black_list=("79261111111", "79262222222"))),
    ("*130*3#", "Черный список пуст", ALICE),
    ("*105*4*1#", "Недоступно корпоративным абонентам", employee()),
    (
        "*106#",
        "Обещанный платеж уже взят. К возврату 170р",
        ALICE._replace(promised=(Promised(15_000, 2_000, NOW_MS),)),
    ),
    ("*105*5#", "Бонусы недоступны корпоративным абонентам", employee()),
    ("*115#", "Бонусы недоступны корпоративным абонентам", employee()),
    ("*105*7*1*5#", "Переадресации нет", ALICE),
    ("*105*7*1*5#", "Занято 79262222222", ALICE._replace(forwarding=(Forward("busy", "79262222222"),))),
    ("*105*7*3*2#", "Номер не заблокирован", ALICE),
    ("*105*8*5#", "Сервис-Гид *105# бесплатен в России, кроме Крыма и Севастополя", ALICE),
    ("*105*9*1#", "Остаток бюджета: 412.50р", employee()),
    ("*105*9*2#", "Лимит бюджета: 700.00р в месяц", employee()),
    ("*105*9*3#", "Личный счет: 35.00р", employee()),
    ("*105*9*4#", "Расходы: сегодня 0.00р, за месяц 0.00р", employee()),
    ("*#33#", "Запретов нет", ALICE),
]


@pytest.mark.parametrize("dialled, text, account", ENDS)
def test_what_only_has_to_be_shown(dialled, text, account):
    assert first(dialled, account) == f"end: {text}"


def test_paid_services_take_two_screens():
    shown = play(ENGINE, "*105*503#", "99", facts=facts(PAYING))
    assert shown == [
        "ask: Платные: Черный список 1р/сут, Живой баланс 2р/сут, Детский интернет\n99 Далее",
        "end: 2р/сут, Кто звонил+ 1.5р/сут. Отключить: *105*3*3#",
    ]
    assert first("*583#", PAYING) == first("*105*503#", PAYING)
    assert first("*505#", PAYING).startswith("ask: Услуги: Черный список 1р/сут")


ACTIONS: list[tuple[str, str]] = [
    # the account
    ("*105*1*2#", "account.remains"),
    ("*558#", "account.remains"),
    ("*105*6*1#", "account.remains"),
    ("*105*1*4#", "acct.last5"),
    ("*512#", "acct.last5"),
    ("*108#", "acct.last10"),
    ("*105*1*3*4#", "acct.report_email"),
    ("*105*1*5*6*1#", "acct.detail month='6'"),
    ("*113#", "acct.detail month=0"),
    # tariffs
    ("*105*2*2*1*1#", "tariff.change code='1019V'"),
    ("*105*20*1*1*1#", "tariff.change code='1019V'"),
    ("*105*609#", "tariff.change code='16N'"),
    ("*105*0095#", "tariff.change code='0095'"),
    ("*105*2*3#", "tariff.list"),
    ("*105*2*4#", "tariff.cancel"),
    # services
    ("*105*3*2*6*1*1#", "svc.on code='130'"),
    ("*105*650#", "svc.on code='650'"),
    ("*105*650*0#", "svc.off code='650'"),
    ("*105*801#", "svc.on code='801'"),
    ("*105*801*0#", "svc.off code='801'"),
    ("*105*220#", "svc.on code='220'"),
    ("*105*220*0#", "svc.off code='220'"),
    ("*134#", "svc.on code='134'"),
    ("*221#", "svc.off code='221'"),
    ("*372#", "svc.on code='372'"),
    ("*114*1*2#", "svc.on code='989'"),
    ("*526#", "svc.stop_content on=True"),
    ("*105*3*4*2#", "svc.stop_all"),
    ("*105*3*4*3*1#", "svc.stop_content on=True"),
    # the black list
    ("*105*3*5*5#", "bl.on"),
    ("*130#", "bl.on"),
    ("*105*7501#", "bl.on"),
    ("*105*3*5*6#", "bl.off"),
    ("*130*4#", "bl.off"),
    ("*105*3*5*2*79262222222#", "bl.add number='79262222222'"),
    ("*130*79262222222#", "bl.add number='79262222222'"),
    ("*130*079262222222#", "bl.delete number='79262222222'"),
    ("*105*3*5*4*1#", "bl.clear"),
    ("*130*6#", "bl.clear"),
    # payments
    ("*105*4*1*2#", "pay.promised tier='150'"),
    ("*106*1#", "pay.promised tier='50'"),
    ("*1006*3#", "pay.promised tier='300'"),
    ("*105*4*2*9262222222*300*1#", "pay.transfer_now to='79262222222' amount_kop=30000"),
    ("*145*9262222222*300*1#", "pay.transfer_now to='79262222222' amount_kop=30000"),
    ("*133*300*9262222222#", "pay.transfer to='79262222222' amount_kop=30000"),
    ("*133*300*89262222222#", "pay.transfer to='79262222222' amount_kop=30000"),
    ("*109*5555#", "pay.transfer_confirm code='5555'"),
    ("*105*4*3*1#", "pay.autopay_status"),
    ("*105*4*3*2*30*100#", "pay.autopay_set threshold_kop=3000 amount_kop=10000"),
    ("*105*4*3*3#", "pay.autopay_off"),
    ("*105*4*4*1*300*1#", "pay.card amount_kop=30000"),
    ("*105*4*4*1*300*2*9262222222#", "pay.card amount_kop=30000 to='79262222222'"),
    ("*105*4*4*2*4111111111111111#", "pay.card_bind number='4111111111111111'"),
    ("*105*4*4*3#", "pay.card_unbind"),
    ("*105*4*4*4*11112222333344#", "pay.scratch code='11112222333344'"),
    ("*110*11112222333344#", "pay.scratch code='11112222333344'"),
    ("*110#11112222333344#", "pay.scratch code='11112222333344'"),
    ("*101*11112222333344#", "pay.scratch code='11112222333344'"),
    ("*105*4*5*9262222222#", "pay.call_me to='79262222222'"),
    ("*144*9262222222#", "pay.call_me to='79262222222'"),
    ("*105*4*6*9262222222#", "pay.pay_me to='79262222222'"),
    ("*143*9262222222#", "pay.pay_me to='79262222222'"),
    ("*143*9262222222*100#", "pay.pay_me to='79262222222' amount_kop=10000"),
    # bonus
    ("*115*1#", "bonus.join"),
    ("*105*5*1#", "bonus.join"),
    ("*115*0#", "bonus.balance"),
    ("*100*4#", "bonus.balance"),
    ("*115*2#", "bonus.expiring"),
    ("*115*110#", "bonus.redeem code='110'"),
    ("*115*110*9262222222#", "bonus.gift code='110' to='79262222222'"),
    ("*115#9262222222#110#", "bonus.gift code='9262222222' to='110'"),
    ("*115#110#9262222222#", "bonus.gift code='110' to='9262222222'"),
    ("*115*2*030#", "bonus.redeem_money amount='030'"),
    # packages
    ("*105*6*2*1*1#", "pkg.buy code='372'"),
    ("*752*1*1#", "pkg.buy code='7521'"),
    ("*138*2#", "pay.trust_off"),
    ("*105*6*3*1*1#", "pkg.buy code='945'"),
    ("*105*6*4*1*1#", "pkg.buy code='100S'"),
    ("*105*6*5*1#", "pkg.autorenew on=True"),
    # calls
    ("*105*7*1*1*9262222222#", "cf.set kind='all' to='79262222222'"),
    ("*105*7*1*2*9262222222#", "cf.set kind='busy' to='79262222222'"),
    ("*105*7*1*3*9262222222#", "cf.set kind='no_answer' to='79262222222'"),
    ("*105*7*1*4*9262222222#", "cf.set kind='unreachable' to='79262222222'"),
    ("*105*7*1*6#", "cf.clear"),
    ("*105*7*2*1*0000#", "cb.set kind='outgoing' password='0000'"),
    ("*105*7*2*99*5*0000#", "cb.set kind='incoming_roaming' password='0000'"),
    ("*105*7*2*6*0000#", "cb.clear kind='all' password='0000'"),
    ("*105*7*2*7*0000*1234*1234#", "cb.password old='0000' new='1234' repeat='1234'"),
    ("*105*7*3*1*30*1#", "num.block days=30"),
    ("*105*7*3*3#", "num.unblock"),
    ("*105*7*4*1#", "roaming.set on=True"),
    ("*105*7*5*2#", "tone.set id='2'"),
    ("**21*+79262222222#", "cf.set kind='21' to='79262222222'"),
    ("**21*79262222222#", "cf.set kind='21' to='79262222222'"),
    ("*21*79262222222*11#", "cf.set kind='21' to='79262222222'"),
    ("**61*79262222222**20#", "cf.set kind='61' to='79262222222'"),
    ("**62*79262222222#", "cf.set kind='62' to='79262222222'"),
    ("**67*79262222222#", "cf.set kind='67' to='79262222222'"),
    ("##21#", "cf.clear kind='21'"),
    ("##002#", "cf.clear kind='002'"),
    ("*#21#", "cf.status kind='21'"),
    ("*33*0000#", "cb.set kind='33' password='0000'"),
    ("*35*0000#", "cb.set kind='35' password='0000'"),
    ("*351*0000#", "cb.set kind='351' password='0000'"),
    ("#33*0000#", "cb.clear kind='33' password='0000'"),
    ("#330*0000#", "cb.clear kind='330' password='0000'"),
    ("**03*330*0000*1234*1234#", "cb.password old='0000' new='1234' repeat='1234'"),
    ("*03**0000*1234*1234#", "cb.password old='0000' new='1234' repeat='1234'"),
    # help and password
    ("*105*8*3#", "sup.offices"),
    ("*105*8*4*3#", "account.language language='translit'"),
    ("*105*00#", "password.new screen=True"),
    ("*105*0*1#", "password.new screen=True"),
    ("*105*0*3*1#", "autologin.set on=True"),
    ("*438*9262222222#", "pay.relatives_consent to='79262222222'"),
]


@pytest.mark.parametrize("dialled, action", ACTIONS)
def test_every_code_and_path_asks_for_its_operation(dialled, action):
    assert first(dialled) == f"do: {action}"


def test_a_dialogue_by_hand_is_the_same_as_the_whole_string():
    by_hand = play(ENGINE, "*105#", "4", "2", "9262222222", "300", "1", facts=facts(ALICE))
    assert by_hand[-1] == first("*105*4*2*9262222222*300*1#")


def test_reward_lists_are_paged_by_group():
    shown = play(ENGINE, "*115#", "2", "2", "1", "1", facts=facts(MEMBER))
    assert shown[2] == "ask: 1 15 SMS - 10\n2 10 SMS - 12\n3 20 SMS - 20\n4 10 MMS - 35\n99 Далее\n0 Назад"
    assert shown[3] == "ask: 15 SMS за 10 баллов?\n1 Да\n2 Нет"
    assert shown[4] == "do: bonus.redeem code='015'"
    assert play(ENGINE, "*115*1#", facts=facts(MEMBER))[-1] == "do: bonus.balance"
    money = play(ENGINE, "*105*5*2*4#", "2", "1", facts=facts(MEMBER))
    assert money[0].startswith("ask: 1 5р - 10\n2 10р - 20")
    assert money[-1] == "do: bonus.redeem_money amount='10'"


OUTCOMES: list[tuple[str, dict[str, Any], str]] = [
    (
        "*105*4*1*2#",
        {"amount_kop": 15000, "fee_kop": 2000, "total_kop": 17000, "due_ms": DECEMBER_1},
        "Зачислено 150р. Вернуть 170р до 01.12 00:00",
    ),
    ("*115*0#", {"points": 21, "member": True}, "У вас 21 балл"),
    ("*115*0#", {"points": 12, "member": True}, "У вас 12 баллов"),
    ("*115*2#", {"points": 5, "at_ms": DECEMBER_1}, "Сгорят 01.12.2026: 5 баллов"),
    ("*105*3*4*2#", {"count": 2}, "Отключено: 2 подписки"),
    (
        "*105*801#",
        {"name": "Стоп-контент", "fee_kop": 0, "per": "сут"},
        "Подключено: Стоп-контент. Подробности в SMS",
    ),
    ("*#21#", {"on": True, "text": "Все 79262222222"}, "Все 79262222222"),
    ("*33*0000#", {"text": "исходящие"}, "Запретов нет"),  # as the account is: the action was only played
    (
        "*105*7*3*1*30*1#",
        {"until_ms": DECEMBER_1, "days": 30, "fee_kop": 100},
        "Номер заблокирован до 01.12.2026, 1р/сут. Снять: *105*7*3*3#",
    ),
]


@pytest.mark.parametrize("dialled, results, text", OUTCOMES)
def test_what_is_said_when_it_is_done(dialled, results, text):
    assert play(ENGINE, dialled, done(**results), facts=facts(ALICE))[-1] == f"end: {text}"
    assert fits(text)


def test_a_refusal_is_told_in_words():
    refusal = denied("no.money", need_kop=30000, balance_kop=1240)
    assert play(ENGINE, "*105*650#", refusal, facts=facts(ALICE))[-1] == (
        "end: Недостаточно средств. Нужно 300.00р, на счете 12.40р"
    )


def test_secrets_of_payments_and_barring_are_secret():
    for dialled in ("*105*7*2*1#", "*110#", "*109#", "*105*4*4*2#"):
        step = Player(ENGINE, facts(ALICE)).dial(dialled).step
        assert getattr(step, "secret", False), dialled


def test_paying_by_card_needs_one():
    without = ALICE._replace(cards=())
    assert first("*105*4*4*1#", without) == "end: Карта не привязана. Привязать: *105*4*4*2#"
    assert first("*105*4*4*1#") == "ask: Сумма 100-1000р?"


def test_binding_a_card_asks_for_the_code_from_the_sms():
    shown = play(
        ENGINE,
        "*105*4*4*2#",
        "4111111111111111",
        done(last4="1111"),
        "5555",
        done(last4="1111"),
        facts=facts(ALICE),
    )
    assert shown == [
        "ask: Номер банковской карты?",
        "do: pay.card_bind number='4111111111111111'",
        "ask: Код из SMS для карты *1111?",
        "do: pay.card_confirm code='5555'",
        "end: Карта *1111 привязана",
    ]


@pytest.mark.parametrize("language, text", [("ru", "Выбран русский язык"), ("en", "English is chosen")])
def test_language(language, text):
    key = {"ru": "1", "en": "2"}[language]
    player = Player(ENGINE, facts(ALICE)).dial("*105*8*4#", key)
    player.language = language  # as the changed account has it from now on
    assert player.send(done(language=language)).transcript[-1] == f"end: {text}"


def test_latin_letters():
    player = Player(ENGINE, facts(ALICE)).dial("*105*8*4#", "3")
    player.language = "translit"
    assert player.send(done(language="translit")).transcript[-1] == "end: Vybrany latinskie bukvy"


def test_no_is_an_answer():
    for dialled in ("*105*20*2#", "*105*5*2#", "*105*4*2*9262222222*300*2#"):
        assert first(dialled) == "end: Действие отменено"


def test_an_unsuitable_answer_is_asked_for_once_more():
    shown = play(ENGINE, "*105*4*2#", "12", "12", facts=facts(ALICE))
    assert shown[1] == "ask: Неверный номер. Пример: 9261234567\nНомер получателя (10 цифр)?"
    assert shown[2] == "end: Неверный пункт. Сеанс завершен"


def test_done_without_more_is_acknowledged():
    asked = done(to="79262222222", amount_kop=1, fee_kop=1)
    acknowledged = "end: Ваша заявка принята. Ожидайте SMS с результатом."
    assert play(ENGINE, "*133*300*9262222222#", asked, facts=facts(ALICE))[-1] == acknowledged
    assert play(ENGINE, "*558#", DONE, facts=facts(ALICE))[-1] == acknowledged
