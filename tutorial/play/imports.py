"""What a level gets when it imports: stand-ins for what threads wait at, the real thing otherwise.

Rule: nothing is patched. A level, and each module that is stepped with it, is run afresh with an
import function of its own; so one run shares nothing with another, or with this program's threads.
"""

from __future__ import annotations

import builtins
import functools
import importlib.util
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from . import LevelError
from .stand_ins import MODULES, queue_like
from .weave import Woven, weave

Tools = Callable[[Woven], Mapping[str, Any]]
"""What woven code calls at its stops, by name."""


class Imports:
    """The imports of one run."""

    def __init__(self, stepped: tuple[str, ...], tools: Tools) -> None:
        self.clock = [0]
        """What time it is for modules that are stepped: it goes on when somebody says so."""
        self.all: list[dict[str, Any]] = []
        """The globals of all code that is woven: of the level, and of what is stepped with it."""
        self._stepped, self._tools = stepped, tools
        self._modules: dict[str, SimpleNamespace] = {}

    def run(self, woven: Woven, name: str) -> dict[str, Any]:
        """Run the code of a module. Return its globals."""
        module = {
            "__name__": name,
            "__builtins__": {**vars(builtins), "__import__": self._import},
            **self._tools(woven),
        }
        if self._stepped:
            module["clock"] = self.clock
        self.all.append(module)
        exec(woven.code, module)
        return module

    def _import(self, name: str, *rest: Any) -> Any:
        if name in self._stepped:
            return self._run_once(name)
        if name in MODULES:
            return _stand_ins(name, *rest)
        if name == "time" and self._stepped:
            clock = self.clock
            return SimpleNamespace(monotonic=lambda: clock[0])
        module = builtins.__import__(name, *rest)
        return _with_stand_ins(module) if name == "msgproxy.queues" else module

    def _run_once(self, name: str) -> SimpleNamespace:
        if name not in self._modules:
            # A name that is not in `sys.modules`: it is not that module, but made of its source.
            own = name if name.startswith("msgproxy.") else f"woven.{name}"
            self._modules[name] = SimpleNamespace(**self.run(woven_module(name), own))
        return self._modules[name]


@functools.cache
def woven_module(name: str) -> Woven:
    """Weave the source of a module."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise LevelError(f"there is no module {name}")
    path = Path(spec.origin)
    return weave(path.read_text(encoding="utf-8"), path.name)


def _stand_ins(name: str, *rest: Any) -> Any:
    """Return the stand-ins of a module, if it has all that are wanted by name."""
    wanted = rest[2] if len(rest) > 2 and rest[2] else ()
    for each in wanted:
        if not hasattr(MODULES[name], each):
            raise LevelError(f"there is no stand-in for {name}.{each}")
    return MODULES[name]


def _with_stand_ins(module: Any) -> SimpleNamespace:
    """Return a module with stand-ins for its queues."""
    queues = {name: queue_like(value) for name, value in vars(module).items() if _is_queue(value)}
    return SimpleNamespace(**{**vars(module), **queues})


def _is_queue(value: Any) -> bool:
    return inspect.isclass(value) and hasattr(value, "put")
