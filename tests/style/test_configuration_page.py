"""docs/configuration.md lists every setting with its default, as the models have it.

`UPDATE_DOCS=1` in the environment writes the page anew instead of comparing.
"""

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ussd_gateway.config import Config, SmppAccountConfig, TlsConfig
from ussd_gateway.link_section import LinkConfig
from ussd_gateway.sections import (
    HttpApplicationConfig,
    HttpHopConfig,
    HttpProfileConfig,
    HttpSenderConfig,
    Section,
)

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
HEAD = """# Configuration

Read from `config.yaml` (`--config FILE`, else the working directory, else the packaged default).  Every
setting outside lists can be given by the environment: `USSDGW_SMPP__PORT=2776`, `USSDGW_CLOCK=virtual`.
Unknown keys, wrong types and missing files stop the start with `file:line:column` of every mistake.

Relative paths under `paths` and `smpp.tls` start at the folder of `config.yaml`; a relative
`sqlite:///` path starts at the working directory.  A folder of `paths` that the file does not name and that
is not beside it is the shipped one.
"""


def _rows(model: type[BaseModel], prefix: str) -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        if name == "folder":
            continue
        inner = field.default
        if isinstance(inner, Section):
            rows += _rows(type(inner), f"{prefix}{name}.")
            continue
        default = "required" if field.is_required() else f"`{_plain(field.default)}`"
        rows.append(f"| `{prefix}{name}` | {default} | {' '.join((field.description or '').split())} |")
    return rows


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return str(list(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _table(model: type[BaseModel], prefix: str) -> str:
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *_rows(model, prefix)]) + "\n"


def test_the_page_is_the_models() -> None:
    expected = "\n".join(
        [
            HEAD,
            _table(Config, ""),
            "## `smpp.accounts`: who may bind\n",
            _table(SmppAccountConfig, ""),
            "## `smpp.tls`\n",
            _table(TlsConfig, ""),
            "## `http.applications`: web applications\n",
            _table(HttpApplicationConfig, ""),
            "## `http.senders`: who may send short messages over HTTP\n",
            _table(HttpSenderConfig, ""),
            "## `http.profiles`: more forms for them\n",
            _table(HttpProfileConfig, ""),
            "Each of its requests:\n",
            _table(HttpHopConfig, ""),
            "## `links`: centres that we bind to\n",
            _table(LinkConfig, ""),
        ]
    )
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(expected, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == expected, "run the tests once with UPDATE_DOCS=1"
    assert "|  |" not in expected, "a setting without a description"
