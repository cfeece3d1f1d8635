"""URLs of Redis, taken apart; passwords do not show."""

import ssl

from ussd_gateway.storage.redis_url import parse


def test_one_server() -> None:
    place = parse("redis://gate%40way:p%3Aw@cache.example:6380/3")
    assert (place.kind, place.addresses) == ("single", (("cache.example", 6380),))
    assert place.login == {"db": 3, "username": "gate@way", "password": "p:w"}
    assert place.tls is None
    assert "p:w" not in repr(place)


def test_a_password_without_a_user() -> None:
    assert parse("redis://:secret@h").login == {"db": 0, "password": "secret"}
    assert parse("redis://[::1]:7/").addresses == (("::1", 7),)
    assert parse("redis://[::1]").addresses == (("::1", 6379),)


def test_tls_checks_certificates() -> None:
    place = parse("rediss://h?ssl_ca_certs=/etc/ca.pem")
    assert place.tls == {
        "ssl_ca_certs": "/etc/ca.pem",
        "ssl_check_hostname": True,
        "ssl_cert_reqs": "required",
        "ssl_min_version": ssl.TLSVersion.TLSv1_2,
    }
    place = parse("rediss+cluster://h?ssl_check_hostname=false")
    assert place.kind == "cluster"
    assert place.tls is not None
    assert place.tls["ssl_check_hostname"] is False


def test_sentinels() -> None:
    place = parse("redis+sentinel://a,b:27000/mymaster/2?sentinel_password=s3")
    assert place.addresses == (("a", 26379), ("b", 27000))
    assert (place.service, place.login) == ("mymaster", {"db": 2})
    assert place.sentinel_login == {"password": "s3"}


def test_a_cluster() -> None:
    place = parse("redis+cluster://a:1,b")
    assert (place.kind, place.addresses) == ("cluster", (("a", 1), ("b", 6379)))
