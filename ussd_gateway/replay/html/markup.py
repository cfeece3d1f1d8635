"""Pieces of HTML and SVG: text is escaped, what `tag` made is not escaped again."""

import re
from html import escape

# Characters that HTML does not take even escaped, and those that turn the direction of what follows.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Markup(str):
    """Markup that is ready."""

    __slots__ = ()


Piece = str | None
"""Text, markup, or nothing."""


def tag(name: str, /, *pieces: Piece, **attributes: str | float | bool | None) -> Markup:
    """`tag("p", "1 < 2", class_="hint")` -> `<p class="hint">1 &lt; 2</p>`.

    Attributes that are None or False are left out, True stands alone; `_` in a name is written `-`.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in ("meta", "input"):
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(*pieces)}</{name}>")


def joined(*pieces: Piece) -> Markup:
    """Pieces one after another."""
    return Markup("".join(text(piece) for piece in pieces if piece is not None))


def text(piece: str) -> Markup:
    """Text as markup."""
    return piece if isinstance(piece, Markup) else Markup(escape(_UNSHOWABLE.sub("\ufffd", piece)))


def _attribute(name: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    shown = value if isinstance(value, str) else f"{value:g}"
    return f' {name}="{text(shown)}"'
