"""config.yaml and the environment: defaults, overrides, and every mistake at once with its place."""

from pathlib import Path

import pytest

from tests.world import REPOSITORY
from ussd_gateway.config import find_config, load_config
from ussd_gateway.errors import ConfigError


def problems(path: Path, environment: dict[str, str]) -> list[str]:
    """What is wrong, as lines; the file's own name shortened."""
    with pytest.raises(ConfigError) as caught:
        load_config(path, environment)
    return [str(problem).removeprefix(f"{path.parent}/") for problem in caught.value.problems]


def test_the_shipped_file_says_what_the_contract_says():
    config = load_config(REPOSITORY / "config.yaml", {})
    assert (config.smpp.host, config.smpp.port) == ("127.0.0.1", 2775)
    assert (config.http.host, config.http.port) == ("127.0.0.1", 8080)
    assert config.storage.url == "sqlite:///var/gateway.db"
    assert config.clock == "system"
    assert config.subscribers.auto_provision is True
    accounts = {account.system_id: account for account in config.smpp.accounts}
    assert accounts["handset"].msisdns == ("79*",)
    assert accounts["app"].service_codes == ("*500#",)
    assert accounts["app"].short_codes == ("7070",)
    assert config.path(config.paths.menus) == REPOSITORY / "menus"


def test_an_empty_file_gets_every_default(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("# nothing\n")
    assert load_config(file, {}).smpp.port == 2775


def test_a_short_file_gets_the_shipped_folders_and_accounts(tmp_path):
    file = tmp_path / "config.yaml"
    (tmp_path / "menus").mkdir()
    file.write_text("smpp: {port: 2776}\n")
    config = load_config(file, {})
    assert [account.system_id for account in config.smpp.accounts] == ["handset", "app"]
    assert config.path(config.paths.menus) == tmp_path / "menus"
    assert config.path(config.paths.catalogue) == REPOSITORY / "catalogue"
    assert config.path(config.paths.sms_commands) == REPOSITORY / "sms_commands"


def test_passwords_everybody_knows_stay_on_loopback(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("smpp: {host: 0.0.0.0, allow_plaintext: true}\n")
    assert load_config(file, {}).smpp.accounts == ()
    file.write_text("smpp: {accounts: []}\n")
    assert load_config(file, {}).smpp.accounts == ()


def test_a_folder_that_is_named_must_be_there(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("paths: {catalogue: catalogue}\n")
    config = load_config(file, {})
    assert config.path(config.paths.catalogue) == tmp_path / "catalogue"


def test_the_environment_overrides_any_scalar():
    environment = {
        "USSDGW_SMPP__PORT": "0",
        "USSDGW_CLOCK": "virtual",
        "USSDGW_STORAGE__URL": "memory://",
        "USSDGW_SUBSCRIBERS__AUTO_PROVISION": "false",
        "USSDGW_USSD__ANSWER_TIMER_S": "2.5",
        "OTHER": "ignored",
    }
    config = load_config(REPOSITORY / "config.yaml", environment)
    assert config.smpp.port == 0
    assert config.clock == "virtual"
    assert config.storage.url == "memory://"
    assert config.subscribers.auto_provision is False
    assert config.ussd.answer_timer_s == 2.5
    assert len(config.smpp.accounts) == 2


def test_every_mistake_of_file_and_environment_is_told_at_once(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(
        "smpp:\n"
        "  prot: 2775\n"
        "  port: many\n"
        "  accounts:\n"
        "    - {system_id: a, password: secretly-long, role: handsets, msisdns: ['79*']}\n"
        "    - {system_id: b, password: b, role: handsets}\n"
        "    - {system_id: c, password: c, role: application, short_codes: ['1'], dialect: martian}\n"
        "clock: moon\n"
        "folder: /etc\n"
    )
    environment = {"USSDGW_HTTP__PORT": "no", "USSDGW_SMPP__PROT": "1", "USSDGW_SMPP": "x"}
    assert problems(file, environment) == [
        "config.yaml:9:1: unknown key `folder`",
        "$USSDGW_SMPP:1:1: `smpp` is a section; name one of its settings",
        "$USSDGW_SMPP__PROT:1:1: no such setting `smpp.prot` (did you mean `port`?)",
        "$USSDGW_HTTP__PORT:1:1: expected a whole number",
        "config.yaml:2:3: unknown key `prot` (did you mean `port`?)",
        "config.yaml:3:9: expected a whole number",
        "config.yaml:5:32: string should have at most 8 characters",
        "config.yaml:6:7: an account with role handsets needs msisdns, for example ['79*']",
        "config.yaml:7:83: no such dialect; there are: plain, its15, its8, user_message_reference, tata, "
        "session_1501, destination, service_types, no_operation, silent, raw_coding",
        "config.yaml:8:8: expected 'system' or 'virtual'",
    ]


def test_two_accounts_of_one_name_are_a_mistake(tmp_path):
    file = tmp_path / "config.yaml"
    line = "    - {system_id: a, password: a, role: handsets, msisdns: ['79*']}\n"
    file.write_text(f"smpp:\n  accounts:\n{line}{line}")
    assert problems(file, {}) == ["config.yaml:3:5: system_id 'a' stands twice"]


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert problems(tmp_path / "none.yaml", {}) == [
        "none.yaml:1:1: cannot be opened: No such file or directory"
    ]


def test_the_working_directory_comes_before_the_packaged_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_config(None).resolve() == REPOSITORY / "config.yaml"
    (tmp_path / "config.yaml").write_text("clock: virtual\n")
    assert find_config(None) == Path("config.yaml")
    assert load_config(None, {}).clock == "virtual"


@pytest.mark.parametrize(
    "accounts, words",
    [
        ("{system_id: a, password: a, role: application, service_codes: ['500']}", "must end in #"),
        ("{system_id: a, password: a, role: application, service_codes: ['*5-0#']}", "holds '-'"),
        (
            "{system_id: a, password: a, role: application, service_codes: ['*500#']}, "
            "{system_id: b, password: b, role: application, service_codes: ['*500#']}",
            "service code *500# is served by two accounts",
        ),
        (
            "{system_id: a, password: a, role: application, short_codes: ['7070']}, "
            "{system_id: b, password: b, role: application, short_codes: ['7070']}",
            "short code 7070 is served by two accounts",
        ),
    ],
)
def test_the_codes_of_applications_are_checked(tmp_path, accounts, words):
    file = tmp_path / "config.yaml"
    file.write_text(f"smpp: {{accounts: [{accounts}]}}\n")
    assert [words in problem for problem in problems(file, {})] == [True]
