"""What `msgproxy watch` makes of the counts that a server sends."""

from __future__ import annotations

import json
import re

import pytest

from msgproxy.errors import CannotConnect
from msgproxy.terminal import table
from msgproxy.terminal.counts import GONE_FOR, ClientCounts


def counts(*clients: dict) -> str:
    names = ("messages_in", "bytes_in", "messages_out", "bytes_out", "waiting")
    plain = {"peer": "p", "joined_for": 1.0, **dict.fromkeys(names, 0)}
    return json.dumps(
        {"clients": [plain | client for client in clients], "waiting": 0, "limit": 1000}
    )


def test_rates_are_by_the_servers_clock():
    """However long the counts took to get here."""
    clients = ClientCounts("url")
    clients.update(counts({"number": 1, "joined_for": 10.0}), now=0)
    clients.update(counts({"number": 1, "joined_for": 12.0, "messages_in": 8}), now=0.1)
    [row] = clients.rows()
    assert (row.in_rate, row.out_rate, row.state) == (4.0, 0.0, "talking")
    clients.update(counts({"number": 1, "joined_for": 15.0, "messages_in": 8}), now=0.2)
    assert (row.in_rate, row.state) == (0.0, "quiet")


def test_a_client_is_lagging_when_much_waits_for_it():
    clients = ClientCounts("url")
    clients.update(counts({"number": 1, "waiting": 400}), now=0)
    assert clients.rows()[0].state == "lagging"
    assert table.render(clients)[2].split() == ["1", "p", "1s", "0", "0", "0", "0", "400", "40%",
                                             "lagging"]  # fmt: skip


def test_a_client_that_spoke_right_after_it_joined_is_talking():
    """Though nothing is known of the time before."""
    clients = ClientCounts("url")
    clients.update(counts({"number": 1, "messages_in": 1}), now=0)
    assert clients.rows()[0].state == "talking"
    clients.update(counts({"number": 2, "messages_in": 1, "joined_for": 60.0}), now=0)
    assert clients.rows()[1].state == "quiet"


def test_the_address_is_whole_in_80_columns():
    clients = ClientCounts("http://127.0.0.1:8765/")
    clients.update(counts({"number": 1}), now=0)
    assert table.render(clients, 80)[0].startswith("http://127.0.0.1:8765/: 1 client, ")


def test_a_client_that_has_gone_is_shown_for_a_moment():
    clients = ClientCounts("url")
    clients.update(counts({"number": 1}), now=0)
    clients.update(counts(), now=1)
    assert [row.state for row in clients.rows()] == ["gone"]
    clients.update(counts(), now=1 + GONE_FOR + 0.1)
    assert clients.rows() == []


@pytest.mark.parametrize("width", [5, 20, 40, 80, 200])
@pytest.mark.parametrize("height", [4, 5, 10])
def test_no_line_is_wider_and_no_table_higher_than_the_terminal(width, height):
    clients = ClientCounts("http://[::1]:8765/")
    everyone = [{"number": n, "peer": "[fe80::1%eth0]:12345", "bytes_in": 10**n} for n in range(30)]
    clients.update(counts(*everyone), now=0)
    drawn = table.render(clients, width, height)
    assert len(drawn) == height
    assert max(map(len, drawn)) <= width


@pytest.mark.parametrize("peer", ["\x1b[2J\x1b]0;hi\x07", "a\nb\r\n", "\x9b31m", "x" * 10_000])
def test_a_name_cannot_do_anything_to_the_terminal(peer):
    """Here it is a server that lies; and some day one may have names for clients."""
    clients = ClientCounts("http://\x1b[2J/")
    clients.update(counts({"number": 1, "peer": peer}), now=0)
    assert all(line.isprintable() for line in table.render(clients, 100))
    drawn = table.render(clients, 100, coloured=True)
    assert all(re.sub("\x1b\\[[0-9]+m", "", line).isprintable() for line in drawn)


@pytest.mark.parametrize(
    "message",
    ["hello", b"\xff", "[]", "{}", '{"hops": [], "lost": 0}', "[" * 100_000, "9" * 10_000,
     counts({"number": "one"}), counts({"number": 1, "joined_for": float("nan")}),
     counts({"number": 1, "waiting": float("inf")}), counts({"number": 1, "waiting": 10**400}),
     counts({"number": 1, "waiting": -1}), '{"clients": [], "waiting": 0, "limit": 1e400}'],
)  # fmt: skip
def test_what_is_no_count_is_an_error(message):
    with pytest.raises(CannotConnect, match="is no msgproxy"):
        ClientCounts("url").update(message, now=0)


def test_it_is_as_short_to_write_as_it_can_be_read():
    assert [table.size(n) for n in (0, 999, 1000, 2000, 20_000, 5 << 20, 3 << 30, 2 << 40)] == (
        ["0", "999", "1.0K", "2.0K", "20K", "5.0M", "3.0G", "2T"]
    )
    assert [table.duration(n) for n in (0.9, 61, 3_660, 864_000)] == ["0s", "1m01s", "1h01m", "10d"]
    assert [table.rate(n) for n in (0, 0.25, 9.94, 123.4)] == ["", "0.2", "9.9", "123"]
