"""Servers that are broken on purpose, each in one way.

A test of concurrency that has never been red proves nothing. So each variant names the test
that has to notice it, and `test_variants.py` runs that test against it. To look at one:

    python -m pytest --variant reader-answers-pings tests/proxy/test_signs_of_life.py

Each is applied to the package in a process of its own, and never taken back.

These are faults that somebody thought of. For small ones that nobody did, see `tests/mutate`.
"""

from __future__ import annotations

from variants import bridging, ends, forwarding, limits, schedules, watching
from variants.registry import VARIANTS

__all__ = ["VARIANTS", "bridging", "ends", "forwarding", "limits", "schedules", "watching"]
