"""`make demo`: a gateway of its own comes up, is shown and goes, whatever comes of it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.running import ROOT, clean_environment


def demo(folder: Path, *scripts: str) -> subprocess.CompletedProcess[str]:
    gateway = Path(sys.executable).with_name("ussd-gateway")
    return subprocess.run(
        ["scenarios/demo.sh", str(gateway), *scripts],
        check=False,
        cwd=ROOT,
        env=clean_environment() | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def running(folder: Path) -> list[str]:
    """Processes that know of this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in environment:
            found.append(process.name)
    return found


def test_the_tour(tmp_path):
    done = demo(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 run: 1 passed" in done.stdout
    assert "Time passes" in done.stdout
    assert (list(tmp_path.iterdir()), running(tmp_path), done.stderr) == ([], [], "")


def test_what_goes_wrong_is_the_code_and_the_gateway_stops_all_the_same(tmp_path):
    script = tmp_path / "wrong.yaml"
    script.write_text("script: wrong\nsteps:\n  - dial: '*105#'\n  - expect: {op: end}\n", encoding="utf-8")
    done = demo(tmp_path, str(script))
    assert done.returncode == 1
    assert f"{script}:4:14" in done.stdout
    assert (list(tmp_path.iterdir()), running(tmp_path)) == ([script], [])


def test_a_gateway_that_does_not_start(tmp_path):
    done = subprocess.run(
        ["scenarios/demo.sh", "false"],
        check=False,
        cwd=ROOT,
        env=clean_environment() | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr.splitlines()[0]) == (3, "the gateway did not start")
    assert list(tmp_path.iterdir()) == []
