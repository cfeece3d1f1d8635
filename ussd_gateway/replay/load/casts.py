"""Who plays: phones and data rows, one of each for a conversation, none in two at once."""

from collections import deque
from collections.abc import Container, Mapping, Sequence
from itertools import cycle
from typing import NamedTuple

from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.replay.fields import is_open
from ussd_gateway.replay.load.lean import LeanScript
from ussd_gateway.replay.script import Script
from ussd_gateway.replay.variables import Secrets, VariableError, Variables, begin

DEFAULT_FIRST = 79270000000
DEFAULT_COUNT = 10_000


class Cast(NamedTuple):
    """A phone, and what the variables of its conversation begin with; None when the script has none."""

    msisdn: str
    variables: Variables | None
    row: Mapping[str, str]


class HeardSecrets(Secrets):
    """Secrets that are made out only when something has to be masked: in most conversations nothing is."""

    def __init__(self, script: Script, row: Mapping[str, str], base: Variables | None = None) -> None:
        """Knows from the start what the script, its row and `base`, what they came to, say."""
        super().__init__(script.secrets)
        self._heard: list[tuple[str, str]] = []
        self._begun_with: list[Mapping[str, str]] = [script.variables, row]
        self._base = base

    def learn(self, name: str, value: str) -> None:
        self._heard.append((name, value))

    def mask(self, text: str) -> str:
        if self._base is not None:
            self._begun_with.append({name: self._base.get(name) or "" for name in self._base.names()})
            self._base = None
        for values in self._begun_with:
            self._heard += values.items()
        self._begun_with.clear()
        for name, value in self._heard:
            super().learn(name, value)
        self._heard.clear()
        return super().mask(text)


class Casts:
    """The casts of one script.

    A row that names an `msisdn` brings its phone; the others take turns with the phones of `shared`, which
    several scripts may have in common.
    """

    def __init__(self, lean: LeanScript, shared: deque[str], *, only_shared: bool) -> None:
        """Raises ConfigError for a row that is none.  `only_shared`: numbers of rows do not count."""
        self._script = lean.script
        self._needs_variables = lean.variables
        self._shared = shared
        self._bases: dict[int, Variables] = {}
        own = not only_shared and brings_phones(lean.script)
        self._own = deque(_numbers(lean.script)) if own else None
        self._rows = cycle(range(len(lean.script.rows)))

    def take(self, busy: Container[str]) -> Cast | None:
        """A cast whose phone is free, in turn; None when all are busy."""
        if self._own is None:
            msisdn = _next_free(self._shared, busy)
            return None if msisdn is None else self._cast(msisdn, next(self._rows))
        for _ in range(len(self._own)):
            msisdn, row = self._own[0]
            self._own.rotate(-1)
            if msisdn not in busy:
                return self._cast(msisdn, row)
        return None

    def phones(self) -> set[str]:
        """Every number that may be played."""
        return set(self._shared) if self._own is None else {msisdn for msisdn, _ in self._own}

    def _cast(self, msisdn: str, index: int) -> Cast:
        row = self._script.rows[index]
        if not self._needs_variables:
            return Cast(msisdn, None, row)
        base = self._bases.get(index)
        if base is None:
            base = self._bases[index] = _begin(self._script, row, Secrets(self._script.secrets))
        variables = base.branch()
        variables.secrets = HeardSecrets(self._script, row, base)
        variables.set("msisdn", msisdn)
        return Cast(msisdn, variables, row)


def brings_phones(script: Script) -> bool:
    """Whether the rows of a script say whose phone it is."""
    return is_open(script.msisdn) or any("msisdn" in row for row in script.rows)


def first_phone(script: Script) -> str:
    """One of the numbers a script will be played with."""
    return _numbers(script)[0][0] if brings_phones(script) else str(DEFAULT_FIRST)


def default_phones() -> list[str]:
    """Numbers for scripts that bring none: ten thousand subscribers of the numbering plan."""
    return [str(DEFAULT_FIRST + index) for index in range(DEFAULT_COUNT)]


def _next_free(phones: deque[str], busy: Container[str]) -> str | None:
    for _ in range(len(phones)):
        msisdn = phones[0]
        phones.rotate(-1)
        if msisdn not in busy:
            return msisdn
    return None


def _numbers(script: Script) -> Sequence[tuple[str, int]]:
    """Number and row of each cast."""
    found = []
    for index, row in enumerate(script.rows):
        msisdn: str | None = script.plan.parse(row["msisdn"]) if "msisdn" in row else None
        if msisdn is None:
            msisdn = _begin(script, row, Secrets()).get("msisdn")
        assert msisdn is not None, "a run always has its default phone"
        found.append((msisdn, index))
    return found


def _begin(script: Script, row: Mapping[str, str], secrets: Secrets) -> Variables:
    try:
        return begin(script, row, secrets)
    except VariableError as error:
        place = script.steps[0].place
        problem = Problem(place.file_name, place.line, place.column, str(error))
        raise ConfigError("a load cannot begin", problems=[problem]) from None
