"""The main job, as people do it: two tabs and a terminal talk through the command's server."""

from __future__ import annotations

import contextlib
import signal

from browser import Open, both, say, see, tabs  # noqa: F401
from process import ServeProcess
from terminal_emulator import CTRL_D, Terminal


def test_two_tabs_and_a_terminal_talk_to_each_other(open_tab: Open) -> None:
    """Whatever one says, the two others see, with its name; then all of them go."""
    with ServeProcess() as server:
        one, two = open_tab(server), open_tab(server)
        name = one.get_by_label("Your name").input_value()
        with contextlib.closing(Terminal(server.url, "--name", "ana")) as terminal:
            terminal.expect("ana:", cursor=5)
            say(one, "is anyone there?")
            see(two, "is anyone there?")
            terminal.expect(f"{name}: is anyone there?", "ana:", cursor=5)
            terminal.type("yes, and I am no browser\n")
            for tab in (one, two):
                see(tab, "yes, and I am no browser", 1)
            assert two.locator(".name").all_inner_texts() == [name, "ana"]
            terminal.type(CTRL_D)
            assert terminal.end() == 0
        assert server.stop(signal.SIGINT) == 0
        assert one.troubles + two.troubles == []
    assert "Traceback" not in server.log
