"""A text with places as a script writes it: as it is, or as a regular expression.

Баланс: 250.00р                 text: "Баланс: 250.00р"
Пароль: {captured}              regex: '^Пароль: (?P<password>[0-9]{6})$'
Обновление 01.06.               regex: '^Обновление \\d\\d\\.\\d\\d\\.$'
Остаток 212 мин, --loose        regex: '^Остаток \\d+ мин$'
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ussd_gateway.replay.recorder.values import Capture, Ref, Text

OPEN = "brace"
"""The variable that stands for `{` where two of them would open a place."""

_SPECIAL = re.compile(r"[\\.^$*+?()|\[\]]")
_UNIT = r"(?!\s?(?:р\b|р\.|руб|rub|ГБ|МБ|GB|MB|gb|mb|мин|min|%|балл))"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_MOMENT = re.compile(
    r"(?<![\w.,:])(?:"
    r"[0-3]?[0-9]\.[01]?[0-9]\.(?:[0-9]{4}|[0-9]{2})(?![0-9])"
    rf"|(?:0[1-9]|[12][0-9]|3[01])\.(?:0[1-9]|1[0-2])(?![0-9]|[.,:][0-9]){_UNIT}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])"
    r"|[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?![0-9])"
    rf"|[0-3]?[0-9] {_MONTH}\b|{_MONTH} [0-3]?[0-9](?![0-9])"
    r")",
    re.IGNORECASE,
)
"""Dates and times, as `filters` writes them and as other gateways do."""
_DIGITS = re.compile(r"(?<![*#\d])[0-9]+(?![\d]*[*#])", re.ASCII)
"""Digits that `--loose` takes for others: not those of a service code."""
_CHOICE = re.compile(r"[ \t]*[0-9]{1,3}(?=[ .)>:\-])", re.ASCII)
_RUNS = re.compile(r"[0-9]+|[A-Za-z]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression for the whole of a text."""

    pattern: str


def expected(text: Text, *, loose: bool, menu: bool = False) -> str | Regex:
    """What a script expects to be shown; `menu`: numbers that begin a line are choices."""
    plain = "".join(piece for piece in text if isinstance(piece, str))
    changes = any(isinstance(piece, Capture) for piece in text) or _MOMENT.search(plain)
    braces = "{{" in plain or ("{" in plain and len(text) > 1)
    if not changes and not braces and not (loose and _DIGITS.search(plain)):
        return "".join(piece if isinstance(piece, str) else _place(piece.name) for piece in text)
    return Regex(f"^{''.join(_patterns(text, loose=loose, menu=menu))}$")


def sent(text: Text) -> str:
    """What a phone sends, or the operator."""
    plain = "".join(piece for piece in text if isinstance(piece, str))
    doubled = "{{" in plain or ("{" in plain and len(text) > 1)
    pieces = []
    for piece in text:
        if isinstance(piece, str):
            pieces.append(piece.replace("{", _place(OPEN)) if doubled else piece)
        else:
            pieces.append(_place(piece.name))
    return "".join(pieces)


def _place(name: str) -> str:
    return f"{{{{ {name} }}}}"


def _patterns(text: Text, *, loose: bool, menu: bool) -> Iterator[str]:
    captured = set()
    begins = True
    for piece in text:
        if isinstance(piece, str):
            yield _pattern(piece, loose=loose, menu=menu, begins=begins)
            begins = False
        elif isinstance(piece, Ref):
            # A value that this very text brings is not known before.
            yield f"(?P={piece.name})" if piece.name in captured else _place(piece.name)
        else:
            captured.add(piece.name)
            yield f"(?P<{piece.name}>{_kind(piece.sample)})"


def _kind(sample: str) -> str:
    if sample.isdigit():
        return f"[0-9]{{{len(sample)}}}"
    return f"[0-9A-Za-z]{{{len(sample)}}}"


def _pattern(plain: str, *, loose: bool, menu: bool, begins: bool) -> str:
    """Plain text with its dates and times, and perhaps its numbers, as patterns."""
    pieces, at = [], 0
    for match in _MOMENT.finditer(plain):
        pieces += [_numbers(plain[at : match.start()], loose, menu, begins and at == 0), _moment(match[0])]
        at = match.end()
    return "".join([*pieces, _numbers(plain[at:], loose, menu, begins and at == 0)])


def _moment(text: str) -> str:
    """`01.06` -> `\\d\\d\\.\\d\\d`; a day with the name of its month may have one digit or two."""
    named = any(map(str.isalpha, text))

    def run(match: re.Match[str]) -> str:
        if match[0].isalpha():
            return "[A-Za-z]+"
        return r"\d\d?" if named or len(match[0]) == 1 else r"\d" * len(match[0])

    pieces, at = [], 0
    for match in _RUNS.finditer(text):
        pieces += [_escaped(text[at : match.start()]), run(match)]
        at = match.end()
    return "".join([*pieces, _escaped(text[at:])])


def _numbers(plain: str, loose: bool, menu: bool, begins: bool) -> str:
    if not loose:
        return _escaped(plain)
    pieces, at = [], 0
    for match in _DIGITS.finditer(plain):
        line = plain.rfind("\n", 0, match.start()) + 1
        choice = menu and (line or begins) and _CHOICE.match(plain, line)
        if choice and choice.end() == match.end():
            continue
        pieces += [_escaped(plain[at : match.start()]), r"\d+"]
        at = match.end()
    return "".join([*pieces, _escaped(plain[at:])])


def _escaped(text: str) -> str:
    """Literally; braces in brackets, so that no two of them stand together and open a place."""
    text = _SPECIAL.sub(r"\\\g<0>", text)
    return re.sub(r"[{}]", r"[\g<0>]", text)
