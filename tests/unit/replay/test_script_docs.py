"""docs/scripts.md names every key of a script, and its examples load."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ussd_gateway.replay.loader import load_script
from ussd_gateway.replay.schema import script_schema
from ussd_gateway.replay.script import StepFile

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "scripts.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
NAMED = {name for code in re.findall(r"`([^`\n]+)`", PAGE) for name in re.findall(r"\w+", code)}


def keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from keys(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from keys(value)


def test_every_key_is_documented():
    assert set(keys(script_schema())) <= NAMED


@pytest.mark.parametrize("source", EXAMPLES, ids=lambda source: source.splitlines()[0])
def test_the_examples_load(source):
    assert load_script(source, file_name="docs/scripts.md").steps


def test_the_examples_use_every_verb_but_include():
    used = {step.verb for source in EXAMPLES for step in load_script(source).walk()}
    verbs = {field.alias or name for name, field in StepFile.model_fields.items()}
    assert verbs - used == {"include"}
