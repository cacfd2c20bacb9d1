"""The page of another site that chapter 12 opens: step 11 lets it read, step 12 does not."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium  # noqa: F401
from clients import PATIENCE
from playwright.sync_api import Browser, expect
from simple_websocket import Client

STEPS = Path(__file__).parents[2] / "tutorial" / "steps"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """What `python -m http.server` runs, without its log."""

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The other site, as the page's command starts it. Yields its address."""
    handler = functools.partial(Quiet, directory=STEPS)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(PATIENCE)


@pytest.fixture
def step(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run a step; yield its address."""
    command = [sys.executable, STEPS / f"{request.param}.py", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().removeprefix("ready: ").strip()
        finally:
            process.terminate()


@pytest.mark.parametrize(
    ("step", "shown"),
    [("step11_fast", "read: ann: hi"), ("step12_admission", "refused")],
    indirect=["step"],
)
def test_a_page_of_another_site(browser: Browser, elsewhere: str, step: str, shown: str) -> None:
    tab = browser.new_page()
    try:
        port = step.rstrip("/").rpartition(":")[2]
        tab.goto(f"{elsewhere}/spy.html?port={port}")
        expect(tab.locator("#read")).to_have_text("connected" if "read" in shown else shown)
        ann = Client(step)
        ann.send("ann: hi")
        expect(tab.locator("#read")).to_have_text(shown)
        ann.close()
    finally:
        tab.close()
