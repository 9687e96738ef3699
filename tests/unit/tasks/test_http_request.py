"""Requests as values, what redirects make of them, and which addresses are public."""

from __future__ import annotations

import pytest

from stageline.tasks.http_address import is_public
from stageline.tasks.http_request import Request, follow, make_request, query_text

PRIVATE = ["Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key", "X-Auth-Token", "X-Session-Id"]


def request(url: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None) -> Request:
    return make_request(method, url, headers or {}, "", body)


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("http://host", "host", 80, "/"),
        ("https://host/a b?c=d e", "host", 443, "/a%20b?c=d%20e"),
        ("http://host:8080/a%20b#part", "host", 8080, "/a%20b"),
        ("http://[::1]:81/", "::1", 81, "/"),
        ("http://bücher.example/ü", "xn--bcher-kva.example", 80, "/%C3%BC"),
        ("HTTP://HOST/", "host", 80, "/"),
    ],
)
def test_a_url_is_taken_apart(url: str, host: str, port: int, target: str) -> None:
    made = request(url)
    assert (made.host, made.port, made.target) == (host, port, target)


@pytest.mark.parametrize(
    ("url", "header"),
    [("http://h/", "h"), ("https://h:443/", "h"), ("http://h:443/", "h:443"), ("http://[::1]/", "[::1]")],
)
def test_the_host_header_names_the_port_only_when_it_is_not_the_usual_one(url: str, header: str) -> None:
    assert request(url).host_header == header


def test_parameters_join_the_query() -> None:
    assert (
        make_request("GET", "http://h/?a=1", {}, query_text({"b": [1, 2], "c": None}), None).target
        == "/?a=1&b=1&b=2&c="
    )


def test_what_is_shown_has_no_secret() -> None:
    shown = request("https://me:secret@host/path?key=secret", headers={"Authorization": "secret"}).shown
    assert shown == "GET https://host/path"


def test_a_redirect_within_an_origin_keeps_the_headers() -> None:
    before = request("http://h/a/b", headers={"Authorization": "x"})
    assert follow(before, 302, "../c").headers["authorization"] == "x"
    assert follow(before, 302, "../c").target == "/c"


@pytest.mark.parametrize("name", PRIVATE)
@pytest.mark.parametrize("location", ["http://other/", "http://h:81/", "https://h/", "//other/x"])
def test_a_redirect_to_another_origin_loses_credentials(name: str, location: str) -> None:
    after = follow(request("http://h/", headers={name: "secret", "X-Plain": "kept"}), 307, location)
    assert after.headers == {"x-plain": "kept"}


def test_userinfo_in_a_redirect_is_not_used() -> None:
    assert follow(request("http://h/"), 302, "http://evil:pw@h/").headers == {}


@pytest.mark.parametrize(
    ("status", "method", "after"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "PUT", "GET"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
        (302, "PUT", "PUT"),
        (303, "HEAD", "HEAD"),
    ],
)
def test_a_redirect_changes_the_method_as_the_web_does(status: int, method: str, after: str) -> None:
    before = request("http://h/", method, b"data", {"Content-Type": "text/plain"})
    made = follow(before, status, "/next")
    assert made.method == after
    kept = after not in ("GET", "HEAD") or method == "HEAD"
    assert (made.body is not None) == kept
    assert ("content-type" in made.headers) == kept


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",  # noqa: S104
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
    ],
)
def test_all_other_addresses_are_not(address: str) -> None:
    assert not is_public(address)
