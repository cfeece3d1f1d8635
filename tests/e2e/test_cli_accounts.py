"""`accounts import` against a running gateway."""

import pytest

from tests.e2e.running import Gateway
from tests.patience import until


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("gateway"))
    yield gateway
    gateway.stop()


@pytest.fixture
def csv_of(tmp_path):
    def write(text: str, encoding: str = "utf-8") -> str:
        path = tmp_path / "numbers.csv"
        path.write_bytes(text.encode(encoding))
        return str(path)

    return write


def account(gateway, number):
    return gateway.ask("GET", f"/api/v1/subscribers/{number}")[1]


def test_accounts_are_opened_and_filled(gateway, csv_of):
    done = gateway.run("accounts", "import", csv_of("\ufeff8 926 500-00-01,12.50\n\n79265000002\n"))
    assert (done.returncode, done.stdout) == (0, "2 numbers imported, 0 failed\n"), done.stderr
    assert account(gateway, "79265000001")["balance"] == "12.50"
    assert account(gateway, "79265000002")["balance"] == "100.00"


def test_employees_join_once(gateway, csv_of):
    file = csv_of("name,number\nВера Ли,79265000003\nАнна Иванова,79260000001\n")
    outcomes = []
    for _ in range(2):
        done = gateway.run("accounts", "import", file, "--company", "romashka", "--json")
        outcomes.append((done.returncode, [row["outcome"] for row in done.events()]))
    assert outcomes == [(0, ["imported", "already"]), (0, ["already", "already"])]
    _, body = gateway.ask("GET", "/api/v1/companies/romashka/numbers")
    assert "79265000003" in [*body["joining"], *(row["msisdn"] for row in body["numbers"])]


async def test_employees_leave(gateway, csv_of):
    file = csv_of("79265000006\n")
    assert gateway.run("accounts", "import", file, "--company", "romashka").returncode == 0
    done = gateway.run("accounts", "release", file, "--company", "romashka")
    assert (done.returncode, done.stdout) == (0, "1 numbers released, 0 failed\n"), done.stderr
    # It leaves a moment later, as it joined.
    await until(lambda: account(gateway, "79265000006")["company"] is None)
    done = gateway.run("accounts", "release", file)
    assert (done.returncode, "needs --company" in done.stderr) == (2, True)


def test_what_is_refused_does_not_stop_the_rest(gateway, csv_of):
    done = gateway.run("accounts", "import", csv_of("4951234567,5\n79265000004,much\n79265000005,7\n"))
    assert (done.returncode, done.stdout) == (1, "1 numbers imported, 2 failed\n")
    assert "numbers.csv:1: 74951234567: " in done.stderr
    assert "numbers.csv:2: 79265000004: balance" in done.stderr
    assert account(gateway, "79265000005")["balance"] == "7.00"


@pytest.mark.parametrize(
    "text, encoding, word",
    [
        ("x,1\n79265000009,1\n", "utf-8", "numbers.csv:1: that is not a phone number"),
        ("79265000009,1,2\n", "utf-8", "expected number,balance"),
        ("number,colour\n79265000009,red\n", "utf-8", "unknown column `colour`"),
        ("79265000009,Вера\n", "cp1251", "not CSV in UTF-8"),
    ],
)
def test_a_bad_file_imports_nothing(gateway, csv_of, text, encoding, word):
    done = gateway.run("accounts", "import", csv_of(text, encoding))
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr


def test_an_unknown_company(gateway, csv_of):
    done = gateway.run("accounts", "import", csv_of("79265000009\n"), "--company", "nobody")
    assert done.returncode == 1
    assert "no such company" in done.stderr
