"""Where a message goes that is no command of ours: to another phone, or to an application.

An application's number takes all numbers that begin with it, the longest one wins; numbers of our own SMS
commands and mobile numbers are nobody else's.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ussd_gateway.billing.store import OutMessage
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.ports import MoSms
from ussd_gateway.smpp.constants import Npi, Ton
from ussd_gateway.terms import Address, Terms


@dataclass(frozen=True, slots=True)
class Reader:
    """An application that messages of phones go to; `joined`: the parts of long ones as one text."""

    access: str
    joined: bool = True


class Forwarding:
    """The numbers of the plan, and the short numbers of applications."""

    def __init__(self, plan: NumberingPlan, readers: Mapping[str, Reader]) -> None:
        self._plan = plan
        self._readers = dict(sorted(readers.items(), key=lambda each: -len(each[0])))

    def reader(self, destination: str) -> Reader | None:
        """The application that messages to this number go to."""
        for code, reader in self._readers.items():
            if destination.startswith(code):
                return None if self.phone(destination) else reader
        return None

    def phone(self, destination: str) -> str | None:
        """The MSISDN, if the number is that of a phone."""
        msisdn = self._plan.parse(destination)
        return msisdn if msisdn is not None and self._plan.is_mobile(msisdn) else None

    def forwarded(self, message: MoSms, now_ms: int) -> OutMessage | None:
        """The message as it goes on; None when nobody has that number."""
        terms = message.terms
        to = self.phone(message.destination)
        if to is None:
            reader = self.reader(message.destination)
            if reader is None:
                return None
            to = reader.access
            terms = (terms or Terms())._replace(
                source=Address(Ton.INTERNATIONAL, Npi.E164, message.source),
                destination=Address(Ton.UNKNOWN, Npi.E164, message.destination),
            )
        not_before_ms = max(now_ms, message.not_before_ms)
        return OutMessage(
            message.message_id, message.source, to, message.text, False, now_ms, not_before_ms, terms=terms
        )


def check_short_codes(readers: Mapping[str, Reader], house: Collection[str]) -> None:
    """ConfigError names every short number that an application wants and that is ours."""
    problems = [
        Problem(f"application {reader.access}", 1, 1, f"short code {code} has SMS commands of the gateway")
        for code, reader in readers.items()
        if code in house
    ]
    if problems:
        raise ConfigError("the short codes of applications cannot be served", problems=problems)
