"""The JSON Schema in the tree is the one the models make, and it describes every key."""

from ussd_gateway.voice.schema import SCHEMA_FILE, schema_text, voice_schema


def test_the_schema_in_the_tree_is_current():
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "run: python -m ussd_gateway.voice.schema"
    )


def test_every_key_is_described():
    schema = voice_schema()
    places = {"voice": schema, **schema["$defs"]}
    missing = [
        f"{name}.{key}"
        for name, place in places.items()
        for key, value in place.get("properties", {}).items()
        if "description" not in value
    ]
    assert missing == []
