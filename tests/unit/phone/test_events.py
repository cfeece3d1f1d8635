"""The JSON of events is a contract: other people's scripts read it."""

import json

import pytest

from ussd_gateway.phone.events import Failure, Screen, SmsArrived, as_json


@pytest.mark.parametrize(
    "event, line",
    [
        (
            Screen("ask", "Счет", "*105#", "1a2b"),
            '{"event": "screen", "op": "ask", "text": "Счет", "service_code": "*105#", "dialogue": "1a2b"}',
        ),
        (
            SmsArrived("000110", "Пароль", 2),
            '{"event": "sms", "from": "000110", "text": "Пароль", "parts": 2}',
        ),
        (Failure("lost", None), '{"event": "error", "reason": "lost", "status": null}'),
        (Failure("refused", 10, final=True), '{"event": "error", "reason": "refused", "status": 10}'),
    ],
)
def test_event_as_json(event, line):
    assert json.dumps(as_json(event), ensure_ascii=False) == line
