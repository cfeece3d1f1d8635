"""docs/catalogue.md describes every key of every file in `catalogue/`, with the default the models have."""

import re
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ussd_gateway.billing.files import Money, Settings, SubscribersFile, TariffsFile
from ussd_gateway.billing.files_bonus import BonusFile
from ussd_gateway.billing.files_packages import PackagesFile
from ussd_gateway.billing.files_payments import PaymentsFile
from ussd_gateway.billing.files_services import ServicesFile
from ussd_gateway.documents import FileModel

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "catalogue.md"
FILES: Mapping[str, type[FileModel]] = {
    "settings.yaml": Settings,
    "tariffs.yaml": TariffsFile,
    "services.yaml": ServicesFile,
    "packages.yaml": PackagesFile,
    "payments.yaml": PaymentsFile,
    "bonus.yaml": BonusFile,
    "subscribers.yaml": SubscribersFile,
}
BY_ONE_PRICE = ("CallRate",)
"""Models that a file also writes as one value; their own keys are told in words."""


def keys(
    model: type[BaseModel], prefix: str = "", given: BaseModel | None = None
) -> Iterator[tuple[str, str]]:
    """Dotted key and default of everything a file may hold; the name of an entry is written in capitals."""
    for name, field in model.model_fields.items():
        inner, many = _model_in(field.annotation)
        if inner is None or inner.__name__ in BY_ONE_PRICE:
            yield prefix + name, _default(field, getattr(given, name, None) if given else None)
        elif many:
            yield from keys(inner, f"{prefix}{name}.NAME.")
        else:
            value = getattr(given, name, None) if given else field.get_default(call_default_factory=True)
            yield from keys(inner, f"{prefix}{name}.", value if isinstance(value, BaseModel) else None)


def _model_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The file model in an annotation, and whether it is the value of a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, FileModel):
        return annotation, False
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict:
        return _model_in(arguments[1])[0], True
    if origin in (Annotated, Union, types.UnionType):
        return next((found for each in arguments if (found := _model_in(each))[0]), (None, False))
    return None, False


def _default(field: FieldInfo, given: Any) -> str:
    if given is None and field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True) if given is None else given
    return _plain(value, money=get_args(Money)[1] in field.metadata)


def _plain(value: Any, *, money: bool) -> str:
    if isinstance(value, BaseModel):  # a price by the minute
        return _plain(value.first if hasattr(value, "first") else None, money=True)
    if money and value is not None:
        return f"`{value / 100:.2f}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple | frozenset):
        return f"`[{', '.join(map(str, value))}]`"
    return (
        "none" if value in (None, "", {}) else f"`{value}`" if not isinstance(value, dict) else "see the file"
    )


def _rows(section: str) -> dict[str, str]:
    found = re.findall(r"^\| `([^`]+)` \| (.+?) \| (.+) \|$", section, re.MULTILINE)
    assert all(meaning.strip() for _, _, meaning in found)
    assert len({key for key, _, _ in found}) == len(found), "a key twice"
    return {key: default for key, default, _ in found}


def test_every_key_of_every_file_is_described_with_its_default() -> None:
    page = PAGE.read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `(\w+\.yaml)`.*?\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    for file, model in FILES.items():
        assert _rows(sections[file]) == dict(keys(model)), file


def test_every_file_of_the_catalogue_has_its_section() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for path in (REPOSITORY / "catalogue").iterdir():
        assert f"\n## `{path.name}`" in page, path.name
