"""The section of `config.yaml` about faults on purpose, and what an account says of them (docs/faults.md)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Protocol

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from ussd_gateway.access.fault_rules import FaultProfile, shipped_profiles
from ussd_gateway.access.faults import Faults
from ussd_gateway.clock import Clock
from ussd_gateway.documents import did_you_mean
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.sections import Section

ProfileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,32}$")]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


ProfileNames = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""One name or a list of them."""


class FaultsConfig(Section):
    """Faults on purpose (`faults`)."""

    seed: int = 0
    """What the draws of all profiles begin from: the same seed, the same run."""
    profiles: dict[ProfileName, FaultProfile] = Field(default={})
    """More profiles, by name, beside `healthy`, `slow`, `flaky`, `throttling`, `dead` and `magic`."""


class FaultyAccount(Protocol):
    """What is taken of an account (`smpp.accounts`)."""

    @property
    def system_id(self) -> str: ...
    @property
    def faults(self) -> tuple[str, ...]: ...


def check_profiles(section: FaultsConfig, accounts: Sequence[FaultyAccount]) -> None:
    """Raise ValidationError for each name that no profile has, at its place below the root."""
    known = {**shipped_profiles(), **section.profiles}
    wrong = [
        InitErrorDetails(
            type=PydanticCustomError(
                "no_profile", f"no such profile of faults: {name}{did_you_mean(name, known)}"
            ),
            loc=("smpp", "accounts", at, "faults", place),
            input=name,
        )
        for at, account in enumerate(accounts)
        for place, name in enumerate(account.faults)
        if name not in known
    ]
    if wrong:
        raise ValidationError.from_exception_data("Config", wrong)


def open_faults(
    section: FaultsConfig, accounts: Iterable[FaultyAccount], clock: Clock, plan: NumberingPlan
) -> Faults:
    """The faults of one gateway, each account with its profiles."""
    profiles: Mapping[str, FaultProfile] = section.profiles
    faults = Faults(clock=clock, plan=plan, profiles=profiles)
    for account in accounts:
        faults.use(account.system_id, account.faults, section.seed)
    return faults
