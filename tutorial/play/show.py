"""Values as short texts, for a player.

Rule: Python's own way to write a value, as far as it is short; shared objects by their names.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterable, Mapping
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
    if id(value) in names and (isinstance(value, Lock | Condition | Queue) or is_object(value)):
        return names[id(value)]
    for kinds, show_kind in KINDS:
        if isinstance(value, kinds):
            return show_kind(value, names)
    if hasattr(value, "is_last") and hasattr(value, "messages"):  # a batch of frames
        return "Close" if value.is_last else _all(value.messages, names)
    if dataclasses.is_dataclass(value):
        # The first two fields say what it is about; the others are sizes and numbers.
        fields = [getattr(value, field.name) for field in dataclasses.fields(value)[:2]]
        return f"{type(value).__name__}({_all([f for f in fields if type(f) is not int], names)})"
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


def _all(values: Iterable[Any], names: Names) -> str:
    return ", ".join(show(value, names) for value in values)


def _lock(lock: Lock, _: Names) -> str:
    return f"held by {lock.holder}" if lock.holder else "free"


def _condition(condition: Condition, names: Names) -> str:
    lock, sleeping = condition.inside()
    return _lock(lock, names) + (f", asleep: {', '.join(sleeping)}" if sleeping else "")


def _tuple(value: tuple[Any, ...], names: Names) -> str:
    if type(value).__module__.startswith("msgproxy."):
        return str(value)
    name = type(value).__name__ if hasattr(value, "_fields") else ""
    return f"{name}({_all(value, names)})"


def _dict(value: dict[Any, Any], names: Names) -> str:
    pairs = (f"{show(k, names)}: {show(v, names)}" for k, v in value.items())
    return "{" + ", ".join(pairs) + "}"


KINDS: list[tuple[Any, Callable[[Any, Names], str]]] = [
    (Lock, _lock),
    (Condition, _condition),
    (Queue, _queue),
    (Loop, lambda *_: "loop"),
    (tuple, _tuple),
    ((list, deque), lambda v, names: f"[{_all(v, names)}]"),
    ((set, frozenset), lambda v, names: "{" + _all(v, names) + "}" if v else "set()"),
    (dict, _dict),
]
