"""The gateway that the guides speak of: the shipped one, with the second account of their first page."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.e2e.running import ROOT, Gateway
from tests.integrations.guide import Guide

LAST_ACCOUNT = '      short_codes: ["7070"]\n'
"""How the account `app` of the shipped config.yaml ends."""


@contextmanager
def running_gateway(folder: Path, more_accounts: str = "", **settings: str) -> Iterator[Gateway]:
    """One of its own: `folder` holds its configuration and its data; `settings` as in `Gateway`."""
    shipped = (ROOT / "config.yaml").read_text(encoding="utf-8")
    assert shipped.count(LAST_ACCOUNT) == 1
    config = folder / "config.yaml"
    accounts = LAST_ACCOUNT + Guide("README").file("config.yaml") + more_accounts
    config.write_text(shipped.replace(LAST_ACCOUNT, accounts), encoding="utf-8")
    files = {f"PATHS__{name.upper()}": str(ROOT / name) for name in ("menus", "sms_commands", "catalogue")}
    gateway = Gateway(folder, "--config", str(config), **files, **settings)
    try:
        yield gateway
    finally:
        gateway.stop()


GatewayOf = Callable[..., AbstractContextManager[Gateway]]


@pytest.fixture(scope="session")
def gateway_in() -> GatewayOf:
    """`running_gateway`, for tests that start several."""
    return running_gateway


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One for all tests of a file."""
    with running_gateway(tmp_path_factory.mktemp("gateway")) as running:
        yield running
