"""The first page leads to every guide, every link leads somewhere, and each guide has tests of its name."""

import re
from pathlib import Path

import pytest

from tests.e2e.running import ROOT
from tests.integrations.guide import FOLDER

PAGES = sorted(FOLDER.glob("*.md"))
LINK = re.compile(r"\]\((?P<target>[^)#:]+)\)")


def test_the_first_page_has_every_guide() -> None:
    linked = {match["target"] for match in LINK.finditer((FOLDER / "README.md").read_text(encoding="utf-8"))}
    assert {page.name for page in PAGES} - {"README.md"} <= linked
    assert "docs/integrations/README.md" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [match["target"] for match in LINK.finditer(page.read_text(encoding="utf-8"))]
    assert not [target for target in targets if not (FOLDER / target).exists()]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.stem != "README"], ids=lambda page: page.stem
)
def test_every_guide_is_followed_by_a_test(page: Path) -> None:
    test = (Path(__file__).parent / f"test_{page.stem}.py").read_text(encoding="utf-8")
    assert f'Guide("{page.stem}")' in test
    assert "def test_the_guide(" in test
