"""Recordings as files: by a program, and by `msgproxy serve --record`."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pictures
import pytest
from clients import RawClient
from http_client import ask, request
from process import COMMAND, ServeProcess

from msgproxy import InvalidOption
from msgproxy.events import MessageId
from msgproxy.hops import Hop
from msgproxy.picture import export
from msgproxy.picture.chrome import trace_events
from msgproxy.picture.retrace import retrace

_made: dict[str, list[Hop]] = {}


@pytest.fixture(params=["conversation", "load", "cut_off"])
def hops(request) -> list[Hop]:
    """Each run is made once."""
    if request.param not in _made:
        _made[request.param] = getattr(pictures, request.param)()
    return _made[request.param]


@pytest.fixture
def few() -> list[Hop]:
    item = (MessageId(1, 1),)
    return [
        Hop(7, 1000, "reader-1", "received", "inbound", item, 0, 0, "hello"),
        Hop(8, 3000, "reader-1", "put", "inbound", item, 1, 69),
        Hop(9, 4000, "broker", "got", "inbound", item, 0, 0),
        Hop(10, 5000, "broker", "put", "outbound-2", (MessageId(1, 1), "ping"), 1, 69),
    ]


# The kinds.


def test_plain_data_is_as_documented(tmp_path: Path, few: list[Hop]):
    """Format, version, how many are lost, and the hops with their fields by name."""
    export.write(few, tmp_path / "run.json")
    data = json.loads((tmp_path / "run.json").read_text())
    assert [data["format"], data["version"], data["lost"]] == ["msgproxy recording", 1, 7]
    assert data["hops"][0] == {
        "number": 7,
        "time": 1000,
        "thread": "reader-1",
        "act": "received",
        "queue": "inbound",
        "items": ["1.1"],
        "depth": 0,
        "size": 0,
        "text": "hello",
    }
    assert data["hops"][3]["items"] == ["1.1", "ping"]


def test_plain_data_can_be_read_back(tmp_path: Path, hops: list[Hop]):
    """As the very same hops."""
    export.write(hops, tmp_path / "run.json")
    assert export.read(tmp_path / "run.json") == hops


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"format": "msgproxy recording", "version": 2, "hops": []}']
)
def test_what_is_no_recording_is_not_read(tmp_path: Path, text: str):
    """It gets one clear line."""
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(InvalidOption, match="is no recording of msgproxy, version 1"):
        export.read(tmp_path / "run.json")


def test_a_picture_is_a_picture(tmp_path: Path, few: list[Hop]):
    """The suffix tells it, and the text in it is encoded as XML says."""
    export.write(few, tmp_path / "run.svg")
    assert ElementTree.parse(tmp_path / "run.svg").getroot().tag.endswith("}svg")


# Chrome's trace events.


def events(hops: list[Hop], *kinds: str) -> list[dict]:
    return [event for event in trace_events(retrace(hops))["traceEvents"] if event["ph"] in kinds]


def test_every_event_has_what_the_format_asks_for(hops: list[Hop]):
    """A kind, a name, a process; a time from 0 in µs and, but for counters, a named thread."""
    named = {event["tid"] for event in events(hops, "M") if event["name"] == "thread_name"}
    for event in trace_events(retrace(hops))["traceEvents"]:
        assert event["pid"] == 1
        assert event["name"]
        if event["ph"] != "M":
            assert event["ts"] >= 0
        if event["ph"] in "Xsf":
            assert event["tid"] in named
    json.dumps(trace_events(retrace(hops)), allow_nan=False)


def test_slices_of_a_thread_nest(hops: list[Hop]):
    """Each is over before the next begins, or lies within another one."""
    slices = events(hops, "X")
    for one, other in itertools.combinations(slices, 2):
        if one["tid"] == other["tid"]:
            early, late = sorted((bounds(one), bounds(other)), key=lambda b: (b[0], -b[1]))
            assert early[1] <= late[0] or late[1] <= early[1], (one, other)
            assert early[1] > early[0]


def test_every_arrow_has_two_ends_within_slices(hops: list[Hop]):
    """The end is not before the beginning. Each has a number and a name of its own."""
    starts = {event["id"]: event for event in events(hops, "s")}
    ends = {event["id"]: event for event in events(hops, "f")}
    assert starts.keys() == ends.keys()
    assert len(starts) == sum(flight.end == "got" for flight in retrace(hops).flights)
    for number, start in starts.items():
        end = ends[number]
        assert (start["cat"], start["name"]) == (end["cat"], end["name"])
        assert start["ts"] <= end["ts"]
        assert end["bp"] == "e"
        for tip in (start, end):
            assert any(is_in(tip, each) for each in events(hops, "X")), tip


def test_counters_show_the_depth_of_each_queue(few: list[Hop]):
    """In items and in bytes, each time that it changes."""
    counted = [(event["name"], event["ts"], event["args"]) for event in events(few, "C")]
    assert ("inbound: items", 2.0, {"items": 1}) in counted
    assert ("inbound: bytes", 2.0, {"bytes": 69}) in counted
    assert ("inbound: items", 3.0, {"items": 0}) in counted


def bounds(event: dict) -> tuple[int, int]:
    """In ns, so that they can be compared."""
    start = round(event["ts"] * 1000)
    return start, start + round(event["dur"] * 1000)


def is_in(tip: dict, event: dict) -> bool:
    start, end = bounds(event)
    return tip["tid"] == event["tid"] and start <= round(tip["ts"] * 1000) < end


# Files.


def test_a_file_is_replaced_as_a_whole(tmp_path: Path, few: list[Hop], monkeypatch):
    """If writing fails, the old one is still there, and no piece of the new one."""
    target = tmp_path / "run.json"
    target.write_text("old")
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        export.write(few, target)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
    assert target.read_text() == "old"


def fail(*_):
    raise OSError("no space")


def test_a_link_stays_a_link(tmp_path: Path, few: list[Hop]):
    """What it leads to is replaced."""
    (tmp_path / "there").mkdir()
    link = tmp_path / "run.json"
    link.symlink_to(tmp_path / "there" / "real.json")
    export.write(few, link)
    assert link.is_symlink()
    assert len(export.read(tmp_path / "there" / "real.json")) == 4


def test_a_check_leaves_nothing_behind(tmp_path: Path):
    """Neither the file nor a trial."""
    export.check(tmp_path / "run.svg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["run", "run.txt", "run.svgz", "", ".", "svg", "run.json.gz"])
def test_another_suffix_is_refused(tmp_path: Path, few: list[Hop], name: str):
    """With those that there are."""
    for refuse in (export.check, lambda path: export.write(few, path)):
        with pytest.raises(InvalidOption, match=r"\.svg, \.trace\.json, \.json"):
            refuse(tmp_path / name)


# The command.


@pytest.mark.parametrize("suffix", [".svg", ".trace.json", ".json"])
@pytest.mark.parametrize("trace", [[], ["--no-trace"]])
def test_serve_records_to_a_file(tmp_path: Path, suffix: str, trace: list[str]):
    """From the start to the end, by Ctrl-C; the log says how much."""
    path = tmp_path / f"run{suffix}"
    with ServeProcess("--record", str(path), *trace) as server:
        with RawClient(server.url) as ada, RawClient(server.url) as bob:
            ada.send("for the record")
            assert bob.receive() == "for the record"
            assert not path.exists()
        assert server.stop(signal.SIGINT) == 0
    told = re.search(rf"recorded (\d+) hops to {re.escape(str(path))}; 0 before", server.log)
    assert told, server.log
    text = path.read_text()
    assert "for the record" in text or suffix == ".trace.json"
    if suffix == ".json":
        hops = export.read(path)
        assert len(hops) == int(told[1])
        assert "joined 1" in hops[1].items
        assert any("stopped" in hop.items for hop in hops)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("options", "status"), [([], 101), (["--no-trace"], 404)], ids=["watched", "unwatched"]
)
def test_without_trace_nobody_can_watch(options: list[str], status: int):
    """`/trace` is not there. As a rule it is."""
    with ServeProcess(*options) as server:
        assert ask(server.url, request(server.url, target="/trace")).status == status


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("run.txt", r"has to end with one of \.svg, \.trace\.json, \.json"),
        ("no/such/directory/run.svg", "cannot write .*: No such file or directory"),
        ("directory.svg", "cannot write .*: it is a directory"),
        ("/proc/run.svg", "cannot write '/proc/run.svg': .*"),
    ],
)
def test_what_cannot_be_recorded_is_said_before_the_server_starts(tmp_path: Path, path, why):
    """In one line on stderr, with status 2."""
    (tmp_path / "directory.svg").mkdir()
    result = subprocess.run(
        [*COMMAND, "serve", "--port", "0", "--record", str(tmp_path / path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert re.fullmatch(rf"msgproxy: .*{why}\n", result.stderr), result.stderr


def test_a_recording_is_not_lost_with_its_directory(tmp_path: Path):
    """If it cannot be written where it should, it is written elsewhere, and the log says where."""
    (tmp_path / "there").mkdir()
    path = tmp_path / "there" / "run.svg"
    with ServeProcess("--record", str(path)) as server:
        RawClient(server.url).close()
        (tmp_path / "there").rmdir()
        assert server.stop(signal.SIGTERM) == 0
    assert f"cannot write {path}: No such file or directory; writing " in server.log
    spare = Path(re.search(r"recorded \d+ hops to (\S+);", server.log)[1])
    assert export.read(spare)
    spare.unlink()
    spare.parent.rmdir()


# What is no plain file.


def test_a_link_is_followed_and_names_the_kind(tmp_path: Path, few: list[Hop]):
    """The file that it leads to may be called anything."""
    (tmp_path / "elsewhere").touch()
    (tmp_path / "run.json").symlink_to(tmp_path / "elsewhere")
    export.check(tmp_path / "run.json")
    export.write(few, tmp_path / "run.json")
    assert (tmp_path / "run.json").is_symlink()
    assert export.read(tmp_path / "elsewhere") == few


def test_a_pipe_is_refused_at_the_start(tmp_path: Path):
    """To open it would wait for who reads, and in the end it would be replaced."""
    os.mkfifo(tmp_path / "run.json")
    with pytest.raises(InvalidOption, match="no regular file"):
        export.check(tmp_path / "run.json")


def test_who_may_read_a_recording_stays_as_it_was(tmp_path: Path, few: list[Hop]):
    """It holds the first words of messages."""
    path = tmp_path / "run.json"
    path.touch(mode=0o600)
    export.write(few, path)
    assert path.stat().st_mode & 0o777 == 0o600
