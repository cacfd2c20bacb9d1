"""Which requests are accepted, and what the handshake then says.

The rules alone, as a table without sockets, are at the end.
"""

from __future__ import annotations

import pytest
from http_client import KEY, ask, request

from msgproxy import InvalidOption, Server
from msgproxy.protocol.handshake import Policy, check_request
from msgproxy.protocol.http import Request

LET_IN = {
    "no origin": {},
    "the page of the server itself": {"Origin": "http://{host}:{port}"},
    "its page behind a proxy that adds TLS": {"Origin": "https://{host}:{port}"},
    "host and origin localhost": {"Host": "localhost:{port}", "Origin": "http://localhost:{port}"},
    "host and origin in capitals": {"Host": "LOCALHOST", "Origin": "HTTP://LocalHost"},
    "host under .localhost": {"Host": "app.localhost:{port}"},
    "host [::1]": {"Host": "[::1]:{port}"},
    "host without port": {"Host": "127.0.0.1"},
    "host 127.1.2.3": {"Host": "127.1.2.3:{port}"},
    "keep-alive too": {"Connection": "keep-alive, Upgrade"},
    "keep-alive in a header of its own": {"Connection": ["keep-alive", "Upgrade"]},
    "tokens in any case": {"Connection": "uPGRADE", "Upgrade": "WebSocket"},
    "another upgrade offered": {"Upgrade": "h2c, websocket"},
    "spaces around values": {"Sec-WebSocket-Version": " \t13 \t", "Sec-WebSocket-Key": f"  {KEY} "},
    "a body of no bytes": {"Content-Length": "0"},
    "it wants to hear a 100 first": {"Expect": "100-continue"},
    "subprotocols offered": {"Sec-WebSocket-Protocol": "chat, superchat"},
    "extensions offered": {"Sec-WebSocket-Extensions": "permessage-deflate, foo; bar=1"},
    "unknown headers": {"X-Odd": "\x80\xff", "Cookie": "a=b; c=\x01"},
}


@pytest.mark.parametrize("changes", LET_IN.values(), ids=LET_IN)
def test_a_right_request_is_accepted_and_nothing_is_agreed_on(server, changes):
    """Subprotocols and extensions are declined: the answer does not mention them."""
    response = ask(server.url, request(server.url, changes))
    assert response.status == 101
    assert sorted(response.headers) == [
        ("connection", "Upgrade"),
        ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),  # as in RFC 6455 section 1.3
        ("upgrade", "websocket"),
    ]


@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase])
def test_the_names_of_headers_may_be_in_any_case(server, change):
    for headers, expected in ({}, 101), ({"Origin": "http://evil.example"}, 403):
        head, *lines = request(server.url, headers).decode().split("\r\n")
        split = [line.partition(":") for line in lines]
        changed = [change(name) + colon + value for name, colon, value in split]
        assert ask(server.url, "\r\n".join([head, *changed]).encode()).status == expected


def test_pages_of_allowed_origins_are_accepted(start):
    server = start(allowed_origins=["https://Example.com", "null"])
    allowed = ["https://example.com", "HTTPS://EXAMPLE.COM", "null", "http://{host}:{port}"]
    for origin in allowed:
        assert ask(server.url, request(server.url, {"Origin": origin})).status == 101, origin


@pytest.mark.parametrize(
    "origin",
    [
        "http://example.com",
        "https://example.com:8443",
        "https://example.com.evil.example",
        "https://sub.example.com",
        "https://example.co",
        "https://evil.example",
        "https://example.com/",
        "null",
    ],
)
def test_an_allowed_origin_allows_no_other(start, origin):
    server = start(allowed_origins=["https://example.com"])
    assert ask(server.url, request(server.url, {"Origin": origin})).status == 403


@pytest.mark.parametrize("origin", ["https://example.com/", "example.com", "https://", "", "*"])
def test_an_allowed_origin_that_no_browser_would_send_is_an_error(origin):
    """Otherwise it would silently allow nobody."""
    with pytest.raises(InvalidOption, match="origin"):
        Server(allowed_origins=[origin])


def test_one_allowed_origin_is_not_taken_for_its_letters():
    with pytest.raises(InvalidOption, match=r"as a list, such as \['https://example.com'\]"):
        Server(allowed_origins="https://example.com")


def test_a_server_on_all_addresses_has_any_name(start):
    """A server for the whole network may be called by whatever name the network has for it."""
    server = start(host="0.0.0.0")
    for host in ("msgproxy.example", "192.0.2.1:{port}"):
        own_page = {"Host": host, "Origin": f"http://{host}"}
        assert ask(server.url, request(server.url, own_page)).status == 101
        foreign_page = {"Host": host, "Origin": "http://evil.example"}
        assert ask(server.url, request(server.url, foreign_page)).status == 403


# The rules without sockets. Which of them comes first matters if a request breaks several.

RIGHT = {
    "host": "localhost:8765",
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": KEY,
}
EVIL = {"host": "evil.example", "origin": "http://evil.example"}


def status(policy=None, *, method="GET", target="/", version="1.1", **changes) -> int:
    """Return the status that the rules give to a right request with these changes."""
    headers = RIGHT | {name.replace("_", "-"): value for name, value in changes.items()}
    given = tuple((name, value) for name, value in headers.items() if value is not None)
    wanted = Request(method, target, version, given)
    response = check_request(wanted, policy or Policy(loopback_only=True))
    return response.status if response else 101


def test_the_rules_let_a_right_request_in():
    given = Request("GET", "/", "1.1", tuple(RIGHT.items()))
    assert check_request(given, Policy(loopback_only=True)) is None


@pytest.mark.parametrize(
    ("expected", "broken"),
    [
        (421, {"target": "/nowhere", "method": "POST", **EVIL}),
        (404, {"target": "/nowhere", "method": "POST"}),
        (405, {"method": "POST", "upgrade": None}),
        (200, {"upgrade": None, "origin": "http://evil.example"}),
        (400, {"version": "1.0", "sec_websocket_version": "8"}),
        (426, {"sec_websocket_version": "8", "sec_websocket_key": None}),
        (400, {"sec_websocket_key": None, "origin": "http://evil.example"}),
        (403, {"origin": "http://evil.example"}),
    ],
)
def test_of_several_objections_the_first_rule_decides(expected, broken):
    assert status(**broken) == expected
    # A full server still answers what does not stay: it serves the page, which says so.
    is_for_page = "upgrade" in broken and broken["upgrade"] is None
    when_full = expected if is_for_page else 503
    assert status(Policy(loopback_only=True, full=True), **broken) == when_full


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True),
        ("a.b.localhost:1", True),
        ("127.0.0.1:65535", True),
        ("127.255.255.254", True),
        ("[::1]", True),
        ("::1", True),  # wrong, but what some clients send
        ("[0:0:0:0:0:0:0:1]:80", True),
        ("localhost.", False),
        ("localhost.example", False),
        ("notlocalhost", False),
        ("128.0.0.1", False),
        ("127.0.0.1.nip.io", False),
        ("127.0.0.1@evil.example", False),
        ("evil.example@127.0.0.1", False),
        ("localhost/evil.example", False),
        ("evil.example#localhost", False),
        ("local\thost", False),
        ("[::1]evil.example", False),
        ("::1:80:1", False),
        ("\xff\xfe", False),
        ("\uff4cocalhost", False),
        (":8765", False),
        ("", False),
        (None, False),
    ],
)
def test_on_loopback_only_the_names_of_loopback_are_ours(host, is_loopback):
    assert status(host=host) == (101 if is_loopback else 421)
    assert status(Policy(loopback_only=False), host=host) == 101
