"""The tests are tested: for each broken variant of the server, the test that should catch it fails.

This takes a while, since what is broken is often noticed by waiting in vain.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from variants import VARIANTS

TESTS = Path(__file__).parents[1]

IMPATIENT = {"TEST_PATIENCE": "4"}
"""To wait in vain for shorter: a test that fails here by mistake would be red without variant."""

DEADLINE = 240
"""Seconds for one run, on a machine that is so busy that Python takes a minute to start."""

pytestmark = pytest.mark.timeout(DEADLINE + 60)


def run(name: str) -> subprocess.CompletedProcess[str]:
    test = TESTS / VARIANTS[name].noticed_by
    options = ["-q", "-n0", "-p", "no:cacheprovider", "--timeout=60", "--variant", name, str(test)]
    options += ["-p", "no:nbmake"]  # a third of the start would be its imports
    command = [sys.executable, "-X", "dev", "-m", "pytest", *options]
    environment = os.environ | IMPATIENT
    return subprocess.run(
        command, capture_output=True, text=True, timeout=DEADLINE, check=False, env=environment
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_a_broken_server_is_noticed(name):
    """The test fails on the variant: it ran, and what it asserts does not hold, for its reason."""
    result = run(name)
    assert result.returncode == pytest.ExitCode.TESTS_FAILED, result.stdout + result.stderr
    assert re.search(r"\d failed", result.stdout), result.stdout
    assert "Timeout (>" not in result.stdout, result.stdout  # of pytest-timeout: it hung
    signs = re.findall(r"^(?:>|E |ERROR|WARNING).*", result.stdout, re.MULTILINE)
    assert any(VARIANTS[name].sign in line for line in signs), result.stdout
