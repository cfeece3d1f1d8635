"""What reports tell of a run: its steps, each with what happened in it, and nothing twice.

A step that looks again at the last screen of a phone has that screen among its happenings once more.
"""

from collections.abc import Iterator

from ussd_gateway.replay.verdict import Happening, Outcome, Run


def story(run: Run) -> Iterator[tuple[Outcome, list[Happening]]]:
    """Steps in order, without the screens and prompts that were on the display already."""
    teller = Teller()
    for outcome in run.outcomes:
        yield outcome, teller.fresh(outcome)


class Teller:
    """Goes along with a run, step by step, and knows what is on the displays."""

    def __init__(self) -> None:
        self._on_display: dict[tuple[str, str], Happening] = {}

    def fresh(self, outcome: Outcome) -> list[Happening]:
        """What of the next step has not been told."""
        fresh = []
        for happening in outcome.happenings:
            channel = (happening.msisdn, "voice" if happening.kind in ("voice", "press", "call") else "ussd")
            if happening.kind in ("screen", "voice"):
                if outcome.latency_ms is None and _same(self._on_display.get(channel), happening):
                    continue
                self._on_display[channel] = happening
            elif happening.side == "phone" and happening.kind != "sms":
                self._on_display.pop(channel, None)
            fresh.append(happening)
        return fresh


def numbers(run: Run) -> list[str]:
    """The phones of a run, in the order in which they appear."""
    found = (each.msisdn for outcome in run.outcomes for each in outcome.happenings if each.msisdn)
    return list(dict.fromkeys(found))


def _same(one: Happening | None, other: Happening) -> bool:
    return one is not None and _essence(one) == _essence(other)


def _essence(happening: Happening) -> tuple[str, ...]:
    return happening.kind, happening.text, happening.peer, happening.op, happening.dialogue
