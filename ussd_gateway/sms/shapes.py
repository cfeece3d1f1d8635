"""How a command is recognised: `keyword` and `args`, `match` or `regex` of a file, compiled.

Part of loading (`loader`): mistakes come back as complaints with their place below the command.
"""

import re

from ussd_gateway.sms.keywords import Exact, Keyword, Pattern, Shape, folded
from ussd_gateway.sms.model import CommandFile

Complaint = tuple[tuple[str | int, ...], str]
"""Where, below the command, and what."""

_ARGUMENT = re.compile(r"\{([a-z_][a-z0-9_]*)(\.\.\.)?\}", re.ASCII)
_VARIABLE = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
_PROBES = ("", "00", "help", "ПАРОЛЬ 7", "a b\nc", "+7 (926) *#@?")
"""An expression that fits all of these is taken to fit everything."""


def compile_shape(command: CommandFile) -> tuple[Shape | None, list[Complaint]]:
    """The shape of a command, or None, and what is wrong with it."""
    ways = [name for name in ("keyword", "match", "regex") if getattr(command, name) is not None]
    if len(ways) != 1:
        found = "none" if not ways else " and ".join(f"`{way}`" for way in ways)
        return None, [((), f"a command has one of `keyword`, `match` and `regex`; here {found}")]
    if command.args is not None and command.keyword is None:
        return None, [(("args",), "`args` follow a `keyword`; here is none")]
    if command.keyword is not None:
        return _keyword(command.keyword, command.args or "")
    if command.match is not None:
        return _exact(command.match)
    return _pattern(command.regex or "")


def parts_of(shape: Shape) -> list[tuple[str, str, Shape]]:
    """What a shape fits, one by one: the key of the file, words for a report, the shape of that part."""
    match shape:
        case Exact(texts):
            return [("match", f"text {text!r}", Exact(frozenset({text}))) for text in sorted(texts)]
        case Keyword(words, arguments, rest):
            return [
                ("keyword", f"keyword {word!r}", Keyword(frozenset({word}), arguments, rest))
                for word in sorted(words)
            ]
        case _:
            return [("regex", "this expression", shape)]


def covers(earlier: Shape, later: Shape) -> bool:
    """Whether everything `later` fits is already taken by `earlier`, as far as can be told."""
    if isinstance(later, Exact):
        return all(earlier.fit(text) is not None for text in later.texts)
    match earlier:
        case Pattern(regex):
            if all(regex.fullmatch(probe) for probe in _PROBES):
                return True
            return isinstance(later, Pattern) and regex.pattern == later.regex.pattern
        case Keyword(words) if isinstance(later, Keyword) and later.words <= words:
            if earlier.rest is not None:
                return len(earlier.arguments) <= len(later.arguments)
            return later.rest is None and len(earlier.arguments) == len(later.arguments)
        case Exact(texts) if isinstance(later, Keyword):
            return not later.arguments and later.rest is None and later.words <= texts
        case _:
            return False


def _keyword(words: list[str], args: str) -> tuple[Shape | None, list[Complaint]]:
    complaints: list[Complaint] = []
    seen: set[str] = set()
    for index, word in enumerate(words):
        if len(word.split()) != 1 or word != word.strip():
            complaints.append((("keyword", index), f"keyword {word!r} must be one word; see `match`"))
        if word.casefold() in seen:
            complaints.append((("keyword", index), f"keyword {word!r} stands here twice"))
        seen.add(word.casefold())
    arguments: list[str] = []
    rest = None
    tokens = args.split()
    for index, token in enumerate(tokens):
        found = _ARGUMENT.fullmatch(token)
        if found is None:
            complaints.append(
                (("args",), f"{token!r} is no argument; write {{name}}, and {{name...}} for all the rest")
            )
        elif found[1] in (*arguments, rest):
            complaints.append((("args",), f"argument {{{found[1]}}} stands here twice"))
        elif found[2] and index < len(tokens) - 1:
            complaints.append((("args",), f"{token} takes all the rest, so it must come last"))
        elif found[2]:
            rest = found[1]
        else:
            arguments.append(found[1])
    return (None if complaints else Keyword(frozenset(seen), tuple(arguments), rest)), complaints


def _exact(texts: list[str]) -> tuple[Shape | None, list[Complaint]]:
    seen: set[str] = set()
    complaints: list[Complaint] = []
    for index, text in enumerate(texts):
        if folded(text) in seen:
            complaints.append((("match", index), f"text {text!r} stands here twice"))
        seen.add(folded(text))
    return (None if complaints else Exact(frozenset(seen))), complaints


def _pattern(source: str) -> tuple[Shape | None, list[Complaint]]:
    try:
        regex = re.compile(source, re.IGNORECASE | re.DOTALL)
    except (re.error, OverflowError) as error:
        return None, [(("regex",), f"not a regular expression: {error}")]
    if _repeats_in_repeat(source):
        return None, [
            (("regex",), "a repeated group may not hold repeats or alternatives: it could take ages")
        ]
    bad = [name for name in regex.groupindex if not _VARIABLE.fullmatch(name)]
    if bad:
        return None, [(("regex",), f"group {bad[0]!r} cannot be a variable; use a-z, 0-9 and _")]
    return Pattern(regex), []


def _repeats_in_repeat(source: str) -> bool:
    """Whether a group with a repeat or an alternative inside is itself repeated, as in `(a+)*`.

    Such an expression can take time that doubles with each character of a text sent by a stranger.
    """
    risky = [False]  # for each open group, whether it holds a repeat or an alternative
    closed_risky = False  # whether the last item was such a group
    for token in _TOKENS.findall(source):
        if token[0] == "(":
            risky.append(False)
            closed_risky = False
        elif token == ")":
            closed_risky = risky.pop()
            risky[-1] = risky[-1] or closed_risky
        else:
            if closed_risky and token[0] in "*+{":
                return True
            risky[-1] = risky[-1] or token[0] in "|*+?{"
            closed_risky = False
    return False


_TOKENS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?P?[<=!:a-z]*)?|\{\d*,?\d*\}|.", re.DOTALL)
"""The pieces of an expression that matter to _repeats_in_repeat: escapes and character sets as wholes."""
