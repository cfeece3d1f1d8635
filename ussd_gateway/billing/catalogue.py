"""The catalogue: everything the operator decides, read from `catalogue/` into one immutable value.

A reload builds a new catalogue and swaps it in whole; a request works with the one it began with.
Mistakes of all files are collected, so that one look at the output is enough to mend them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from ussd_gateway.billing import files_bonus, files_packages, files_services, texts
from ussd_gateway.billing.files import (
    Company,
    Rating,
    Settings,
    Subscriber,
    SubscribersFile,
    Tariff,
    TariffsFile,
)
from ussd_gateway.billing.files_bonus import BonusFile
from ussd_gateway.billing.files_packages import PackageOffer, PackagesFile
from ussd_gateway.billing.files_payments import PaymentsFile
from ussd_gateway.billing.files_services import Service, ServiceRules, ServicesFile, Tone
from ussd_gateway.documents import Document, did_you_mean, read_yaml, salvage
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.templates import LocalText, Texts

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One load of `catalogue/`."""

    settings: Settings
    tariffs: Mapping[str, Tariff]
    texts: Texts
    companies: Mapping[str, Company]
    subscribers: Mapping[str, Subscriber]
    sims: Mapping[str, str] = field(default_factory=dict)
    """Blank SIM cards: ICCID -> PUK1."""
    rating: Rating = field(default_factory=Rating)
    payments: PaymentsFile = field(default_factory=PaymentsFile)
    bonus: BonusFile = field(default_factory=BonusFile)
    rules: ServiceRules = field(default_factory=ServiceRules)
    sections: Mapping[str, LocalText] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    tones: Mapping[str, Tone] = field(default_factory=dict)
    packages: Mapping[str, PackageOffer] = field(default_factory=dict)
    max_packages: int = 30
    plan: NumberingPlan = field(default_factory=NumberingPlan)
    """How subscribers write each other's numbers; it comes from the configuration."""

    def company_of(self, contract: str) -> str | None:
        """The key of the company with this contract."""
        return next((key for key, each in self.companies.items() if each.contract == contract), None)

    def tariff_name(self, code: str, language: str) -> str:
        """The tariff's name as subscribers know it; its code when it is no longer in the catalogue."""
        tariff = self.tariffs.get(code)
        return tariff.name.render(language, {}) if tariff else code

    def tariff_short(self, code: str, language: str) -> str:
        """The tariff's name as short as it can be."""
        tariff = self.tariffs.get(code)
        short = tariff.short if tariff else None
        return short.render(language, {}) if short else self.tariff_name(code, language)


def load_catalogue(folder: Path) -> Catalogue:
    """Read the files of the folder; ConfigError with every mistake in all of them.

    What payments, bonus, services and packages are like has defaults: those files may be absent.
    """
    problems: list[Problem] = []
    tariffs = _load(folder / "tariffs.yaml", TariffsFile, problems)
    # Names can only be looked up in a file that is sound itself.
    known = tariffs[1].tariffs if tariffs and not problems else None
    settings = _load(folder / "settings.yaml", Settings, problems)
    subscribers = _load(folder / "subscribers.yaml", SubscribersFile, problems)
    found_texts = _load_texts(folder / "texts.yaml", problems)
    payments = _load_if_there(folder / "payments.yaml", PaymentsFile, problems)
    bonus = _load_if_there(folder / "bonus.yaml", BonusFile, problems)
    services = _load_if_there(folder / "services.yaml", ServicesFile, problems)
    packages = _load_if_there(folder / "packages.yaml", PackagesFile, problems)
    if services.document:
        problems += files_services.loose_ends(services.document, services.model)
    if bonus.document:
        problems += files_bonus.loose_ends(bonus.document, bonus.model)
    if services.document and tariffs:
        problems += _unknown_option(*tariffs, services.model.services)
    if packages.document:
        others: dict[str, Mapping[str, object]] = {"tariff": known or {}, "service": services.model.services}
        problems += files_packages.loose_ends(packages.document, packages.model, others)
    if settings and known is not None:
        problems += _unknown_default_tariff(*settings, known)
    if subscribers:
        problems += _loose_ends(*subscribers, known)
    if problems or not (settings and tariffs and subscribers and found_texts):
        raise ConfigError(f"the catalogue in {folder} is not valid", problems=problems)
    return Catalogue(
        settings=settings[1],
        tariffs=tariffs[1].tariffs,
        texts=found_texts,
        companies=subscribers[1].companies,
        subscribers=subscribers[1].subscribers,
        sims=subscribers[1].sims,
        rating=tariffs[1].rating,
        payments=payments.model,
        bonus=bonus.model,
        rules=services.model.rules,
        sections=services.model.sections,
        services=services.model.services,
        tones=services.model.tones,
        packages=packages.model.packages,
        max_packages=packages.model.max_packages,
    )


@dataclass(frozen=True, slots=True)
class _Optional(Generic[ModelT]):
    """A file that need not be there; without it, the model's defaults."""

    model: ModelT
    document: Document | None = None


def _load_if_there(path: Path, model: type[ModelT], problems: list[Problem]) -> _Optional[ModelT]:
    loaded = _load(path, model, problems) if path.exists() else None
    return _Optional(model()) if loaded is None else _Optional(loaded[1], loaded[0])


def _load(path: Path, model: type[ModelT], problems: list[Problem]) -> tuple[Document, ModelT] | None:
    """The file, or as much of it as is sound; None when too little is left to look at."""
    try:
        document = read_yaml(path)
    except ConfigError as error:
        problems += error.problems
        return None
    salvaged = salvage(document, model)
    problems += salvaged.problems
    return None if salvaged.model is None else (document, salvaged.model)


def _load_texts(path: Path, problems: list[Problem]) -> Texts | None:
    try:
        document = read_yaml(path)
        found = Texts.load(document)
    except ConfigError as error:
        problems += error.problems
        return None
    for key in sorted(texts.MESSAGE_TEXTS.keys() | texts.REFUSAL_TEXTS):
        if key not in found:
            problems.append(document.problem((), f"missing text `{key}`, which the billing core uses"))
    for key, given in texts.MESSAGE_TEXTS.items():
        if key in found:
            unknown = found[key].variables - given
            problems += [
                document.problem((key,), f"`{key}` has no value `{name}`") for name in sorted(unknown)
            ]
    return found


# ---------------------------------------------------------------- references between files


def _unknown_default_tariff(
    document: Document, settings: Settings, tariffs: Mapping[str, Tariff]
) -> list[Problem]:
    path = ("default_account", "tariff")
    return _unknown(document, path, "tariff", settings.default_account.tariff, tariffs)


def _unknown_option(document: Document, file: TariffsFile, services: Mapping[str, Service]) -> list[Problem]:
    option = file.rating.long_distance
    path = ("rating", "long_distance", "service")
    return _unknown(document, path, "service", option.service, services) if option else []


def _loose_ends(
    document: Document, file: SubscribersFile, tariffs: Mapping[str, Tariff] | None
) -> list[Problem]:
    """Names that lead nowhere, and subscribers whose money does not fit their kind."""
    problems: list[Problem] = []
    contracts = [company.contract for company in file.companies.values()]
    for key, company in file.companies.items():
        if company.contract and contracts.count(company.contract) > 1:
            path = ("companies", key, "contract")
            problems.append(document.problem(path, "another company has the same contract"))
    for number, subscriber in file.subscribers.items():
        at = ("subscribers", number)
        if tariffs is not None:
            problems += _unknown(document, (*at, "tariff"), "tariff", subscriber.tariff, tariffs)
        unfit: tuple[str, ...]
        if subscriber.company is not None:
            problems += _unknown(document, (*at, "company"), "company", subscriber.company, file.companies)
            unfit, why = ("balance", "credit_limit"), "is not for company numbers: use budget and personal"
        else:
            unfit = ("budget", "budget_limit", "personal", "name", "position", "tags")
            why = "needs a company"
        problems += [
            document.problem((*at, name), f"`{name}` {why}") for name in unfit if getattr(subscriber, name)
        ]
        if subscriber.company and subscriber.budget > subscriber.budget_limit:
            problems.append(document.problem((*at, "budget"), "more budget left than its limit"))
    return problems


def _unknown(
    document: Document, path: tuple[str, ...], what: str, name: str, known: Mapping[str, object]
) -> list[Problem]:
    if name in known:
        return []
    return [document.problem(path, f"unknown {what} `{name}`{did_you_mean(name, set(known))}")]
