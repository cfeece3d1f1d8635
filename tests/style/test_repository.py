"""What lands in the repository: the change log keeps up, and nobody's machine is named in it."""

import re
import subprocess
from collections.abc import Callable

import pytest

import ussd_gateway
from tests.style.source import ROOT

# Versions come from any index the reader uses; an address in a file would pin everybody to one.
INDEX_ADDRESS = re.compile(
    rb"https?://[a-z0-9.-]*(?:pypi|hosted|npm|debian|index|mirror)[a-z0-9.-]*[/:]|(?:index|registry)[_-]?url",
    re.IGNORECASE,
)
CHANGE_HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - \d{4}-\d{2}-\d{2})?$", re.MULTILINE)


def test_change_log_knows_this_version() -> None:
    headings = CHANGE_HEADING.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert headings[0] == "Unreleased"
    assert ussd_gateway.__version__ in headings


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="an unpacked archive: git lists no files")
def test_no_package_index_is_named(needs_program: Callable[[str], str]) -> None:
    listing = subprocess.run(
        [needs_program("git"), "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    names = [name for name in listing.stdout.split("\0") if name]
    assert "pyproject.toml" in names
    naming = [
        name for name in names if (ROOT / name).is_file() and INDEX_ADDRESS.search((ROOT / name).read_bytes())
    ]
    assert not naming


def test_index_address_is_seen() -> None:
    # Put together here, or this file would name one itself.
    assert INDEX_ADDRESS.search(b"".join([b"https://pypi", b".example.org/simple"]))
    assert INDEX_ADDRESS.search(b"-".join([b"--extra-index", b"url"]))
    assert not INDEX_ADDRESS.search(b"https://keepachangelog.com/en/1.1.0/")
