"""Each run as a phone beside its steps: what was sent and shown on the left, the judgement on the right."""

from ussd_gateway.replay.differences import DiffLine, diff_lines
from ussd_gateway.replay.figures import WORDS, in_time, latencies, plural, row_of
from ussd_gateway.replay.html.markup import Markup, joined, tag
from ussd_gateway.replay.html.overview import MARKS, run_anchor
from ussd_gateway.replay.story import numbers, story
from ussd_gateway.replay.verdict import Difference, Happening, Outcome, Run, Verdict

OPEN_AT_ONCE = 3
"""With so many runs all are open; with more, those that did not pass."""
HUES = 6

_FEET = {"ask": "answer?", "end": "end", "notify": "notice", "prompt": "waits for a key"}


def runs_section(verdict: Verdict) -> Markup:
    """Every run."""
    few = len(verdict.runs) <= OPEN_AT_ONCE
    return joined(*(_run(run, index, few) for index, run in enumerate(verdict.runs)))


def _run(run: Run, index: int, few: bool) -> Markup:
    phones = numbers(run)
    hues = {msisdn: place % HUES for place, msisdn in enumerate(phones)} if len(phones) > 1 else {}
    facts = [plural(len(run.outcomes), "step"), in_time(run.took_ms)]
    found = latencies(run.outcomes)
    if found is not None:
        facts.append(f"screens p50 {in_time(found.p50_ms)}, p95 {in_time(found.p95_ms)}")
    row = row_of(run)
    return tag(
        "details",
        tag(
            "summary",
            tag("span", MARKS[run.status], class_="mark", title=WORDS[run.status]),
            tag("span", run.script, class_="name"),
            tag("span", row, class_="row") if row else None,
            tag("span", " · ".join(facts), class_="facts"),
        ),
        tag("p", run.file_name, class_="file"),
        tag("div", *(_step(step, seen, hues) for step, seen in story(run)), class_="steps"),
        id=run_anchor(index),
        class_=f"run {run.status}",
        open=few or run.status in ("failed", "error"),
    )


def _step(outcome: Outcome, happenings: list[Happening], hues: dict[str, int]) -> Markup:
    bubbles = [_bubble(each, hues) for each in happenings]
    took = None
    if outcome.latency_ms is not None:
        took = tag(
            "span", in_time(outcome.latency_ms), class_="took", title="from what was sent to the screen"
        )
    bad = outcome.status in ("failed", "error")
    note = tag(
        "div",
        tag(
            "p",
            tag("span", str(outcome.place.line), class_="line", title=str(outcome.place)),
            tag("span", MARKS[outcome.status], class_="mark", title=WORDS[outcome.status]),
            tag("span", outcome.summary, class_="summary"),
            took,
        ),
        tag("p", str(outcome.place), class_="place") if bad else None,
        tag("p", outcome.message, class_="message") if outcome.message else None,
        *map(_difference, outcome.differences),
        class_=f"note depth-{min(outcome.depth, 4)}",
    )
    talk = tag("div", *bubbles, class_="talk")
    return tag("div", talk, note, class_=f"step {outcome.status}")


def _bubble(happening: Happening, hues: dict[str, int]) -> Markup | None:
    """One thing said: by the phone on its right side, by the gateway on its left."""
    hue = hues.get(happening.msisdn)
    who = tag("span", happening.msisdn, class_=f"who hue-{hue}") if hue is not None else None
    match happening.kind:
        case "wait":
            return tag("div", tag("span", f"⏱ {happening.text}"), class_="chip")
        case "push":
            return tag("div", tag("span", "push by the network"), class_="chip")
        case "check":
            return None  # the step itself says it
        case "cancel":
            return tag("div", who, tag("span", "hangs up"), class_="chip")
    sent = happening.side == "phone"
    head = _head(happening)
    foot = _foot(happening)
    return tag(
        "div",
        who,
        tag(
            "div",
            tag("div", head, class_="head") if head else None,
            tag("div", happening.text or " ", class_="text"),
            tag("div", foot, class_="foot") if foot else None,
            class_=f"bubble {happening.kind}",
        ),
        class_="said sent" if sent else "said",
    )


def _head(happening: Happening) -> str:
    match happening.kind:
        case "dial":
            return "dials"
        case "call":
            return "☎ calls"
        case "press":
            return "☎ keys"
        case "sms":
            return f"✉ SMS {'to' if happening.side == 'phone' else 'from'} {happening.peer}"
        case "voice":
            return "☎ voice"
        case "failure":
            return "the network refused"
        case "screen":
            return happening.peer
    return ""


def _foot(happening: Happening) -> str:
    if happening.kind == "voice" and happening.op == "end":
        return "hangs up"
    if happening.kind == "sms" and happening.parts > 1:
        return plural(happening.parts, "part")
    return _FEET.get(happening.op, "")


def _difference(difference: Difference) -> Markup:
    lines = [_diff_line(line) for line in diff_lines(difference)]
    return tag(
        "figure",
        tag(
            "figcaption",
            tag("b", difference.what),
            tag("span", "− expected", class_="minus"),
            tag("span", "+ seen", class_="plus"),
        ),
        tag("pre", *lines),
        class_="diff",
    )


def _diff_line(line: DiffLine) -> Markup:
    kind = {"-": "minus", "+": "plus", " ": "same"}[line.sign]
    pieces = (tag("mark", text) if differs else text for text, differs in line.pieces)
    return tag("span", f"{line.sign} ", *pieces, "\n", class_=kind)
