"""The command files we ship: free of mistakes, and what each text to each short number does."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sms.support import match
from ussd_gateway.actions import vocabulary
from ussd_gateway.documents import read_yaml
from ussd_gateway.sms.concat import split_sms
from ussd_gateway.sms.loader import load_sms_commands
from ussd_gateway.templates import SUBSCRIBER_LANGUAGES, Texts
from ussd_gateway.vocabulary import Outcome, Value

ROOT = Path(__file__).parents[3]
VOCABULARY = vocabulary()


class Subscriber:
    """Every fact has its example value."""

    def value(self, name: str) -> Value:
        return VOCABULARY.facts[name]

    def rows(self, name: str) -> list[dict[str, Value]]:
        raise KeyError(name)


TEXTS = Texts.load(read_yaml(ROOT / "catalogue" / "texts.yaml"))
SHIPPED = load_sms_commands(ROOT / "sms_commands", VOCABULARY, TEXTS)


@pytest.fixture(scope="module")
def shipped():
    return SHIPPED


@pytest.mark.parametrize(
    "short_code, text, action, args",
    [
        ("000110", "00", "password.new", {}),
        ("000110", " 00 ", "password.new", {}),
        ("000110", "", "password.new", {}),
        ("000110", "   ", "password.new", {}),
        ("000110", "пароль", None, {}),
        ("000105", "PAS Secret88", "password.set", {"password": "Secret88"}),
        ("000105", "pas Secret88", "password.set", {"password": "Secret88"}),
        ("000105", "PAS", None, {}),
        ("000105", "PAS one two", None, {}),
        ("000105", "00", "password.new", {}),
        ("000105", "41", "password.new", {}),
        ("000105", "help", None, {}),
        ("000105", "", None, {}),
        ("000105", "PASS Secret88", None, {}),
        ("000100", "Б", "account.budget", {}),
        ("000100", "", "account.budget", {}),
        ("000100", "anything at all", "account.budget", {}),
        ("000105", "5041", "acct.spend", {"period": "day"}),
        ("000105", "5042", "acct.spend", {"period": "month"}),
        ("000105", "7501", "bl.on", {}),
        ("000105", "3351", "svc.on", {"code": "3351"}),
        ("000105", "3354", "svc.on", {"code": "3354"}),
        ("000105", "650", "svc.on", {"code": "650"}),
        ("000105", "6500", "svc.off", {"code": "650"}),
        ("000105", "650 0", "svc.off", {"code": "650"}),
        ("000105", "81010", "svc.off", {"code": "8101"}),
        ("000105", "VK A", "svc.on", {"code": "240"}),
        ("000105", "vk r", "svc.off", {"code": "240"}),
        ("000105", "VKS", "svc.status", {"code": "240"}),
        ("000105", "VK A 134", "svc.on", {"code": "134"}),
        ("000105", "VK R 134", "svc.off", {"code": "134"}),
        ("000105", "VK S 134", "svc.status", {"code": "134"}),
        ("000105134", " ", "svc.on", {"code": "134"}),
        ("000105650", "", "svc.off", {"code": "65"}),
        ("000105906", " ", "pkg.buy", {"code": "7521"}),
        ("000105906", "да", "pkg.buy", {"code": "7521"}),
        ("0001056500", "", "svc.off", {"code": "650"}),
        ("0001058101", "", "svc.on", {"code": "8101"}),
        ("00010581010", "", "svc.off", {"code": "8101"}),
        ("000105134", "да", None, {}),
        ("000500", "1019V", "tariff.change", {"code": "1019V"}),
        ("000500", "", None, {}),
        ("5010", "5010", "bonus.join", {}),
        ("5010", "0", "bonus.balance", {}),
        ("5010", "2", "bonus.expiring", {}),
        ("5010", "110", "bonus.redeem", {"code": "110"}),
        ("5010", "110 9261234567", "bonus.gift", {"code": "110", "to": "79261234567"}),
        ("5010", "110 me", None, {}),
        ("0006", "", "pay.promised", {}),
        ("0006", "100", "pay.promised", {"tier": "100"}),
        ("0006", "300", "pay.promised", {"tier": "300"}),
        ("8900", "9261234567 100", "pay.transfer", {"to": "79261234567", "amount_kop": 10000}),
        ("8900", "+79261234567  99,50", "pay.transfer", {"to": "79261234567", "amount_kop": 9950}),
        ("8900", "4821", "pay.transfer_confirm", {"code": "4821"}),
        ("8900", "9261234567", None, {}),
        ("3311", "1", "pay.transfer_bar", {"on": False}),
        ("3311", "2", "pay.transfer_bar", {"on": True}),
        ("5130", "", "bl.on", {}),
        ("5130", "+79262222222", "bl.add", {"number": "79262222222"}),
        ("5130", "-79262222222", "bl.delete", {"number": "79262222222"}),
        ("5130", "inf", "bl.list", {}),
        ("5130", "OFF", "bl.off", {}),
        ("5039", "ivanov@mail.ru", "acct.detail", {"month": 0, "email": "ivanov@mail.ru"}),
        ("5039", "", "acct.detail", {"month": 0}),
        ("5051", "STOP", "svc.stop_all", {}),
        ("5051", "стоп", "svc.stop_all", {}),
        ("1100", "11112222333344", "pay.scratch", {"code": "11112222333344"}),
        ("1100", "11112222333344 9261234567", "pay.scratch", {"code": "11112222333344", "to": "79261234567"}),
        ("0500", "Где мои деньги?", "sup.ask", {"text": "Где мои деньги?"}),
        ("05009063", "", "pkg.buy", {"code": "372"}),
        ("0500912", "ост", "account.remains", {}),
        ("0500989", "Остаток", "account.remains", {}),
        ("0500989", "100 европа", "pkg.buy", {"code": "989"}),
    ],
)
def test_a_text_asks_for_its_action(shipped, short_code, text, action, args):
    found = match(shipped, text, short_code)
    assert (found.action, found.args) == (action, args)


@pytest.mark.parametrize(
    "short_code, text, outcome, reply",
    [
        ("000110", "пароль", None, "Новый пароль: пришлите на этот номер 00 или пустое SMS"),
        ("000110", "00", Outcome("done"), None),
        ("000110", "00", Outcome("error"), "Сервис временно недоступен. Повторите запрос позже"),
        ("000105", "PAS Secret88", Outcome("done"), None),
        ("000105", "PAS", None, "Пароль не изменен: нужно 6-26 букв и цифр. Пример: PAS qwerty12"),
        (
            "000105",
            "PAS x",
            Outcome("denied", {"reason": "pas.bad"}),
            "Пароль не изменен: нужно 6-26 букв и цифр. Пример: PAS qwerty12",
        ),
        ("000105", "что?", None, "Команда не распознана. Список команд: SMS HELP на 000105"),
        ("000105", "HELP", None, "PAS пароль; 00 - пароль в SMS; 5041, 5042 - расходы; код - услуга"),
        ("000105", "5041", Outcome("done", {"spent_kop": 1250}), "Расходы за день: 12.50р"),
        (
            "000105",
            "VK S",
            Outcome("done", {"name": "Кто звонил+", "on": True, "fee_kop": 150, "per": "сут"}),
            "Кто звонил+: подключено - да. Плата 1.5р/сут",
        ),
        ("000105", "650", Outcome("denied", {"reason": "bad.code"}), "Неверный код услуги. Наберите *105#"),
        ("000105134", "да", None, "Для подключения услуги 134 пришлите пустое SMS"),
        ("0001056500", "нет", None, "Для отключения услуги 650 пришлите пустое SMS"),
        (
            "000500",
            "1019v",
            Outcome("done", {"name": "Выбирай", "fee_kop": 3000, "effective_ms": 1_796_072_400_000}),
            "Тариф Выбирай будет с 01.12 00:00. Плата за смену 30р",
        ),
        ("5010", "0", Outcome("done", {"points": 57, "member": True}), "У вас 57 баллов. Потратить: *115#"),
        (
            "5010",
            "2",
            Outcome("done", {"points": 1, "at_ms": 1_796_072_400_000}),
            "Сгорят 01.12.2026: 1 балл",
        ),
        ("5010", "5010", Outcome("done", {"points": 0}), None),
        ("5010", "что", None, "5010 - вступить, 0 - баллы, 2 - сгорают, код - вознаграждение"),
        ("3311", "2", Outcome("done", {"on": True}), "Мобильный перевод запрещен"),
        ("3311", "3", None, "1 - разрешить мобильный перевод, 2 - запретить"),
        (
            "5130",
            "+79262222222",
            Outcome("done", {"number": "79262222222", "count": 1}),
            "79262222222 в черном списке. Номеров: 1",
        ),
        ("5130", "?", None, "Пустое SMS - вкл, +номер, -номер, INF - список, OFF - откл"),
        (
            "5039",
            "ivanov@mail.ru",
            Outcome("done", {"email": "ivanov@mail.ru", "period": "01.05-31.05", "ready_ms": 0}),
            "Детализация за 01.05-31.05: ivanov@mail.ru, до 15 минут",
        ),
        ("8900", "?", None, "Пришлите номер и сумму: 9261234567 100. Затем код из SMS"),
        ("0500", "Вопрос", Outcome("done"), "Вопрос принят. Ответ придет в SMS"),
        ("1100", "?", None, "Пришлите код карты оплаты"),
        ("000100", "", Outcome("denied", {"reason": "corp.only"}), "Баланс: -12345.67р"),
    ],
)
def test_a_text_is_answered_in_one_message(shipped, short_code, text, outcome, reply):
    answer = shipped.answer(match(shipped, text, short_code), outcome, Subscriber(), "ru")
    assert (answer.text if answer else None) == reply
    if answer is not None:
        assert answer.source == short_code
        assert len(split_sms(answer.text, 0)) == 1


def test_a_text_that_may_hold_a_password_is_secret(shipped):
    for text in ("PAS Secret88", "PAS Secret88 really"):
        assert match(shipped, text).secret
    assert not match(shipped, "00").secret


def test_secrets_of_payments_are_secret(shipped):
    for number, text in (("1100", "11112222333344"), ("8900", "4821")):
        assert match(shipped, text, number).secret


def test_every_short_number_is_ours(shipped):
    numbers = (
        "000100 000105 000105650 000105906 000110 000500 0006 0500 0500912 0500989 05009063 1100 3311 5010 "
        "5039 5051 5130 8900"
    )
    assert shipped.short_codes == set(numbers.split(" "))


def test_a_text_to_a_subscriber_may_end_in_a_sum(shipped):
    found = shipped.match_to_subscriber("79262222222", "С праздником! #300")
    assert found is not None
    assert (found.action, found.args) == ("pay.transfer", {"to": "79262222222", "amount_kop": 30000})
    for text in ("Привет", "#", "#300!", "я #1 и ты"):
        assert shipped.match_to_subscriber("79262222222", text) is None


@given(
    st.sampled_from(["000105650", "0001056500", "0001058101", "000100", "000105", "5010", "5130", "8900"]),
    st.text(max_size=40) | st.text("0123456789 +-#VKARSvk", max_size=20),
)
def test_any_text_means_something_its_action_can_take(number, text):
    found = match(SHIPPED, text, number)
    if found.action is not None:
        params = VOCABULARY.actions[found.action].params
        assert {name for name, needed in params.items() if needed} <= set(found.args) <= set(params)


@pytest.mark.parametrize("language", SUBSCRIBER_LANGUAGES)
def test_replies_of_our_own_words_take_one_message(shipped, language):
    for number, commands in shipped.listing():
        for command in commands:
            if command.reply is not None:
                values = dict.fromkeys(command.reply.text.variables, "8103")
                text = command.reply.text.render(language, values)
                assert len(split_sms(text, 0)) == 1, (number, text)


def test_the_examples_of_the_manual_are_sound(tmp_path):
    manual = (ROOT / "docs" / "sms_commands.md").read_text(encoding="utf-8")
    examples = manual.split("```yaml\n")[1:]
    for number, example in enumerate(examples):
        (tmp_path / f"{number}.yaml").write_text(example.partition("```")[0], encoding="utf-8")
    texts = Texts.load(read_yaml(ROOT / "catalogue" / "texts.yaml"))
    commands = load_sms_commands(tmp_path, VOCABULARY, texts)
    assert commands.short_codes == {"000105", "8900", "0501", "0502"}
    assert match(commands, "EN", "0501").args == {"language": "EN"}
