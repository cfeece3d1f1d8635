"""A call as the list of what goes in, compared with the transcript of what comes out.

play(SOURCE, "0505", "2", "12#", SILENCE, DONE)  ->  ["Счет - 1", "do: pay fee_kop=100", "end: Пока"]
"""

from collections.abc import Mapping, Sequence

from ussd_gateway.documents import read_yaml
from ussd_gateway.errors import Problem
from ussd_gateway.flow.steps import ActionNeeded
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import ActionSpec, Outcome, Value, Vocabulary
from ussd_gateway.voice.engine import HangUp, Listen, Step
from ussd_gateway.voice.loader import VoiceMenus, assemble, read_menu

PLAN = NumberingPlan()
TEXTS = Texts.load(
    read_yaml("""\
voice.bad_key: {ru: Нет такой, en: No such key}
voice.bad_input: {ru: Не то, en: Not that}
voice.enough: {ru: Хватит, en: Enough}
voice.silent: {ru: Тишина, en: Silence}
billing.down: {ru: Недоступно, en: Unavailable}
list.empty: {ru: Пусто, en: Empty}
no.money: {ru: "Мало денег: нужно {need_kop|money}р", en: "No money: {need_kop|money} needed"}
code.sms: {secret: true, ru: "Код", en: "Code"}
""")
)
VOCABULARY = Vocabulary(
    actions={
        spec.name: spec
        for spec in (
            ActionSpec(
                "money.pay",
                "Takes a fee.",
                params={"fee_kop": True, "note": False},
                results=frozenset({"paid_kop"}),
                denied_results=frozenset({"need_kop"}),
            ),
            ActionSpec("line.ping", "Does nothing.", can_deny=False),
            ActionSpec("code.make", "Makes a code.", results=frozenset({"code"}), can_deny=False),
        )
    },
    facts={"subscriber.corporate": False, "account.balance_kop": 1_234_567},
    lists={"tariffs.available": {"code": "pishi", "name": "Включайся! Пиши", "fee_kop": 32000}},
)

SILENCE = "..."
DONE = Outcome("done")
ERROR = Outcome("error")


def done(**results: Value) -> Outcome:
    return Outcome("done", results)


def denied(reason: str, **params: Value) -> Outcome:
    return Outcome("denied", {"reason": reason, **params})


class FixedFacts:
    """Facts that are simply given; the vocabulary's examples where nothing is said."""

    def __init__(
        self,
        facts: Mapping[str, Value] | None = None,
        rows: Mapping[str, Sequence[Mapping[str, Value]]] | None = None,
        vocabulary: Vocabulary = VOCABULARY,
    ) -> None:
        self._facts = {**vocabulary.facts, **(facts or {})}
        self.lists = dict(rows or {})

    def value(self, name: str) -> Value:
        return self._facts[name]

    def rows(self, name: str) -> Sequence[Mapping[str, Value]]:
        return self.lists.get(name, ())


def voice_of(*sources: str) -> VoiceMenus:
    """Voice menus from text; every mistake fails the test that wrote it."""
    problems: list[Problem] = []
    menus = [read_menu(source, VOCABULARY, TEXTS, PLAN, problems)[0] for source in sources]
    assert not problems, "\n".join(map(str, problems))
    return assemble([menu for menu in menus if menu is not None], TEXTS)


class Player:
    """A caller and a billing core in one: feeds the engine, writes down what it says."""

    def __init__(self, menus: VoiceMenus, facts: FixedFacts | None = None, language: str = "ru") -> None:
        self.menus = menus
        self.facts = facts or FixedFacts()
        self.language = language
        self.transcript: list[str] = []
        self.step: Step | None = None

    def dial(self, number: str, *inputs: str | Outcome) -> "Player":
        line = self.menus.find(number)
        assert line is not None, f"nobody answers {number}"
        self.engine = line.engine
        self.position = self.engine.at_rest()
        self._write(self.engine.answer(self.position, line.number, self.facts, self.language))
        return self.send(*inputs)

    def send(self, *inputs: str | Outcome) -> "Player":
        for each in inputs:
            assert not isinstance(self.step, HangUp), f"the line is dead, nobody takes {each!r}"
            if isinstance(each, Outcome):
                assert isinstance(self.step, ActionNeeded), f"no action is waiting for {each}"
                self._write(self.engine.resume(self.position, each, self.facts, self.language))
            elif each == SILENCE:
                self._write(self.engine.silence(self.position, self.facts, self.language))
            else:
                for key in each:
                    self._write(self.engine.press(self.position, key, self.facts, self.language))
        return self

    def _write(self, step: Step) -> None:
        self.step = step
        for sms in step.messages:
            self.transcript.append(f"sms: {sms.text}")
        if isinstance(step, ActionNeeded):
            args = "".join(f" {name}={value!r}" for name, value in step.args.items())
            self.transcript.append(f"do: {step.action}{args}")
        elif not isinstance(step, Listen):
            self.transcript.append(f"end: {step.text}" if isinstance(step, HangUp) else step.text)


def play(source: str, number: str, *inputs: str | Outcome, facts: FixedFacts | None = None) -> list[str]:
    """The transcript of one call."""
    return Player(voice_of(source), facts).dial(number, *inputs).transcript
