"""Recording a phone and playing the script again, over HTTP."""

import json
from typing import Any

import pytest

from ussd_gateway.web.recordings import MAX_RECORDINGS
from ussd_gateway.web.replays import MAX_GOING_ON, MAX_SCRIPT

ANNA = "79261234567"
SCRIPT = f"""\
script: menu
msisdn: "{ANNA}"
steps:
  - dial: "*105#"
  - expect: {{contains: Счет}}
  - cancel: true
"""


async def begun(api, msisdn=ANNA):
    response = await api.post("/api/v1/recordings", json={"msisdn": msisdn})
    return response.status, await response.json()


async def ended(api, recording):
    return await (await api.delete(f"/api/v1/recordings/{recording}")).json()


async def play(api, script, **more):
    response = await api.post("/api/v1/replays", json={"script": script, **more})
    return response.status, await response.json()


async def played(api, script):
    """What came of it, told at `/ws`, and what is kept."""
    async with api.ws_connect("/ws") as socket:
        await socket.send_json({"subscribe": "replays"})
        await socket.receive_json(timeout=5)
        status, replay = await play(api, script)
        assert (status, replay["state"]) == (202, "running")
        told: list[dict[str, Any]] = []
        while not told or told[-1]["kind"] != "end":
            told.append(await socket.receive_json(timeout=10))
    kept = await (await api.get(f"/api/v1/replays/{replay['replay']}")).json()
    return told, kept


async def test_a_session_is_recorded_and_replays_green(api):
    status, recording = await begun(api)
    assert (status, recording["msisdn"]) == (201, ANNA)
    screen = await (await api.post("/api/v1/ussd", json={"msisdn": ANNA, "code": "*105#"})).json()
    await api.post(f"/api/v1/ussd/{screen['dialogue']}", json={"input": "1"})
    done = await ended(api, recording["recording"])
    assert done["notes"] == 4
    assert 'dial: "*105#"' in done["script"]
    assert (await api.get(f"/api/v1/recordings/{recording['recording']}")).status == 404
    told, kept = await played(api, done["script"])
    assert kept["state"] == told[-1]["state"] == "passed", kept
    assert {"event": "replay", "replay": kept["replay"], "kind": "phone", "msisdn": ANNA} in told
    assert [each["verb"] for each in kept["steps"]][-4:] == ["dial", "expect", "send", "expect"]


async def test_nothing_happened(api):
    _, recording = await begun(api)
    path = f"/api/v1/recordings/{recording['recording']}"
    assert (await (await api.get(path)).json())["notes"] == 0
    assert (await ended(api, recording["recording"]))["script"] is None


async def test_who_cannot_be_recorded(api):
    assert (await begun(api, "x"))[0] == 422
    assert (await begun(api, "74951234567"))[0] == 422
    for _ in range(MAX_RECORDINGS):
        assert (await begun(api))[0] == 201
    assert (await begun(api))[0] == 429


async def test_what_differs_is_told(api):
    told, kept = await played(api, SCRIPT.replace("Счет", "Nothing of the kind"))
    assert kept["state"] == "failed"
    (failed,) = [each for each in kept["steps"] if each["status"] == "failed"]
    assert failed["line"] == 5
    assert "Nothing of the kind" in json.dumps(failed, ensure_ascii=False)
    assert any(each["kind"] == "step" and each["status"] == "failed" for each in told)


async def test_secrets_are_masked(api):
    script = SCRIPT.replace("cancel: true", 'set: {my_password: "Canary77"}').replace('"*105#"', '"*105*00#"')
    told, kept = await played(api, script.replace("contains: Счет", "op: end"))
    assert kept["state"] == "passed", kept
    assert "Canary77" not in json.dumps([told, kept])


@pytest.mark.parametrize(
    "more",
    [
        "data: {file: /etc/passwd}",
        "setup: [{include: /etc/passwd}]",
        "setup: [{repeat: {times: 2, steps: [{include: {file: x.yaml}}]}}]",
        "setup: [{parallel: [{phone: anna, steps: [{include: x.yaml}]}]}]\nphones: {anna: '79261234568'}",
    ],
)
async def test_no_file_is_read(api, more):
    status, answer = await play(api, SCRIPT + more)
    assert status == 422
    assert [error["message"] for error in answer["errors"]] == ["a script over HTTP names no files"]


async def test_mistakes_are_told_at_their_place(api):
    status, answer = await play(api, "script: x\nsteps:\n  - dail: '*105#'\n")
    assert status == 422
    assert (answer["errors"][0]["line"], answer["errors"][0]["column"]) == (3, 5)
    rows = "".join(f"    - {{n: '{number}'}}\n" for number in range(201))
    assert (await play(api, f"{SCRIPT}data:\n  rows:\n{rows}"))[0] == 422
    assert (await play(api, "x" * (MAX_SCRIPT + 1)))[0] == 422
    assert (await play(api, SCRIPT, pause="long"))[0] == 422


async def test_a_replay_is_stopped(api):
    replays = [(await play(api, SCRIPT, pause="10s"))[1]["replay"] for _ in range(MAX_GOING_ON)]
    assert (await play(api, SCRIPT))[0] == 429
    for replay in replays:
        stopped = await (await api.delete(f"/api/v1/replays/{replay}")).json()
        assert stopped["state"] == "stopped"
    assert (await play(api, SCRIPT))[0] == 202
    assert (await api.delete("/api/v1/replays/x")).status == 404
