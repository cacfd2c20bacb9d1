"""The handshake: which request gets which answer (on real sockets, as raw bytes).

Whatever is refused gets a proper HTTP answer, then the end of the connection; the log says it
in one line, and the server goes on.
"""

from __future__ import annotations

import logging

import pytest
from clients import PATIENCE, wait_for
from http_client import KEY, ask, check_refusal, request

from msgproxy import Limits

FOREIGN_ORIGINS = [
    "http://evil.example",
    "http://localhost.evil.example",
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1:{port}@evil.example",
    "http://evil.example/http://127.0.0.1:{port}",
    "http://evil.example#127.0.0.1:{port}",
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}0",
    "http://127.0.0.1:1",
    "http://127.0.0.1",
    "127.0.0.1:{port}",
    "http://localhost:{port}",  # loopback as well, but not the host that was asked
    "ftp://127.0.0.1:{port}",
    "null",
    "*",
    "",
]

FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:{port}",
    "localhost.evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "evillocalhost:{port}",
    "localhost@evil.example:{port}",
    "192.0.2.1:{port}",
    "0.0.0.0:{port}",
    "[2001:db8::1]:{port}",
    "[::1",
    "",
]

BAD_KEYS = {
    "missing": None,
    "empty": "",
    "15 bytes": "AAAAAAAAAAAAAAAAAAAA",
    "17 bytes": "AAAAAAAAAAAAAAAAAAAAAAA=",
    "no base64": "!" * 24,
    "no padding": "A" * 22,
    "a space in it": f"{KEY[:8]} {KEY[8:]}",
    "url-safe base64": "_-" * 11 + "==",
    "two keys": [KEY, KEY],
    "two keys in one header": f"{KEY}, {KEY}",
    "no ASCII": "\xff" * 24,
}

BAD_VERSIONS = [None, "", "8", "12", "14", "013", "13.0", "+13", "\xb9\xb3", "13, 8", ["13", "8"]]


def cases():
    """Yield what each refused request changes about a right one, and the status it gets."""
    for origin in FOREIGN_ORIGINS:
        yield pytest.param({"Origin": origin}, 403, id=f"origin {origin}")
    own_and_foreign = ["http://{host}:{port}", "http://evil.example"]
    yield pytest.param({"Origin": own_and_foreign}, 403, id="two origins, one of them foreign")
    yield pytest.param({"Origin": " ".join(own_and_foreign)}, 403, id="list of origins")
    for host in FOREIGN_HOSTS:
        yield pytest.param({"Host": host}, 421, id=f"host {host}")
    rebound = {"Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"}
    yield pytest.param(rebound, 421, id="host and origin evil.example")
    for version in BAD_VERSIONS:
        yield pytest.param({"Sec-WebSocket-Version": version}, 426, id=f"version {version!a}")
    for name, key in BAD_KEYS.items():
        yield pytest.param({"Sec-WebSocket-Key": key}, 400, id=f"key: {name}")
    for connection in (None, "keep-alive", "close", "Upgraded", "no-upgrade", ""):
        yield pytest.param({"Connection": connection}, 400, id=f"connection {connection}")
    yield pytest.param({"Content-Length": "5"}, 400, id="upgrade with a body")
    yield pytest.param({"Transfer-Encoding": "chunked"}, 400, id="upgrade with chunks")


@pytest.fixture
def log(caplog) -> pytest.LogCaptureFixture:
    """What the server logs, from level INFO on."""
    caplog.set_level(logging.INFO, "msgproxy")
    return caplog


@pytest.mark.parametrize(("changes", "status"), list(cases()))
def test_a_request_that_breaks_a_rule_is_refused(server, log, changes, status):
    answer = ask(server.url, request(server.url, changes))
    check_refusal(answer, log, status)
    assert answer.values("Sec-WebSocket-Version") == (["13"] if status == 426 else [])
    assert ask(server.url, request(server.url)).status == 101, "the next one is served"


def test_a_foreign_page_is_told_who_it_is(server):
    answer = ask(server.url, request(server.url, {"Origin": "http://évil.example"}))
    assert answer.body == rb"pages of origin 'http://\xe9vil.example' may not connect here" + b"\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"])
@pytest.mark.parametrize("upgrade", ["websocket", None])
def test_another_method_is_refused_with_the_one_that_works(server, log, method, upgrade):
    answer = ask(server.url, request(server.url, {"Upgrade": upgrade}, method=method))
    check_refusal(answer, log, 405)
    assert answer.values("Allow") == ["GET, HEAD"]


def test_a_refused_request_may_have_a_large_body(server, log, monkeypatch):
    """More than all buffers hold: the server reads it, and hangs up when the client does.

    If it hung up at once, the connection would be reset, and the answer might be lost with it.
    """
    monkeypatch.setattr("msgproxy.admission.LINGER_TIMEOUT", PATIENCE)
    body = bytes(20 << 20)
    changes = {"Upgrade": None, "Content-Length": str(len(body))}
    answer = ask(server.url, request(server.url, changes, method="POST") + body)
    check_refusal(answer, log, 405)


@pytest.mark.parametrize("target", ["/", "/nowhere"])
def test_the_end_comes_with_the_answer(server, monkeypatch, target):
    """Whatever time a client then takes to hang up. (`ask` reads until the end.)"""
    monkeypatch.setattr("msgproxy.admission.LINGER_TIMEOUT", 600)
    assert ask(server.url, request(server.url, {"Upgrade": None}, target=target)).status < 500


@pytest.mark.parametrize("target", ["/", "/nowhere"])
def test_the_answer_to_head_is_that_to_get_without_its_body(server, target):
    """Monitors and load balancers ask so (RFC 9110 section 9.3.2)."""
    get, head = (
        ask(server.url, request(server.url, {"Upgrade": None}, method=method, target=target))
        for method in ("GET", "HEAD")
    )
    assert head.status == get.status == (200 if target == "/" else 404)
    assert head.values("Content-Length") == get.values("Content-Length") == [str(len(get.body))]
    assert head.body == b""


@pytest.mark.parametrize("target", ["/nowhere", "/favicon.ico", "//", "/.", "/../", "*", "/%2f"])
@pytest.mark.parametrize("upgrade", ["websocket", None])
def test_there_is_nothing_at_other_paths(server, log, target, upgrade):
    answer = ask(server.url, request(server.url, {"Upgrade": upgrade}, target=target))
    check_refusal(answer, log, 404)


def test_http_1_0_can_not_upgrade(server, log):
    check_refusal(ask(server.url, request(server.url, version="1.0")), log, 400)


def test_clients_beyond_the_limit_are_refused_until_another_one_leaves(start, connect, log):
    server = start(limits=Limits(max_clients=1))
    first = connect(server)
    wait_for(lambda: log.records, "the line that the first one has joined")
    log.clear()
    answer = ask(server.url, request(server.url))
    check_refusal(answer, log, 503)
    assert answer.values("Retry-After")
    first.close()
    wait_for(lambda: ask(server.url, request(server.url)).status == 101, "room for a client")


@pytest.mark.parametrize("upgrade", [None, "h2c", "websockets"])
def test_get_is_answered_with_the_page(server, log, upgrade):
    answer = ask(server.url, request(server.url, {"Upgrade": upgrade}))
    assert answer.status == 200
    assert answer.body.startswith(b"<!doctype html>")
    assert answer.values("Content-Type") == ["text/html; charset=utf-8"]
    assert answer.values("Content-Length") == [str(len(answer.body))]
    assert answer.values("Connection") == ["close"]
    [policy] = answer.values("Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert log.records == []


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_the_page_has_a_query_string_if_you_like(server, version):
    plain = {"Upgrade": None, "Connection": None}
    answer = ask(server.url, request(server.url, plain, target="/?name=value", version=version))
    assert answer.status == 200


@pytest.mark.parametrize(
    "target", ["http://{host}:{port}/", "HTTP://{host}:{port}", "http://localhost/?a"]
)
def test_a_target_may_be_a_whole_url(server, target):
    """A server must accept that (RFC 9112 section 3.2.2)."""
    answer = ask(
        server.url, request(server.url, {"Upgrade": None, "Host": "wrong.example"}, target=target)
    )
    assert answer.status == 200
    assert ask(server.url, request(server.url, target=target)).status == 101


def test_the_host_in_the_target_counts_not_the_header(server, log):
    """Otherwise a foreign name could be hidden behind a right header (DNS rebinding)."""
    answer = ask(server.url, request(server.url, target="http://evil.example/"))
    check_refusal(answer, log, 421)


def test_tls_on_the_port_is_told_what_it_is(server, log):
    """A client that was given wss:// by mistake."""
    hello = bytes.fromhex("16030100c8010000c40303") + bytes(100)
    ask(server.url, hello)
    [line] = log.records
    assert "this is TLS" in line.getMessage()


@pytest.mark.parametrize("origin", ["https://a.example:443", "http://a.example:80"])
def test_an_origin_with_its_default_port_is_what_a_browser_sends_without(start, origin):
    """RFC 6454 section 6.2."""
    server = start(allowed_origins=[origin])
    sent = origin.rpartition(":")[0]
    assert ask(server.url, request(server.url, {"Origin": sent})).status == 101
