"""`payments.yaml`, `bonus.yaml`, the rating part of `tariffs.yaml`: what they say, what is wrong in them."""

import shutil
from pathlib import Path

import pytest

from tests.unit.billing.kit import ROOT, catalogue
from ussd_gateway.billing.catalogue import load_catalogue
from ussd_gateway.billing.files import CallRate, Rating
from ussd_gateway.billing.files_payments import PaymentsFile
from ussd_gateway.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "catalogue", tmp_path / "catalogue"))


def complaints(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_catalogue(folder)
    return [
        f"{Path(problem.file).name}: {problem.message}"  # where is the matter of other tests
        for problem in caught.value.problems
    ]


def test_the_shipped_rules_are_the_defaults() -> None:
    payments, usual = catalogue().payments, PaymentsFile()
    assert payments.promised == usual.promised
    assert payments.transfer == usual.transfer
    assert (payments.call_me, payments.pay_me) == (usual.call_me, usual.pay_me)
    assert (payments.card, payments.relatives) == (usual.card, usual.relatives)
    assert catalogue().rating.forwarded == Rating().forwarded


def test_the_files_may_be_absent(folder: Path) -> None:
    (folder / "payments.yaml").unlink()
    (folder / "bonus.yaml").unlink()
    loaded = load_catalogue(folder)
    assert (loaded.payments, loaded.bonus.rewards) == (PaymentsFile(), {})


def test_a_rate_is_one_sum_or_two() -> None:
    rates = catalogue().tariffs["16N"].rates.call
    assert rates.on_net == CallRate.model_construct(first=235, then=0)
    assert rates.landline == CallRate.model_construct(first=260, then=260)


@pytest.mark.parametrize(
    "name, old, new, complaint",
    [
        ("payments", "fee: 5.00", "fee: five", "expected a sum such as 250.00, not 'five'"),
        ("payments", "call_me:", "cal_me:", "unknown key `cal_me` (did you mean `call_me`?)"),
        (
            "payments",
            '"11112222333344"',
            '"1111-2222"',
            "`1111-2222`: a scratch card has a code of 8 to 20 digits",
        ),
        ("bonus", "  partners: {", "  # {", "the group `partners` has no title in `groups`"),
        (
            "bonus",
            "kind: mb, size: 10}",
            "kind: mb}",
            "a package has both `kind` and `size`, a voucher neither",
        ),
        ("bonus", '"555":', '"55X":', "`55X`: expected a code of 3 to 6 digits"),
        ("tariffs", 'service: "410"', 'service: "411"', "unknown service `411` (did you mean `410`?)"),
        ("tariffs", "{first: 2.35, then: 0}", "{first: 2.35}", "missing key `then`"),
        ("tariffs", 'on_net: ["792"', 'on_net: ["+792"', "`+792`: expected the first digits of"),
        ("tariffs", "destinations:\n    on_net:", "destinations:\n    onnet:", "'on_net'"),
    ],
)
def test_mistakes(folder: Path, name: str, old: str, new: str, complaint: str) -> None:
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    found = complaints(folder)
    assert found
    assert all(each.startswith(f"{name}.yaml: ") for each in found)
    assert any(complaint in each for each in found)
