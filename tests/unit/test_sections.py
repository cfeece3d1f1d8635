"""Settings of web applications that do not fit together are told at the start."""

import pytest

from ussd_gateway.config import load_config
from ussd_gateway.errors import ConfigError

GOOD = "{name: shop, url: 'http://127.0.0.1:9/ussd', service_codes: ['*384#']"


def problems(tmp_path, text: str) -> str:
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file, {})
    return "\n".join(str(each) for each in caught.value.problems)


def test_a_good_one_is_read(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(f"http: {{applications: [{GOOD}}}]}}", encoding="utf-8")
    [application] = load_config(file, {}).http.applications
    assert (application.profile, application.addresses) == ("africastalking", ())


@pytest.mark.parametrize(
    "text, said",
    [
        (f"http: {{applications: [{GOOD}, timeout_s: 30}}]}}", "below ussd.application_timer_s"),
        (f"http: {{applications: [{GOOD}, profile: nobody}}]}}", "no such profile"),
        (f"http: {{applications: [{GOOD}}}, {GOOD}}}]}}", "two applications are called"),
        (f"http: {{applications: [{GOOD}}}, {{{GOOD[1:].replace('shop', 'b')}}}]}}", "served by two"),
        (f"http: {{applications: [{GOOD}, addresses: ['127.0.0.1/8']}}]}}", "host bits"),
        ("http: {applications: [{name: a, url: 'file:///x', service_codes: ['*1#']}]}", "an address like"),
        ("http: {applications: [{name: a, url: 'http://a/', service_codes: ['*1']}]}", "must end in #"),
        (
            "http: {profiles: {x: {begin: {fields: {a: '{nothing}'}}, answer: {fields: {}}}}}",
            "no such variable: nothing",
        ),
        (
            "http: {profiles: {x: {begin: {method: GET, fields: {}}, answer: {fields: {}}}}}",
            "a GET carries its fields in the query",
        ),
    ],
)
def test_mistakes_are_named(tmp_path, text: str, said: str):
    assert said in problems(tmp_path, text)
