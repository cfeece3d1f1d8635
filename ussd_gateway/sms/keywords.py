"""What a text to a short number means: the compiled commands, tried from the top of their file.

A text is taken as people type it: blanks around it are ignored, upper and lower case are alike in
keywords and whole texts (Cyrillic too), arguments keep theirs.  The first command that fits wins; a text
that fits none is the file's `otherwise`.  Nothing here looks at a subscriber but through `Facts`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ussd_gateway.flow.inputs import Acceptor
from ussd_gateway.templates import LocalText, Texts
from ussd_gateway.vocabulary import Facts, Outcome, OutcomeName, Value

MAX_REGEX_TEXT = 200
"""Longer texts are no commands for a `regex`: bounds what an ill-made expression can cost."""

WHOLE_TEXT = "text"
"""The variable that holds the whole text in every command."""

RECIPIENT = "to"
"""The variable that holds the number a text to another subscriber was sent to."""


@dataclass(frozen=True, slots=True)
class Exact:
    """Fits the listed texts; blanks inside count as one."""

    texts: frozenset[str]

    def fit(self, text: str) -> dict[str, str] | None:
        return {} if folded(text) in self.texts else None


@dataclass(frozen=True, slots=True)
class Keyword:
    """Fits a first word followed by one word per argument; a `rest` argument takes all that is left."""

    words: frozenset[str]
    arguments: tuple[str, ...] = ()
    rest: str | None = None

    def fit(self, text: str) -> dict[str, str] | None:
        parts = text.split(None, len(self.arguments) + 1)
        if not parts or parts[0].casefold() not in self.words or len(parts) <= len(self.arguments):
            return None
        found = dict(zip(self.arguments, parts[1:], strict=False))
        left = parts[len(self.arguments) + 1] if len(parts) > len(self.arguments) + 1 else ""
        if self.rest is not None:
            found[self.rest] = left
        elif left:
            return None
        return found


@dataclass(frozen=True, slots=True)
class Pattern:
    """Fits a regular expression as a whole; its named groups become variables."""

    regex: re.Pattern[str]

    def fit(self, text: str) -> dict[str, str] | None:
        found = self.regex.fullmatch(text) if len(text) <= MAX_REGEX_TEXT else None
        return {name: value or "" for name, value in found.groupdict().items()} if found else None


@dataclass(frozen=True, slots=True)
class Anything:
    """Fits every text: `otherwise`."""

    def fit(self, text: str) -> dict[str, str] | None:
        return {}


Shape = Exact | Keyword | Pattern | Anything


@dataclass(frozen=True, slots=True)
class Reference:
    """An argument of an action that is a variable of the command: `"{password}"`."""

    name: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A text to send back; `sender` None means the short number written to."""

    text: LocalText
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """One command of one file, ready to be matched.  It has an `action`, or a `reply`, or neither.

    `line` is where it stands in its file; `secret` are the variables whose values must not be logged;
    `accept` reads the variables that may not be just anything.
    """

    shape: Shape
    line: int
    accept: Mapping[str, Acceptor] = field(default_factory=dict)
    action: str | None = None
    arguments: Mapping[str, Value | Reference] = field(default_factory=dict)
    reply: Reply | None = None
    on: Mapping[OutcomeName, Reply] = field(default_factory=dict)
    secret: frozenset[str] = frozenset()

    def fit(self, text: str) -> dict[str, Value] | None:
        """The variables taken from the text, or None when it is not this command."""
        found = self.shape.fit(text)
        if found is None:
            return None
        variables: dict[str, Value] = {WHOLE_TEXT: text, **found}
        for name, accept in self.accept.items():
            value = accept(found[name])
            if value is None:
                return None
            variables[name] = value
        return variables


@dataclass(frozen=True, slots=True)
class ShortCodes:
    """Short numbers that begin alike: `000105{code}`, its expression, how many of its digits are fixed."""

    code: str
    shape: re.Pattern[str]
    literal: int
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class SmsReply:
    """An SMS to send: from short number `source`; `secret` when its text must not be logged."""

    source: str
    text: str
    secret: bool


@dataclass(frozen=True, slots=True)
class CommandMatch:
    """A text that found its command, with the variables taken from it."""

    short_code: str
    command: Command
    variables: Mapping[str, Value]

    @property
    def action(self) -> str | None:
        """The action to carry out; None when there is only something to reply."""
        return self.command.action

    @property
    def args(self) -> dict[str, Value]:
        """The arguments of the action."""
        return {
            name: self.variables[value.name] if isinstance(value, Reference) else value
            for name, value in self.command.arguments.items()
        }

    @property
    def secret(self) -> bool:
        """Whether the text of this SMS must not be logged."""
        return not self.command.secret.isdisjoint(self.variables)


class SmsCommands:
    """All short numbers of one load of the files; immutable."""

    def __init__(
        self,
        by_short_code: Mapping[str, tuple[Command, ...]],
        texts: Texts,
        *,
        ranges: Sequence[ShortCodes] = (),
        to_subscribers: tuple[Command, ...] = (),
    ) -> None:
        """Commands in file order; the last of every short number fits anything.

        `ranges` are the short numbers with a variable in them, `to_subscribers` the commands in texts to
        other subscribers.
        """
        self._by_short_code = dict(by_short_code)
        self._texts = texts
        self._ranges = sorted(ranges, key=lambda each: -each.literal)
        self._to_subscribers = to_subscribers

    @property
    def short_codes(self) -> frozenset[str]:
        """The short numbers we answer, those with a variable in them aside."""
        return frozenset(self._by_short_code)

    def listing(self) -> list[tuple[str, tuple[Command, ...]]]:
        """Every number as its file writes it, with its commands; last what is sent to subscribers."""
        found = [*self._by_short_code.items(), *((each.code, each.commands) for each in self._ranges)]
        people = [("a subscriber", self._to_subscribers)] if self._to_subscribers else []
        return sorted(found) + people

    def match(self, short_code: str, text: str) -> CommandMatch | None:
        """What `text` asks of `short_code`; None when the short number is not ours."""
        commands = self._by_short_code.get(short_code)
        if commands is not None:
            return _first(commands, short_code, text, {})
        for each in self._ranges:
            if found := each.shape.fullmatch(short_code):
                return _first(each.commands, short_code, text, found.groupdict())
        return None

    def match_to_subscriber(self, recipient: str, text: str) -> CommandMatch | None:
        """What a text to another subscriber asks of us besides being delivered; None when nothing."""
        return _first(self._to_subscribers, recipient, text, {RECIPIENT: recipient})

    def answer(
        self, match: CommandMatch, outcome: Outcome | None, facts: Facts, language: str
    ) -> SmsReply | None:
        """The SMS back, once the action has ended in `outcome` (None for a command without action).

        None when nothing is to be sent.  A refusal or a failure nobody wrote a reply for is told in the
        catalogue's words: the text of the refusal's `reason`, or `billing.down`.
        """
        reply = self._reply(match.command, outcome)
        if reply is None:
            return None
        values = _Values(match.variables, outcome, facts, self._texts, language)
        secret = reply.text.secret or not match.command.secret.isdisjoint(reply.text.variables)
        return SmsReply(reply.sender or match.short_code, reply.text.render(language, values), secret)

    def _reply(self, command: Command, outcome: Outcome | None) -> Reply | None:
        if outcome is None:
            return command.reply
        if written := command.on.get(outcome.name):
            return written
        if outcome.name == "done":
            return None
        key = str(outcome.params["reason"]) if outcome.name == "denied" else "billing.down"
        return Reply(self._texts[key])


def _first(
    commands: Iterable[Command], short_code: str, text: str, dialled: Mapping[str, str]
) -> CommandMatch | None:
    """The first command the text fits; what the number itself said is a variable too."""
    text = text.strip()
    for command in commands:
        found = command.fit(text)
        if found is not None:
            return CommandMatch(short_code, command, {**dialled, **found})
    return None


class _Values:
    """Where a reply takes its values from: the outcome, then the command's variables, then the facts."""

    __slots__ = ("_facts", "_language", "_params", "_texts", "_variables")

    def __init__(
        self,
        variables: Mapping[str, Value],
        outcome: Outcome | None,
        facts: Facts,
        texts: Texts,
        language: str,
    ) -> None:
        self._variables = variables
        self._params = outcome.params if outcome is not None else {}
        self._facts = facts
        self._texts = texts
        self._language = language

    def __getitem__(self, name: str) -> Value:
        if name == "reason" and name in self._params:
            return self._reason(str(self._params[name]))
        if name in self._params:
            return self._params[name]
        if name in self._variables:
            return self._variables[name]
        return self._facts.value(name)

    def _reason(self, key: str) -> str:
        """A refusal's reason is the key of a text, which may use whatever else the refusal tells."""
        others = Outcome("denied", {name: value for name, value in self._params.items() if name != "reason"})
        values = _Values(self._variables, others, self._facts, self._texts, self._language)
        return self._texts.render(key, self._language, values)


def folded(text: str) -> str:
    """A whole text as it is compared: single blanks, case ignored."""
    return " ".join(text.split()).casefold()
