"""How a value is written inside a text: the filters of `{name|filter}`, by language.

A filter takes a value and a language and never fails: a value of the wrong kind is written as it is.
Plural forms, names of months and the order of a date are those of the Unicode CLDR (through Babel); texts
in Russian write a sum with a point and no spaces, as operators' short messages do.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

from babel.core import Locale
from babel.dates import format_datetime

from ussd_gateway.documents import did_you_mean
from ussd_gateway.vocabulary import Value

Filter = Callable[[Value, str], str]

HOME_ZONE = timezone(timedelta(hours=3), "MSK")
"""Dates and times are shown by the operator's clock."""

LAST_MS = 253_402_200_000_000
"""Beyond the year 9999 there are no dates (datetime)."""

PLURAL = "plural"
PLURAL_FORMS: Mapping[str, tuple[str, ...]] = {"ru": ("one", "few", "many"), "en": ("one", "other")}
"""Language -> the plural categories of whole numbers (CLDR), in the order an author writes the forms."""


def money(value: Value, language: str = "") -> str:
    """Kopecks as roubles, whole roubles without a fraction: 15320 -> `153.20`, 100 -> `1`."""
    return money2(value, language).removesuffix(".00")


def money2(value: Value, language: str = "") -> str:
    """Kopecks as roubles, always with two decimals: 100 -> `1.00`; in English `1,234.50`."""
    if not isinstance(value, int):
        return str(value)
    roubles, kopecks = divmod(abs(value), 100)
    whole = f"{roubles:,}" if language == "en" else str(roubles)
    return f"{'-' if value < 0 else ''}{whole}.{kopecks:02d}"


def spoken(value: Value, language: str = "") -> str:
    """Kopecks as they are said: 15320 -> `153 рубля 20 копеек`, whole roubles without kopecks."""
    if not isinstance(value, int):
        return str(value)
    roubles, kopecks = divmod(abs(value), 100)
    whole, small = _MONEY_WORDS["en" if language == "en" else "ru"]
    said = f"{roubles} {whole(roubles, language)}"
    if kopecks:
        said += f" {kopecks} {small(kopecks, language)}"
    if value >= 0:
        return said
    return f"{'minus' if language == 'en' else 'минус'} {said}"


def price(value: Value, language: str = "") -> str:
    """Kopecks as a price list writes roubles: 100 -> `1`, 150 -> `1.5`; in English `1.50`."""
    written = money(value, language)
    return written if language == "en" or "." not in written else written.rstrip("0")


def number(value: Value, language: str = "") -> str:
    """A count as it is."""
    return str(value)


def gb(value: Value, language: str = "") -> str:
    """Megabytes as gigabytes with at most one decimal: 2458 -> `2.4`, 3072 -> `3`."""
    return f"{value / 1024:.1f}".removesuffix(".0") if isinstance(value, int) else str(value)


def phone(value: Value, language: str = "") -> str:
    """A subscriber number as people write it: `79261234567` -> `+79261234567`."""
    text = str(value)
    return f"+{text}" if text.isdigit() else text


def _moment(pattern: str, english: str) -> Filter:
    """A filter that writes an instant (milliseconds since the epoch) by the operator's clock.

    The patterns are those of Unicode TR 35; the numeric one serves every language but English.
    """

    def write(value: Value, language: str = "") -> str:
        if not isinstance(value, int) or not 0 <= value < LAST_MS:
            return str(value)
        moment = datetime.fromtimestamp(value // 1000, UTC).astimezone(HOME_ZONE)
        return format_datetime(moment, english if language == "en" else pattern, locale=_locale("en"))

    return write


def _yesno(value: Value, language: str = "") -> str:
    return (("no", "yes") if language == "en" else ("нет", "да"))[bool(value)]


FILTERS: Mapping[str, Filter] = {
    "money": money,
    "money2": money2,
    "price": price,
    "number": number,
    "gb": gb,
    "spoken": spoken,
    "phone": phone,
    "date": _moment("dd.MM.yyyy", "d MMM yyyy"),
    "day": _moment("dd.MM", "d MMM"),
    "time": _moment("HH:mm", "HH:mm"),
    "moment": _moment("dd.MM HH:mm", "d MMM HH:mm"),
    "upper": lambda value, language: str(value).upper(),
    "lower": lambda value, language: str(value).lower(),
    "yesno": _yesno,
}
"""The filters; `plural` is one more, which takes forms."""

WITH_UNIT = frozenset({"money", "money2", "price", "number", "gb"})
"""Filters that may be given a unit: `{fee_kop|money:р}` is the sum with its unit, and nothing for zero."""


def compile_filter(written: str) -> tuple[Filter, int]:
    """`money`, `money:р` or `plural: балл, балла, баллов` -> the filter, and its number of plural forms.

    ValueError for an unknown filter or one written wrongly.
    """
    name, colon, rest = (word.strip() for word in written.partition(":"))
    if name == PLURAL:
        forms = [form.strip() for form in rest.split(",")]
        if not all(forms):
            raise ValueError("`plural` needs its forms: write `{points|plural: балл, балла, баллов}`")
        return _plural(forms), len(forms)
    if name not in FILTERS:
        raise ValueError(f"unknown filter `{name}`{did_you_mean(name, {*FILTERS, PLURAL})}")
    if not colon:
        return FILTERS[name], 0
    if name not in WITH_UNIT:
        raise ValueError(f"filter `{name}` takes nothing after a colon")
    # A blank before the unit is meant: `money: RUB`.
    return _with_unit(FILTERS[name], written.partition(":")[2].rstrip()), 0


def plural_problem(language: str, forms: int) -> str | None:
    """Why so many forms are wrong in a text of this language, or None."""
    wanted = PLURAL_FORMS.get(language)
    if wanted is None:
        return "`plural` needs a text of its own for every language"
    if forms != len(wanted):
        return f"`plural` needs {len(wanted)} forms in `{language}` ({', '.join(wanted)}), not {forms}"
    return None


def _with_unit(filter_: Filter, unit: str) -> Filter:
    def write(value: Value, language: str) -> str:
        return filter_(value, language) + unit if value else ""

    return write


def _plural(forms: list[str]) -> Filter:
    def choose(value: Value, language: str) -> str:
        categories = PLURAL_FORMS.get(language, PLURAL_FORMS["ru"])
        category = _category(language, value) if isinstance(value, int) else categories[-1]
        return forms[min(categories.index(category), len(forms) - 1)]

    return choose


_MONEY_WORDS: Mapping[str, tuple[Filter, Filter]] = {
    "ru": (_plural(["рубль", "рубля", "рублей"]), _plural(["копейка", "копейки", "копеек"])),
    "en": (_plural(["rouble", "roubles"]), _plural(["kopeck", "kopecks"])),
}


@cache
def _locale(language: str) -> Locale:
    return Locale(language if language in PLURAL_FORMS else "ru")


def _category(language: str, number: int) -> str:
    return _locale(language).plural_form(abs(number))
