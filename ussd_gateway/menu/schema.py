"""The JSON Schema of menu files, for editors: `menu.schema.json`, kept in the tree beside this module.

An editor with a YAML plugin uses it through a first line in the file:

    # yaml-language-server: $schema=.../menu.schema.json

After a change of `files.py` write it anew:  python -m ussd_gateway.menu.schema
"""

from pathlib import Path
from typing import Any

from ussd_gateway.flow.schema import as_text, schema_of
from ussd_gateway.menu.files import MenuFile

SCHEMA_FILE = Path(__file__).with_name("menu.schema.json")


def menu_schema() -> dict[str, Any]:
    """The schema of one menu file."""
    return schema_of(MenuFile, "USSD menu")


def schema_text() -> str:
    """The schema as it stands in the tree."""
    return as_text(menu_schema())


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
