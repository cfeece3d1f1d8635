"""docs/cli.md is what --help says, and docs/api.md lists every call the server serves.

`UPDATE_DOCS=1` in the environment writes docs/cli.md anew instead of comparing.
"""

import os
import re
from pathlib import Path

from tests.e2e.running import clean_environment, in_process
from ussd_gateway.cli.program import COMMANDS
from ussd_gateway.web.routes import ROUTES

DOCS = Path(__file__).parents[3] / "docs"
HEAD = """# Command line

`.venv/bin/ussd-gateway`, or `python -m ussd_gateway`.  This page is what `--help` says.

| exit code | means |
|---|---|
| 0 | all went well |
| 1 | a check, a dialogue or a request failed: the gateway refused or did not answer, a file has mistakes |
| 2 | wrong usage, or a configuration, menu or catalogue that is not valid |
| 3 | could not connect or run |

With `--json` each event is one line: `{"event": "screen", "op": "ask"|"end"|"notify", "text", "service_code",
"dialogue"}`, `{"event": "sms", "from", "text", "parts"}`, `{"event": "voice", "text", "state":
"prompt"|"end"}`, `{"event": "error", "reason", "status"}`.
"""


def help_of(name: str) -> str:
    done = in_process(clean_environment() | {"COLUMNS": "100"}, name, "--help")
    return f"## {name}\n\n```text\n{done.stdout}```\n"


def test_the_page_is_the_help() -> None:
    expected = "\n".join([HEAD, *map(help_of, COMMANDS)])
    page = DOCS / "cli.md"
    if os.environ.get("UPDATE_DOCS"):
        page.write_text(expected, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == expected, "run the tests once with UPDATE_DOCS=1"


def test_the_api_page_lists_every_call() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^### `(GET|POST|PUT|PATCH|DELETE) (\S+)`$", page, re.MULTILINE)
    assert listed == [(route.method, route.path) for route in ROUTES]
    for route in ROUTES:
        for member in route.body.model_fields if route.body else ():
            assert f"`{member}`" in page, f"{route.path} takes `{member}`"
