"""Idempotency-Key on what a phone does: a repeat changes nothing and hears the first answer."""

import asyncio
from collections.abc import Mapping

import pytest

from ussd_gateway.errors import StoreUnavailable

ANNA = "79261234567"
KEY = {"Idempotency-Key": "k-1"}


async def post(api, path: str, body: Mapping[str, object], headers: Mapping[str, str] = KEY):
    response = await api.post(path, json=body, headers=headers)
    return response, await response.json()


async def test_dialling_twice_is_one_dialogue(api):
    first, screen = await post(api, "/api/v1/ussd", {"msisdn": ANNA, "code": "*105#"})
    assert "Idempotency-Replayed" not in first.headers
    again, same = await post(api, "/api/v1/ussd", {"msisdn": ANNA, "code": "*105#"})
    assert (again.headers["Idempotency-Replayed"], same) == ("true", screen)
    assert again.content_type == "application/json"
    _, other = await post(api, "/api/v1/ussd", {"msisdn": ANNA, "code": "*105#"}, {})
    assert other["dialogue"] != screen["dialogue"]


async def test_an_answer_twice_is_one_step(api):
    _, first = await post(api, "/api/v1/ussd", {"msisdn": ANNA, "code": "*105#"}, {})
    address = f"/api/v1/ussd/{first['dialogue']}"
    _, second = await post(api, address, {"input": "1"})
    _, again = await post(api, address, {"input": "1"})
    _, third = await post(api, address, {"input": "1"}, {})
    assert again == second
    assert third["text"] != second["text"]


async def test_a_message_twice_is_one_message(api):
    body = {"msisdn": ANNA, "to": "79261110001", "text": "hello"}
    answers = await asyncio.gather(*(post(api, "/api/v1/sms", body) for _ in range(5)))
    assert len({answer["message_id"] for _, answer in answers}) == 1
    inbox = await (await api.get("/api/v1/subscribers/79261110001/inbox")).json()
    assert [message["text"] for message in inbox["messages"]] == ["hello"]


async def test_a_refusal_is_an_answer(api):
    body = {"msisdn": ANNA, "text": "hello"}
    first, refusal = await post(api, "/api/v1/push", body)
    assert (first.status, refusal["reason"]) == (409, "absent")
    again, same = await post(api, "/api/v1/push", body)
    assert (again.status, same) == (409, refusal)
    assert again.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "other", [{"msisdn": ANNA, "code": "*100#"}, {"msisdn": "79261110001", "code": "*105#"}]
)
async def test_a_key_stands_for_one_request(api, other):
    await post(api, "/api/v1/ussd", {"msisdn": ANNA, "code": "*105#"})
    response, problem = await post(api, "/api/v1/ussd", other)
    assert response.status == 422
    assert "Idempotency-Key" in problem["detail"]


async def test_a_key_has_a_length(api):
    response, _ = await post(api, "/api/v1/ussd", {}, {"Idempotency-Key": "k" * 129})
    assert response.status == 400


async def test_what_could_not_be_served_is_tried_again(api, app, monkeypatch):
    body = {"msisdn": ANNA, "to": "79261110001", "text": "hello"}

    async def lost(message):
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(app.gateway, "sms", lost)
        response, _ = await post(api, "/api/v1/sms", body)
        assert response.status == 503
    response, _ = await post(api, "/api/v1/sms", body)
    assert response.status == 200
