"""What a variant is, and the list of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """A way to be wrong, and the test that notices."""

    apply: Callable[[], None]
    noticed_by: str


VARIANTS: dict[str, Variant] = {}


def noticed_by(test: str):
    """Register a variant under the name of its function."""

    def register(apply: Callable[[], None]) -> Callable[[], None]:
        VARIANTS[apply.__name__.replace("_", "-")] = Variant(apply, test)
        return apply

    return register
