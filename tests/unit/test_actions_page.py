"""docs/actions.md is what the vocabulary says."""

from pathlib import Path

from ussd_gateway.actions.reference import reference_page

PAGE = Path(__file__).parents[2] / "docs" / "actions.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == reference_page(), (
        "write it again: python -m ussd_gateway.actions.reference > docs/actions.md"
    )
