from ussd_gateway.smpp.timers import Due, TimerConfig, Timers

CONFIG = TimerConfig(
    session_init_timer_s=5.0,
    enquire_link_timer_s=30.0,
    enquire_link_response_timer_s=10.0,
    inactivity_timer_s=100.0,
    read_timer_s=5.0,
)


def bound(config: TimerConfig = CONFIG, now_s: float = 0.0) -> Timers:
    timers = Timers(config, now_s)
    timers.bound = True
    return timers


def test_before_the_bind_only_session_init_runs():
    timers = Timers(CONFIG, 100.0)
    assert timers.next_deadline_s() == 105.0
    assert timers.due(104.9) is None
    assert timers.due(105.0) is Due.SESSION_INIT


def test_the_time_we_take_to_judge_a_bind_is_not_the_peers():
    timers = Timers(CONFIG, 0.0)
    timers.judging = True
    assert timers.next_deadline_s() is None
    assert timers.due(1e9) is None


def test_silence_asks_for_an_enquire_link():
    timers = bound()
    assert timers.due(29.9) is None
    assert timers.due(30.0) is Due.ENQUIRE_LINK
    timers.enquired_s = 30.0
    assert timers.due(39.9) is None
    assert timers.due(40.0) is Due.ENQUIRE_LINK_RESPONSE


def test_being_heard_pushes_the_question_back():
    timers = bound()
    timers.heard_s = 20.0
    assert timers.next_deadline_s() == 50.0


def test_inactivity_is_not_cured_by_enquire_links():
    timers = bound()
    timers.heard_s = 99.0
    assert timers.due(100.0) is Due.INACTIVITY
    timers.active_s = 99.0
    assert timers.due(100.0) is None


def test_a_pdu_must_be_completed():
    timers = bound()
    timers.partial_since_s = 10.0
    assert timers.next_deadline_s() == 15.0
    assert timers.due(15.0) is Due.READ
    unbound = Timers(CONFIG, 0.0)
    unbound.partial_since_s = -2.0
    assert unbound.due(3.0) is Due.READ


def test_the_timer_that_ran_out_first_is_named():
    timers = bound()
    assert timers.due(1000.0) is Due.ENQUIRE_LINK
    timers.heard_s = 995.0
    assert timers.due(1000.0) is Due.INACTIVITY


def test_none_turns_a_timer_off():
    off = TimerConfig(
        session_init_timer_s=None, enquire_link_timer_s=None, inactivity_timer_s=None, read_timer_s=None
    )
    timers = Timers(off, 0.0)
    timers.partial_since_s = 0.0
    assert timers.next_deadline_s() is None
    timers.bound = True
    assert timers.next_deadline_s() is None
    assert timers.due(1e9) is None
