"""The set-up of the tutorial: TLS and one name in front, two instances, Redis behind them."""

from __future__ import annotations

import http.client
import re
import shlex
import subprocess
from contextlib import ExitStack, contextmanager

import pytest
from clients import PATIENCE, address_of, wait_for, wait_for_clients
from nginx_server import DEPLOY, NAME, Nginx, NginxServer
from ports import free_port
from redis_server import needs_program
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as connect_websocket

ORIGIN = f"https://{NAME}"


@pytest.fixture
def site(tmp_path, redis_server, join):
    """Start two instances, with nginx in front: `site()`."""
    with ExitStack() as stack:

        def start_site(**kwargs):
            servers = join(redis_server(), allowed_origins=[ORIGIN])
            ports = [address_of(server.url)[1] for server in servers]
            return stack.enter_context(NginxServer(tmp_path, ports, **kwargs)), servers

        yield start_site


@contextmanager
def browser(nginx, origin=ORIGIN):
    """Connect as a page would, and hang up in the end."""
    with (
        nginx.connect() as connection,  # which speaks TLS, so the library has not to
        connect_websocket(f"ws://{NAME}/", sock=connection, origin=origin) as client,
    ):
        yield client


def get(connection, path="/", **headers) -> http.client.HTTPResponse:
    client = http.client.HTTPConnection(NAME)
    client.sock = connection
    client.request("GET", path, headers=headers)
    return client.getresponse()


def test_clients_of_two_instances_talk_over_tls_under_one_name(site):
    """The page comes from there too."""
    nginx, servers = site()
    with nginx.connect() as connection:
        response = get(connection)
        assert response.status == 200
        assert b"<html" in response.read()
    with browser(nginx) as ada, browser(nginx) as bob:
        for server in servers:  # a client and the bridge: nginx has sent one to each
            wait_for_clients(server, 2)
        ada.send("hello")
        assert bob.recv(timeout=PATIENCE) == "hello"
        bob.send(b"\x00\xff" * 70_000)
        assert ada.recv(timeout=PATIENCE) == b"\x00\xff" * 70_000
    for server in servers:
        wait_for_clients(server, 1)


def test_when_an_instance_ends_its_client_comes_back_to_the_other(site):
    """It gets 1001, connects again, and talks to the clients that were there."""
    nginx, (first, second) = site()
    with browser(nginx) as ada:
        wait_for(lambda: 2 in (clients(first), clients(second)), "ada to have joined")
        ends, stays = (first, second) if clients(first) == 2 else (second, first)
        with browser(nginx) as bob:
            wait_for_clients(stays, 2)
            ends.shutdown()
            with pytest.raises(ConnectionClosed) as caught:
                ada.recv(timeout=PATIENCE)
            assert caught.value.rcvd.code == 1001
            with browser(nginx) as again:
                wait_for_clients(stays, 3)
                again.send("here I am again")
                assert bob.recv(timeout=PATIENCE) == "here I am again"


def clients(server) -> int:
    return len(server.snapshot().clients)


def test_pages_of_other_sites_may_not_connect(site):
    """The origin is that of the page, which a proxy passes on: so it has to be allowed."""
    nginx, _ = site()
    with pytest.raises(InvalidStatus) as caught, browser(nginx, "https://evil.example"):
        pass
    assert caught.value.response.status_code == 403


def test_nobody_looks_inside_from_outside(site):
    """Only / is passed on."""
    nginx, _ = site()
    with nginx.connect() as connection:
        assert get(connection, "/trace").status == 404


def test_without_the_right_name_the_instances_refuse(site):
    """The line about Host is there for a reason."""
    nginx, _ = site(without="proxy_set_header Host")
    with nginx.connect() as connection:
        assert get(connection).status == 421


@pytest.mark.extra("nginx")
def test_the_commands_of_the_tutorial_set_it_up(tmp_path, start):
    """As they are typed there, but for the folder and the ports."""
    for program in ("nginx", "openssl", "sed"):
        needs_program(program)
    server, port, plain = start(allowed_origins=[ORIGIN]), free_port(), free_port()
    page = (DEPLOY.parent / "beyond.md").read_text(encoding="utf-8")
    *typed, last = re.findall(r"^\$ ((?:cp|sed|openssl|nginx) .*)$", page, re.MULTILINE)
    assert last == "nginx -e stderr -p /tmp/chat -c /tmp/chat/try.conf"  # what `Nginx` runs
    for text in typed:
        for old, new in {"/tmp/chat": tmp_path, "8443": port, "8080": plain}.items():
            text = text.replace(old, str(new))
        top = DEPLOY.parents[1]
        subprocess.run(shlex.split(text), cwd=top, check=True, capture_output=True, timeout=60)
    site = (tmp_path / "site.conf").read_text()
    own = f":{address_of(server.url)[1]};"
    (tmp_path / "site.conf").write_text(re.sub(":876[56];", own, site))
    with Nginx(tmp_path, port, plain, "localhost") as nginx:
        for path, status in {"/": 200, "/trace": 404}.items():
            with nginx.connect() as connection:
                assert get(connection, path).status == status


def test_a_request_without_tls_is_redirected(site):
    """With the same path."""
    nginx, _ = site()
    client = http.client.HTTPConnection("127.0.0.1", nginx.plain_port, timeout=20)
    client.request("GET", "/?a=b", headers={"Host": NAME})
    response = client.getresponse()
    assert (response.status, response.headers["Location"]) == (301, f"https://{NAME}/?a=b")
    client.close()
