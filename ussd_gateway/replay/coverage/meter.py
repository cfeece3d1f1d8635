"""Counts what happens in a gateway against what could: a listener of its `Watch`."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ussd_gateway.menu.model import Menu
from ussd_gateway.replay.coverage.plan import GROUPS, Group, Plan
from ussd_gateway.sms.keywords import SmsCommands
from ussd_gateway.sms.model import PARAMETER
from ussd_gateway.voice.model import VoiceMenu
from ussd_gateway.watch import Happening, Move, SmsTaken, StepTaken

SMS = "sms"
"""What the SMS commands are called where a menu's name could stand."""


@dataclass(frozen=True, slots=True)
class Command:
    """One SMS command: its short number as the file writes it, its line there, what it does in words."""

    short_code: str
    line: int
    does: str

    def __str__(self) -> str:
        return f"{self.short_code} line {self.line}: {self.does}"


def commands_of(commands: SmsCommands) -> list[Command]:
    """Every command of one load."""
    return [
        Command(short_code, command.line, command.action or "a reply")
        for short_code, listed in commands.listing()
        for command in listed
    ]


@dataclass(frozen=True, slots=True)
class Count:
    """How many were exercised, of how many."""

    taken: int
    total: int

    def __add__(self, other: "Count") -> "Count":
        return Count(self.taken + other.taken, self.total + other.total)

    @property
    def percent(self) -> float:
        """100 where there is nothing to exercise."""
        return 100 * self.taken / self.total if self.total else 100.0


class Meter:
    """Everything that was exercised since it was made; give it to `Watch.subscribe`.

    `strangers` are menus of which the gateway runs another version than the plans were made of: nothing of
    them is counted.
    """

    def __init__(self, plans: Sequence[Plan], commands: Sequence[Command] = ()) -> None:
        self.plans = tuple(plans)
        self.commands = tuple(commands)
        self.moves: Counter[tuple[str, str, Move]] = Counter()
        """(channel, menu, move) -> how often."""
        self.screens: Counter[tuple[str, str, str]] = Counter()
        """(channel, menu, screen) -> how often it was come to."""
        self.sms: Counter[Command] = Counter()
        self.strangers: set[str] = set()
        self._versions = {(plan.channel, plan.name): plan.version for plan in plans}
        self._shapes = [(_shape(each.short_code), each) for each in commands]

    def __call__(self, happening: Happening) -> None:
        """Count one happening."""
        if isinstance(happening, StepTaken):
            self._count_step(happening)
        elif isinstance(happening, SmsTaken):
            self._count_sms(happening)

    def _count_step(self, step: StepTaken) -> None:
        version = self._versions.get((step.channel, step.menu))
        if version is None:
            return
        if version and step.version != version:
            self.strangers.add(step.menu)
            return
        for move in step.moves:
            self.moves[step.channel, step.menu, move] += 1
            self.screens[step.channel, step.menu, move[2]] += 1

    def _count_sms(self, sms: SmsTaken) -> None:
        if not sms.line:
            return
        for shape, command in self._shapes:
            if command.line == sms.line and shape.fullmatch(sms.short_code):
                self.sms[command] += 1
                return

    # ------------------------------------------------------------ how much

    def hits(self, plan: Plan, move: Move) -> int:
        """How often a way was taken."""
        return self.moves[plan.channel, plan.name, move]

    def shown(self, plan: Plan, screen: str) -> int:
        """How often a screen was come to."""
        return self.screens[plan.channel, plan.name, screen]

    def of_group(self, plan: Plan, group: Group) -> Count:
        """The ways of one kind."""
        moves = plan.of_group(group)
        return Count(sum(self.hits(plan, move) > 0 for move in moves), len(moves))

    def of_screens(self, plan: Plan) -> Count:
        """The screens."""
        return Count(sum(self.shown(plan, screen) > 0 for screen in plan.screens), len(plan.screens))

    def of_plan(self, plan: Plan) -> Count:
        """Screens and ways of one menu."""
        return sum((self.of_group(plan, group) for group in GROUPS), self.of_screens(plan))

    def of_sms(self) -> Count:
        """The SMS commands."""
        return Count(len(self.sms), len(self.commands))

    def of_all(self) -> Count:
        """Everything."""
        return sum(map(self.of_plan, self.plans), self.of_sms())

    def missed(self, plan: Plan) -> list[Move]:
        """The ways nobody took, in the order of the file."""
        return [move for move in plan.moves if not self.hits(plan, move)]

    def missed_screens(self, plan: Plan) -> list[str]:
        """The screens nobody came to."""
        return [screen for screen in plan.screens if not self.shown(plan, screen)]

    def missed_sms(self) -> list[Command]:
        """The commands nobody sent."""
        return [command for command in self.commands if command not in self.sms]


def chosen(
    menus: Sequence[Menu | VoiceMenu], commands: Sequence[Command], names: Sequence[str]
) -> tuple[list[Menu | VoiceMenu], list[Command]]:
    """Those menus and commands that `names` want (all when there are none); KeyError for an unknown name."""
    if not names:
        return list(menus), list(commands)
    known = {menu.name for menu in menus} | {SMS}
    for name in names:
        if name not in known:
            raise KeyError(name)
    return [menu for menu in menus if menu.name in names], list(commands) if SMS in names else []


def _shape(short_code: str) -> re.Pattern[str]:
    """The numbers that a short number of a file stands for; a text to a subscriber goes to any."""
    if not short_code[:1].isdigit():
        return re.compile("[0-9]{11,15}")
    parts = PARAMETER.split(short_code)  # fixed, name, length, fixed, ...
    shape = ""
    for index in range(0, len(parts), 3):
        shape += parts[index]
        if index + 2 < len(parts):
            shape += f"[0-9]{{{parts[index + 2]}}}" if parts[index + 2] else "[0-9]+"
    return re.compile(shape)
