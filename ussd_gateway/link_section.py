"""The section of `config.yaml` about centres that we bind to (`links`)."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from ussd_gateway.access.accounts import NumberPatterns
from ussd_gateway.sections import Port, Seconds, Section
from ussd_gateway.ussd.dialects import DIALECTS


class LinkConfig(Section):
    """One message centre that we bind to as its application (`links`)."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]
    """What it is called in logs, events and `/readyz`: `link:NAME`."""
    host: str
    """Where the centre listens."""
    port: Port = 2775
    """Its TCP port."""
    system_id: Annotated[str, Field(min_length=1, max_length=15)]
    """The name we bind with, at most 15 characters (SMPP 3.4 §5.2.1)."""
    password: Annotated[str, Field(max_length=8)] = ""
    """At most 8 characters (SMPP 3.4 §5.2.2)."""
    bind: Literal["transceiver", "pair", "transmitter", "receiver"] = "transceiver"
    """One bind both ways, a transmitter beside a receiver, or only one of those."""
    enabled: bool = True
    """A disabled link is not bound."""
    dialect: str = "plain"
    """How that centre speaks of USSD: a name from `docs/dialects.md`."""
    dialled_string_in: Literal["short_message", "destination", "rest"] | None = None
    """Where the centre puts the dialled string; see `smpp.accounts`.  None: as the dialect has it."""
    msisdns: Annotated[tuple[str, ...], Field(min_length=1)]
    """Numbers of the phones behind the centre, `*` stands for any digits."""
    address_range: Annotated[str, Field(max_length=40)] = ""
    """What the binds ask for (SMPP 3.4 §5.2.7)."""
    window: Annotated[int, Field(ge=1, le=10_000)] = 10
    """Submits of ours that may be without an answer."""
    receipts: bool = True
    """Ask for delivery receipts of short messages."""
    retry_s: tuple[Seconds, Seconds] = (1, 60)
    """The first and the longest pause before the next try to bind; each is twice the one before, some of it
    left to chance."""
    answer_timer_s: Seconds = 60
    """How long the centre may take to answer a submit."""
    throttled_s: Seconds = 60
    """How long a message is tried again at a centre that says ESME_RTHROTTLED or ESME_RMSGQFUL."""

    @field_validator("dialect")
    @classmethod
    def _dialect_is_known(cls, name: str) -> str:
        if name not in DIALECTS:
            raise ValueError(f"no such dialect; there are: {', '.join(DIALECTS)}")
        return name

    @field_validator("msisdns")
    @classmethod
    def _numbers_are_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        NumberPatterns(patterns)  # ValueError says what is wrong
        return patterns


def different_names(links: tuple[LinkConfig, ...]) -> tuple[LinkConfig, ...]:
    """The same links; ValueError when two have one name."""
    names = [link.name for link in links]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two links are called {name!r}")
    return links
