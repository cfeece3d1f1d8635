"""What an application says in the words of each dialect, and what it understands of its centre."""

import pytest

from ussd_gateway.access.outward_role import as_application
from ussd_gateway.smpp.pdus import SubmitSm
from ussd_gateway.ussd.dialects import DIALECTS
from ussd_gateway.ussd.dialogue import Dialogue, DialogueTimers, open_dialogue
from ussd_gateway.ussd.primitives import Abort, Ask, Begin, Continue, End, Notify, Unmarked

ANNA = "79261234567"
ACCESS = "link:mno"
SAYS_NO_OPERATION = {"no_operation"}
SAYS_NOTHING_OF_ABORTS = {"no_operation", "silent"}


def dialogue(dialogue_id: str, session: bytes = b"") -> Dialogue:
    return open_dialogue(
        dialogue_id,
        ANNA,
        "*105#",
        access=ACCESS,
        session_info=session,
        position=None,
        now_ms=0,
        timers=DialogueTimers(),
    )


@pytest.fixture(params=sorted(DIALECTS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_the_centre_tells_is_understood(name):
    centre, ours = DIALECTS[name], dialogue("d-1")
    application = as_application(centre)
    told = centre.tell(ours, Begin(ANNA, "*105*1#", ACCESS))
    assert told is not None
    begin = application.read(told, ANNA, ACCESS)
    if name in SAYS_NO_OPERATION:
        assert isinstance(begin, Unmarked)
        begin = begin.as_begin()
    assert isinstance(begin, Begin)
    assert begin.dialled == "*105*1#"
    assert bool(begin.session_info) == (centre.session is not None and centre.numbers_applications)
    told = centre.tell(ours, Continue(ANNA, "*7#", ACCESS))
    assert told is not None
    answer = application.read(told, ANNA, ACCESS)
    answer = answer.as_continue() if isinstance(answer, Unmarked) else answer
    assert isinstance(answer, Continue)
    assert answer.text == "*7#"
    told = centre.tell(ours, Abort(ANNA, ACCESS))
    assert (told is None) == (name in SAYS_NOTHING_OF_ABORTS)
    if told is not None:
        assert isinstance(application.read(told, ANNA, ACCESS), Abort)


@pytest.mark.parametrize("primitive", [Ask("Well?"), End("Bye"), Notify("Look")], ids=repr)
def test_what_the_application_says_is_understood(name, primitive):
    centre, theirs = DIALECTS[name], dialogue("d-1")
    told = centre.tell(theirs, Begin(ANNA, "*105#", ACCESS))
    assert told is not None
    begin = as_application(centre).read(told, ANNA, ACCESS)
    assert begin is not None
    screen = as_application(centre).deliver(dialogue("d-2", begin.session_info), primitive)
    said = centre.hear(
        SubmitSm(
            service_type=screen.service_type,
            source_addr=screen.source_addr,
            destination_addr=screen.destination_addr,
            data_coding=screen.data_coding,
            short_message=screen.short_message,
            tlvs=screen.tlvs,
        )
    )
    assert said is not None
    assert said.primitive == primitive
    assert centre.belongs(theirs, b"", said.session_info) in (True, None)
