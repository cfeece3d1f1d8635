"""Bodies: every mistake at once, and never the value that was wrong."""

import json

import pytest
from aiohttp.test_utils import make_mocked_request

from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.problems import ProblemError


class Form(Body):
    login: str
    attempts: int = 0


def request_with(raw: bytes):
    request = make_mocked_request("POST", "/")
    request._read_bytes = raw
    return request


async def test_a_fitting_body():
    assert await read_body(request_with(b'{"login": "x"}'), Form) == Form(login="x")


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000])
async def test_no_json(raw):
    with pytest.raises(ProblemError) as error:
        await read_body(request_with(raw), Form)
    assert error.value.status == 400


async def test_every_mistake_is_named_and_no_value_repeated():
    raw = json.dumps({"attempts": "Canary77", "extra": "Canary77"}).encode()
    with pytest.raises(ProblemError) as error:
        await read_body(request_with(raw), Form)
    assert error.value.status == 422
    mistakes = error.value.extra["errors"]
    assert isinstance(mistakes, list)
    assert [mistake["member"] for mistake in mistakes] == ["login", "attempts", "extra"]
    assert "Canary77" not in str(mistakes)


@pytest.mark.parametrize("raw", [b"[]", b"5", b"null"])
async def test_json_that_is_no_object(raw):
    with pytest.raises(ProblemError) as error:
        await read_body(request_with(raw), Form)
    assert error.value.status == 422
