"""Which bind gets what is meant for a number."""

import pytest

from tests.unit.access.wired import ACCOUNT, Receiving, WiredPeer
from ussd_gateway.access import binds as module
from ussd_gateway.access.accounts import NumberPatterns, SmppAccount
from ussd_gateway.access.binds import Binds, address_range

ANNA = "79261234567"
BORIS = "79031112233"


@pytest.mark.parametrize(
    "text, takes_anna",
    [
        ("", True),
        ("*", True),
        (" ", True),
        ("7926", True),
        ("+7926", True),
        ("7926*", True),
        ("7903", False),
        ("926", False),  # digits are a beginning
        (ANNA, True),
        ("^7926", True),
        ("^7903", False),
        ("4567$", True),
        ("[13579]$", True),
        ("79[0-9]*", True),
        ("^7926|^7903", True),
        ("(7926", True),  # not understood: everything
        ("(a*)*", True),
        (".*.*.*.*x", True),
        ("[", True),
    ],
)
def test_address_range(text, takes_anna):
    assert bool(address_range(text)(ANNA)) == takes_anna


@pytest.fixture
def binds() -> Binds:
    return Binds()


async def test_the_bind_that_was_used_last_is_preferred(binds):
    first, second = (WiredPeer(Receiving(binds)) for _ in range(2))
    assert binds.choose(ANNA) is second.link  # the newest, as nobody has spoken yet
    binds.used(ANNA, first.link)
    assert binds.choose(ANNA) is first.link
    assert binds.choose(BORIS) is second.link
    binds.used(ANNA, second.link)
    assert binds.choose(ANNA) is second.link


async def test_a_bind_that_has_gone_is_forgotten(binds):
    first, second = (WiredPeer(Receiving(binds)) for _ in range(2))
    binds.used(ANNA, second.link)
    second.lose()
    assert binds.choose(ANNA) is first.link
    first.lose()
    assert binds.choose(ANNA) is None


async def test_a_bind_takes_only_its_range_and_its_accounts_numbers(binds):
    narrow = WiredPeer(Receiving(binds), address_range="7926")
    assert binds.choose(ANNA) is narrow.link
    assert binds.choose(BORIS) is None
    assert binds.choose("74951234567") is None
    assert binds.takes(narrow.link, ANNA)
    assert not binds.takes(narrow.link, BORIS)


async def test_an_account_may_be_asked_for(binds):
    other = SmppAccount("other", "other", msisdns=NumberPatterns(["79*"]))
    handset = WiredPeer(Receiving(binds))
    stranger = WiredPeer(Receiving(binds), account=other)
    assert binds.choose(ANNA) is stranger.link
    assert binds.choose(ANNA, ACCOUNT.system_id) is handset.link
    binds.used(ANNA, handset.link)
    assert binds.choose(ANNA, "other") is stranger.link


async def test_memory_of_who_spoke_where_is_bounded(binds, monkeypatch):
    monkeypatch.setattr(module, "RECENT_NUMBERS", 3)
    first, _newest = (WiredPeer(Receiving(binds)) for _ in range(2))
    for number in range(7):
        binds.used(f"7926000000{number}", first.link)
    assert len(binds._recent) + len(binds._older) <= 6
    assert binds.choose("79260000006") is first.link
    assert binds.choose("79260000003") is first.link
    assert binds.choose("79260000000") is not first.link
