"""The demo page in a real browser: what others say cannot do anything to it."""

from __future__ import annotations

import pytest
from browser import Open, both, say, see, see_state, tabs  # noqa: F401
from playwright.sync_api import Error

from msgproxy import Server


def test_markup_in_a_message_is_shown_as_text(server: Server, open_tab: Open) -> None:
    """Markup and script in a message, or in a name, are shown as typed and run nothing."""
    one, two = open_tab(server), open_tab(server)
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    one.get_by_label("Your name").fill("<b onclick=alert(3)>")
    say(one, evil)
    for tab in (one, two):
        see(tab, evil)
        assert tab.locator(".name").inner_text() == "<b onclick=alert(3)>"
        assert tab.locator("#rows img, #rows script, #rows b").count() == 0
        assert tab.troubles == []


def test_the_page_is_one_request_and_breaks_no_policy(server: Server, open_tab: Open) -> None:
    """The page asks for nothing but itself, and neither console nor policy complain."""
    tab = open_tab(server)
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("websocket", lambda socket: asked.append(socket.url))
    tab.reload()
    see_state(tab, "connected")
    say(tab, "hello")
    see(tab, "hello")
    remote = [url for url in asked if not url.startswith("data:")]
    # Chromium lists the WebSocket under its own scheme, Firefox as the request that it begins with.
    addresses = [url.replace("ws:", "http:").partition("?tab=")[0] for url in remote]
    assert addresses == [server.url, server.url]
    assert tab.troubles == []


def test_the_policy_refuses_what_the_page_does_not_bring(server: Server, open_tab: Open) -> None:
    """Should the page ever put text in as markup or add a script, the browser refuses it."""
    tab = open_tab(server)
    with pytest.raises(Error, match=r"TrustedHTML|blocked by CSP"):
        tab.evaluate("document.body.innerHTML = '<p>'")
    with pytest.raises(Error, match=r"TrustedScript|blocked by CSP"):
        tab.evaluate("document.createElement('script').text = 'alert(1)'")
