"""The JSON Schema of menu files, for editors: `menu.schema.json`, kept in the tree beside this module.

An editor with a YAML plugin uses it through a first line in the file:

    # yaml-language-server: $schema=.../menu.schema.json

After a change of `files.py` write it anew:  python -m ussd_gateway.menu.schema
"""

import json
from pathlib import Path
from typing import Any

from ussd_gateway.menu.files import MenuFile

SCHEMA_FILE = Path(__file__).with_name("menu.schema.json")


def menu_schema() -> dict[str, Any]:
    """The schema of one menu file (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "USSD menu",
        **_tidy(MenuFile.model_json_schema()),
    }


def _tidy(schema: Any) -> Any:
    """Without generated titles; and text may be written as a number (`from: 5010`), as the reader allows."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {key: _tidy(item) for key, item in schema.items() if key != "title" or isinstance(item, dict)}
    if tidy.get("type") == "string" and "enum" not in tidy:
        tidy["type"] = ["string", "number"]
    return tidy


def schema_text() -> str:
    """The schema as it stands in the tree."""
    return json.dumps(menu_schema(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
