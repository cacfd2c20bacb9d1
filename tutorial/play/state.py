"""The state of a run: what makes two moments the same.

Rule: two moments are the same only if nothing that any thread could still see or do differs. So
one walk goes through the shared data and then each thread's lines and variables, and numbers the
objects that can change: an alias is not the same as an equal copy. Whatever the walk does not
know is an error.

Sets are walked in the order in which they iterate, and with the size of their table: both decide
what a loop will see. Objects are kept alive while the walk lasts, so no address is used twice.
"""

from __future__ import annotations

import dataclasses
import enum
import sys
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

from . import LevelError
from .memory import Loop, With
from .stand_ins import STAND_INS

ATOMS = (bool, int, float, str, bytes, range, type(None))
CONSTANT = (type, ModuleType, BuiltinFunctionType)
KNOWN = ("msgproxy.", "play.levels.", "woven.")
"""Modules whose objects are looked into attribute by attribute."""


class Walk:
    """Turns values into something that can be compared, as one whole."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        """The objects that can change, by `id`, in the order in which they were met."""
        self._kept: list[object] = []

    def __call__(self, value: Any) -> Hashable:
        """Return what can be compared in place of a value."""
        if isinstance(value, ATOMS):
            return (type(value).__name__, value)
        if isinstance(value, enum.Enum):  # by its name: another run has a class of its own
            return (type(value).__name__, value.name)
        if isinstance(value, CONSTANT):
            return (type(value).__name__, getattr(value, "__qualname__", value.__name__))
        if is_frozen(value):
            return (type(value).__name__, *map(self, parts(value)))
        number = self.numbers.get(id(value))
        if number is not None:
            return ("seen", number)
        self.numbers[id(value)] = len(self.numbers)
        self._kept.append(value)
        return (type(value).__name__, *map(self, parts(value)))


def is_frozen(value: Any) -> bool:
    """Return whether a value can only change in what it refers to, and so needs no number."""
    if isinstance(value, FunctionType | MethodType | tuple | frozenset):
        return True
    parameters = getattr(value, "__dataclass_params__", None)
    return bool(parameters and parameters.frozen)


def parts(value: Any) -> Iterable[Any]:
    """Return what a value consists of."""
    for kinds, take_apart in PARTS:
        if isinstance(value, kinds):
            return take_apart(value)
    if dataclasses.is_dataclass(value) or type(value).__module__.startswith(KNOWN):
        return attributes(value)
    raise LevelError(f"a {type(value).__name__} cannot be looked into, so no state can be told")


def holders(module: dict[str, Any]) -> dict[str, Any]:
    """Return the classes and functions of a module: all threads can reach their attributes."""
    return {name: v for name, v in module.items() if is_holder(v, module["__name__"])}


def is_holder(value: Any, module: str) -> bool:
    """Return whether a value is a class or a function that a module defines."""
    is_kind = isinstance(value, type | FunctionType) and not isinstance(value, enum.EnumMeta)
    return is_kind and value.__module__ == module


def held(holder: Any) -> Iterable[tuple[str, Any]]:
    """Yield the attributes of a class or a function, without its methods and Python's own."""
    for name, value in vars(holder).items():
        if not name.startswith("__") and name != "_abc_impl" and not hasattr(value, "__get__"):
            yield name, value


def attributes(value: Any) -> list[Any]:
    """Return the attributes of an object, with their names."""
    slots = [s for c in type(value).__mro__ for s in getattr(c, "__slots__", ())]
    named = {slot: getattr(value, slot) for slot in slots if hasattr(value, slot)}
    named.update(getattr(value, "__dict__", {}))
    return sorted(named.items(), key=lambda item: item[0])


def _cells(function: FunctionType) -> list[Any]:
    contents = []
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # nothing is in it yet
            contents.append(cell.cell_contents)
    return [function.__qualname__, *contents]


PARTS: list[tuple[Any, Callable[[Any], Iterable[Any]]]] = [
    ((tuple, list, deque), lambda v: v),
    ((set, frozenset), lambda v: (sys.getsizeof(v), *v)),
    (dict, lambda v: (sys.getsizeof(v), *v.items())),
    (bytearray, lambda v: (bytes(v),)),
    (STAND_INS, lambda v: v.inside()),
    (Loop, lambda v: (v.container, v.size, v.seen)),
    (With, lambda v: (v.manager, v.error)),
    (suppress, lambda v: v._exceptions),
    (BaseException, lambda v: (*v.args, v.__context__)),
    (MethodType, lambda v: (v.__self__, v.__name__)),
    (FunctionType, _cells),
    (SimpleNamespace, attributes),
    (threading.Thread, lambda v: (v.name,)),  # as the package notes who owns what
]


def reach(values: Iterable[Any]) -> set[int]:
    """Return the ids of all objects that can change and that values lead to.

    They are compared at once, while the values themselves keep the objects alive.
    """
    walk = Walk()
    for value in values:
        walk(value)
    return set(walk.numbers)
