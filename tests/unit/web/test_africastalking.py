"""Our menus, asked the way Africa's Talking asks web applications."""

import pytest

ANNA = "+79269990001"


async def say(api, text: str, session: str = "s1", code: str = "*105#", number: str = ANNA):
    fields = {"sessionId": session, "serviceCode": code, "phoneNumber": number, "text": text}
    response = await api.post("/api/v1/africastalking", data={**fields, "networkCode": "99999"})
    return response.status, await response.text()


async def over_json(api, *steps: str) -> str:
    """The same dialogue by the API of phones: its last screen."""
    shown = await (await api.post("/api/v1/ussd", json={"msisdn": "79269990002", "code": steps[0]})).json()
    for step in steps[1:]:
        response = await api.post(f"/api/v1/ussd/{shown['dialogue']}", json={"input": step})
        shown = await response.json()
    return f"{'CON' if shown['op'] == 'ask' else 'END'} {shown['text']}"


async def test_a_dialogue_goes_on_by_what_is_new_in_the_text(api):
    assert await say(api, "") == (200, await over_json(api, "*105#"))
    assert await say(api, "1") == (200, await over_json(api, "*105#", "1"))
    assert (await say(api, "1*1"))[1] == await over_json(api, "*105#", "1", "1")


async def test_what_was_dialled_behind_the_code_is_walked(api):
    assert await say(api, "1") == (200, await over_json(api, "*105*1#"))


async def test_a_request_that_comes_twice_is_answered_the_same(api):
    first = await say(api, "")
    assert await say(api, "") == first
    second = await say(api, "1")
    assert await say(api, "1") == second
    assert second != first


async def test_an_empty_answer_is_an_answer(api):
    await say(api, "1")
    assert (await say(api, "1*"))[0] == 200


async def test_a_new_session_replaces_the_old_one(api):
    await say(api, "")
    assert await say(api, "", "s2") == (200, await over_json(api, "*105#"))
    assert (await say(api, "1", "s1"))[0] == 409
    assert await say(api, "1", "s2") == (200, await over_json(api, "*105#", "1"))


async def test_a_code_that_nobody_serves_ends(api):
    status, text = await say(api, "", code="*999#")
    assert status == 200
    assert text.startswith("END ")


@pytest.mark.parametrize("changed", [{"session": ""}, {"code": ""}, {"number": "x"}, {"text": "1" * 1001}])
async def test_what_does_not_fit_is_refused(api, changed):
    status, _ = await say(api, **{"text": "", **changed})
    assert status == 422
