"""The JSON Schema in the tree is the one the models make, and it describes every key."""

import json
from typing import Any

from ussd_gateway.menu.schema import SCHEMA_FILE, menu_schema, schema_text


def test_the_schema_in_the_tree_is_current():
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run: python -m ussd_gateway.menu.schema"


def test_every_key_is_described():
    def undescribed(name: str, schema: dict[str, Any]) -> list[str]:
        return [
            f"{name}.{key}"
            for key, value in schema.get("properties", {}).items()
            if "description" not in value
        ]

    schema = menu_schema()
    missing = undescribed("menu", schema)
    for name, each in schema["$defs"].items():
        missing += undescribed(name, each)
    assert missing == []


def test_text_may_be_written_as_a_number():
    schema = json.loads(schema_text())
    assert schema["properties"]["back"]["type"] == ["string", "number"]
