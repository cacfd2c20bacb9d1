"""The page under a path of a reverse proxy: nginx passes `/some/where/` on, and nothing else."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import PATIENCE, Open, both, say, see, see_state, tabs  # noqa: F401
from clients import address_of, wait_for
from inside_view import watched  # noqa: F401
from playwright.sync_api import expect
from ports import free_port
from redis_server import needs_program

from msgproxy import Server

CONFIGURATION = """
daemon off; master_process off; pid nginx.pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path temporary; proxy_temp_path temporary; fastcgi_temp_path temporary;
    uwsgi_temp_path temporary; scgi_temp_path temporary;
    server {{
        listen 127.0.0.1:{port};
        location /some/where/ {{
            proxy_pass http://127.0.0.1:{behind}/;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "Upgrade";
        }}
    }}
}}
"""


@pytest.fixture(name="prefixed")
def nginx_in_front(server: Server, tmp_path: Path) -> Iterator[str]:
    """Return the address of the page behind nginx."""
    needs_program("nginx")
    port = free_port()
    behind = address_of(server.url)[1]
    (tmp_path / "try.conf").write_text(CONFIGURATION.format(port=port, behind=behind))
    command = ["nginx", "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "try.conf")]
    with open(tmp_path / "output", "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_for(lambda: listens(process, port, tmp_path / "output"), "nginx to listen")
        yield f"http://127.0.0.1:{port}/some/where/"
    finally:
        process.terminate()
        process.wait(timeout=20)


def listens(process: subprocess.Popen, port: int, output: Path) -> bool:
    assert process.poll() is None, f"nginx has ended: {output.read_text()}"
    try:
        socket.create_connection(("127.0.0.1", port), timeout=20).close()
    except ConnectionRefusedError:
        return False
    return True


def test_the_page_works_under_a_path(server: Server, prefixed: str, open_tab: Open) -> None:
    """It talks, it looks inside, and what it offers to others leads to the same place."""
    other = open_tab(server)
    tab = open_tab(server)
    tab.goto(prefixed)
    see_state(tab, "connected")
    say(tab, "hello from far away")
    see(other, "hello from far away")
    expect(tab.locator("#command")).to_have_text(
        f".venv/bin/msgproxy chat {prefixed.replace('http', 'ws')}"
    )
    link = tab.get_by_role("link", name="second tab").evaluate("(link) => link.href")
    assert link == prefixed
    tab.get_by_role("link", name="Inside").click()
    expect(tab.locator("#scene")).to_have_attribute("data-clients", "2", timeout=PATIENCE)
    expect(tab.locator("[data-own='true']")).to_have_count(1)
    assert tab.troubles == []
