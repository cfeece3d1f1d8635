"""An expectation against what was seen: every difference in words, and what a regex captured.

Pure: time, accounts and screen names come in as values; what nobody could tell comes as None.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from ussd_gateway.clock import duration_ms
from ussd_gateway.phone.events import Failure, Screen, SmsArrived, Voice
from ussd_gateway.replay.fields import compiled, roubles, status_number
from ussd_gateway.replay.script import Assert, Expect, ExpectSms, ExpectVoice, Ledger
from ussd_gateway.replay.verdict import Difference
from ussd_gateway.smpp.constants import status_name
from ussd_gateway.smpp.text import fits_ussd


class TextWanted(Protocol):
    """What every expectation may ask of a text."""

    @property
    def text(self) -> str | None: ...
    @property
    def contains(self) -> Sequence[str]: ...
    @property
    def not_contains(self) -> Sequence[str]: ...
    @property
    def regex(self) -> str | None: ...


@dataclass(slots=True)
class Match:
    """How an expectation compares: as expected when there are no differences.

    `captures` are the named groups of its regex; `unknown` names what this way to the gateway cannot tell;
    `regex` was looked for in `seen`.
    """

    differences: list[Difference] = field(default_factory=list)
    captures: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    regex: str | None = None
    seen: str = ""

    def compare(self, what: str, expected: object, actual: object) -> None:
        """Note a difference unless both are the same in words; None expects nothing."""
        if expected is not None and in_words(expected) != in_words(actual):
            self.differ(what, in_words(expected), in_words(actual))

    def differ(self, what: str, expected: str, actual: str) -> None:
        """Note a difference."""
        self.differences.append(Difference(what, expected, actual))


def in_words(value: object) -> str:
    """A value as a script writes it: `true`, `250.00`, `none`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


# ---------------------------------------------------------------- what a phone shows


def match_text(wanted: TextWanted, seen: str) -> Match:
    """The text of a screen, a message or a prompt."""
    match = Match(regex=wanted.regex, seen=seen)
    match.compare("text", wanted.text, seen)
    for part in wanted.contains:
        if part not in seen:
            match.differ("contains", part, seen)
    for part in wanted.not_contains:
        if part in seen:
            match.differ("not_contains", f"without {part!r}", seen)
    if wanted.regex is not None:
        found = compiled(wanted.regex).search(seen)
        if found is None:
            match.differ("regex", wanted.regex, seen)
        else:
            match.captures = found.groupdict(default="")
    return match


def match_screen(wanted: Expect, seen: Screen, *, name: str | None, took_ms: float | None) -> Match:
    """A screen: `name` is what its menu calls it, `took_ms` its time, each None when nobody can tell."""
    match = match_text(wanted, seen.text)
    match.compare("op", wanted.op, seen.op)
    match.compare("service_code", wanted.service_code, seen.service_code)
    if wanted.screen is not None and name is None:
        match.unknown.append("screen")
    else:
        match.compare("screen", wanted.screen, name)
    _compare_length(match, wanted.fits, seen.text)
    _compare_time(match, wanted.within, took_ms)
    return match


def match_refusal(wanted: Expect, seen: Failure) -> Match:
    """A refusal of the network where one is expected."""
    match = Match()
    if isinstance(wanted.error, str) and wanted.error.casefold() not in seen.reason.casefold():
        match.differ("error", wanted.error, seen.reason)
    if wanted.status is None:
        return match
    if seen.status is None:
        match.unknown.append("status")
    elif status_number(wanted.status) != seen.status:
        match.differ("status", status_name(status_number(wanted.status)), status_name(seen.status))
    return match


def match_sms(wanted: ExpectSms, seen: SmsArrived) -> Match:
    """A message; its sender has been chosen by before."""
    match = match_text(wanted, seen.text)
    match.compare("from", wanted.from_, seen.source)
    match.compare("parts", wanted.parts, seen.parts)
    return match


def match_voice(wanted: ExpectVoice, seen: Voice) -> Match:
    """A prompt that was heard."""
    match = match_text(wanted, seen.text)
    match.compare("state", wanted.state, seen.state)
    return match


def _compare_length(match: Match, fits: bool | int | str | None, text: str) -> None:
    if fits is None:
        return
    if fits is True:
        if not fits_ussd(text):
            match.differ("fits", "within one USSD string", f"{len(text)} characters")
    elif len(text) > int(fits):
        match.differ("fits", f"at most {fits} characters", f"{len(text)} characters")


def _compare_time(match: Match, within: str | None, took_ms: float | None) -> None:
    if within is not None and took_ms is not None and took_ms > duration_ms(within):
        match.differ("within", within, f"{took_ms:.0f} ms")


# ---------------------------------------------------------------- what only the operator sees


def match_account(wanted: Assert, account: Mapping[str, Any]) -> Match:
    """The account as `GET /api/v1/subscribers/{msisdn}` tells it."""
    match = Match()
    login = account.get("login", {})
    if wanted.balance is not None and not _same_sum(wanted.balance, account.get("balance")):
        match.differ("balance", wanted.balance, in_words(account.get("balance")))
    match.compare("tariff", wanted.tariff, account.get("tariff"))
    match.compare("language", wanted.language, account.get("language"))
    match.compare("password_set", wanted.password_set, login.get("password_set"))
    match.compare("locked", wanted.locked, login.get("locked"))
    for name, left in wanted.package.items():
        match.compare(f"package {name}", left, left_in_package(account, name))
    for name, value in wanted.account.items():
        _compare_member(match, name, value, member_of(account, name))
    return match


def match_ledger(wanted: Ledger, entries: Sequence[Mapping[str, Any]]) -> Match:
    """Lines of the ledger, all of the kind that is asked about."""
    match = Match()
    what = f"ledger {wanted.kind}" if wanted.kind else "ledger"
    if wanted.count is not None:
        match.compare(f"{what} count", wanted.count, len(entries))
    if wanted.sum is not None:
        total_kop = sum(int(entry["amount_kop"]) for entry in entries)
        if roubles(wanted.sum) * 100 != total_kop:
            match.differ(f"{what} sum", wanted.sum, f"{Decimal(total_kop) / 100:.2f}")
    if wanted.count is None and wanted.sum is None and not entries:
        match.differ(what, "at least one line", "none")
    return match


def left_in_package(account: Mapping[str, Any], name: str) -> int | None:
    """What is left in all packages of that code or kind (`minutes`, `sms`, `mb`); None without such."""
    packages = account.get("packages", ())
    left = [
        each["left"] for each in packages if name in (each.get("code"), each.get("kind"), each.get("name"))
    ]
    return sum(left) if left else None


def member_of(account: Mapping[str, Any], name: str) -> object:
    """A member by its name; dots lead inside: `login.wrong`."""
    value: object = account
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def _compare_member(match: Match, name: str, expected: object, actual: object) -> None:
    """A mapping expects its own members only; a list expects as many items, each in the same way."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key, value in expected.items():
            _compare_member(match, f"{name}.{key}", value, actual.get(key))
    elif isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        match.compare(f"number of {name}", len(expected), len(actual))
        for index, (one, other) in enumerate(zip(expected, actual, strict=False)):
            _compare_member(match, f"{name}.{index}", one, other)
    elif not (_is_sum(actual) and _same_sum(in_words(expected), actual)):
        match.compare(name, in_words(expected), actual)


_SUM = re.compile(r"-?[0-9]+\.[0-9]{2}", re.ASCII)


def _is_sum(value: object) -> bool:
    return isinstance(value, str) and _SUM.fullmatch(value) is not None


def _same_sum(expected: str, actual: object) -> bool:
    try:
        return roubles(expected) == roubles(str(actual))
    except ValueError:
        return False
