"""The pages for people: plain files of the package, read once, served as they are.

They hold nothing of anybody's, so they need no token; what they show they ask of the API, with one.
Nothing is built and nothing comes from elsewhere, which the browser is told to hold them to.
"""

from pathlib import Path

from aiohttp import hdrs, web

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static/"
PAGES = {"/": "handset.html", "/lk": "lk.html", "/monitor": "monitor.html"}
"""Address of a page -> its file."""

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def is_page(path: str) -> bool:
    """Whether an address is that of a page or of something it is made of."""
    return path in PAGES or path.startswith(PREFIX)


def add_pages(application: web.Application) -> None:
    """Serve every page, and every file under `/static/`."""
    files = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in _TYPES}

    async def page(request: web.Request) -> web.Response:
        return _file(PAGES[request.path], files)

    async def part(request: web.Request) -> web.Response:
        return _file(request.match_info["name"], files)

    for path in PAGES:
        application.router.add_get(path, page)
    application.router.add_get(PREFIX + "{name}", part)


def _file(name: str, files: dict[str, bytes]) -> web.Response:
    body = files.get(name)
    if body is None:
        raise web.HTTPNotFound
    kind = f"{_TYPES[Path(name).suffix]}; charset=utf-8"
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: kind, **_HEADERS})
