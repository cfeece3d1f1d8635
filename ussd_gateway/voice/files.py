"""The shape of a voice file: every key an author may write, with its meaning.

Prompts with choices, inputs, actions, branches and conditions are those of menus on a screen
(`flow.files`); here is what only a call has: announcements, offers read out one by one, silence.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from ussd_gateway.documents import FileModel
from ussd_gateway.flow.files import (
    MAX_SCREENS,
    ActionName,
    ActionScreen,
    ChoiceScreen,
    EndScreen,
    InputScreen,
    Key,
    Language,
    Name,
    Target,
    UsualOutcomes,
    by_key,
    matching,
)
from ussd_gateway.templates import LocalText

KEYS = "0123456789*#"
"""What a telephone can send (ITU-T Q.23; the keys A-D are on no phone people have)."""

Number = Annotated[str, matching("[0-9]{2,15}", "is not a number to call: write digits only")]


class SayScreen(FileModel):
    """An announcement: said without waiting for a key, then the call goes on."""

    text: LocalText = Field(default_factory=lambda: LocalText(""))
    """What is said; nothing when left out, so that conditions alone decide what follows."""
    to: Target
    """What follows at once."""


class SayBackScreen(FileModel):
    """An announcement after which the caller is back at the prompt before."""

    text: LocalText
    """What is said."""
    back: Literal[True]
    """Always `true`.  Where nothing was asked before, the call ends."""


class Offers(FileModel):
    """A list read out one row at a time."""

    from_: ActionName = Field(alias="from")
    """List of the operator, for example `tariffs.available`."""
    text: LocalText
    """What is said of one row; its columns are variables."""
    take: Key = "1"
    """Key that takes the row just heard."""
    next: Key = "2"
    """Key that goes on to the next row; after the last comes the first."""
    to: Target
    """What follows when a row was taken; its columns are variables there."""
    empty: LocalText | None = None
    """Ends the call when the list has no rows; by default the text `list.empty`."""


class OfferScreen(FileModel):
    """A list of which the caller takes one row."""

    list: Offers
    """The rows."""


Screen = Annotated[
    Annotated[ChoiceScreen, Tag("<choices>")]
    | Annotated[InputScreen, Tag("<input>")]
    | Annotated[ActionScreen, Tag("<action>")]
    | Annotated[OfferScreen, Tag("<list>")]
    | Annotated[EndScreen, Tag("<end>")]
    | Annotated[SayScreen, Tag("<to>")]
    | Annotated[SayBackScreen, Tag("<back>")],
    Discriminator(by_key("action", "input", "list", "end", "choices", "to", "back", default="choices")),
]


class Silence(FileModel):
    """What happens when the caller presses nothing."""

    after: Annotated[int, Field(ge=1, le=120)] = 8
    """Seconds without a key after which the prompt is repeated."""
    repeat: Annotated[int, Field(ge=0, le=10)] = 2
    """How often it is repeated before the call ends."""


class VoiceFile(FileModel):
    """One voice menu of the operator."""

    channel: Literal["voice"]
    """Always `voice`: tells this file from a menu on a screen."""
    menu: Name
    """The menu's name."""
    about: str = ""
    """What it is for, for the reader of the file."""
    numbers: Mapping[Number, Target] = Field(min_length=1)
    """Number that is called -> first screen, or a list of `{screen: ..., when: ...}`."""
    languages: tuple[Language, ...] = ("ru", "en")
    """Languages every text must have."""
    back: Key = "*"
    """Key that leads back to the previous prompt."""
    agent: Name | None = None
    """Screen that key 0 leads to wherever a prompt gives that key no meaning of its own."""
    on: UsualOutcomes = Field(default_factory=UsualOutcomes)
    """What happens after every action that does not say it itself: `{denied: {to: refused}}`."""
    silence: Silence = Field(default_factory=Silence)
    """When nothing is pressed."""
    repeat_wrong: Annotated[int, Field(ge=0, le=10)] = 2
    """How often a prompt is repeated after a wrong key or input before the call ends."""
    profile: Mapping[Name, bool | int | str] = Field(default_factory=dict)
    """Settings of this file, for its own conditions and texts: name -> value."""
    screens: Mapping[Name, Screen] = Field(min_length=1, max_length=MAX_SCREENS)
    """Name -> screen."""
