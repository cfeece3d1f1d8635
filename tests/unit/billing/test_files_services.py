"""`services.yaml` and `packages.yaml`: what ships is sound, and mistakes are told with their place."""

from pathlib import Path

import pytest

from tests.unit.billing.kit import NOW_MS, ROOT, catalogue
from tests.unit.billing.life import midnight_ms
from ussd_gateway.billing import files_packages
from ussd_gateway.billing.calendar import DAY_MS
from ussd_gateway.billing.files_packages import PackageOffer, PackagesFile
from ussd_gateway.billing.files_services import ServicesFile, loose_ends
from ussd_gateway.documents import Document, read_yaml, salvage


def complaints(text: str) -> list[str]:
    document = read_yaml(text, "services.yaml")
    salvaged = salvage(document, ServicesFile)
    problems = list(salvaged.problems)
    if salvaged.model is not None:
        problems += loose_ends(document, salvaged.model)
    return [str(problem) for problem in problems]


def test_what_ships_is_sound() -> None:
    path = Path(ROOT / "catalogue" / "services.yaml")
    document: Document = read_yaml(path)
    salvaged = salvage(document, ServicesFile)
    assert salvaged.model is not None
    assert (salvaged.problems, loose_ends(document, salvaged.model)) == ([], [])


def test_rules_in_the_file_are_the_defaults() -> None:
    """A gateway without the file goes by the rules that ship."""
    assert catalogue().rules == ServicesFile().rules


@pytest.mark.parametrize(
    "code, fee_kop, period",
    [
        ("130", 100, "day"),
        ("221", 500, "day"),
        ("750", 5_000, "day"),
        ("240", 150, "day"),
        ("272", 1_500, "month"),
    ],
)
def test_prices_of_the_operator(code: str, fee_kop: int, period: str) -> None:
    service = catalogue().services[code]
    assert (service.fee, service.period) == (fee_kop, period)


def test_names_that_lead_nowhere() -> None:
    text = """\
sections: {calls: Связь}
services:
  "130": {name: Список, section: call, feature: black_list}
  "131": {name: Другой, section: calls, feature: black_list, conflicts: ["77"]}
  "770": {name: Гудок, section: calls, feature: tone}
"""
    assert complaints(text) == [
        "services.yaml:3:34: unknown section `call` (did you mean `calls`?)",
        "services.yaml:4:73: unknown service `77` (did you mean `770`?)",
        "services.yaml:4:50: `black_list` is service 130 already",
        "services.yaml:5:49: there are no tones",
    ]


def test_a_misspelt_rule() -> None:
    (complaint,) = complaints("rules: {block: {max_day: 3}}")
    assert complaint.startswith("services.yaml:1:17:")


@pytest.mark.parametrize(
    "lasts, ends_ms", [("today", midnight_ms()), ("30d", NOW_MS + 30 * DAY_MS), ("month", midnight_ms(4))]
)
def test_how_long_packages_last(lasts: str, ends_ms: int) -> None:
    offer = PackageOffer.model_validate(
        {"name": "x", "price": "1.00", "lasts": lasts, "volumes": {"mb": 1, "sms": 2}}
    )
    assert (offer.ends_ms(NOW_MS), offer.group()) == (ends_ms, "mb")


def test_codes_that_mean_something_else_already() -> None:
    text = """\
packages:
  "16N": {name: x, price: 1, volumes: {mb: 1}}
  "134": {name: x, price: 1, volumes: {mb: 1}}
  "135": {name: x, price: 1, volumes: {mb: 1}}
"""
    document = read_yaml(text, "packages.yaml")
    file = salvage(document, PackagesFile).model
    assert file is not None
    problems = files_packages.loose_ends(
        document, file, {"tariff": catalogue().tariffs, "service": catalogue().services}
    )
    assert [str(problem) for problem in problems] == [
        "packages.yaml:2:3: `16N` is the code of a tariff already",
        "packages.yaml:3:3: `134` is the code of a service already",
    ]


def test_an_empty_package_is_a_mistake() -> None:
    document = read_yaml('packages: {"1A": {name: x, price: 1, volumes: {}}}', "packages.yaml")
    (problem,) = salvage(document, PackagesFile).problems
    assert "a package brings minutes, sms or mb" in str(problem)
