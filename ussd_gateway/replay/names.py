"""The names a script may use, as its files are read from top to bottom: phones, variables, secrets."""

from collections.abc import Iterable, Sequence
from typing import Any

from ussd_gateway.documents import Document, ValuePath, did_you_mean
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.replay.fields import REFERENCE, is_name, is_open
from ussd_gateway.replay.script import Header

MAX_STEPS = 100_000
"""Of one script with all it includes: files that include others twice, and so on, would grow without end."""

NO_NAME = "letters, digits and _ only, no digit first"


class Names:
    """What is known at this point of the script.

    `anything`: something that would have brought names could not be read, so a missing one proves nothing.
    """

    def __init__(self, plan: NumberingPlan, problems: list[Problem]) -> None:
        self.plan = plan
        self.problems = problems
        self.phones: dict[str, str] = {}
        self.known: set[str] = set()
        self.anything = False
        self._secrets: dict[str, Problem] = {}
        self._ever: set[str] = set()
        self._steps = 0

    def count_step(self, document: Document, path: ValuePath) -> None:
        """Stops the reading with ConfigError when there are too many."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            problem = document.problem(path, f"more than {MAX_STEPS} steps with all that is included")
            raise ConfigError("too many steps", problems=[problem])

    def learn(self, names: Iterable[str]) -> None:
        """From here on these variables have values."""
        names = set(names)
        self.known |= names
        self._ever |= names

    def declare(self, document: Document, header: Header) -> None:
        """The phones, variables and secrets at the head of a file."""
        for name, text in header.phones.items():
            path: ValuePath = ("phones", name)
            if self.check_name(document, path) and name in header.variables:
                message = f"`{name}` is a phone already: its number is a variable of that name"
                self._complain(document, ("variables", name), message, key=True)
            self.check_references(document, path, text)
            self._declare_phone(document, path, name, text)
            self.learn([name])
        for name, text in header.variables.items():
            self.check_name(document, ("variables", name))
            self.check_references(document, ("variables", name), text)
            self.learn([name])
        for index, name in enumerate(header.secrets):
            self._secrets.setdefault(name, document.problem(("secrets", index), name))

    def _declare_phone(self, document: Document, path: ValuePath, name: str, text: str) -> None:
        number = text if is_open(text) else self.plan.parse(text)
        if number is None:
            self._complain(document, path, f"`{text}` is not a phone number")
        elif self.phones.setdefault(name, number) != number:
            self._complain(document, path, f"phone `{name}` has another number already")

    @property
    def secrets(self) -> frozenset[str]:
        """Names listed as secrets."""
        return frozenset(self._secrets)

    # ------------------------------------------------------------ checks

    def check_name(self, document: Document, path: ValuePath) -> bool:
        """Whether the key at `path` may be the name of a variable."""
        name = str(path[-1])
        if not is_name(name):
            self._complain(document, path, f"`{name}` is no name: {NO_NAME}", key=True)
        return is_name(name)

    def check_references(self, document: Document, path: ValuePath, value: Any) -> None:
        """Every `{{ name }}` in a value must be known."""
        if isinstance(value, dict):
            for key, item in value.items():
                self.check_references(document, (*path, key), item)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.check_references(document, (*path, index), item)
        elif isinstance(value, str) and "{{" in value:
            for match in REFERENCE.finditer(value):
                self._check_reference(document, path, match[1].strip())
            if "{{" in REFERENCE.sub("", value):
                self._complain(document, path, "`{{` without `}}`")

    def _check_reference(self, document: Document, path: ValuePath, name: str) -> None:
        if not is_name(name):
            self._complain(document, path, f"`{name}` is no name of a variable: {NO_NAME}")
        elif name not in self.known and not self.anything:
            elsewhere = " here: it has a value elsewhere only" if name in self._ever else ""
            hint = elsewhere or did_you_mean(name, self.known)
            self._complain(document, path, f"unknown variable `{name}`{hint}")

    def check_phone(self, document: Document, path: ValuePath, text: str | None) -> None:
        """A phone is one of the names, or a number."""
        if text is not None and (message := self.phone_problem(text)) is not None:
            self._complain(document, path, message)

    def phone_problem(self, text: str) -> str | None:
        """Why this is no phone; None when it is, or when only the run can tell."""
        if text in self.phones or is_open(text) or self.plan.parse(text) is not None:
            return None
        if not is_name(text):
            return f"`{text}` is not a phone number"
        return None if self.anything else f"unknown phone `{text}`{did_you_mean(text, self.phones)}"

    def check_secrets(self) -> None:
        """A secret that no variable is called by would be shown under its true name."""
        if self.anything:
            return
        for name, place in self._secrets.items():
            if name not in self._ever:
                message = f"no variable is called `{name}`{did_you_mean(name, self._ever)}"
                self.problems.append(place._replace(message=message))

    def _complain(
        self, document: Document, path: Sequence[str | int], message: str, *, key: bool = False
    ) -> None:
        self.problems.append(document.problem(path, message, key=key))
