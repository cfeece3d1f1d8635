"""What an action is made of: its word in the vocabulary, an optional prepare phase, a pure operation."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.operations.base import Operation
from ussd_gateway.billing.passwords import Dice, Hasher
from ussd_gateway.vocabulary import ActionSpec, Value

Prepared = Mapping[str, str]


class Registry(Protocol):
    """What a prepare phase may find out beyond the account in hand.  May raise StoreUnavailable."""

    async def claim(self, thing: str, holder: str, now_ms: int) -> bool:
        """Whether `thing`, of which there is one in the world, is the holder's: the first who asks has it."""
        ...

    async def company_of(self, msisdn: str) -> str | None:
        """The company whose number it is; None for an individual's, and for one that has no account."""
        ...

    async def takes_transfers(self, msisdn: str) -> bool:
        """Whether the number would take a mobile transfer now; one without an account would."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What a prepare phase may use."""

    hasher: Hasher
    dice: Dice
    registry: Registry


Prepare = Callable[[Draft, Mapping[str, Value], Prepared, Tools], Coroutine[None, None, Prepared]]
"""(draft, arguments, what an earlier try of the same request prepared, tools) -> what the operation needs."""


@dataclass(frozen=True, slots=True)
class Action:
    """One name of the vocabulary and what stands behind it.

    `internal`: only orders and the house itself ask for it; files and the API cannot.
    """

    spec: ActionSpec
    decide: Operation
    prepare: Prepare | None = None
    internal: bool = False


def spec(
    name: str,
    doc: str,
    *,
    needs: Sequence[str] = (),
    takes: Sequence[str] = (),
    gives: Sequence[str] = (),
    denial_gives: Sequence[str] = (),
    secret: Sequence[str] = (),
    can_deny: bool = True,
) -> ActionSpec:
    """A word of the vocabulary: arguments it needs and takes, variables it gives when done and denied."""
    return ActionSpec(
        name,
        doc,
        params={**dict.fromkeys(needs, True), **dict.fromkeys(takes, False)},
        results=frozenset(gives),
        denied_results=frozenset(denial_gives),
        secret=frozenset(secret),
        can_deny=can_deny,
    )


# ---------------------------------------------------------------- facts and lists

Row = Mapping[str, Value]
Fact = tuple[Value, Callable[[Account, Catalogue, int], Value]]
"""A long but possible value, for checking that texts fit; how to find the fact out."""
List = tuple[Row, Callable[[Account, Catalogue, int], Sequence[Row]]]
"""The columns with long but possible values; how to find the rows."""
