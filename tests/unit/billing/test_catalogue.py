"""The catalogue: what ships is sound, and every mistake is told with its place, all at once."""

import shutil
from pathlib import Path

import pytest

from tests.unit.billing.kit import ROOT, catalogue
from ussd_gateway.billing.catalogue import load_catalogue
from ussd_gateway.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "catalogue", tmp_path / "catalogue"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def line_of(path: Path, start: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(start))


def complaints(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_catalogue(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_the_demo_subscribers() -> None:
    subscribers = catalogue().subscribers
    assert [
        (number, each.language, each.company or "", each.balance, each.budget, each.personal)
        for number, each in subscribers.items()
    ] == [
        ("79261234567", "ru", "", 25_000, 0, 0),
        ("79261234568", "en", "", 25_000, 0, 0),
        ("79261234569", "ru", "", 0, 0, 0),
        ("79260000001", "ru", "romashka", 0, 41_250, 3_500),
        ("79260000002", "ru", "romashka", 0, 70_000, 0),
    ]
    assert catalogue().companies["romashka"].control_numbers == ("79260000002",)


def test_the_rules_that_ship() -> None:
    settings = catalogue().settings
    assert settings.password.lock_on_wrong == 6
    assert (settings.password.min_length, settings.password.max_length) == (6, 26)
    assert (settings.sms.delay_s, settings.sms.password_from) == (2, "000110")
    assert settings.default_account.balance == 10_000


def test_tariff_names() -> None:
    assert catalogue().tariff_name("0618P", "ru") == "Включайся! Пиши"
    assert catalogue().tariff_name("0618P", "en") == "Join in! Write"
    assert catalogue().tariff_name("withdrawn", "ru") == "withdrawn"


def test_mistakes_of_all_files_are_told_together(folder: Path) -> None:
    edit(folder / "settings.yaml", "lock_on_wrong: 6", "lock_on_wrong: 0")
    edit(folder / "settings.yaml", "max_topup: 15000.00", "max_topup: a lot")
    edit(folder / "subscribers.yaml", "language: en", "language: fr")
    edit(folder / "subscribers.yaml", "tariff: 0618P, language: ru, balance: 0", "tariff: 0618PP, balance: 0")
    edit(folder / "texts.yaml", "{password}. Никому", "{pasword}. Никому")
    assert complaints(folder) == [
        "settings.yaml:11:18: input should be greater than or equal to 1",
        f"settings.yaml:{line_of(folder / 'settings.yaml', 'max_topup:')}:12: "
        "expected a sum such as 250.00, not 'a lot'",
        "subscribers.yaml:19:44: expected 'ru', 'en' or 'translit'",
        f"texts.yaml:{line_of(folder / 'texts.yaml', 'pw.new:') + 1}:3: `pw.new` has no value `pasword`",
        "subscribers.yaml:20:27: unknown tariff `0618PP` (did you mean `0618P`?)",
    ]


def test_a_broken_tariff_file_blames_nobody_else(folder: Path) -> None:
    edit(folder / "tariffs.yaml", "    fee: 510.00", "    fee: -510.00")
    edit(folder / "tariffs.yaml", "  16N:", "  16N_:")
    fee, code = (line_of(folder / "tariffs.yaml", text) for text in ("    fee: -510.00", "  16N_:"))
    assert complaints(folder) == [
        f"tariffs.yaml:{fee}:10: a sum may not be negative here",
        f"tariffs.yaml:{code}:3: `16N_`: expected a code of capital letters and digits",
    ]


@pytest.mark.parametrize(
    "old, new, complaint",
    [
        ("balance: 0}", "balance: 0, budget: 5}", "20:68: `budget` needs a company"),
        (
            "personal: 35.00,",
            "personal: 35.00, balance: 1,",
            "23:118: `balance` is not for company numbers: use budget and personal",
        ),
        (
            "company: romashka, budget: 412.50",
            "company: romashko, budget: 412.50",
            "23:44: unknown company `romashko` (did you mean `romashka`?)",
        ),
        ("budget: 412.50", "budget: 712.50", "23:62: more budget left than its limit"),
        (
            '"79261234569"',
            '"0079261234569"',
            "20:3: `0079261234569`: expected an international number such as 79261234567",
        ),
        (
            '["79260000002"]',
            '["79260000002", "79260000003", "79260000004", "79260000005"]',
            "9:22: a company has at most three control numbers",
        ),
        (
            '"8970102000000000011"',
            '"8970102000000000012"',
            "13:3: `8970102000000000012`: the last digit does not fit the others",
        ),
        ("language: ru, balance: 0}", "language: ru, name: Анна}", "20:54: `name` needs a company"),
    ],
)
def test_mistakes_about_subscribers(folder: Path, old: str, new: str, complaint: str) -> None:
    edit(folder / "subscribers.yaml", old, new)
    assert complaints(folder) == [f"subscribers.yaml:{complaint}"]


def test_two_companies_with_one_contract(folder: Path) -> None:
    edit(
        folder / "subscribers.yaml", "  romashka:", '  copy: {name: Копия, contract: "10052733"}\n  romashka:'
    )
    told = "another company has the same contract"
    assert complaints(folder) == [f"subscribers.yaml:{place}: {told}" for place in ("4:33", "8:15")]


def test_a_missing_file_and_a_missing_text(folder: Path) -> None:
    (folder / "tariffs.yaml").unlink()
    edit(folder / "texts.yaml", "no.money:", "no.honey:")
    first = line_of(folder / "texts.yaml", "pw.ack:")
    assert complaints(folder) == [
        "tariffs.yaml:1:1: cannot be opened: No such file or directory",
        f"texts.yaml:{first}:1: missing text `no.money`, which the billing core uses",
    ]
