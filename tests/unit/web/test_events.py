"""`/api/v1/events`: long polls, numbers, phones that are on because somebody listens."""

import asyncio
from collections.abc import Callable

import pytest

from ussd_gateway.watch import SmsSent, Watch
from ussd_gateway.web import journal as journals
from ussd_gateway.web.journal import Journal

ANNA, BORIS = "79261234567", "79261234568"


async def ask(api, **query):
    response = await api.get("/api/v1/events", params={name: str(value) for name, value in query.items()})
    assert response.status == 200, await response.text()
    return await response.json()


async def dial(api, msisdn: str = ANNA):
    return await (await api.post("/api/v1/ussd", json={"msisdn": msisdn, "code": "*105#"})).json()


async def test_what_happened_after_a_number(api):
    begun = await ask(api)
    assert (begun["events"], begun["missed"]) == ([], False)
    await dial(api)
    await dial(api, BORIS)
    found = await ask(api, after=begun["next"])
    assert [event["msisdn"] for event in found["events"]] == [ANNA, BORIS]
    step = found["events"][0]
    assert (step["event"], step["asked"], step["text"], step["op"]) == ("step", "dial", "*105#", "ask")
    assert step["moves"][-1][2] == step["screen"]
    first = await ask(api, after=begun["next"], limit=1)
    assert first["events"] == [step]
    assert first["next"] == step["number"]
    only = await ask(api, after=begun["next"], msisdn=BORIS)
    assert [event["msisdn"] for event in only["events"]] == [BORIS]
    assert (await ask(api, after=found["next"]))["events"] == []


async def test_a_question_waits_for_the_next_event(api):
    begun = await ask(api)
    waiting = asyncio.create_task(ask(api, after=begun["next"], msisdn=ANNA, wait="30s"))
    await dial(api, BORIS)
    await dial(api)
    found = await waiting
    assert [event["msisdn"] for event in found["events"]] == [ANNA]


async def test_numbers_of_another_run_are_told_apart(api):
    begun = await ask(api)
    await dial(api)
    found = await ask(api, after=begun["next"] + 1000, wait="30s")
    assert found["missed"] is True
    assert len(found["events"]) == 1


async def test_nobody_asks_and_nothing_is_gathered(api, app):
    assert not app.watch.active
    await ask(api)
    assert app.watch.active


async def test_a_phone_is_on_while_somebody_listens(api, app):
    body = {"msisdn": ANNA, "to": BORIS, "text": "Привет"}
    await api.post("/api/v1/sms", json=body)
    assert app.phones.way_to(BORIS) is None
    begun = await ask(api)
    found = await ask(api, after=begun["next"], msisdn=BORIS, phone="true", wait="30s")
    (sms,) = found["events"]
    assert (sms["event"], sms["from"], sms["text"], sms["parts"]) == ("sms", ANNA, "Привет", 1)
    assert app.phones.way_to(BORIS) == "http"
    inbox = await (await api.get(f"/api/v1/subscribers/{BORIS}/inbox")).json()
    assert [message["message_id"] for message in inbox["messages"]] == [sms["message_id"]]
    await ask(api, msisdn=BORIS, phone="false")
    assert app.phones.way_to(BORIS) is None


@pytest.mark.parametrize(
    "query, status",
    [
        ({"wait": "soon"}, 400),
        ({"after": "-1"}, 400),
        ({"limit": "100000"}, 400),
        ({"msisdn": "me"}, 422),
        ({"phone": "true"}, 400),
        ({"phone": "perhaps", "msisdn": ANNA}, 400),
    ],
)
async def test_what_is_refused(api, query, status):
    assert (await api.get("/api/v1/events", params=query)).status == status


def sent(number: int) -> SmsSent:
    return SmsSent(0, ANNA, number, "000100", "text", False, 1)


async def test_the_newest_are_kept(monkeypatch):
    monkeypatch.setattr(journals, "MAX_KEPT", 3)
    watch = Watch()
    journal = Journal(watch, lambda msisdn: lambda: None)
    journal.listen()
    after = journal.last
    for number in range(5):
        watch.tell(sent(number))
    found, missed = journal.since(after, None, 10)
    assert ([each.message_id for _, each in found if isinstance(each, SmsSent)], missed) == ([2, 3, 4], True)
    assert journal.since(after + 2, None, 10)[1] is False


async def test_it_stops_listening_when_nobody_asks(monkeypatch):
    monkeypatch.setattr(journals, "LISTEN_S", 0.0)
    monkeypatch.setattr(journals, "PHONE_S", 0.0)
    watch = Watch()
    on: list[str] = []

    def switch_on(msisdn: str) -> Callable[[], None]:
        on.append(msisdn)
        return lambda: on.remove(msisdn)

    journal = Journal(watch, switch_on)
    journal.listen()
    held = journal.hold_phone(ANNA)
    assert (watch.active, on) == (True, [ANNA])
    before = journal.last
    journal.let_go(held)
    for _ in range(3):  # the timers run out in the next turns of the loop
        await asyncio.sleep(0)
    assert not watch.active
    assert not on
    journal.listen()
    assert journal.since(before, None, 10) == ([], True), "what happened meanwhile is not known"
    assert journal.since(journal.last, None, 10) == ([], False)
