"""`msgproxy serve --record`: the run is in the file, or it is said why not; and `--no-trace`."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest
from clients import RawClient
from http_client import ask, request
from process import COMMAND, ServeProcess

from msgproxy.picture import export


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
    told = re.search(rf"recorded (\d+) hops to {re.escape(str(path))}$", server.log, re.MULTILINE)
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
    spare = Path(re.search(r"recorded \d+ hops to (\S+)", server.log)[1])
    assert export.read(spare)
    spare.unlink()
    spare.parent.rmdir()


@pytest.mark.parametrize(
    ("options", "status"), [([], 101), (["--no-trace"], 404)], ids=["watched", "unwatched"]
)
def test_without_trace_nobody_can_watch(options: list[str], status: int):
    """`/trace` is not there. As a rule it is."""
    with ServeProcess(*options) as server:
        assert ask(server.url, request(server.url, target="/trace")).status == status
