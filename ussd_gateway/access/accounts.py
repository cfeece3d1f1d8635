"""Who may bind to us, and for which numbers it may speak.

A wrong guess learns nothing: an unknown system_id, a wrong password, a forbidden address and a disabled
account cost the same work and get the same answer, ESME_RINVPASWD (SMPP 3.4 §5.1.3).  A tester who debugs
a client sets `bind_errors: exact` and gets 0x0F, 0x0E and 0x0D by cause.
"""

import hmac
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal

from ussd_gateway.access.budgets import Budget
from ussd_gateway.smpp.constants import CommandStatus


class NumberPatterns:
    """Numbers an account owns: `79261234567` is one number, `79*` every number that begins so."""

    __slots__ = ("_exact", "_prefixes")

    def __init__(self, patterns: Iterable[str]) -> None:
        patterns = tuple(patterns)
        for pattern in patterns:
            if not pattern.removesuffix("*").isdigit() and pattern != "*":
                raise ValueError(f"not a number pattern: {pattern!r} (digits, then perhaps one '*')")
        self._exact = frozenset(pattern for pattern in patterns if not pattern.endswith("*"))
        self._prefixes = tuple(pattern[:-1] for pattern in patterns if pattern.endswith("*"))

    def __iter__(self) -> Iterator[str]:
        """The patterns."""
        yield from self._exact
        yield from (f"{prefix}*" for prefix in self._prefixes)

    def __contains__(self, number: str) -> bool:
        return number.startswith(self._prefixes) or number in self._exact


@dataclass(frozen=True, slots=True, eq=False)
class SmppAccount:
    """One peer that may bind, as the listener needs it.

    `msisdns` are the numbers it speaks for (role handsets); `service_codes` and `short_codes` what its
    application serves and may send from (role application).  `addresses` are the networks it may come
    from, empty for anywhere.  `window` is the number of unanswered requests either side may have.
    `dialect` and `dialled_string_in` choose how USSD looks on its wire (see `ussd.dialects`); the settings
    after them are those of an application's dialogues (`application_dialogues`).
    `access` is the name that its dialogues and messages carry as their way back.
    """

    system_id: str
    password: str = field(repr=False)
    role: Literal["handsets", "application"] = "handsets"
    msisdns: NumberPatterns = field(default_factory=lambda: NumberPatterns(["*"]))
    service_codes: tuple[str, ...] = ()
    short_codes: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    enabled: bool = True
    max_binds: int = 64
    window: int = 500
    dialect: str = "plain"
    dialled_string_in: str | None = None
    lenient: bool = False
    acknowledge: Literal["early", "late"] = "early"
    deliver_as: Literal["deliver_sm", "data_sm"] = "deliver_sm"
    text_in: Literal["short_message", "message_payload"] = "short_message"
    alerts: Literal["pending", "asked", "never"] = "pending"
    access: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "access", f"smpp:{self.system_id}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a bind failed: the status for the peer, the reason for our log only."""

    status: int
    reason: str


UNKNOWN = Refusal(CommandStatus.RINVSYSID, "unknown system_id")
WRONG_PASSWORD = Refusal(CommandStatus.RINVPASWD, "wrong password")
FORBIDDEN_ADDRESS = Refusal(CommandStatus.RBINDFAIL, "address not allowed")
DISABLED = Refusal(CommandStatus.RBINDFAIL, "account disabled")
TOO_MANY_FAILURES = Refusal(CommandStatus.RBINDFAIL, "too many failed binds")

Network = IPv4Network | IPv6Network


class Accounts:
    """The accounts of the configuration, and the one door into them.

    Failures are counted per address, per account and in all; whoever has used up a budget is refused
    unheard until it refills.  A success costs nothing, so many simulators may bind at once.
    """

    def __init__(
        self,
        accounts: Iterable[SmppAccount],
        *,
        exact_errors: bool = False,
        per_address: Budget | None = None,
        per_account: Budget | None = None,
        in_all: Budget | None = None,
    ) -> None:
        self._accounts: Mapping[str, SmppAccount] = {account.system_id: account for account in accounts}
        self._networks = {
            account.system_id: tuple(ip_network(network, strict=False) for network in account.addresses)
            for account in self._accounts.values()
        }
        self._exact_errors = exact_errors
        self._per_address = per_address or Budget(capacity=30, refill_per_s=1)
        self._per_account = per_account or Budget(capacity=60, refill_per_s=2)
        self._in_all = in_all or Budget(capacity=300, refill_per_s=10)
        # Comparing digests under a key nobody knows takes the same time whatever is compared.
        self._digest_key = os.urandom(16)
        self._nobody = SmppAccount("", os.urandom(16).hex())

    def __iter__(self) -> Iterator[SmppAccount]:
        """All of them, as they were given."""
        return iter(self._accounts.values())

    def get(self, system_id: str) -> SmppAccount | None:
        """The account of that name."""
        return self._accounts.get(system_id)

    def authenticate(
        self, system_id: str, password: str, address: str, now_s: float
    ) -> SmppAccount | Refusal:
        """The account that may bind, or why not; `address` is the peer's IP, `now_s` monotonic seconds.

        The caller adds a small fixed delay before it sends a refusal.
        """
        account = self._accounts.get(system_id, self._nobody)
        right = hmac.compare_digest(self._digest(account.password), self._digest(password))
        allowed = self._address_allowed(system_id, address)
        refusal: Refusal | None = None
        if not (
            self._in_all.has("", now_s)
            and self._per_address.has(address, now_s)
            and self._per_account.has(account.system_id, now_s)
        ):
            refusal = TOO_MANY_FAILURES
        elif account is self._nobody:
            refusal = UNKNOWN
        elif not allowed:
            refusal = FORBIDDEN_ADDRESS
        elif not right:
            refusal = WRONG_PASSWORD
        elif not account.enabled:
            refusal = DISABLED
        if refusal is None:
            return account
        self._in_all.spend("", now_s)
        self._per_address.spend(address, now_s)
        self._per_account.spend(account.system_id, now_s)
        if self._exact_errors:
            return refusal
        return Refusal(CommandStatus.RINVPASWD, refusal.reason)

    def _digest(self, password: str) -> bytes:
        return hmac.digest(self._digest_key, password.encode("utf-8", "surrogateescape"), "sha256")

    def _address_allowed(self, system_id: str, address: str) -> bool:
        """An account without networks may come from anywhere; an address we cannot read from nowhere."""
        networks = self._networks.get(system_id, ())
        if not networks:
            return True
        try:
            peer = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        peer = getattr(peer, "ipv4_mapped", None) or peer
        return any(peer in network for network in networks)
