"""Cutting a text into USSD strings: 182 GSM 7-bit septets or 80 UCS2 characters each.

(3GPP TS 24.080 gives a string 160 octets; 3GPP TS 23.038 §5 the alphabets.)  A page ends at the end of a
line, else of a word, else where it must; a character is never cut in two.
"""

from ussd_gateway.smpp.text import fits_ussd

UCS2_CHARACTERS = 80
LONGEST = 182


def fits(text: str) -> bool:
    """Whether the text fits one USSD string.

    Whatever fits UCS2 fits: 80 characters are at most 160 septets.  That cheap test settles nearly all.
    """
    if len(text) <= UCS2_CHARACTERS and len(text.encode("utf-16-le", "replace")) <= 2 * UCS2_CHARACTERS:
        return True
    return len(text) <= LONGEST and fits_ussd(text)


def paginate(body: str, *, more: str, less: str, pinned: str = "", final: bool = False) -> list[str]:
    """The pages of a text that does not fit one string.

    `more` and `less` are the lines that lead to the next and the previous page, `pinned` lines stand at
    the foot of every page.  The last page of a `final` text has no way back: the dialogue is over with it.
    """
    pinned = _foot(pinned)
    if not fits(_foot(more, less) + pinned):
        pinned = ""
    pages: list[str] = []
    rest = body.strip("\n")
    while True:
        back = less if pages else ""
        foot = _foot("" if final else back) + pinned
        if fits(rest + foot):
            return [*pages, rest + foot]
        foot = _foot(more, back) + pinned
        head, rest = _cut(rest, foot)
        pages.append(head + foot)


def clip(text: str) -> str:
    """As much of the text, by whole lines or words, as fits one string."""
    return text if fits(text) else _cut(text, "")[0]


def _foot(*lines: str) -> str:
    return "".join(f"\n{line}" for line in lines if line)


def _cut(text: str, foot: str) -> tuple[str, str]:
    """The longest beginning of `text` that fits above `foot`, and the rest."""
    low, high = 1, min(len(text) - 1, LONGEST)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(text[:middle] + foot):
            low = middle
        else:
            high = middle - 1
    # A separator right behind the longest beginning is as good a place as one inside it.
    for separator in ("\n", " "):
        place = text.rfind(separator, 1, low + 1)
        if place > 0:
            return text[:place].rstrip(), text[place:].lstrip()
    return text[:low], text[low:]
