"""The gateway of a test: its files, scripts played on it; one in the caller's loop, one at an address."""

import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.world import running_world
from ussd_gateway.errors import ConfigError, GatewayError
from ussd_gateway.testing import AsyncGateway, CannotCheck, Gateway, NotAsExpected, Phone

ROOT = Path(__file__).parents[3]
MSISDN = "79261234567"
SCRIPT = """
script: Balance
steps:
  - dial: "*100#"
  - expect: {contains: "250", op: end}
"""


# ---------------------------------------------------------------- files


def test_a_folder_of_menus_of_ones_own(tmp_path):
    shutil.copytree(ROOT / "menus", tmp_path / "menus")
    guide = tmp_path / "menus" / "service_guide.yaml"
    changed = guide.read_text(encoding="utf-8").replace("Счет", "Деньги")
    with Gateway(menus=tmp_path / "menus") as gateway:
        assert "Счет" in gateway.phone().dial("*105#")
    guide.write_text(changed, encoding="utf-8")
    with Gateway(menus=tmp_path / "menus") as gateway:  # files are kept, but not beyond a change
        assert "Деньги" in gateway.phone().dial("*105#")


def test_mistakes_in_files_are_told_where_they_are(tmp_path):
    (tmp_path / "broken.yaml").write_text("menu: [", encoding="utf-8")
    gateway = Gateway(menus=tmp_path)
    with pytest.raises(ConfigError, match=r"broken\.yaml:2:1:"):
        gateway.start()
    gateway.close()


@pytest.mark.parametrize(
    "options, error, words",
    [
        ({"menu": "menus"}, TypeError, "no such option: menu"),
        ({"smpp": "here"}, ValueError, "HOST:PORT"),
        ({"smpp": "127.0.0.1:0"}, ValueError, "HOST:PORT"),
        ({"http": "http://127.0.0.1:1", "menus": "menus"}, ValueError, "files of its own"),
    ],
)
def test_options_that_make_no_sense(options, error, words):
    with pytest.raises(error, match=words):
        Gateway(**options)


# ---------------------------------------------------------------- scripts


def test_a_script_passes(tmp_path):
    path = tmp_path / "balance.yaml"
    path.write_text(SCRIPT, encoding="utf-8")
    with Gateway() as gateway:
        phone = gateway.phone()
        phone.dial("*105#")
        verdict = gateway.replay(path)
        assert [run.status for run in verdict.runs] == ["passed"]
        assert phone.dial("*100#") == "Баланс: 250.00р"


def test_a_script_that_fails_is_told_step_by_step(tmp_path):
    path = tmp_path / "balance.yaml"
    path.write_text(SCRIPT.replace("250", "251"), encoding="utf-8")
    with Gateway() as gateway, pytest.raises(NotAsExpected) as raised:
        gateway.replay(tmp_path)
    told = str(raised.value)
    assert told.startswith("1 run: 1 failed")
    assert "balance.yaml:5:" in told
    assert "+ Баланс: 250.00р" in told


def test_no_script_is_no_success(tmp_path):
    with Gateway() as gateway, pytest.raises(NotAsExpected, match="no script"):
        gateway.replay(tmp_path)


# ---------------------------------------------------------------- in the caller's loop


async def test_the_same_names_awaited():
    async with AsyncGateway() as gateway:
        phone = await gateway.phone()
        screen = await phone.dial("*105*00#")
        assert screen.op == "end"
        message = await phone.expect_sms(sender="000110", regex=r"(?P<password>\d{6})")
        await gateway.advance("next day")
        assert (await gateway.login(MSISDN, message.captured["password"])).result == "ok"
        assert await phone.balance() == await gateway.balance()
        await phone.close()


async def test_a_gateway_that_is_not_started():
    with pytest.raises(RuntimeError, match="not started"):
        await AsyncGateway().balance()


# ---------------------------------------------------------------- at an address


@asynccontextmanager
async def running(**options):
    """Yields a gateway that listens on sockets and the options that lead to it, less those given as None."""
    async with running_world("memory://", {}) as world:
        assert world.app.http_address is not None
        host, port = world.app.http_address
        addresses = {"smpp": world.app.smpp_address, "http": f"http://{host}:{port}"} | options
        async with AsyncGateway(**addresses) as gateway:
            yield gateway


@pytest.mark.parametrize("options", [{}, {"smpp": None}], ids=["smpp", "http"])
async def test_a_running_gateway_of_ours(options):
    async with running(**options) as gateway:
        phone = await gateway.phone()
        assert "Счет" in await phone.dial("*105#")
        assert "Баланс" in await phone.send("1")
        await phone.dial("*105*00#")
        message = await phone.expect_sms(sender="000110", regex=r"(?P<password>\d{6})")
        await gateway.advance("24h")
        assert (await gateway.login(MSISDN, message.captured["password"])).result == "ok"
        assert await gateway.balance() == 250
        await gateway.push(MSISDN, "Новость")
        assert (await phone.expect("Новость")).op == "notify"


async def test_what_nobody_can_look_into_never_passes():
    async with running(http=None) as gateway:
        phone = await gateway.phone()
        assert (await phone.dial("*100#")).op == "end"
        with pytest.raises(CannotCheck, match="balance"):
            await phone.balance()
        with pytest.raises(CannotCheck, match="push"):
            await gateway.push(MSISDN, "Новость")
        with pytest.raises(CannotCheck, match="voice"):
            await phone.call("0505")
        with pytest.raises(GatewayError, match="clock"):
            await gateway.advance("1h")


def test_nobody_there():
    with pytest.raises(GatewayError), Phone(http="http://127.0.0.1:1") as phone:
        phone.dial("*100#")
    with pytest.raises(GatewayError), Phone(smpp="127.0.0.1:1") as phone:
        phone.dial("*100#")
