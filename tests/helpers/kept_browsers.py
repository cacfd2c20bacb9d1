"""The browsers of this process: kept for the tests that follow and ask for one, then closed.

A browser takes as long to start as a few tests take, and the tests that need one come in a row.

Rule: before a test that asks for none, all are closed: as long as one runs, no test could use
asyncio in this thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest


class Kept:
    """Context managers that were entered, by name. They are left together, the last one first."""

    def __init__(self) -> None:
        self._entered: dict[str, Any] = {}
        self._exits = ExitStack()

    def get(self, name: str, make: Callable[[], AbstractContextManager[Any]]) -> Any:
        """Return what is kept under this name; make and enter it if there is nothing."""
        if name not in self._entered:
            self._entered[name] = self._exits.enter_context(make())
        return self._entered[name]

    def close(self) -> None:
        self._entered.clear()
        self._exits.close()


@pytest.fixture(scope="session")
def kept() -> Iterator[Kept]:
    kept = Kept()
    yield kept
    kept.close()


@pytest.fixture
def browser_or_none(request: pytest.FixtureRequest, kept: Kept) -> None:
    """Have the browser run that a test asks for, and none if it asks for none."""
    if "browser" in request.fixturenames:
        request.getfixturevalue("browser")
    else:
        kept.close()
