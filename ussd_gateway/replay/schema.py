"""The JSON Schema of session scripts, for editors: `script.schema.json`, kept beside this module.

An editor with a YAML plugin uses it through a first line in the file:

    # yaml-language-server: $schema=.../script.schema.json

After a change of `script.py`, `bodies.py` or `fields.py` write it anew:  python -m ussd_gateway.replay.schema
"""

from pathlib import Path
from typing import Any

from ussd_gateway.flow.schema import as_text, schema_of
from ussd_gateway.replay.script import ScriptFile

SCHEMA_FILE = Path(__file__).with_name("script.schema.json")


def script_schema() -> dict[str, Any]:
    """The schema of one script."""
    schema = schema_of(ScriptFile, "Session script")
    step = schema["$defs"]["StepFile"]
    step["minProperties"] = step["maxProperties"] = 1
    return schema


def schema_text() -> str:
    """The schema as it stands in the tree."""
    return as_text(script_schema())


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
