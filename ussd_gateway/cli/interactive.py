"""`dial` by hand: a prompt below, screens and SMS appearing above it as they arrive."""

import asyncio
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from ussd_gateway.cli.codes import EXIT_OK, EXIT_UNABLE
from ussd_gateway.cli.output import note, say
from ussd_gateway.phone.events import Failure, Screen

if TYPE_CHECKING:
    from ussd_gateway.phone.base import Phone

WELCOME = "Enter answers; Ctrl-D hangs up, and leaves when nothing is open."
HELP = "Dial a code (*100#), send a message (sms 000105 PAS Secret77), or leave (Ctrl-D)."


class Handset:
    """The state of the dialogue as the person at the terminal sees it."""

    def __init__(self, phone: "Phone") -> None:
        self.phone = phone
        self.prompt: PromptSession[str] = PromptSession()
        self.in_dialogue = False
        self.link_gone = False

    def label(self) -> str:
        return "answer> " if self.in_dialogue else "phone> "

    async def show_events(self) -> None:
        """Print what arrives, above the prompt, until the link is gone."""
        while not self.link_gone:
            event = await self.phone.events.get()
            say(event, as_lines=False)
            if isinstance(event, Screen) and event.op != "notify":
                self.in_dialogue = event.op == "ask"
            elif isinstance(event, Failure):
                self.in_dialogue = False
                self.link_gone = event.final
            self.prompt.app.invalidate()
        self.prompt.app.exit(exception=EOFError)

    async def dial(self, code: str) -> None:
        self.in_dialogue = True  # before the call: the last screen may be here when it returns
        await self.phone.dial(code)

    async def hang_up(self) -> None:
        await self.phone.hang_up()
        self.in_dialogue = False
        note("(hung up)")

    async def enter(self, line: str) -> None:
        """One line typed: an answer within a dialogue, a command outside."""
        if self.in_dialogue:
            await self.phone.answer(line)
            return
        word, _, rest = line.strip().partition(" ")
        if word.startswith(("*", "#")):
            await self.dial(word)
        elif word.lower() == "sms" and rest:
            short_code, _, text = rest.strip().partition(" ")
            await self.phone.send_sms(short_code, text)
        elif word:
            note(HELP)


async def converse(phone: "Phone", code: str) -> int:
    """Dial `code` and let somebody type until Ctrl-D outside a dialogue; returns the exit code."""
    handset = Handset(phone)
    with patch_stdout():
        note(WELCOME)
        showing = asyncio.create_task(handset.show_events())
        await handset.dial(code)
        try:
            while not handset.link_gone:
                try:
                    await handset.enter(await handset.prompt.prompt_async(handset.label))
                except EOFError:
                    if not handset.in_dialogue or handset.link_gone:
                        break
                    await handset.hang_up()
        except KeyboardInterrupt:
            pass
        finally:
            showing.cancel()
    return EXIT_UNABLE if handset.link_gone else EXIT_OK
