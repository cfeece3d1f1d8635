"""`replay --rate`: load from the command line, its reports, its exit codes, Ctrl-C."""

import asyncio
import json
import signal
import xml.etree.ElementTree as ElementTree

import pytest

from tests.e2e.running import ROOT, Gateway, clean_environment, command, in_process
from tests.unit.replay.load.servers import Counting, listening

SEVEN = ["dialogues_per_s", "steps_per_s", "p50_ms", "p95_ms", "p99_ms", "max_ms", "failed"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), STORAGE__URL="memory://", CLOCK="system")
    yield gateway
    gateway.stop()


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.yaml"
    path.write_text('script: walk\nsteps:\n  - dial: "*105#"\n  - expect: {op: ask}\n  - send: "1"\n')
    return str(path)


def test_the_shipped_profile_as_load(gateway, tmp_path):
    junit, page = tmp_path / "load.xml", tmp_path / "load.html"
    reports = ["--junit", str(junit), "--report", str(page)]
    scripts = str(ROOT / "scenarios" / "load")
    done = gateway.run(
        "replay", scripts, "--rate", "200", "--calls", "60", "--limit", "50", "--json", *reports
    )
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.events()[-1]
    assert set(SEVEN) <= set(last)
    assert (last["failed"], last["passed"]) == (0, 60)
    assert [each["event"] for each in done.events()[:-1]] == ["second"] * (len(done.events()) - 1)
    assert len(list(ElementTree.parse(junit).iter("testcase"))) == 4
    assert "<svg" in page.read_text(encoding="utf-8")


def test_the_tables(gateway, script):
    done = gateway.run("replay", script, "--rate", "100", "--duration", "200ms", "--arrival", "poisson")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every step" in done.stdout
    assert "dialogues/s" in done.stdout


def test_a_load_that_fails(gateway, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text('script: wrong\nsteps:\n  - dial: "*105#"\n  - expect: {op: end}\n')
    done = gateway.run("replay", str(path), "--rate", "100", "--calls", "5")
    assert done.returncode == 1
    assert f"5 failed  {path}:4:5" in done.stdout.replace("\n", "")


@pytest.mark.parametrize(
    "options, code, words",
    [
        (["--rate", "5"], 2, "--calls or --duration"),
        (["--calls", "5"], 2, "--rate"),
        (["--rate", "5", "--calls", "1", "--via", "http"], 2, "SMPP"),
        (["--rate", "5", "--calls", "1", "--phones", "12-x"], 2, "FIRST-LAST"),
        (["--rate", "5", "--calls", "1", "--coverage"], 2, "coverage"),
        (["--rate", "5", "--calls", "1", "--password", "wrong"], 3, "refused the bind"),
        (["--rate", "5", "--calls", "1", "--target", "127.0.0.1:1"], 3, "cannot connect"),
    ],
)
def test_what_is_no_load(gateway, script, options, code, words):
    done = gateway.run("replay", script, *options)
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stderr


def test_a_script_that_cannot_be_load(tmp_path):
    path = tmp_path / "topup.yaml"
    path.write_text('script: t\nsteps:\n  - dial: "*1#"\n  - topup: "5"\n')
    done = in_process(clean_environment(), "replay", str(path), "--rate", "5", "--calls", "1")
    assert done.returncode == 2
    assert f"{path}:4:5: `topup`" in done.stderr


@pytest.mark.parametrize("as_lines", [False, True])
async def test_ctrl_c_ends_it_and_the_figures_are_told(script, as_lines):
    class Watched(Counting):
        """Tells when the load has come far enough."""

        enough = asyncio.Event()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.requests > 50:
                self.enough.set()

    async with listening(Watched) as (host, port):
        options = ["--rate", "200", "--calls", "1000000", "--target", f"{host}:{port}"]
        if as_lines:
            options.append("--json")
        process = await asyncio.create_subprocess_exec(
            *command("replay", script, *options),
            cwd=ROOT,
            env=clean_environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        await asyncio.wait_for(Watched.enough.wait(), 60)
        process.send_signal(signal.SIGINT)
        out, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 130, errors.decode()
    assert not errors
    if as_lines:
        last = json.loads(out.decode().splitlines()[-1])
        assert last["interrupted"] is True
        assert last["passed"] + last["unfinished"] == last["begun"] > 10
    else:
        assert "every step" in out.decode()
        assert "interrupted" in out.decode()
