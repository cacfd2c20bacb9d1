"""Values as short texts, for a player.

Rule: Python's own way to write a value, as far as it is short; shared objects by their names.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Mapping
from typing import Any

from .memory import Loop
from .stand_ins import Condition, Lock, Queue

Names = Mapping[int, str]
"""What shared objects are called, by their `id`."""


def show_all(shared: Mapping[str, Any], names: Names) -> dict[str, str]:
    """Show shared data. An object of the level's own is shown attribute by attribute."""
    texts = {}
    for name, value in shared.items():
        if callable(value) and not isinstance(value, Queue | Lock | Condition):
            continue
        if is_object(value):
            public = {k: v for k, v in vars(value).items() if not k.startswith("_")}
            for attribute, inner in public.items():
                texts[f"{name}.{attribute}"] = show(inner, names)
        else:
            texts[name] = show(value, {k: n for k, n in names.items() if k != id(value)})
    return texts


def show(value: Any, names: Names) -> str:
    """Show one value."""
    if id(value) in names and not isinstance(value, str | int | bytes | None):
        return names[id(value)]
    match value:
        case Lock():
            return f"held by {value.holder}" if value.holder else "free"
        case Condition():
            lock, sleeping = value.inside()
            asleep = f", asleep: {', '.join(sleeping)}" if sleeping else ""
            return show(lock, {}) + asleep
        case Queue():
            return _queue(value, names)
        case Loop():
            return "loop"
        case tuple() if hasattr(value, "_fields"):
            inside = ", ".join(show(item, names) for item in value)
            return f"{type(value).__name__}({inside})"
        case tuple() | list() | deque():
            inside = ", ".join(show(item, names) for item in value)
            return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
        case set() | frozenset():
            return "{" + ", ".join(show(i, names) for i in value) + "}" if value else "set()"
        case dict():
            pairs = (f"{show(k, names)}: {show(v, names)}" for k, v in value.items())
            return "{" + ", ".join(pairs) + "}"
    if dataclasses.is_dataclass(value):
        # The first two fields say what it is about; the others are sizes and numbers.
        fields = [getattr(value, field.name) for field in dataclasses.fields(value)[:2]]
        inside = ", ".join(show(f, names) for f in fields if not isinstance(f, int))
        return f"{type(value).__name__}({inside})"
    if is_object(value):
        return str(getattr(value, "name", type(value).__name__))
    return repr(value)


def is_object(value: Any) -> bool:
    """Return whether a value is an object of a class of the level's, or of the package's."""
    module = type(value).__module__
    return module.startswith(("play.levels.", "msgproxy.")) and hasattr(value, "__dict__")


def _queue(value: Queue, names: Names) -> str:
    waiting = vars(value.real).get("_waiting", vars(value.real).get("queue", ()))
    text = show(list(waiting), names)
    return f"{text} full" if value.full() else text
