"""What a text to a short number means, and what is answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sms.support import FACTS, TEXTS, commands, match
from ussd_gateway.sms.keywords import MAX_REGEX_TEXT, SmsReply
from ussd_gateway.vocabulary import Outcome

GUIDE = """
short_code: "000105"
commands:
  - keyword: PAS
    args: "{password}"
    action: password.set
    on: {done: {reply: pw.changed}, denied: {reply: pas.bad, from: "000110"}}
  - keyword: PAS
    args: "{anything...}"
    reply: pas.bad
  - match: ["00", "41", ""]
    action: password.new
  - keyword: [Б, B]
    action: account.balance
    on: {done: {reply: "На счете {balance_kop|money}р"}}
  - keyword: ПЕРЕВОД
    args: "{to} {sum} {note...}"
    action: transfer
    with: {amount: "{sum}", to: "{to}", note: "{note}", fast: true}
    on: {done: {reply: "Переведено {sum} на {to}"}, error: {reply: "Позже"}}
  - regex: '(?P<days>\\d+) (?:дней|days)(?P<tail>!)?'
    action: report
    with: {days: "{days}"}
  - match: ["100 Европа"]
    reply: "Пакет {text} для {subscriber.msisdn}"
otherwise: {reply: unknown}
"""


@pytest.fixture(scope="module")
def guide():
    return commands(GUIDE)


@pytest.mark.parametrize(
    "text, action, args",
    [
        ("PAS Secret77", "password.set", {"password": "Secret77"}),
        ("  pas\n Secret77 \u00a0", "password.set", {"password": "Secret77"}),
        ("00", "password.new", {}),
        (" 00 ", "password.new", {}),
        ("41", "password.new", {}),
        ("", "password.new", {}),
        (" \t\r\n", "password.new", {}),
        ("б", "account.balance", {}),
        ("b", "account.balance", {}),
        (
            "Перевод 9261234567 300 на  чай",
            "transfer",
            {"amount": "300", "to": "9261234567", "note": "на  чай", "fast": True},
        ),
        (
            "перевод 9261234567 300",
            "transfer",
            {"amount": "300", "to": "9261234567", "note": "", "fast": True},
        ),
        ("7 ДНЕЙ", "report", {"days": "7"}),
        ("30 days!", "report", {"days": "30"}),
    ],
)
def test_a_text_finds_its_action_and_arguments(guide, text, action, args):
    found = match(guide, text)
    assert (found.action, found.args) == (action, args)


@pytest.mark.parametrize("text", ["PAS", "pas", "PAS one two", "PAS "])
def test_the_first_command_that_fits_wins_and_the_next_takes_the_rest(guide, text):
    found = match(guide, text)
    assert found.action is None
    assert answer(guide, text) == SmsReply("000105", "Нужно 6-26 букв и цифр", False)


@pytest.mark.parametrize(
    "text", ["PASSecret77", "001", "0 0", "ББ", "перевод 9261234567", "дней", "7 дней потом", "PAS" * 100]
)
def test_what_fits_no_command_is_otherwise(guide, text):
    assert answer(guide, text) == SmsReply("000105", "Не понял", False)


def test_a_short_number_of_nobody_has_no_commands(guide):
    assert guide.match("000106", "00") is None
    assert guide.short_codes == {"000105"}


def test_without_otherwise_the_catalogue_says_unknown():
    bare = commands('{short_code: "7070", commands: [{match: "00", reply: "да"}]}')
    assert answer(bare, "что?", short_code="7070") == SmsReply("7070", "Не понял", False)
    assert answer(bare, "00", short_code="7070") == SmsReply("7070", "да", False)


def test_a_file_of_only_otherwise_takes_every_text():
    balance = commands('{short_code: "000100", otherwise: {action: account.balance}}')
    assert match(balance, "Б", "000100").action == "account.balance"
    assert match(balance, "", "000100").action == "account.balance"


def test_a_reply_on_done_may_use_results_and_variables(guide):
    done = Outcome("done", {"balance_kop": 15320})
    assert answer(guide, "Б", done) == SmsReply("000105", "На счете 153.20р", False)
    assert answer(guide, "перевод 926 300", Outcome("done")).text == "Переведено 300 на 926"


def test_whole_text_and_facts_are_variables_too(guide):
    assert answer(guide, "100  ЕВРОПА").text == "Пакет 100  ЕВРОПА для 79261234567"


def test_an_action_without_a_reply_on_done_sends_nothing(guide):
    assert answer(guide, "00", Outcome("done")) is None


def test_a_refusal_nobody_wrote_a_reply_for_is_told_by_its_reason(guide):
    denied = Outcome("denied", {"reason": "no.money", "need_kop": 30000})
    assert answer(guide, "00", denied) == SmsReply("000105", "Нужно 300р", False)
    english = guide.answer(match(guide, "00"), denied, FACTS, "en")
    assert english.text == "You need 300"


def test_a_failure_nobody_wrote_a_reply_for_is_told_in_the_catalogues_words(guide):
    assert answer(guide, "00", Outcome("error")).text == "Сервис недоступен"
    assert answer(guide, "перевод 926 300", Outcome("error")).text == "Позже"


def test_the_reason_can_stand_inside_a_reply():
    one = commands(
        """
        short_code: "7070"
        otherwise: {action: account.charge, with: {fee_kop: 100}, on: {denied: {reply: "Нет: {reason}"}}}
        """
    )
    denied = Outcome("denied", {"reason": "no.money", "need_kop": 100})
    assert answer(one, "", denied, short_code="7070").text == "Нет: Нужно 1р"


def test_a_reply_may_come_from_another_short_number(guide):
    denied = Outcome("denied", {"reason": "pas.bad"})
    assert answer(guide, "PAS x", denied) == SmsReply("000110", "Нужно 6-26 букв и цифр", False)


def test_a_secret_argument_makes_the_text_secret(guide):
    assert match(guide, "PAS Secret77").secret
    assert not match(guide, "00").secret
    assert not match(guide, "Б").secret


def test_a_command_can_be_declared_secret_and_so_is_what_it_repeats():
    one = commands(
        """
        short_code: "7070"
        commands: [{keyword: PIN, args: "{pin}", secret: true, reply: "Ваш PIN {pin}"}]
        otherwise: {reply: {ru: "Код 1", en: "Code 1", secret: true}}
        """
    )
    assert match(one, "PIN 1234", "7070").secret
    assert answer(one, "PIN 1234", short_code="7070") == SmsReply("7070", "Ваш PIN 1234", True)
    assert answer(one, "x", short_code="7070") == SmsReply("7070", "Код 1", True)


def test_an_expression_is_never_tried_on_a_long_text(guide):
    digits = "1" * MAX_REGEX_TEXT
    assert match(guide, f"{digits[:-7]} days").action == "report"
    assert match(guide, f"{digits} days").action is None


def test_several_short_numbers_can_share_a_file():
    shared = commands('{short_codes: ["7070", "7071"], otherwise: {reply: "ok"}}')
    assert answer(shared, "", short_code="7071") == SmsReply("7071", "ok", False)
    assert shared.short_codes == {"7070", "7071"}


@given(st.text(max_size=40))
def test_any_text_finds_a_command(text):
    guide = GUIDE_ONCE
    found = match(guide, text)
    assert found.action in {None, "password.set", "password.new", "account.balance", "transfer", "report"}


GUIDE_ONCE = commands(GUIDE)


def answer(all_commands, text, outcome=None, short_code="000105"):
    return all_commands.answer(match(all_commands, text, short_code), outcome, FACTS, "ru")


def test_the_catalogue_of_these_tests_is_complete():
    assert {"unknown", "billing.down", "no.money"} <= set(TEXTS)
