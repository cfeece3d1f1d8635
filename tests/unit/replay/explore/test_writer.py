"""What a generated script expects of what was seen, and that it is a script."""

from ussd_gateway.replay.bodies import Expect, ExpectSms
from ussd_gateway.replay.explore.search import Path
from ussd_gateway.replay.explore.session import Told
from ussd_gateway.replay.explore.writer import Head, Seen, script_text
from ussd_gateway.replay.loader import load_script
from ussd_gateway.watch import SmsSent, StepTaken

HEAD = Head(
    "a script", "", ["generated"], "79265550001", {"other": "79265550002"}, [{"account": {"balance": "1.00"}}]
)


def told(*shown: str, op: str = "end", secret: bool = False, messages: tuple[str, ...] = ()) -> Told:
    ops = ["ask"] * (len(shown) - 1) + [op]
    steps = [
        StepTaken(
            0, "79265550001", "ussd", "embedded", "d", "*900#", "dial",
            menu="small", screen=f"s{index}", op=each_op, shown="" if secret else text, secret=secret,
        )
        for index, (text, each_op) in enumerate(zip(shown, ops, strict=True))
    ]  # fmt: skip
    sent = [SmsSent(0, "79265550001", 1, "000105", text, False, 1) for text in messages]
    return Told(steps, sent)


def expected(first: Told, *again: Told) -> Expect:
    text = script_text(HEAD, [Seen(Path("x", "*900#"), first, again)], {})
    body = load_script(text).steps[1].body
    assert isinstance(body, Expect)
    return body


def test_what_is_always_the_same_is_expected_as_it_is() -> None:
    body = expected(told('Say "yes"\n1 Да: {x}'), told('Say "yes"\n1 Да: {x}'))
    assert (body.text, body.regex, body.screen, body.op) == ('Say "yes"\n1 Да: {x}', None, "s0", "end")


def test_numbers_that_differ_may_be_any() -> None:
    body = expected(told("Until 01.05 (5 days)"), told("Until 01.12 (5 days)"), told("Until 01.07 (5 days)"))
    assert (body.text, body.regex) == (None, r"^Until 01\.\d+ \(5 days\)$")


def test_any_other_difference_and_secrets_are_not_expected() -> None:
    assert expected(told("1 day"), told("2 days")).model_fields_set == {"screen", "op"}
    assert expected(told("hidden", secret=True), told("hidden", secret=True)).text is None


def test_a_dialogue_left_open_is_hung_up_and_messages_follow() -> None:
    first = told("1 Yes", "2 No", op="ask", messages=("Code 1234",))
    again = told("1 Yes", "2 No", op="ask", messages=("Code 9876",))
    script = load_script(script_text(HEAD, [Seen(Path("x", "*900#", ("1",)), first, [again])], {}))
    assert [each.verb for each in script.steps] == [
        "dial",
        "expect",
        "send",
        "expect",
        "cancel",
        "expect_sms",
    ]
    body = script.steps[-1].body
    assert isinstance(body, ExpectSms)
    assert (body.from_, body.regex) == ("000105", r"^Code \d+$")


def test_a_code_is_taken_before_the_screen_that_asks_for_it_is_answered() -> None:
    seen = Seen(Path("x", "*900#", ("{{ code }}",)), told("Code?", "Done"), [told("Code?", "Done")])
    script = load_script(script_text(HEAD, [seen], {"s0": "(?P<code>[0-9]{4})"}))
    assert [each.verb for each in script.steps] == ["dial", "expect", "expect_sms", "send", "expect"]
    assert script.phones == {"other": "79265550002"}
    assert [each.verb for each in script.setup] == ["account"]
