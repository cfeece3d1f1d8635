"""`/api/v1/calls`: a call over HTTP, from the first prompt to the end, and what is refused."""

import pytest

from ussd_gateway.calls import MAX_KEYS

ANNA = "79261234567"


async def dial(api, to: str = "0505"):
    response = await api.post("/api/v1/calls", json={"msisdn": "8 926 123-45-67", "to": to})
    assert response.status == 200
    return await response.json()


async def press(api, call: str, keys: str):
    response = await api.post(f"/api/v1/calls/{call}/keys", json={"keys": keys})
    return response.status, await response.json()


async def test_a_call(api):
    first = await dial(api)
    assert list(first) == ["call", "state", "heard", "left"]
    assert first["state"] == "prompt"
    assert first["heard"][0]["text"].startswith("Сервис-Гид.")
    status, answer = await press(api, first["call"], "24")
    assert status == 200
    assert [said["state"] for said in answer["heard"]] == ["prompt", "prompt"]
    status, answer = await press(api, first["call"], "1 7")
    assert (answer["state"], answer["left"]) == ("end", "7")
    assert answer["heard"] == [{"text": "Пароль придет в SMS. Всего доброго", "state": "end"}]
    inbox = await (await api.get(f"/api/v1/subscribers/{ANNA}/inbox")).json()
    assert [message["from"] for message in inbox["messages"]] == ["000110"]


async def test_a_call_that_ended_is_remembered_for_a_while(api):
    call = (await dial(api))["call"]
    await press(api, call, "241")
    status, answer = await press(api, call, "12")
    assert (status, answer["heard"], answer["left"]) == (200, [], "12")
    answer = await (await api.get(f"/api/v1/calls/{call}")).json()
    assert (answer["state"], answer["heard"]) == ("end", [])


async def test_no_keys_are_silence(api):
    call = (await dial(api))["call"]
    for _ in range(2):
        status, answer = await press(api, call, "")
        assert (status, answer["state"]) == (200, "prompt")
    status, answer = await press(api, call, " ")
    assert [said["state"] for said in answer["heard"]] == ["end"]


async def test_what_was_said_in_between_is_fetched(api, app, clock):
    call = (await dial(api))["call"]
    clock.advance(8_000)
    for due in app.calls.due(clock.now_ms(), 10):
        await app.calls.expire(due)
    answer = await (await api.get(f"/api/v1/calls/{call}")).json()
    assert [said["state"] for said in answer["heard"]] == ["prompt"]
    answer = await (await api.get(f"/api/v1/calls/{call}")).json()
    assert answer["heard"] == []


async def test_hanging_up(api):
    call = (await dial(api))["call"]
    response = await api.delete(f"/api/v1/calls/{call}")
    assert (response.status, (await response.json())["state"]) == (200, "end")
    assert (await api.delete(f"/api/v1/calls/{call}")).status == 404
    assert (await press(api, call, "1"))[0] == 404


@pytest.mark.parametrize(
    "body, status, said",
    [
        ({"msisdn": ANNA, "to": "0599"}, 404, "nobody answers"),
        ({"msisdn": "+442071234567", "to": "0505"}, 404, "no account"),
        ({"msisdn": "me", "to": "0505"}, 422, "does not fit"),
        ({"msisdn": ANNA}, 422, "does not fit"),
        ({"msisdn": ANNA, "to": "0505", "keys": "1"}, 422, "does not fit"),
    ],
)
async def test_calls_that_nobody_answers(api, body, status, said):
    response = await api.post("/api/v1/calls", json=body)
    problem = await response.json()
    assert (response.status, said in problem["detail"]) == (status, True), problem


@pytest.mark.parametrize("keys", ["A", "1" * (MAX_KEYS + 1), "１"])
async def test_keys_no_phone_has(api, keys):
    call = (await dial(api))["call"]
    status, problem = await press(api, call, keys)
    assert status == 422
    assert problem["errors"][0]["member"] == "keys"
