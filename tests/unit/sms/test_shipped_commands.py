"""The command files we ship: free of mistakes, and what each text to 000110, 000105 and 000100 does."""

from pathlib import Path

import pytest

from tests.unit.sms.support import match
from ussd_gateway.actions import vocabulary
from ussd_gateway.documents import read_yaml
from ussd_gateway.sms.concat import split_sms
from ussd_gateway.sms.loader import load_sms_commands
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import Outcome, Value

ROOT = Path(__file__).parents[3]
VOCABULARY = vocabulary()


class Subscriber:
    """Every fact has its example value."""

    def value(self, name: str) -> Value:
        return VOCABULARY.facts[name]

    def rows(self, name: str) -> list[dict[str, Value]]:
        raise KeyError(name)


@pytest.fixture(scope="module")
def shipped():
    texts = Texts.load(read_yaml(ROOT / "catalogue" / "texts.yaml"))
    return load_sms_commands(ROOT / "sms_commands", VOCABULARY, texts)


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
        ("000105", "HELP", None, "PAS и новый пароль - сменить пароль. 00 - получить пароль"),
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


def test_the_examples_of_the_manual_are_sound(tmp_path):
    manual = (ROOT / "docs" / "sms_commands.md").read_text(encoding="utf-8")
    examples = manual.split("```yaml\n")[1:]
    for number, example in enumerate(examples):
        (tmp_path / f"{number}.yaml").write_text(example.partition("```")[0], encoding="utf-8")
    texts = Texts.load(read_yaml(ROOT / "catalogue" / "texts.yaml"))
    commands = load_sms_commands(tmp_path, VOCABULARY, texts)
    assert commands.short_codes == {"000105", "8900", "0501", "0502"}
    assert match(commands, "EN", "0501").args == {"language": "EN"}
