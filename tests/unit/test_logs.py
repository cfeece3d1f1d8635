"""What a log line may show: masked numbers, no secrets, one line whatever the peer sent."""

import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway import logs


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_event_is_one_json_line(stream):
    logs.configure("info", "json", stream)
    structlog.get_logger("ussd_gateway.access.link").info("bound", bind="b1", system_id="handset")
    (line,) = lines(stream)
    assert line["event"] == "bound"
    assert line["level"] == "info"
    assert line["logger"] == "access.link"
    assert line["bind"] == "b1"
    assert str(line["timestamp"]).endswith("Z")


@pytest.mark.parametrize(
    "written, shown",
    [
        ("79261234567", "7926***4567"),
        ("+79261234567", "7926***4567"),
        ("from 79261234567 to 000110", "from 7926***4567 to 000110"),
        ("79261234567:main", "7926***4567:main"),
        ("+7 926 123-45-67 asked", "7926***4567 asked"),
        ("*105*1*1#", "*105*1*1#"),
        ("2026-11-22T15:12:47", "2026-11-22T15:12:47"),
        ("127.0.0.1:2775", "127.0.0.1:2775"),
    ],
)
def test_numbers_are_masked_in_every_string(stream, written, shown):
    logs.configure("info", "json", stream)
    structlog.get_logger().info(written, direct=written, deep={"list": [written], written: 1})
    (line,) = lines(stream)
    assert line["event"] == shown
    assert line["direct"] == shown
    assert line["deep"] == {"list": [shown], shown: 1}


def test_secrets_are_dropped_by_key(stream):
    logs.configure("info", "json", stream)
    structlog.get_logger().info("login", password="Canary77", nested={"Token": "Canary77", "ok": 1})
    assert "Canary77" not in stream.getvalue()
    assert lines(stream)[0]["nested"] == {"ok": 1}


def test_a_text_is_secret_until_said_otherwise(stream):
    logs.configure("info", "json", stream)
    log = structlog.get_logger()
    log.info("screen", text="Canary77")
    log.info("screen", text="Canary77", secret=True)
    assert "Canary77" not in stream.getvalue()
    log.info("screen", text="Счет", secret=False)
    assert lines(stream)[-1]["text"] == "Счет"


@pytest.mark.parametrize("hostile", ["a\nb", "a\r\x1b[31mb", "a\u202eb", "a\u2028b", "a\x00b", "a\ufeffb"])
@pytest.mark.parametrize("form", ["json", "console"])
def test_no_value_breaks_or_reverses_a_line(stream, hostile, form):
    logs.configure("info", form, stream)
    structlog.get_logger().info("refused", system_id=hostile)
    assert hostile not in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == 1


def test_long_values_are_cut(stream):
    logs.configure("info", "json", stream)
    structlog.get_logger().info("refused", system_id="x" * 100_000, many=list(range(1000)))
    assert len(stream.getvalue()) < 1500


def test_an_exception_takes_one_line_and_is_masked(stream):
    logs.configure("info", "json", stream)
    try:
        raise ValueError("no account\nfor 79261234567")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = lines(stream)
    assert "ValueError: no account\\u000afor 7926***4567" in str(line["exception"])
    assert "test_logs.py" in str(line["exception"])


def test_records_of_the_standard_library_take_the_same_way(stream):
    logs.configure("info", "json", stream)
    logging.getLogger("asyncio").error("lost %s", "79261234567")
    (line,) = lines(stream)
    assert line["event"] == "lost 7926***4567"
    assert line["logger"] == "asyncio"
    assert line["level"] == "error"


def test_configuring_twice_does_not_double_lines(stream):
    logs.configure("info", "json", io.StringIO())
    logs.configure("info", "json", stream)
    logging.getLogger("asyncio").error("once")
    assert len(lines(stream)) == 1


def test_level_is_kept(stream):
    logs.configure("warning", "json", stream)
    log = structlog.get_logger()
    log.info("quiet")
    log.warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_console_form_is_for_people_and_without_colours_off_a_terminal(stream):
    logs.configure("info", "auto", stream)
    assert structlog.get_config()["processors"][-1].__class__.__name__ == "JSONRenderer"
    logs.configure("info", "console", stream)
    structlog.get_logger().info("bound", bind="b1")
    assert "bind=b1" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_a_closed_stream_does_not_stop_the_gateway(stream):
    logs.configure("info", "json", stream)
    stream.close()
    structlog.get_logger().info("nobody reads this")
    assert stream.closed


@given(st.text(), st.dictionaries(st.text(), st.text() | st.binary() | st.none() | st.floats()))
def test_whatever_comes_becomes_one_line_of_json(text, values):
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    structlog.get_logger().info("received", what=text, values=values)
    assert len(stream.getvalue().splitlines()) == 1
    assert len(lines(stream)) == 1
