"""The pytest plugin as a tester has it: found by its entry point, in a pytest of its own."""

import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

# A pytest inside this process forgets what it imported itself, and this takes long to import.
import ussd_gateway.testing  # noqa: F401

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
STRICT = ("-W", "error", "-p", "no:cacheprovider", "-p", "no:asyncio")
"""A plugin that leaves a socket or a loop behind is told of by a warning; pytest-asyncio warns by itself."""

FRESH = """
    def test_first(ussd_gateway):
        ussd_gateway.topup("79261234567", 50)
        assert ussd_gateway.balance("79261234567") == 300

    def test_second(ussd_gateway):
        assert ussd_gateway.balance("79261234567") == 250
"""
MENU = """
    def test_menu(ussd_gateway):
        assert "{}" in ussd_gateway.phone("79261234567").dial("*105#")
"""


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        monkeypatch.delenv(name, raising=False)


def changed_menus(folder, word):
    shutil.copytree(ROOT / "menus", folder)
    guide = folder / "service_guide.yaml"
    guide.write_text(guide.read_text(encoding="utf-8").replace("Счет", word), encoding="utf-8")
    return folder


def test_the_package_tells_pytest_of_it():
    (found,) = entry_points(group="pytest11", name="ussd_gateway")
    assert found.value == "ussd_gateway.pytest_plugin"


def test_every_test_has_a_fresh_gateway(pytester):
    pytester.makepyfile(FRESH)
    pytester.runpytest_subprocess(*STRICT).assert_outcomes(passed=2)


def test_a_gateway_may_live_longer(pytester):
    pytester.makepyfile(FRESH)
    pytester.makeini("[pytest]\nussd_scope = session")
    result = pytester.runpytest_inprocess(*STRICT)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*assert Decimal('300.00') == 250"])


def test_an_unknown_scope_is_told(pytester):
    pytester.makepyfile(FRESH)
    pytester.makeini("[pytest]\nussd_scope = forever")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*ussd_scope: 'forever' is none of function, class,*"])


def test_folders_of_the_file_and_of_the_command_line(pytester):
    changed_menus(pytester.path / "own", "Деньги")
    other = changed_menus(pytester.path / "other", "Касса")
    pytester.makeini("[pytest]\nussd_menus = own")
    pytester.makepyfile(test_file=MENU.format("Деньги"), test_line=MENU.format("Касса"))
    inside = pytester.mkdir("inside")
    pytester.runpytest_inprocess(*STRICT, "test_file.py").assert_outcomes(passed=1)
    line = [*STRICT, f"--ussd-menus={other}", "-c", "tox.ini", f"--rootdir={inside}", "test_line.py"]
    pytester.runpytest_inprocess(*line).assert_outcomes(passed=1)


def test_options_from_a_conftest(pytester):
    own = changed_menus(pytester.path / "own", "Деньги")
    pytester.makeconftest(f"""
        import pytest

        @pytest.fixture(scope="session")
        def ussd_gateway_options():
            return {{"menus": {str(own)!r}}}
    """)
    pytester.makepyfile(MENU.format("Деньги"))
    pytester.runpytest_inprocess(*STRICT).assert_outcomes(passed=1)


def test_an_address_where_nobody_listens(pytester):
    pytester.makepyfile(FRESH)
    result = pytester.runpytest_inprocess(*STRICT, "--ussd-http=http://127.0.0.1:1")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*could not connect to http://127.0.0.1:1*"])


def test_a_failure_shows_the_screen_and_what_was_before_it(pytester):
    pytester.makepyfile(MENU.format("Нет такого"))
    result = pytester.runpytest_subprocess(*STRICT)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*'Нет такого' in [*]105# ask", "E*│ 1 Счет*", "*What the phones saw*"])


def test_in_tests_that_are_coroutines_and_in_workers(pytester):
    pytester.makepyfile("""
        import pytest

        @pytest.mark.asyncio
        @pytest.mark.parametrize("number", ["79261234567", "79261234568"])
        async def test_balance(ussd_gateway, number):
            assert ussd_gateway.phone(number).dial("*100#").op == "end"
    """)
    pytester.runpytest_subprocess("-n", "1", "-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_who_does_not_ask_for_it_does_not_load_it(pytester):
    pytester.makepyfile("""
        import sys

        def test_modules():
            ours = {name for name in sys.modules if name.startswith("ussd_gateway")}
            assert ours == {"ussd_gateway", "ussd_gateway.pytest_plugin"}
            assert "pydantic" not in sys.modules
    """)
    result = pytester.runpytest_subprocess(*STRICT, "-p", "no:hypothesispytest")
    result.assert_outcomes(passed=1)


def test_it_can_be_switched_off(pytester):
    pytester.makepyfile(FRESH)
    result = pytester.runpytest_inprocess(*STRICT, "-p", "no:ussd_gateway")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*fixture 'ussd_gateway' not found*"])


def test_a_program_that_forgets_to_close_ends_all_the_same():
    code = "from ussd_gateway.testing import Phone; phone = Phone(); print(phone.dial('*100#').op)"
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")
