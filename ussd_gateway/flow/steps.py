"""What a step of a dialogue asks of whoever runs it, and the values its texts and conditions read."""

from dataclasses import dataclass

from ussd_gateway.flow.model import ActionScreen, InputScreen, SmsText
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import Facts, Outcome, Value

Move = tuple[str, str, str]
"""(screen, event, next screen): one move of a dialogue or a call, noted when somebody watches."""


class Scope:
    """What the names in texts and conditions mean: the dialogue's variables first, then facts.

    `choices` and `rows` are the lines of the screen being shown.
    """

    __slots__ = ("choices", "facts", "rows", "variables")

    def __init__(self, variables: dict[str, Value], facts: Facts) -> None:
        self.variables = variables
        self.facts = facts
        self.choices = ""
        self.rows = ""

    def __getitem__(self, name: str) -> Value:
        value = self.variables.get(name)
        if value is not None:
            return value
        if name == "choices":
            return self.choices
        return self.rows if name == "rows" else self.facts.value(name)


@dataclass(slots=True)
class Sms:
    """An SMS to the subscriber, declared by the file; `sender` None means the usual short number."""

    text: str
    secret: bool
    sender: str | None


@dataclass(slots=True)
class ActionNeeded:
    """Perform `action` and come back with its outcome (`Engine.resume`)."""

    action: str
    args: dict[str, Value]
    screen: str
    messages: list[Sms]


def action_needed(screen: ActionScreen, scope: Scope, language: str, messages: list[Sms]) -> ActionNeeded:
    """The action of a screen with its arguments filled in."""
    return ActionNeeded(screen.action, screen.arguments.values(language, scope), screen.name, messages)


def take_outcome(outcome: Outcome, scope: Scope, language: str, texts: Texts) -> None:
    """Make the results of an action variables.

    A refusal names a text of the catalogue; files show it as {reason}.
    """
    scope.variables.update(outcome.params)
    if outcome.name == "denied":
        reason = str(outcome.params["reason"])
        text = texts.get(reason)
        scope.variables["reason"] = text.render(language, scope) if text else reason


def take_answer(screen: InputScreen, value: Value, scope: Scope) -> bool:
    """Make an answer the screen's variable, provided that what the file demands of it holds then."""
    variables, name = scope.variables, screen.variable
    before = variables.get(name)
    variables[name] = value
    if screen.when is None or screen.when.holds(scope):
        return True
    if before is None:
        del variables[name]
    else:
        variables[name] = before
    return False


def sms_of(sms: SmsText, scope: Scope, language: str) -> Sms:
    """A declared SMS, filled in."""
    return Sms(sms.text.render(language, scope), sms.secret, sms.sender)
