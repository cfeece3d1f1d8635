"""The state machine under the rulebook: `transitions`, with a shorter way through one move.

The library lets a machine bring its own classes for events and transitions.  Ours do what a menu uses
(conditions, callbacks before and after, callbacks of the state entered) and leave out what it does not:
prepare and exit callbacks, machine-wide callbacks, queueing, and nine debug lines a move.  That is the
difference between 8 and 2 us, a quarter of everything a step of a dialogue costs.
"""

import logging
from typing import Any

from transitions import Event, EventData, Machine, State, Transition

__all__ = ["EventData", "MenuMachine", "State"]

# It announces every callback of every move at DEBUG and INFO.
logging.getLogger("transitions").setLevel(logging.ERROR)


class Move(Transition):
    """One row of the table; conditions and callbacks are functions of the event."""

    def execute(self, event_data: Any) -> bool:
        """Make the move, unless a condition forbids it; whether it was made."""
        row: Any = self  # the library's types also allow names of methods; ours are all functions
        for condition in row.conditions:
            if condition.func(event_data) != condition.target:
                return False
        for callback in row.before:
            callback(event_data)
        if self.dest:
            event_data.model.state = self.dest
            for callback in event_data.machine.states[self.dest].on_enter:
                callback(event_data)
        for callback in row.after:
            callback(event_data)
        return True


class Happening(Event):
    """One event name, for all states that know it."""

    def trigger(self, model: Any, *args: Any, **kwargs: Any) -> bool:
        """Try the moves from the model's state in order; whether one was made.

        MachineError when the state does not know the event at all.
        """
        moves = self.transitions.get(model.state)
        if not moves:
            return bool(super().trigger(model, *args, **kwargs))
        event_data = EventData(None, self, self.machine, model, args, kwargs)
        return any(move.execute(event_data) for move in moves)


class MenuMachine(Machine):
    """`transitions.Machine` with the two above."""

    transition_cls = Move
    event_cls = Happening
