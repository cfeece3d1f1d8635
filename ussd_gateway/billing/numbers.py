"""The number of another subscriber, as it comes with a request: in any form people type."""

from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.vocabulary import Value


def phone_number(value: Value | None, catalogue: Catalogue) -> str | None:
    """Any telephone number as international digits; None when it is none."""
    return catalogue.plan.parse(str(value)) if value else None


def subscriber_number(value: Value | None, catalogue: Catalogue) -> str | None:
    """A mobile number of the numbering plan, one that may have an account here; None for anything else."""
    number = phone_number(value, catalogue)
    return number if number is not None and catalogue.plan.is_mobile(number) else None
