"""What reports tell of a run: its steps, each with what happened in it, and nothing twice.

A step that looks again at the last screen of a phone has that screen among its happenings once more.
"""

from collections.abc import Iterator

from ussd_gateway.replay.verdict import Happening, Outcome, Run


def story(run: Run) -> Iterator[tuple[Outcome, list[Happening]]]:
    """Steps in order, without the screens and prompts that were on the display already."""
    on_display: dict[tuple[str, str], Happening] = {}
    for outcome in run.outcomes:
        fresh = []
        for happening in outcome.happenings:
            channel = (happening.msisdn, "voice" if happening.kind in ("voice", "press", "call") else "ussd")
            if happening.kind in ("screen", "voice"):
                if outcome.latency_ms is None and _same(on_display.get(channel), happening):
                    continue
                on_display[channel] = happening
            elif happening.side == "phone" and happening.kind != "sms":
                on_display.pop(channel, None)
            fresh.append(happening)
        yield outcome, fresh


def numbers(run: Run) -> list[str]:
    """The phones of a run, in the order in which they appear."""
    found = (each.msisdn for outcome in run.outcomes for each in outcome.happenings if each.msisdn)
    return list(dict.fromkeys(found))


def _same(one: Happening | None, other: Happening) -> bool:
    return one is not None and _essence(one) == _essence(other)


def _essence(happening: Happening) -> tuple[str, ...]:
    return happening.kind, happening.text, happening.peer, happening.op, happening.dialogue
