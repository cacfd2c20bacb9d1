"""The benchmark runs as a user runs it, and would notice a server that loses messages.

No test here looks at a time: how fast the server is depends on the machine.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from redis_server import needs_program

from msgproxy import OutboundQueue, Queues

PATIENCE = 300
"""Seconds for one command. It starts dozens of processes; here only the outcome matters."""

pytestmark = [
    pytest.mark.extra("benchmarks"),
    pytest.mark.xdist_group("heavy"),
    pytest.mark.timeout(PATIENCE * 1.1),
]

BENCHMARKS = Path(__file__).parent / "benchmarks"
FRAME = 66
"""Bytes of a frame with 64 bytes; the benchmark's first calls are shorter, and are let through."""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_the_benchmark_measures_all_that_it_promises(tmp_path):
    """A short run gives every figure, and nothing is lost."""
    file = tmp_path / "results.json"
    short = ("--rounds", 1, "--seconds", 0.1, "--clients", 8, "--json", file)
    chosen = ("--only", "fan100", "one100", "lat20", "big", "idle", "churn")
    chosen += ("--servers", "msgproxy")
    done = run(BENCHMARKS, *short, *chosen)
    assert done.returncode == 0, done.stderr
    assert "msgproxy: 0 lost, 0 duplicated, 0 out of order" in done.stdout
    data = json.loads(file.read_text())
    assert len(data["results"]) == 6
    assert not [result["error"] for result in data["results"] if result["error"]]
    figures = {name for scenario in data["medians"]["msgproxy"].values() for name in scenario}
    assert figures == {"deliveries/s", "MB/s", "p50 ms", "p99 ms", "KiB/client", "visits/s"}
    for result in data["results"]:
        assert set(result["outcome"]) == {"figures", "seconds", "cores", "deliveries", "flaws"}


def test_it_compares_msgproxy_with_its_peers(tmp_path):
    """There is a ratio to each peer, and the peers forward everything too."""
    file = tmp_path / "results.json"
    short = ("--rounds", 1, "--seconds", 0.1, "--clients", 8, "--json", file)
    peers = ("websockets", "websockets.sync", "websockets.sync:broadcast", "simple-websocket")
    servers = ("msgproxy", *peers)
    done = run(BENCHMARKS, *short, "--only", "fan100", "--servers", *servers)
    assert done.returncode == 0, done.stderr
    ratios = json.loads(file.read_text())["ratios"]
    assert set(ratios) == {f"msgproxy / {peer}" for peer in servers[1:]}
    assert all(ratio["fan100"]["deliveries/s"] for ratio in ratios.values()), done.stdout


def test_it_compares_steps_of_the_tutorial_and_msgproxy_with_itself():
    """The last of some steps is divided by the others; and there is a table to put into a page."""
    short = ("--rounds", 1, "--seconds", 0.1, "--clients", 8, "--only", "fan100", "--markdown")
    for servers, head in (
        (("step10", "step11"), "step11 | ÷ step10 |"),
        (("msgproxy", "msgproxy:no-trace"), "msgproxy | ÷ msgproxy:no-trace |"),
    ):
        done = run(BENCHMARKS, *short, "--servers", *servers)
        assert done.returncode == 0, done.stderr
        assert head in done.stdout
        assert re.search(r"\| fan100, deliveries/s +\| +[\d,]+ \| +[\d.]+ \|", done.stdout)
        assert done.stdout.count("0 lost, 0 duplicated, 0 out of order") == 2


def test_it_compares_msgproxy_with_the_same_shape_in_c():
    """It is compiled, forwards everything, and has the scheduling that `serve` has."""
    needs_program("cc")
    short = ("--rounds", 1, "--seconds", 0.1, "--clients", 8, "--only", "fan100", "big", "churn")
    done = run(BENCHMARKS, *short, "--servers", "same-shape-in-c", "msgproxy")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("0 lost, 0 duplicated, 0 out of order") == 2


@pytest.fixture
def copy(tmp_path):
    """Return a copy of the benchmark that may write into its page."""
    top = BENCHMARKS.parents[1]
    shutil.copytree(top / "tutorial" / "steps", tmp_path / "tutorial" / "steps")
    return Path(shutil.copytree(BENCHMARKS, tmp_path / "tests" / "benchmarks"))


def test_it_writes_a_table_into_its_page(copy):
    """`publish` replaces what is between two marks, and nothing else."""
    before = (copy / "README.md").read_text()
    done = run(copy, "publish", "--only", "steps", "--rounds", 1, "--seconds", 0.1)
    assert done.returncode == 0, done.stderr
    after = (copy / "README.md").read_text()
    between = re.compile("(<!-- measured: steps -->\n)(.*?)(<!-- end: steps -->)", re.DOTALL)
    assert "; rounds: 1, of 0.1 s each\n\n|" in between.search(after)[2]
    assert "step11 | ÷ step10 |" in between.search(after)[2]
    assert between.sub(r"\1\3", after) == between.sub(r"\1\3", before)


def test_it_measures_nothing_that_has_no_place_in_its_page(copy):
    """Each part has its marks, or it fails before it has taken its twenty minutes."""
    page = copy / "README.md"
    page.write_text(page.read_text().replace("<!-- end: growth -->", ""))
    done = run(copy, "publish")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "benchmark: README.md has no marks for 'growth', or several\n"


def test_a_mistake_is_told_in_one_line(tmp_path):
    """Also the default command has its options checked."""
    for arguments, why in (
        (["--only", "fan"], "argument --only: invalid choice: 'fan'"),
        (["versions", tmp_path], f"argument folders: {tmp_path} is no checkout of msgproxy"),
    ):
        done = run(BENCHMARKS, *arguments)
        assert done.returncode == 2
        assert why in done.stderr.splitlines()[-1]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the clock of another process")
def test_it_compares_versions_and_the_first_with_itself():
    checkout = BENCHMARKS.parents[1]
    done = run(BENCHMARKS, "versions", checkout, "--clients", 5, "--bursts", 3)
    assert done.returncode == 0, done.stderr
    [heads, _, *rows] = [line.split("|")[1].strip() for line in done.stdout.splitlines()]
    assert heads == "version"
    assert rows == [str(checkout), "the first again"]


def test_growth_measures_both_curves_and_the_memory(tmp_path):
    """A very short run of it gives every figure, and nothing is lost."""
    file = tmp_path / "growth.json"
    short = ("--rounds", 1, "--seconds", 0.1, "--json", file)
    small = ("--clients", 10, "--size", 256, "--visits", 4, 20)
    done = run(BENCHMARKS, "growth", *short, *small)
    assert done.returncode == 0, done.stderr
    assert "msgproxy: 0 lost, 0 duplicated, 0 out of order" in done.stdout
    data = json.loads(file.read_text())
    assert not [result["error"] for result in data["results"] if result["error"]]
    measured = data["medians"]["msgproxy"]
    much, late = {"deliveries/s", "MB/s"}, {"p50 ms", "p99 ms"}
    for name in ("clients-2", "clients-10", "size-16", "size-256"):
        assert set(measured.pop(name)) == much
        assert set(measured.pop(f"{name}-paced")) == late
    assert {name: set(figures) for name, figures in measured.items()} == {
        "visits": {"KiB after 4", "KiB after 20"}
    }


def test_the_bridge_is_measured_with_several_instances():
    """The shortest run gives both tables, and nothing is lost."""
    needs_program("redis-server")
    done = run(BENCHMARKS, "bridge", "--rounds", 1, "--seconds", 0)
    assert done.returncode == 0, done.stderr
    lines = [line.split("|")[1].strip() for line in done.stdout.splitlines() if "|" in line]
    for order in ("local first", "stream first"):
        assert [f"{n} instance{'s' * (n > 1)}, {order}" in lines for n in (1, 2, 3)] == [True] * 3
        assert [f"{order}, {which} instance" in lines for which in ("same", "other")] == [True] * 2
    assert "\n* 0 lost, 0 duplicated, 0 out of their sender's order" in done.stdout
    assert "\n* another order than on the first instance, stream first: 0 of " in done.stdout


def test_the_experiment_with_the_stream_first_needs_a_stream():
    """It says so in one line."""
    done = run(BENCHMARKS / "servers" / "stream_first.py", "--port", 0)
    assert done.returncode == 2
    assert done.stderr == "msgproxy: the stream first needs a stream: --bridge\n"


def test_it_notices_what_is_lost_or_twice_or_in_the_wrong_order(start):
    """Each of three queues does one wrong thing once, and the check of the load finds it."""
    server = start(queues=BrokenQueues())
    port = server.url.rstrip("/").rpartition(":")[2]
    done = run(BENCHMARKS / "load.py", "fan100", "--port", port, "--clients", 9, "--seconds", 0.2)
    assert done.returncode == 0, done.stderr
    flaws = json.loads(done.stdout)["flaws"]
    assert (flaws["lost"], flaws["duplicated"], flaws["reordered"]) == (1, 1, 1)
    assert flaws["other_order"] > 0


class BrokenQueues(Queues):
    """Queues of which three do one wrong thing once; clients 1 to 4 are those that send."""

    def outbound(self, limits, number):
        wrongs = {6: lambda _, b: (b,), 7: lambda a, b: (a, a, b), 8: lambda a, b: (b, a)}
        if number not in wrongs:
            return OutboundQueue(limits.outbound_limit)
        return BrokenQueue(limits.outbound_limit, wrongs[number])


class BrokenQueue(OutboundQueue):
    """Changes the first two messages of one sender that come together."""

    def __init__(self, limit, wrong):
        super().__init__(limit)
        self.wrong = wrong

    def _put(self, item):
        if self.wrong and len(item.frames) >= 2 and len(item.frames[0]) == FRAME:
            first, second, *rest = item.frames
            if first[2] == second[2]:  # where the message says who sent it
                item = replace(item, frames=(*self.wrong(first, second), *rest))
                self.wrong = None
        super()._put(item)
