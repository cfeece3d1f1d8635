"""A phone over HTTP: dialogues, messages, the last screen, and what cannot be."""

import pytest

from ussd_gateway.phone.embedded import EmbeddedPhone

ANNA = "79261234567"


async def dial(api, code: str = "*105#"):
    response = await api.post("/api/v1/ussd", json={"msisdn": "8 926 123-45-67", "code": code})
    assert response.status == 200
    return await response.json()


async def answer(api, dialogue: str, text: str):
    response = await api.post(f"/api/v1/ussd/{dialogue}", json={"input": text})
    return response.status, await response.json()


async def last(api):
    response = await api.get(f"/api/v1/subscribers/{ANNA}/dialogue")
    return response.status, await response.json()


async def test_a_dialogue(api):
    first = await dial(api)
    assert list(first) == ["dialogue", "op", "text", "service_code"]
    assert (first["op"], first["service_code"]) == ("ask", "*105#")
    status, second = await answer(api, first["dialogue"], "1")
    assert (status, second["op"], second["dialogue"]) == (200, "ask", first["dialogue"])
    status, found = await last(api)
    assert (status, found["open"], found["op"], found["text"]) == (200, True, "ask", second["text"])
    assert (found["menu"], found["access"]) == ("service_guide", "http")
    response = await api.delete(f"/api/v1/ussd/{first['dialogue']}")
    assert await response.json() == {"dialogue": first["dialogue"], "hung_up": True}
    response = await api.delete(f"/api/v1/ussd/{first['dialogue']}")
    assert (await response.json())["hung_up"] is False


async def test_a_code_that_is_answered_at_once(api):
    first = await dial(api, "*999#")
    assert first["op"] == "end"
    _, found = await last(api)
    assert (found["open"], found["screen"], found["text"]) == (False, "bad.code", first["text"])
    status, gone = await answer(api, first["dialogue"], "1")
    assert (status, gone["op"]) == (200, "end")
    assert (await last(api))[1]["screen"] == "ussd.gone"


async def test_what_the_network_ends_is_found_afterwards(api, app, clock):
    first = await dial(api)
    clock.advance(1_000_000)
    await app.gateway.expire(ANNA)
    _, found = await last(api)
    assert (found["dialogue"], found["screen"]) == (first["dialogue"], "ussd.timeout")


async def test_a_dialogue_that_another_replaced(api):
    first, second = await dial(api), await dial(api)
    status, _ = await answer(api, first["dialogue"], "1")
    assert status == 409
    status, _ = await answer(api, second["dialogue"], "1")
    assert status == 200


async def test_a_dialogue_of_another_phone_is_seen_without_its_text(api, app):
    assert (await last(api))[0] == 404
    phone = EmbeddedPhone(ANNA, app.gateway, app.phones, app.ids)
    await phone.open()
    await phone.dial("*105#")
    status, found = await last(api)
    assert (status, found["open"], found["access"], found["text"]) == (200, True, "embedded", None)


async def test_a_message(api):
    response = await api.post("/api/v1/sms", json={"msisdn": ANNA, "to": "000105", "text": "PAS Secret77"})
    assert response.status == 200
    assert (await response.json())["message_id"] > 0
    answer = await (await api.get(f"/api/v1/subscribers/{ANNA}")).json()
    assert answer["login"]["password_set"] is True


@pytest.mark.parametrize(
    "path, body, status",
    [
        ("/api/v1/sms", {"msisdn": ANNA, "to": "0599123", "text": "x"}, 404),
        ("/api/v1/sms", {"msisdn": ANNA, "to": "Bank", "text": "x"}, 422),
        ("/api/v1/sms", {"msisdn": "+442071234567", "to": "000105", "text": "x"}, 404),
        ("/api/v1/ussd", {"msisdn": "me", "code": "*105#"}, 422),
        ("/api/v1/ussd", {"msisdn": ANNA, "code": ""}, 422),
        ("/api/v1/ussd/nothing", {"input": "1"}, 404),
    ],
)
async def test_what_is_refused(api, path, body, status):
    response = await api.post(path, json=body)
    assert response.status == status, await response.text()
