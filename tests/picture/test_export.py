"""Recordings as files: what is in them, and how they get to their place."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from recordings import every_run, made_up  # noqa: F401

from msgproxy import InvalidOption
from msgproxy.picture import export
from msgproxy.tracing.hops import Hop


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
    """Its suffix says so, and the text in it is encoded as XML requires."""
    export.write(few, tmp_path / "run.svg")
    assert ElementTree.parse(tmp_path / "run.svg").getroot().tag.endswith("}svg")


@pytest.mark.parametrize("name", ["run", "run.txt", "run.svgz", "", ".", "svg", "run.json.gz"])
def test_another_suffix_is_refused(tmp_path: Path, few: list[Hop], name: str):
    """With those that there are."""
    for refuse in (export.check, lambda path: export.write(few, path)):
        with pytest.raises(InvalidOption, match=r"\.svg, \.trace\.json, \.json"):
            refuse(tmp_path / name)


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


def test_a_check_leaves_nothing_behind(tmp_path: Path):
    """Neither the file nor a trial."""
    export.check(tmp_path / "run.svg")
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path, few: list[Hop]):
    """What it leads to is replaced."""
    (tmp_path / "there").mkdir()
    link = tmp_path / "run.json"
    link.symlink_to(tmp_path / "there" / "real.json")
    export.write(few, link)
    assert link.is_symlink()
    assert len(export.read(tmp_path / "there" / "real.json")) == 4


def test_a_link_is_followed_and_names_the_kind(tmp_path: Path, few: list[Hop]):
    """The file that it leads to may be called anything."""
    (tmp_path / "elsewhere").touch()
    (tmp_path / "run.json").symlink_to(tmp_path / "elsewhere")
    export.check(tmp_path / "run.json")
    export.write(few, tmp_path / "run.json")
    assert (tmp_path / "run.json").is_symlink()
    assert export.read(tmp_path / "elsewhere") == few


def test_a_pipe_is_refused_at_the_start(tmp_path: Path):
    """To open it would wait for a reader, and at the end it would be replaced."""
    os.mkfifo(tmp_path / "run.json")
    with pytest.raises(InvalidOption, match="no regular file"):
        export.check(tmp_path / "run.json")


def test_the_permissions_of_a_recording_stay_as_they_were(tmp_path: Path, few: list[Hop]):
    """It holds the first words of messages."""
    path = tmp_path / "run.json"
    path.touch(mode=0o600)
    export.write(few, path)
    assert path.stat().st_mode & 0o777 == 0o600
