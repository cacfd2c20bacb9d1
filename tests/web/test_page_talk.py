"""What the demo page shows of a talk is true: who said it, how much, and what a user can type."""

from __future__ import annotations

import pytest
from browser import PATIENCE, Open, both, say, see, tabs  # noqa: F401
from clients import wait_for_clients
from inside_view import look_inside, watched  # noqa: F401
from playwright.sync_api import Page, expect
from typed_commands import Type, shell_in_a_checkout  # noqa: F401

from msgproxy import Server


def rename(tab: Page, name: str) -> None:
    tab.get_by_label("Your name").fill(name)


def test_the_command_works_as_it_is_typed(
    server: Server, open_tab: Open, type_command: Type
) -> None:
    """In the folder of a checkout, after the one line of the README."""
    tab = open_tab(server)
    process = type_command(tab.locator("#command").inner_text())
    wait_for_clients(server, 2)
    process.stdin.write(b"hello from a terminal\n")
    process.stdin.flush()
    see(tab, "hello from a terminal")


def test_the_same_words_in_the_same_name_are_no_echo(server: Server, open_tab: Open) -> None:
    """They are another's, in the log and in the picture: a duplicated tab has the same name."""
    tab, other = open_tab(server), open_tab(server)
    for each in (tab, other):
        rename(each, "ada")
    say(tab, "hello")
    see(other, "hello")
    say(other, "hello")
    see(tab, "hello", 1)
    kinds = [row.get_attribute("class") for row in tab.locator(".message").all()]
    assert kinds == ["message own", "message other"]
    look_inside(tab, 2)
    own = tab.locator("[data-own='true']").get_attribute("data-client")
    other.get_by_role("link", name="Inside").click()
    other.get_by_role("button", name="Say hello").click()
    expect(tab.locator("#scene")).to_contain_text("client 2 · said 2", timeout=PATIENCE)
    assert tab.locator("[data-own='true']").get_attribute("data-client") == own


def test_a_burst_of_binary_is_one_row(server: Server, open_tab: Open, connect) -> None:
    """It drives out nothing that was said."""
    tab = open_tab(server)
    speaker = connect(server)
    speaker.send("ada: hello")
    for _ in range(1000):
        speaker.send(bytes(32))
    speaker.send("ada: that was all")
    see(tab, "that was all", 2)
    see(tab, "hello", 0)
    see(tab, "1,000 binary messages, 32,000 bytes in all", 1)
    assert tab.locator(".message").count() == 3


def test_an_empty_message_can_be_seen(server: Server, open_tab: Open, connect) -> None:
    """Of text and of bytes."""
    tab, speaker = open_tab(server), connect(server)
    speaker.send("")
    speaker.send(b"")
    see(tab, "(empty)", 0)
    expect(tab.locator(".message").nth(1)).to_contain_text("0 bytes of binary")


def test_the_enter_that_ends_a_composition_sends_nothing(server: Server, open_tab: Open) -> None:
    """As in Japanese. Safari says of such a key only that it is the one with number 229."""
    tab = open_tab(server)
    tab.get_by_label("Message to everyone else").fill("\u306b\u307b\u3093")
    tab.evaluate(
        """() => draft.dispatchEvent(new KeyboardEvent("keydown",
          { key: "Enter", keyCode: 229, cancelable: true }))"""
    )
    expect(tab.locator("#draft")).to_have_value("\u306b\u307b\u3093")
    tab.keyboard.press("Enter")
    expect(tab.locator("#draft")).to_have_value("")


@pytest.mark.parametrize("is_allowed", [True, False])
def test_the_button_says_that_it_copied_and_then_copies_again(
    server: Server, open_tab: Open, is_allowed: bool
) -> None:
    """Without a clipboard it selects the command instead."""
    tab = open_tab(server)
    write = "() => Promise.resolve()" if is_allowed else "() => Promise.reject()"
    tab.evaluate(f"() => {{ navigator.clipboard.writeText = {write}; }}")
    button = tab.locator("#copy")
    button.click()
    expect(button).to_have_text("Copied" if is_allowed else "Selected, now copy it")
    if not is_allowed:
        assert tab.evaluate("String(getSelection())") == tab.locator("#command").inner_text()
    expect(button).to_have_text("Copy", timeout=PATIENCE)
