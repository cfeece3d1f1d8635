"""The JSON Schema in the tree is the one the models make, and it describes every key."""

from typing import Any

from ussd_gateway.replay.schema import SCHEMA_FILE, schema_text, script_schema


def test_the_schema_in_the_tree_is_current():
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "run: python -m ussd_gateway.replay.schema"
    )


def test_every_key_is_described():
    schema = script_schema()
    missing = [
        f"{name}.{key}"
        for name, place in {"script": schema, **schema["$defs"]}.items()
        for form in (place, *place.get("anyOf", []))
        for key, value in form.get("properties", {}).items()
        if "description" not in value
    ]
    assert missing == []


def forms(verb: str) -> list[dict[str, Any]]:
    place: dict[str, Any] = script_schema()["$defs"][verb]
    forms: list[dict[str, Any]] = place.get("anyOf", [place])
    return forms


def test_a_step_has_one_verb():
    step = script_schema()["$defs"]["StepFile"]
    assert (step["minProperties"], step["maxProperties"]) == (1, 1)


def test_short_forms_are_known_to_editors():
    assert forms("Dial")[0] == {"type": ["string", "number"]}
    assert forms("Cancel")[0] == {"const": True}
    assert forms("Parallel")[0]["type"] == "array"
    assert forms("Set")[0]["additionalProperties"] == {"type": ["string", "number"]}
    assert [form.get("type") for form in forms("Expect")] == [None, "object"]
