"""docs/pdus.md is what the declarations say."""

from pathlib import Path

from ussd_gateway.smpp.pdus import ALL_PDUS
from ussd_gateway.smpp.reference import reference_page

PAGE = Path(__file__).parents[2] / "docs" / "pdus.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == reference_page(), (
        "write it again: python -m ussd_gateway.smpp.reference > docs/pdus.md"
    )


def test_the_page_names_every_pdu():
    page = reference_page()
    for pdu_type in ALL_PDUS:
        assert f"`0x{pdu_type.command_id:08X}`" in page
