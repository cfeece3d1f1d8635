"""The examples of docs/testing.md, run as they stand by the programs they are written for."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^`([\w/.]+)`\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
TIMEOUT_S = 100
RUNS = {
    "pytest": (["pytest", "-p", "no:cacheprovider", "test_password.py"], "1 passed"),
    "asyncio": (["pytest", "-p", "no:cacheprovider", "test_push.py"], "1 passed"),
    "Robot Framework": (["robot", "--output", "NONE", "password.robot"], "1 test, 1 passed, 0 failed"),
    "behave": (["behave", "--no-color"], "3 steps passed, 0 failed"),
    "unittest": (["unittest", "test_balance"], "OK"),
}


@pytest.fixture
def folder(tmp_path):
    for name, text in EXAMPLES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("title", RUNS)
def test_an_example_runs(folder, title):
    command, last_line = RUNS[title]
    assert f"\n## {title}\n" in PAGE
    done = run(folder, *command)
    assert done.returncode == 0, done.stdout
    assert last_line in done.stdout


def test_a_changed_example_fails_and_tells_what_was_seen(folder):
    test = folder / "test_password.py"
    test.write_text(test.read_text(encoding="utf-8").replace('"Счет" in', '"Счёт" in'), encoding="utf-8")
    done = run(folder, *RUNS["pytest"][0])
    assert done.returncode == 1
    assert "'Счёт' in *105# ask" in done.stdout
    assert "│ 1 Счет" in done.stdout
    assert "What the phones saw" in done.stdout


def test_every_example_is_run():
    told = " ".join(word for command, _ in RUNS.values() for word in command)
    files = [name for name in EXAMPLES if not name.startswith("features/")]
    assert all(Path(name).stem in told for name in files)
    assert len(EXAMPLES) == 7


def run(folder, *command):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-m", *command],
        check=False,
        cwd=folder,
        env=environment | {"PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=TIMEOUT_S,
    )
