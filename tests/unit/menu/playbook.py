"""Playbooks: a dialogue as the list of what goes in, compared with the transcript of what comes out.

play(engine, "*105#", "1", DONE)  ->  ["ask: 1 Счет\\n...", "do: pay fee_kop=100", "sms: ...", "end: ..."]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ussd_gateway.documents import read_yaml
from ussd_gateway.errors import Problem
from ussd_gateway.menu.engine import ActionNeeded, AppNeeded, Engine, Entry, Position, Show, Step
from ussd_gateway.menu.loader import Menus, Surroundings, assemble, read_menu
from ussd_gateway.templates import Texts
from ussd_gateway.ussd.routing import Router
from ussd_gateway.vocabulary import ActionSpec, Facts, Outcome, Value, Vocabulary

TEXTS = Texts.load(
    read_yaml("""\
bad.item: {ru: Неверно, en: Wrong}
bad.end: {ru: Хватит, en: Enough}
bye: {ru: Пока, en: Bye}
billing.down: {ru: Недоступно, en: Unavailable}
nothing.here: {ru: Ничего, en: Nothing}
list.empty: {ru: Пусто, en: Empty}
no.money: {ru: "Мало денег: нужно {need_kop|money}р", en: "No money: {need_kop|money} needed"}
paid: {ru: "Оплачено {paid_kop|money}р", en: "Paid {paid_kop|money}"}
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
            ActionSpec(
                "code.make",
                "Makes a code.",
                results=frozenset({"code"}),
                secret=frozenset({"code"}),
                can_deny=False,
            ),
        )
    },
    facts={
        "subscriber.msisdn": "79261234567",
        "subscriber.corporate": False,
        "subscriber.tariff": "Включайся! Пиши",
        "account.balance_kop": 1_234_567,
    },
    lists={"tariffs.available": {"code": "pishi", "name": "Включайся! Пиши", "fee_kop": 32000}},
)

SURROUNDINGS = Surroundings(VOCABULARY, TEXTS, profiles=("africastalking", "hubtel"))


@dataclass(frozen=True)
class App:
    """What came of a web application: its last text, or nothing."""

    said: str | None


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
        self._rows = rows or {}

    def value(self, name: str) -> Value:
        return self._facts[name]

    def rows(self, name: str) -> Sequence[Mapping[str, Value]]:
        return self._rows.get(name, ())


def menus_of(*sources: str) -> Menus:
    """Menus from text; every mistake fails the test that wrote it."""
    problems: list[Problem] = []
    menus = [read_menu(source, SURROUNDINGS, problems)[0] for source in sources]
    assert not problems, "\n".join(map(str, problems))
    return assemble([menu for menu in menus if menu is not None], TEXTS)


def engine_of(*sources: str) -> Engine:
    return Engine(menus_of(*sources))


def play(
    engine: Engine,
    dialled: str,
    *inputs: str | Outcome | App,
    facts: Facts | None = None,
    language: str = "ru",
) -> list[str]:
    """The transcript of one dialogue: dial, then answers of the subscriber and outcomes of actions."""
    return Player(engine, facts or FixedFacts(), language).dial(dialled, *inputs).transcript


class Player:
    """A phone and a billing core in one: feeds the engine, writes down what it says."""

    def __init__(self, engine: Engine, facts: Facts | None = None, language: str = "ru") -> None:
        self.engine = engine
        self.facts: Facts = facts or FixedFacts()
        self.language = language
        self.transcript: list[str] = []
        self.position = Position("", "")
        self.step: Step | None = None

    def dial(self, dialled: str, *inputs: str | Outcome | App) -> "Player":
        router: Router[Entry] = Router()
        for code, entry, exact, accept in self.engine.menus.routes:
            if accept:
                router.add_parametrised(code, entry, accept)
            else:
                router.add(code, entry, exact=exact)
        match = router.find(dialled)
        assert match is not None, f"no menu answers {dialled}"
        self.position, step = self.engine.begin(match.target, match.rest_inputs, self.facts, self.language)
        self._write(step)
        return self.send(*inputs)

    def send(self, *inputs: str | Outcome | App) -> "Player":
        for each in inputs:
            # What is kept between two steps must survive being stored.
            self.position = Position.from_json(self.position.to_json())
            if isinstance(each, Outcome):
                assert isinstance(self.step, ActionNeeded), f"no action is waiting for {each}"
                self._write(self.engine.resume(self.position, each, self.facts, self.language))
            elif isinstance(each, App):
                assert isinstance(self.step, AppNeeded), f"no application is waiting for {each}"
                self._write(self.engine.come_back(self.position, each.said, self.facts, self.language))
            else:
                assert isinstance(self.step, Show), f"nobody asked for {each!r}"
                self._write(self.engine.advance(self.position, each, self.facts, self.language))
        return self

    def _write(self, step: Step) -> None:
        self.step = step
        for sms in step.messages:
            sender = f" from {sms.sender}" if sms.sender else ""
            self.transcript.append(f"sms{sender}: {sms.text}")
        if isinstance(step, ActionNeeded):
            args = "".join(f" {name}={value!r}" for name, value in step.args.items())
            self.transcript.append(f"do: {step.action}{args}")
        elif isinstance(step, AppNeeded):
            self.transcript.append(f"app: {' '.join([step.screen, *step.inputs])}")
        else:
            self.transcript.append(f"{'ask' if isinstance(step, Show) else 'end'}: {step.text}")
