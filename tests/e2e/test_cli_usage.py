"""`usage` against a running gateway."""

import pytest

from tests.e2e.running import Gateway, prompt_catalogue

ANNA = "79261234567"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    gateway = Gateway(folder, PATHS__CATALOGUE=str(prompt_catalogue(folder)))
    yield gateway
    gateway.stop()


@pytest.mark.parametrize(
    "arguments, line",
    [
        (["call", "89031234567", "3"], "call other_home, 3 min (3 from packages), 0.00"),
        (["call", "79021234567", "2"], "call other_region, 2 min, 10.20"),
        (["call", "89031234567", "2", "--direction", "forwarded"], "call forwarded, 2 min, 7.00"),
        (["sms", "+493012345678"], "sms abroad, 1 SMS, 9.90"),
        (["data", "5"], "data, 5 MB (5 from packages), 0.00"),
    ],
)
def test_usage_is_charged_and_told(gateway, arguments, line):
    done = gateway.run("usage", ANNA, *arguments)
    assert (done.returncode, done.stdout) == (0, f"{ANNA}: {line}\n"), done.stderr


def test_a_phone_is_switched_and_shown(gateway):
    assert gateway.run("phone", ANNA).stdout == f"{ANNA}: on, cannot be reached\n"
    done = gateway.run("phone", "8 926 123-45-67", "out_of_coverage")
    assert (done.returncode, done.stdout) == (0, f"{ANNA}: out_of_coverage, cannot be reached\n")
    [event] = gateway.run("phone", ANNA, "--json").events()
    assert (event["event"], event["msisdn"], event["state"]) == ("phone", ANNA, "out_of_coverage")
    refused = gateway.run("dial", "*100#", "--msisdn", ANNA, "--json")
    assert (refused.returncode, refused.events()[0]["event"]) == (1, "error")
    refused = gateway.run("dial", "*100#", "--msisdn", ANNA, "--via", "http")
    assert (refused.returncode, "out of coverage" in refused.stderr) == (1, True)
    assert gateway.run("phone", ANNA, "on").returncode == 0
    assert gateway.run("dial", "*100#", "--msisdn", ANNA).returncode == 0


@pytest.mark.parametrize("arguments, code", [([ANNA, "broken"], 2), (["12"], 2), ([], 2)])
def test_phone_errors(gateway, arguments, code):
    done = gateway.run("phone", *arguments)
    assert (done.returncode, done.stdout) == (code, "")


def test_usage_as_json(gateway):
    [answer] = gateway.run("usage", "79261234568", "call", "79021234567", "1", "--json").events()
    assert (answer["class"], answer["units"], answer["cost"], answer["cost_kop"]) == (
        "other_region",
        1,
        "5.10",
        510,
    )


@pytest.mark.parametrize(
    "arguments, code, word",
    [
        (["call", "79021234567"], 2, "TO MINUTES"),
        (["call", "79021234567", "few"], 2, "whole number"),
        (["sms", "79021234567", "--direction", "in"], 2, "calls only"),
        (["data"], 2, "TO MINUTES | TO | MB"),
        (["fax", "1"], 2, "fax"),
        (["sms", "12345678901234567"], 1, "Wrong number"),
    ],
)
def test_usage_errors(gateway, arguments, code, word):
    done = gateway.run("usage", "79261234569", *arguments)
    assert done.returncode == code
    assert word in done.stderr
    assert done.stdout == ""
