"""The Rust on the pages: programs print what Python prints, and mistakes are found as is said.

Rule: the compiler is asked, in edition 2021. Only the standard library is there: of `proxy.rs` we
see that nothing is missing but its crates.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pages
import pytest
from clients import PATIENCE
from rust_claims import CLAIMS, NEED_CRATES, Claim

RUSTC = shutil.which("rustc")
CRATES = {"axum", "tokio", "futures_util"}

pytestmark = [
    pytest.mark.skipif(RUSTC is None, reason="there is no Rust compiler on this machine"),
    pytest.mark.timeout(10 * PATIENCE),
]


def blocks(kind: str) -> list[pages.Block]:
    return [b for path in pages.pages() for b in pages.blocks(path) if b.kind == kind]


def compile_it(program: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Compile a program to `folder / "program"`."""
    source = folder / "program.rs"
    source.write_text(program, encoding="utf-8")
    command = [RUSTC, "--edition", "2021", "-o", folder / "program", *options, source]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=5 * PATIENCE, check=False
    )


def output_of(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return done.stdout


def python_beside(rust: pages.Block) -> pages.Block:
    """Return the Python in another tab of the same set."""
    [tabs] = [block for block in rust.within if block.kind == "tab-set"]
    return next(
        block
        for block in blocks("python")
        if tabs.number in {b.number for b in block.within} and block.page == rust.page
    )


PROGRAMS = [b for b in blocks("rust") if "fn main" in "\n".join(b.lines)]
PARTS = [b for b in blocks("rust") if b not in PROGRAMS]


@pytest.mark.parametrize("rust", PROGRAMS, ids=lambda block: block.place)
def test_a_program_prints_what_python_prints(rust: pages.Block, tmp_path: Path) -> None:
    done = compile_it("\n".join(rust.lines), tmp_path, "-D", "warnings")
    assert done.returncode == 0, done.stderr
    python = "\n".join(python_beside(rust).lines)
    printed = [output_of(tmp_path / "program"), output_of(sys.executable, "-c", python)]
    if "Thread(" in python:  # they print in any order; in Python, one even into another's line
        printed = [sorted(text) for text in printed]
    assert printed[0] == printed[1]


@pytest.mark.parametrize("part", PARTS, ids=lambda block: block.place)
def test_a_part_fails_only_as_it_says(part: pages.Block, tmp_path: Path) -> None:
    """A part that needs crates lacks nothing else; the others give just the errors in comments."""
    program = "\n".join(part.lines)
    if not re.match(r"use|async fn|fn", program):
        program = f"async fn part() {{\n{program}\n}}"  # of a function: its variables are missing
    program = f"#![allow(dead_code, unused)]\n{program}\nfn main() {{}}\n"
    errors = set(
        re.findall(
            r"^error\[(E\d+)\]",
            compile_it(program, tmp_path, "--emit", "metadata").stderr,
            re.MULTILINE,
        )
    )
    if any(crate in program for crate in CRATES):
        assert errors <= {"E0432", "E0433"}
    elif "fails on purpose" in program:
        assert errors == {"E0425"}
    else:
        assert errors == set(re.findall(r"// error\[(E\d+)\]", program))


def test_the_proxy_lacks_nothing_but_crates(tmp_path: Path) -> None:
    source = (pages.TUTORIAL / "comparison" / "proxy.rs").read_text(encoding="utf-8")
    errors = re.findall(r"^error.*", compile_it(source, tmp_path).stderr, re.MULTILINE)
    missing = rf"`({'|'.join(CRATES)})`|`main` function is not allowed to be `async`|aborting"
    assert errors
    assert [error for error in errors if not re.search(missing, error)] == []


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.page}: {claim.mistake}")
def test_the_compiler_says_what_a_table_says(claim: Claim, tmp_path: Path) -> None:
    done = compile_it(claim.program, tmp_path, "--emit", "metadata")
    errors = re.findall(r"^error\[(E\d+)\]", done.stderr, re.MULTILINE)
    # `unused` is the group of warnings to which the one that counts belongs.
    warnings = set(re.findall(r"`#\[warn\((\w+)", done.stderr)) - {"unused"}
    assert {*errors, *warnings} == ({claim.code} if claim.code else set()), done.stderr


def test_each_row_about_the_compiler_is_a_claim() -> None:
    """And a row that names an error names the one that the compiler gives."""
    rows = {row: rust for row, rust in rows_about_rust().items() if "compiler" in rust}
    claims = {(claim.page, claim.mistake) for claim in CLAIMS}
    assert rows.keys() <= claims | NEED_CRATES
    assert claims | NEED_CRATES <= rows_about_rust().keys()
    for claim in CLAIMS:
        named = re.findall(r"E\d{4}", rows_about_rust()[claim.page, claim.mistake])
        assert named in ([], [claim.code])


def rows_about_rust() -> dict[tuple[str, str], str]:
    """Return what the tables of the chapters say of Rust, by page and mistake."""
    found = {}
    for name in pages.chapters():
        text = (pages.TUTORIAL / f"{name}.md").read_text(encoding="utf-8")
        for table in re.findall(r"^\| mistake \| in Rust \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.M):
            for row in table.splitlines():
                mistake, rust = row.split(" | ")[:2]
                found[name, mistake.removeprefix("| ")] = rust
    return found
