"""The menu engine: position + answer -> a step, synchronously and without side effects.

A step is a screen to show, a last text, an action to perform, or a web application that takes over; the
caller sees to it and comes back with the outcome.  Which screen follows which is the rulebook's to say; this
module reads answers, walks the rest of a dialled string (`*105*1*1#`), keeps the way back, and renders.
Whoever wants to know the moves hands in a list for them.
"""

from collections.abc import Sequence

from ussd_gateway.flow.model import UNAVAILABLE, ActionScreen, Choice, EndScreen, InputScreen
from ussd_gateway.flow.steps import ActionNeeded, Move, Sms, action_needed, take_answer, take_outcome
from ussd_gateway.menu.loader import Menus
from ussd_gateway.menu.model import SAID, AppScreen, ChoiceScreen, Crossing, Menu
from ussd_gateway.menu.render import choice_pages, chosen_from, end_pages, prompt, visible, with_notice
from ussd_gateway.menu.rulebook import Rulebook, Run, begin_event
from ussd_gateway.menu.steps import AppNeeded, Entry, Finish, Position, Show, Step
from ussd_gateway.templates import LocalText
from ussd_gateway.vocabulary import Facts, Outcome

__all__ = ["ActionNeeded", "AppNeeded", "Engine", "Entry", "Finish", "Position", "Show", "Sms", "Step"]

MAX_HISTORY = 20
MAX_WALK = 20
"""Screens one can go back through; answers one dialled string may carry."""

MAX_REMEMBERED = 10_000
"""Rendered screens remembered for one menu version."""

MAX_OLD_MENUS = 64
"""Replaced menus kept for the dialogues that began with them."""


class Engine:
    """Runs the menus of the current load, and those it replaced for dialogues still in them."""

    def __init__(self, menus: Menus) -> None:
        self._menus = menus
        self._books: dict[tuple[str, str], Rulebook] = {}
        self.reload(menus)

    @property
    def menus(self) -> Menus:
        """The current load."""
        return self._menus

    def reload(self, menus: Menus) -> None:
        """Use `menus` for new dialogues; open ones go on with the version they began with."""
        self._menus = menus
        for book in menus.rulebooks.values():
            version = (book.menu.name, book.menu.version)
            self._books.pop(version, None)
            self._books[version] = book
        surplus = len(self._books) - len(menus.rulebooks) - MAX_OLD_MENUS
        for version in list(self._books)[: max(0, surplus)]:
            del self._books[version]

    def begin(
        self,
        entry: Entry,
        inputs: Sequence[str],
        facts: Facts,
        language: str,
        moves: list[Move] | None = None,
    ) -> tuple[Position, Step]:
        """Open a dialogue where the dialled code leads and walk the rest of the dialled string."""
        book = self._menus.rulebooks[entry.menu]
        position = Position(book.menu.name, book.menu.version, pending=tuple(inputs[:MAX_WALK]))
        run = Run(position, facts, language, moves)
        book.fire(begin_event(entry.code, entry.direct), run)
        return position, self._settle(book, run)

    def advance(
        self, position: Position, text: str, facts: Facts, language: str, moves: list[Move] | None = None
    ) -> Step:
        """Take the subscriber's answer to the screen shown last; moves `position`."""
        run = Run(position, facts, language, moves)
        book = self._book(position)
        if book is None:
            return self._lost(run)
        self._answer(book, run, text)
        return self._settle(book, run)

    def resume(
        self,
        position: Position,
        outcome: Outcome,
        facts: Facts,
        language: str,
        moves: list[Move] | None = None,
    ) -> Step:
        """Go on after the action asked for last; its results become variables."""
        run = Run(position, facts, language, moves)
        book = self._book(position)
        if book is None:
            return self._lost(run)
        take_outcome(outcome, run.scope, language, self._menus.texts)
        book.fire(outcome.name, run)
        return self._settle(book, run)

    def app_at(self, position: Position) -> AppScreen | None:
        """The web application that has the dialogue; None when the menu knows it no longer."""
        book = self._book(position)
        screen = book.menu.screens[position.state] if book is not None else None
        return screen if isinstance(screen, AppScreen) else None

    def come_back(
        self,
        position: Position,
        said: str | None,
        facts: Facts,
        language: str,
        moves: list[Move] | None = None,
    ) -> Step:
        """Go on after a web application: `said` is its last text, None when it has failed."""
        run = Run(position, facts, language, moves)
        book = self._book(position)
        if book is None or self.app_at(position) is None:
            return self._lost(run)
        if said is not None:
            position.variables[SAID] = said
        book.fire("failed" if said is None else "done", run)
        return self._settle(book, run)

    def is_secret(self, position: Position, moves: Sequence[Move]) -> bool:
        """Whether one of these moves was made by an answer to a secret screen."""
        book = self._book(position)
        if book is None:
            return True
        screens = book.menu.screens
        return any(getattr(screens.get(left), "secret", False) for left, _, _ in moves)

    # ------------------------------------------------------------ until something must be shown or done

    def _settle(self, book: Rulebook, run: Run) -> Step:
        """Feed walked answers until the dialogue needs the subscriber, an action, or ends."""
        position, menu = run.position, book.menu
        while True:
            screen = menu.screens[position.state]
            match screen:
                case ActionScreen():
                    return action_needed(screen, run.scope, run.language, run.messages)
                case AppScreen():
                    inputs, position.pending = position.pending, ()
                    return AppNeeded(inputs, screen.name, run.messages)
                case EndScreen():
                    return self._ending(menu, screen, run)
                case Crossing():
                    book.fire("pass", run)
                    continue
                case ChoiceScreen():
                    shown = visible(screen, run.scope)
                    if not (shown if screen.rows is None else chosen_from(screen.rows, run.scope)):
                        self._move(book, run, "empty")
                        continue
                    if not position.pending:
                        return self._page(run, self._pages(book, run, screen, shown), screen.secret)
                case InputScreen():
                    if not position.pending:
                        return self._page(run, [prompt(screen, run.scope, run.language)], screen.secret)
            answer, *rest = position.pending
            position.pending = tuple(rest)
            self._answer(book, run, answer)

    def _pages(self, book: Rulebook, run: Run, screen: ChoiceScreen, shown: Sequence[Choice]) -> list[str]:
        """All pages of a screen with choices, remembered where they say the same to everybody."""
        if not screen.constant:
            return choice_pages(book.menu, screen, shown, run.scope, run.language)
        said: tuple[str, ...] = (screen.name, run.language)
        if screen.conditional:
            said += tuple([choice.key for choice in shown])
        pages = book.pages.get(said)
        if pages is None:
            pages = choice_pages(book.menu, screen, shown, run.scope, run.language)
            if len(book.pages) < MAX_REMEMBERED:
                book.pages[said] = pages
        return pages

    def _page(self, run: Run, pages: list[str], secret: bool) -> Show:
        """The present page; what the texts say may have changed, and with it how many pages there are."""
        position = run.position
        position.page = min(position.page, len(pages) - 1)
        text = pages[position.page]
        if run.notice:
            text = with_notice(run.notice, text)
        return Show(text, position.state, secret, run.messages)

    def _ending(self, menu: Menu, screen: EndScreen, run: Run) -> Step:
        pages = end_pages(menu, screen, run.scope, run.language)
        if run.position.page < len(pages) - 1:
            run.position.pending = ()
            return self._page(run, pages, screen.secret)
        return Finish(pages[-1], screen.name, screen.secret, run.messages)

    # ------------------------------------------------------------ one answer

    def _answer(self, book: Rulebook, run: Run, answer: str) -> None:
        """Move the position by one answer, given by hand or walked."""
        answer = answer.strip()
        screen = book.menu.screens[run.position.state]
        match screen:
            case ChoiceScreen():
                taken = self._choose(book, run, screen, answer)
                notice = book.menu.notice
            case InputScreen():
                taken = self._enter(book, run, screen, answer)
                notice = screen.error
            case EndScreen():
                pages = len(end_pages(book.menu, screen, run.scope, run.language))
                taken = self._leaf(book, run, answer, (book.menu.more, book.menu.less), pages)
                notice = book.menu.notice
            case ActionScreen() | AppScreen() | Crossing():
                raise ValueError(f"{screen.name} waits for no answer")
        if not taken:
            self._refuse(book, run, notice)

    def _choose(self, book: Rulebook, run: Run, screen: ChoiceScreen, answer: str) -> bool:
        """An answer to a screen with choices; False when it means nothing there."""
        choice = screen.by_key.get(answer)
        if choice is not None:
            if choice.target is not None:
                return self._move(book, run, choice.event)
            return (choice.when is None or choice.when.holds(run.scope)) and self._back(book, run)
        if screen.rows is not None and answer.isascii() and answer.isdigit() and answer[0] != "0":
            number = int(answer[:4])
            rows = chosen_from(screen.rows, run.scope)
            if number <= len(rows):
                run.position.variables.update(rows[number - 1])
                return self._move(book, run, "text")
        if answer in (screen.more, screen.less):
            pages = len(self._pages(book, run, screen, visible(screen, run.scope)))
            return self._leaf(book, run, answer, (screen.more, screen.less), pages)
        return answer == book.menu.back and self._back(book, run)

    def _enter(self, book: Rulebook, run: Run, screen: InputScreen, answer: str) -> bool:
        """An answer to a prompt; the way back counts only where it is no good answer."""
        value = screen.accept(answer)
        if value is None:
            return answer == book.menu.back and self._back(book, run)
        return take_answer(screen, value, run.scope) and self._move(book, run, "text")

    def _leaf(self, book: Rulebook, run: Run, answer: str, keys: tuple[str, str], pages: int) -> bool:
        """A paging key; False when there is no such page."""
        more, less = keys
        page = run.position.page
        if answer == more and page + 1 < pages:
            event = "next"
        elif answer == less and page > 0:
            event = "previous"
        else:
            return False
        run.position.wrong = 0
        return book.fire(event, run)

    def _move(self, book: Rulebook, run: Run, event: str) -> bool:
        """Go to another screen; False when a condition forbids it."""
        position = run.position
        left = position.state
        if not book.fire(event, run):
            return False
        position.page = position.wrong = 0
        if not left.startswith("_"):
            # What took a parameter of the dialled code was never shown, so nobody goes back to it.
            position.history = (*position.history, left)[-MAX_HISTORY:]
        return True

    def _back(self, book: Rulebook, run: Run) -> bool:
        run.position.page = run.position.wrong = 0
        return book.fire("back", run)

    def _refuse(self, book: Rulebook, run: Run, notice: LocalText) -> None:
        """A wrong answer: the screen again with a notice, or the end; the rest of a walk is dropped."""
        run.position.pending = ()
        left = run.position.state
        book.fire("wrong", run)
        if run.position.state == left:
            run.notice = notice.render(run.language, run.scope)
        else:
            run.position.page = 0

    # ------------------------------------------------------------ versions

    def _book(self, position: Position) -> Rulebook | None:
        """The rules this dialogue began with, or else the present ones if they know its screen."""
        book = self._books.get((position.menu, position.version))
        if book is None:
            book = self._menus.rulebooks.get(position.menu)
            if book is None or position.state not in book.menu.screens:
                return None
            position.version = book.menu.version
        return book

    def _lost(self, run: Run) -> Finish:
        """The menu was replaced too long ago by one without this screen."""
        text = self._menus.texts["billing.down"].render(run.language, run.scope)
        return Finish(text, UNAVAILABLE, False, [])
