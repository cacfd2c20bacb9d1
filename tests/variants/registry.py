"""What a variant is, and the list of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """A way to be wrong, and the test that notices."""

    apply: Callable[[], None]
    noticed_by: str
    sign: str
    """What shows that the test has failed for this reason: in the line at which it fails, in what
    pytest says of it, or in the log."""


VARIANTS: dict[str, Variant] = {}


def noticed_by(test: str, sign: str):
    """Register a variant under the name of its function."""

    def register(apply: Callable[[], None]) -> Callable[[], None]:
        VARIANTS[apply.__name__.replace("_", "-")] = Variant(apply, test, sign)
        return apply

    return register
