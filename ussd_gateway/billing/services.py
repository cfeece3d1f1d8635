"""What the codes of services mean: their names, which of them a number has on, which are paid content.

Most services are on when the account holds them.  A feature has a state of its own: call forwarding is on
when calls are forwarded.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of, day_start_ms, period_end_ms
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.files_services import Feature, Service

_STATES: Mapping[str, Callable[[Account], bool]] = {
    "autopay": lambda account: account.autopay.on,
    "barring": lambda account: bool(account.barring.kinds),
    "block": lambda account: account.block is not None,
    "content_ban": lambda account: account.content_ban,
    "forwarding": lambda account: bool(account.forwarding),
    "relatives": lambda account: bool(account.relatives),
    "transfer_bar": lambda account: account.transfer_bar,
}
"""Features without a service row of their own; `black_list` and `tone` are services that hold more."""


class Active(NamedTuple):
    """A service that is on; one that left the catalogue costs nothing we know of."""

    code: str
    name: str
    fee_kop: int
    period: str
    suspended: bool
    content: bool


def service_name(catalogue: Catalogue, code: str, language: str) -> str:
    """The name subscribers know; the code itself when it is no longer in the catalogue."""
    service = catalogue.services.get(code)
    return service.name.render(language, {}) if service else code


def first_paid_ms(service: Service, now_ms: int) -> int:
    """Until when a service is paid that is switched on now, or whose number is used now; 0 without a fee."""
    if not service.fee:
        return 0
    if service.silent_days:
        return day_start_ms(day_of(now_ms) + service.silent_days)
    return period_end_ms(service.period, now_ms)


def feature_code(catalogue: Catalogue, feature: Feature) -> str | None:
    """The code of the service that stands for a feature; None when the catalogue offers none."""
    return next((code for code, service in catalogue.services.items() if service.feature == feature), None)


def feature_on(account: Account, catalogue: Catalogue, feature: Feature) -> bool:
    """Whether a feature is in force now."""
    state = _STATES.get(feature)
    if state is not None:
        return state(account)
    code = feature_code(catalogue, feature)
    return code is not None and account.has(code)


def is_on(account: Account, catalogue: Catalogue, code: str) -> bool:
    """Whether the service is on, be it suspended for want of money."""
    service = catalogue.services.get(code)
    state = _STATES.get(service.feature or "") if service else None
    if state is not None:
        return state(account)
    return account.service(code) is not None


def is_content(catalogue: Catalogue, code: str) -> bool:
    """Whether the code is a subscription of a content provider."""
    service = catalogue.services.get(code)
    return service is not None and service.content


def active(account: Account, catalogue: Catalogue) -> Iterator[Active]:
    """Everything that is on: the account's services, then the catalogue's features."""
    language = account.language
    for held in account.services:
        service = catalogue.services.get(held.code)
        name = service_name(catalogue, held.code, language)
        if service is None:
            yield Active(held.code, name, 0, "day", held.suspended, False)
        else:
            yield Active(held.code, name, service.fee, service.period, held.suspended, service.content)
    for code, service in catalogue.services.items():
        state = _STATES.get(service.feature or "")
        if state is not None and state(account):
            name = service.name.render(language, {})
            yield Active(code, name, service.fee, service.period, False, service.content)
