"""A small world for the tests of SMS commands: a vocabulary, a catalogue of texts, a subscriber."""

import textwrap

from ussd_gateway.documents import read_yaml
from ussd_gateway.errors import Problem
from ussd_gateway.sms.keywords import CommandMatch, SmsCommands
from ussd_gateway.sms.loader import compile_commands
from ussd_gateway.templates import LocalText, Texts
from ussd_gateway.vocabulary import ActionSpec, Value, Vocabulary

VOCABULARY = Vocabulary(
    actions={
        spec.name: spec
        for spec in (
            ActionSpec("password.new", "A new password."),
            ActionSpec(
                "password.set", "An own one.", params={"password": True}, secret=frozenset({"password"})
            ),
            ActionSpec("account.balance", "The balance.", results=frozenset({"balance_kop"}), can_deny=False),
            ActionSpec(
                "account.charge", "A fee.", params={"fee_kop": True}, denied_results=frozenset({"need_kop"})
            ),
            ActionSpec(
                "transfer", "Money.", params={"to": True, "amount": True, "note": False, "fast": False}
            ),
            ActionSpec("report", "Some days.", params={"days": True}),
        )
    },
    facts={"subscriber.msisdn": "79261234567", "account.balance_kop": 25000},
    lists={},
)

TEXTS = Texts(
    {
        "unknown": LocalText("Не понял"),
        "billing.down": LocalText("Сервис недоступен"),
        "no.money": LocalText({"ru": "Нужно {need_kop|money}р", "en": "You need {need_kop|money}"}),
        "pas.bad": LocalText("Нужно 6-26 букв и цифр"),
        "pw.changed": LocalText("Пароль изменен"),
    }
)


class Subscriber:
    """Facts about the one subscriber of these tests."""

    def value(self, name: str) -> Value:
        return VOCABULARY.facts[name]

    def rows(self, name: str) -> list[dict[str, Value]]:
        raise KeyError(name)


FACTS = Subscriber()


def commands(*files: str) -> SmsCommands:
    """The commands of some files, which must be free of mistakes."""
    compiled, problems = compiled_from(*files)
    assert not problems, "\n".join(map(str, problems))
    return compiled


def match(all_commands: SmsCommands, text: str, short_code: str = "000105") -> CommandMatch:
    """The command a text finds at a short number of ours."""
    found = all_commands.match(short_code, text)
    assert found is not None
    return found


def complaints(*files: str) -> list[str]:
    """The mistakes of some files (`a.yaml`, `b.yaml`, ...), as `check` prints them."""
    return [str(problem) for problem in compiled_from(*files)[1]]


def compiled_from(*files: str) -> tuple[SmsCommands, list[Problem]]:
    documents = [
        read_yaml(textwrap.dedent(text), f"{name}.yaml") for name, text in zip("abc", files, strict=False)
    ]
    return compile_commands(documents, VOCABULARY, TEXTS)
