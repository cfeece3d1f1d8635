"""The scripts of `scenarios/`: green whatever the way to the gateway, red at the line that differs."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from tests.e2e.running import Gateway
from tests.unit.replay.stage import Told
from tests.world import REPOSITORY
from ussd_gateway.config import load_config
from ussd_gateway.laboratory import Laboratory, open_laboratory
from ussd_gateway.replay.differences import diff_text
from ussd_gateway.replay.figures import culprits
from ussd_gateway.replay.loader import load_scripts, script_files
from ussd_gateway.replay.player import replay
from ussd_gateway.replay.verdict import Place

SCENARIOS = REPOSITORY / "scenarios"
FOLDERS = ("catalogue", "menus", "sms_commands")
PLAYED = [SCENARIOS / "acceptance", SCENARIOS / "load", SCENARIOS / "tour.yaml"]
SCRIPTS = [str(path.relative_to(SCENARIOS)) for path in script_files(PLAYED)]

# ---------------------------------------------------------------- green


def test_there_is_a_script_for_each_acceptance_scenario() -> None:
    numbers = [int(Path(name).name[:2]) for name in SCRIPTS if name.startswith("acceptance/")]
    assert numbers == list(range(1, 26))


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    gateway = Gateway(folder, STORAGE__URL="memory://", CLOCK="virtual")
    yield gateway
    gateway.stop()


@pytest.mark.parametrize("via", ["embedded", "smpp", "http"])
def test_all_scripts_are_green(gateway: Gateway, via: str) -> None:
    """Those over HTTP find everything as the run over SMPP left it: scripts need no fresh gateway."""
    done = gateway.run("replay", *map(str, PLAYED), "--via", via)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not checked" not in done.stdout
    assert len(done.stdout.splitlines()) >= len(SCRIPTS)


# ---------------------------------------------------------------- red


class Change(NamedTuple):
    """Something an operator might change by mistake."""

    file: str
    usual: str
    other: str


CHANGES = [
    Change("catalogue/texts.yaml", "Пароль придет в SMS в течение 30 секунд", "Пароль скоро придет в SMS"),
    Change("catalogue/texts.yaml", "Пароль для доступа в Личный кабинет: {password}", "Пароль: {password}"),
    Change("catalogue/texts.yaml", "Вход в Личный кабинет закрыт:", "Личный кабинет закрыт:"),
    Change("catalogue/texts.yaml", 'ru: "Введите новый пароль: 6-26', 'ru: "Новый пароль: 6-26'),
    Change("catalogue/texts.yaml", "Пароль не изменен: нужно 6-26", "Пароль прежний: нужно 6-26"),
    Change("catalogue/texts.yaml", "Код для входа: {code}", "Код: {code}"),
    Change("catalogue/texts.yaml", 'ru: "Пароль изменен. Вход: lk.megafon.ru"', 'ru: "Пароль изменен"'),
    Change("catalogue/texts.yaml", "Ваш номер: {", "Номер: {"),
    Change("catalogue/texts.yaml", "Вы в программе МегаФон-Бонус: 1", "Вы в программе бонусов: 1"),
    Change("catalogue/texts.yaml", "Автоплатеж: счет пополнен на", "Счет пополнен на"),
    Change("catalogue/texts.yaml", "Раньше - в салоне", "Раньше - в офисе"),
    Change("catalogue/texts.yaml", 'ru: "Баланс: ', 'ru: "На счете: '),
    Change("catalogue/settings.yaml", "lock_on_wrong: 6", "lock_on_wrong: 5"),
    Change("catalogue/services.yaml", "en: Live balance}, fee: 2.00", "en: Live balance}, fee: 3.00"),
    Change("catalogue/bonus.yaml", "spend_per_point: 30.00", "spend_per_point: 40.00"),
    Change("catalogue/payments.yaml", "  most: 1000.00", "  most: 900.00"),
    Change("catalogue/payments.yaml", "fee: 10.00, down_to: 40.00", "fee: 15.00, down_to: 40.00"),
    Change("catalogue/tariffs.yaml", "fee: 510.00", "fee: 520.00"),
    Change(
        "catalogue/packages.yaml",
        "    volumes: {minutes: 100}\n    renews: true\n    then: 2.50",
        "    volumes: {minutes: 100}\n    renews: true\n    then: 3.00",
    ),
    Change(
        "menus/service_guide.yaml",
        "{ru: Пароль, en: Password}, to: password}",
        "{ru: Вход, en: Password}, to: password}",
    ),
]
"""All at once; each script meets one of them first."""


class Red(NamedTuple):
    """Where a script must fail: the file and words of the line, and what of the difference must be told."""

    line: str
    told: tuple[str, ...]
    file: str = ""
    """Another file than the script: one that is included."""


PASSWORD_SMS = ("- кабинет: (?P<password>", "+ Пароль: ")
EXPECTED: dict[str, Red] = {
    "acceptance/01_password_by_ussd.yaml": Red(
        "expect: {text: Запрос принят", ("+ Запрос принят. Пароль скоро",)
    ),
    "acceptance/02_password_by_sms.yaml": Red("expect_sms", PASSWORD_SMS),
    "acceptance/03_password_by_empty_sms.yaml": Red("expect_sms", PASSWORD_SMS),
    "acceptance/04_login_in_any_form.yaml": Red("expect_sms", PASSWORD_SMS),
    "acceptance/05_password_stays_valid.yaml": Red("expect_sms", PASSWORD_SMS),
    "acceptance/06_five_wrong_then_right.yaml": Red("wrong-1", ("attempts_left:", "- 5", "+ 4")),
    "acceptance/07_sixth_wrong_locks.yaml": Red(
        "expect_sms", ("- Вход в Личный кабинет", "+ Личный кабинет закрыт")
    ),
    "acceptance/08_a_new_password_unlocks.yaml": Red(
        "times: 5", ("result:", "- wrong", "+ locked"), "parts/locked.yaml"
    ),
    "acceptance/09_own_password_by_ussd.yaml": Red("Введите новый", ("- Введите новый", "+ Новый пароль")),
    "acceptance/10_prompt_at_once.yaml": Red("Введите новый", ("- Введите новый", "+ Новый пароль")),
    "acceptance/11_pas_by_sms.yaml": Red("Пароль не изменен", ("+ Пароль прежний: нужно 6-26",)),
    "acceptance/12_one_time_code.yaml": Red("Код для входа", ("+ Код: ",)),
    "acceptance/13_web_password.yaml": Red("Mistaken9", ("attempts_left:", "- 5", "+ 4")),
    "acceptance/14_password_by_voice.yaml": Red(
        "Пароль изменен", ("- Пароль изменен. Вход", "+ Пароль изменен\n")
    ),
    "acceptance/15_password_by_agent.yaml": Red("expect_sms", PASSWORD_SMS),
    "acceptance/16_menu_without_a_password.yaml": Red(
        "1 Живой баланс", ("- 1 Живой баланс 2р/сут", "+ 1 Живой баланс 3р/сут")
    ),
    "acceptance/17_number_and_remains.yaml": Red(
        "Ваш номер", ("- Ваш номер: +79265000117", "+ Номер: +79265000117")
    ),
    "acceptance/18_joining_the_bonus.yaml": Red("Вы в программе", ("+ Вы в программе бонусов: 1",)),
    "acceptance/19_bonus_points.yaml": Red("Начислено", ("- Начислено 9 баллов.", "+ Начислено 7 баллов.")),
    "acceptance/20_autopay.yaml": Red(
        "счет пополнен", ("- Автоплатеж: счет пополнен на 100р", "+ Счет пополнен на 100р")
    ),
    "acceptance/21_card_limits.yaml": Red("contains: 1000р", ("- 1000р", "-900р")),
    "acceptance/22_change_of_tariff.yaml": Red(
        "Недостаточно", ("- Недостаточно средств. Нужно 540.00р", "550.00р")
    ),
    "acceptance/23_call_detail.yaml": Red("в салоне", ("в салоне", "в офисе")),
    "acceptance/24_budget_and_packages.yaml": Red('"197.50"', ("balance:", "- 197.50", "+ 197.00")),
    "acceptance/25_promised_payment_and_black_list.yaml": Red("Обещанный платеж", ("на 60р", "на 65р")),
    "load/balance.yaml": Red("expect:", ("- Баланс", "+ На счете: ")),
    "load/balance_by_sms.yaml": Red("expect_sms", ("- Баланс", "+ На счете: ")),
    "load/hang_up.yaml": Red("expect:", ("- 0 Пароль", "+ 0 Вход")),
    "load/menu_walk.yaml": Red("contains: Баланс", ("- Баланс", "+ На счете: ")),
    "tour.yaml": Red("expect: {text: Запрос принят", ("+ Запрос принят. Пароль скоро",)),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def changed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Laboratory]:
    """A gateway in which everything of CHANGES is otherwise."""
    folder = tmp_path_factory.mktemp("changed")
    for name in FOLDERS:
        shutil.copytree(REPOSITORY / name, folder / name)
    for change in CHANGES:
        path = folder / change.file
        text = path.read_text(encoding="utf-8")
        assert change.usual in text, change
        path.write_text(text.replace(change.usual, change.other, 1), encoding="utf-8")
    paths = {
        f"USSDGW_PATHS__{name.upper()}": str(folder / name) for name in ("catalogue", "menus", "sms_commands")
    }
    async with open_laboratory(load_config(REPOSITORY / "config.yaml", paths)) as laboratory:
        yield laboratory


def place_of(red: Red, name: str) -> str:
    """The first line with the words it names."""
    file = SCENARIOS / (red.file or name)
    lines = file.read_text(encoding="utf-8").splitlines()
    return f"{file}:{next(number for number, line in enumerate(lines, 1) if red.line in line)}"


def at(place: Place) -> str:
    return f"{Path(place.file_name).resolve()}:{place.line}"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_script_fails_where_the_gateway_is_otherwise(changed: Laboratory, name: str) -> None:
    red = EXPECTED[name]
    verdict = await replay(load_scripts([SCENARIOS / name]), changed.lab, Told())
    assert not verdict.passed
    [outcome] = culprits(verdict.runs[0])
    assert at(outcome.place) == place_of(red, name)
    told = "".join(diff_text(difference) + "\n" for difference in outcome.differences)
    for words in red.told:
        assert words in told
