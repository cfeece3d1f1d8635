"""Verdicts for the tests of the reports, made by hand: every kind of happening, every status."""

from ussd_gateway.replay.verdict import Difference, Happening, Outcome, Place, Run, Status, Verdict

ANNA, BORIS = "79261234567", "79261234568"


def step(
    line: int,
    summary: str,
    *happenings: Happening,
    status: Status = "passed",
    message: str = "",
    differences: tuple[Difference, ...] = (),
    latency_ms: float | None = None,
) -> Outcome:
    """A step of `life.yaml` at this line."""
    outcome = Outcome(Place("life.yaml", line, 5), summary.partition(" ")[0], summary, status)
    outcome.happenings, outcome.differences = list(happenings), list(differences)
    outcome.message, outcome.latency_ms, outcome.took_ms = message, latency_ms, 1.5
    return outcome


def run(*outcomes: Outcome, script: str = "Life", row: int = 1, **variables: str) -> Run:
    """A run of these steps."""
    return Run(script, "life.yaml", row, variables, list(outcomes), took_ms=1234.0)


def dialled(code: str, msisdn: str = ANNA) -> Happening:
    return Happening("phone", "dial", code, msisdn)


def screen(text: str, op: str = "ask", msisdn: str = ANNA) -> Happening:
    return Happening("gateway", "screen", text, msisdn, "*105#", op, dialogue="d-1")


def sms(text: str, parts: int = 1) -> Happening:
    return Happening("gateway", "sms", text, ANNA, "000110", parts=parts)


MENU = "1 Баланс\n2 Услуги\n0 Выход"


def green() -> Run:
    """Everything as expected, one screen looked at twice."""
    return run(
        step(3, "dial *105#", dialled("*105#")),
        step(4, "expect contains Баланс", screen(MENU), latency_ms=2.5),
        step(5, "expect contains Выход", screen(MENU)),
        step(6, "expect_sms contains изменен", sms("Пароль изменен", parts=2)),
        msisdn=ANNA,
    )


def red() -> Run:
    """Another text than expected."""
    seen = "1 Баланс\n2 Услуга\n0 Выход"
    return run(
        step(3, "dial *105#", dialled("*105#")),
        step(
            4,
            "expect text",
            screen(seen),
            status="failed",
            differences=(Difference("text", MENU, seen), Difference("op", "end", "ask")),
            latency_ms=40.0,
        ),
        row=2,
        msisdn=BORIS,
    )


def broken() -> Run:
    """A step that could not be performed."""
    told = "the network refused: ESME_RTHROTTLED (0x00000058)"
    refused = Happening("gateway", "failure", "refused (0x00000058)", ANNA, code=0x58)
    return run(step(3, "send 1", refused, status="error", message=told), script="Other")


def unknown() -> Run:
    """Nothing could be checked."""
    return run(
        step(3, "assert balance 1", status="not_checked", message="assert: cannot look"), script="Blind"
    )


def all_kinds() -> Verdict:
    return Verdict("embedded", [green(), red(), broken(), unknown()])
