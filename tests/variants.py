"""Servers that are broken on purpose."""

from __future__ import annotations

VARIANTS: dict[str, object] = {}
