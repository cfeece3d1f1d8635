"""`call` by hand: type keys below, hear prompts and see SMS above as they come."""

import asyncio
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from ussd_gateway.calls import keys_problem
from ussd_gateway.cli.dial import SMS_WAIT_S, exit_code, linger
from ussd_gateway.cli.output import note, say
from ussd_gateway.phone.events import Event, Failure, Voice

if TYPE_CHECKING:
    from ussd_gateway.phone.calls import Caller

WELCOME = "Type keys (0-9 * #) and Enter; Ctrl-D hangs up."


class Receiver:
    """The call as the person at the terminal hears it; `last` is what ended it, once something has."""

    def __init__(self, caller: "Caller") -> None:
        self.caller = caller
        self.prompt: PromptSession[str] = PromptSession()
        self.last: Event | None = None

    async def show_events(self) -> None:
        """Print what arrives, above the prompt, until the line is dead."""
        while self.last is None:
            event = await self.caller.events.get()
            say(event, as_lines=False)
            if isinstance(event, Failure) or (isinstance(event, Voice) and event.state == "end"):
                self.last = event
        if self.prompt.app.is_running:
            self.prompt.app.exit(exception=EOFError)

    async def press_keys(self) -> None:
        """Let somebody type until the line is dead or they hang up."""
        while self.last is None:
            try:
                keys = await self.prompt.prompt_async("keys> ")
            except (EOFError, KeyboardInterrupt):
                return
            if (problem := keys_problem(keys)) is not None:
                note(problem)
            elif keys.strip():
                await self.caller.press(keys)
                await asyncio.sleep(0)  # let what was heard be shown before the next prompt


async def converse(caller: "Caller", number: str) -> int:
    """Call `number` and let somebody press keys; returns the exit code."""
    receiver = Receiver(caller)
    with patch_stdout():
        note(WELCOME)
        await caller.call(number)
        showing = asyncio.create_task(receiver.show_events())
        try:
            await asyncio.sleep(0)
            await receiver.press_keys()
        finally:
            showing.cancel()
        if receiver.last is None:
            await caller.hang_up()
            note("(hung up)")
            return 0
    if isinstance(receiver.last, Failure):
        return exit_code([receiver.last])
    return exit_code(await linger(caller, SMS_WAIT_S, lambda event: say(event, as_lines=False)))
