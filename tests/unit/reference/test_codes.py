"""docs/codes.md is what the shipped files say, and every screen of theirs fits a phone at its longest."""

from dataclasses import replace
from pathlib import Path

import pytest

from ussd_gateway.billing.texts import REFUSAL_TEXTS
from ussd_gateway.menu.paging import fits
from ussd_gateway.reference.codes import codes_page, shipped
from ussd_gateway.reference.extremes import NOW_MS, longest_name
from ussd_gateway.reference.screens import Measure
from ussd_gateway.templates import SUBSCRIBER_LANGUAGES, LocalText
from ussd_gateway.vocabulary import Value

ROOT = Path(__file__).parents[3]
FILES = shipped(ROOT)
MEASURES = {name: Measure(menu, FILES.catalogue) for name, menu in FILES.menus.by_name.items()}

PAGED = {
    "black_list.numbers",
    "relatives.numbers",
    "relatives.remove_from",
    "service_guide.barring",
    "service_guide.black_list_delete_from",
    "service_guide.black_list_numbers",
    "service_guide.bonus_rewards",
    "service_guide.packages_data",
    "service_guide.packages_minutes",
    "service_guide.packages_sms",
    "service_guide.services_mine",
    "service_guide.services_off",
    "service_guide.services_paid",
    "service_guide.subscriptions_mine",
    "service_guide.tariff_list",
    "service_guide.topups",
}
"""Lists, and the seven kinds of call barring."""


def test_the_page_is_up_to_date():
    page = (ROOT / "docs" / "codes.md").read_text(encoding="utf-8")
    assert page == codes_page(FILES), "write it again: python -m ussd_gateway.reference.codes > docs/codes.md"


def test_the_page_names_every_code_and_number():
    page = codes_page(FILES)
    for menu in FILES.menus.by_name.values():
        for code in (*menu.codes, *menu.direct):
            assert f"| `{code}` |" in page
    for number, _ in FILES.commands.listing():
        assert f"| `{number}` |" in page
    for voice in FILES.voice.by_name.values():
        for number in voice.numbers:
            assert f"| `{number}` |" in page


@pytest.mark.parametrize("language", SUBSCRIBER_LANGUAGES)
@pytest.mark.parametrize("name", sorted(MEASURES))
def test_no_screen_exceeds_its_limit(name, language):
    for screen in FILES.menus.by_name[name].screens.values():
        for pages in MEASURES[name].pages(screen, language):
            # A prompt is one string, whole: it is measured uncut.
            assert all(map(fits, pages)), (screen.name, pages)


def test_only_lists_take_more_than_one_screen():
    paged = {
        f"{name}.{screen.name}"
        for name, menu in FILES.menus.by_name.items()
        for screen in menu.screens.values()
        for pages in MEASURES[name].pages(screen, "ru")
        if len(pages) > 1
    }
    assert paged == PAGED


def long_value(name: str, language: str) -> Value:
    """What a refusal tells, as long as it can be."""
    if name in ("name", "other"):
        return longest_name(FILES.catalogue, language)
    known: dict[str, Value] = {"use": "*105*7*3*3#", "number": "792612345678901", "last4": "1234"}
    if name in known:
        return known[name]
    if name.endswith("_ms"):
        return NOW_MS
    return 1_234_567 if name.endswith("_kop") else 12_345


@pytest.mark.parametrize("language", SUBSCRIBER_LANGUAGES)
def test_every_refusal_fits_one_screen(language):
    for key in sorted(REFUSAL_TEXTS):
        text = FILES.catalogue.texts[key]
        shown = text.render(language, {name: long_value(name, language) for name in text.variables})
        assert fits(shown), (key, shown)


def test_a_screen_that_grows_is_noticed():
    """The longest tariff of the catalogue decides, not an example."""
    menu = FILES.menus.by_name["service_guide"]
    premium = FILES.catalogue.tariffs["0618X"]
    longer = premium.model_copy(update={"name": LocalText("Я" * 60)})
    catalogue = replace(FILES.catalogue, tariffs={**FILES.catalogue.tariffs, "0618X": longer})
    before = MEASURES["service_guide"].size(menu.screens["tariff"], "ru")
    after = Measure(menu, catalogue).size(menu.screens["tariff"], "ru")
    assert before is not None
    assert after is not None
    assert (before.pages, after.pages) == (1, 2)
