"""Pages: open to everybody, held to their own site by the browser, made of nothing but plain files."""

import re

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ussd_gateway.web.pages import FOLDER, PAGES, PREFIX
from ussd_gateway.web.server import build

OUTSIDE = re.compile(r"https?://(?!www\.w3\.org/)|[\"'(]//")
UNSAFE = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\bstyle=")


@pytest.fixture
async def guarded(app):
    """With a token: pages are open, what they ask is not."""
    async with TestClient(TestServer(build(app.services(), host="127.0.0.1", token="Secret"))) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_and_all_it_names(guarded, path):
    response = await guarded.get(path)
    assert response.status == 200
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    named = re.findall(rf'"({PREFIX}[^"]+)"', await response.text())
    assert named
    for part in named:
        found = await guarded.get(part)
        assert found.status == 200, part
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        for module in re.findall(r'from "\./([^"]+)"', await found.text()):
            assert (await guarded.get(PREFIX + module)).status == 200, module


@pytest.mark.parametrize(
    "path", ["/static/", "/static/x.js", "/static/..%2fpages.py", "/static/%2e%2e/pages.py"]
)
async def test_nothing_else_is_served(guarded, path):
    assert (await guarded.get(path)).status in (401, 404)


async def test_the_api_still_wants_the_token(guarded):
    assert (await guarded.get("/api/v1/clock")).status == 401


def test_files_name_no_outside_address_and_write_no_markup():
    for file in FOLDER.iterdir():
        text = file.read_text(encoding="utf-8")
        assert not OUTSIDE.search(text), file.name
        assert not UNSAFE.search(text), file.name
