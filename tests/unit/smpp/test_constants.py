"""Names of statuses, for programs and for people."""

import pytest

from ussd_gateway.smpp.constants import status_name, status_words


@pytest.mark.parametrize(
    "status, name, words",
    [
        (0x00, "ESME_ROK", "ESME_ROK"),
        (0x0B, "ESME_RINVDSTADR", "ESME_RINVDSTADR"),
        (0x41B, "0x0000041B", "absent subscriber"),
        (0x4FE, "0x000004FE", "an error of its own"),
        (0x1234, "0x00001234", "0x00001234"),
    ],
)
def test_a_status_has_a_name(status: int, name: str, words: str) -> None:
    assert (status_name(status), status_words(status)) == (name, words)
