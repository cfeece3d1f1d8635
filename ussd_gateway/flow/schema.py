"""The JSON Schema of a kind of file, for editors, made of its model."""

import json
from typing import Any

from pydantic import BaseModel


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    """The schema of one file (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **_tidy(model.model_json_schema()),
    }


def as_text(schema: dict[str, Any]) -> str:
    """The schema as it stands in the tree."""
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


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
