"""The JSON Schema of voice files, for editors: `voice.schema.json`, kept in the tree beside this module.

An editor with a YAML plugin uses it through a first line in the file:

    # yaml-language-server: $schema=.../voice.schema.json

After a change of `files.py` write it anew:  python -m ussd_gateway.voice.schema
"""

from pathlib import Path
from typing import Any

from ussd_gateway.flow.schema import as_text, schema_of
from ussd_gateway.voice.files import VoiceFile

SCHEMA_FILE = Path(__file__).with_name("voice.schema.json")


def voice_schema() -> dict[str, Any]:
    """The schema of one voice file."""
    return schema_of(VoiceFile, "Voice menu")


def schema_text() -> str:
    """The schema as it stands in the tree."""
    return as_text(voice_schema())


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
