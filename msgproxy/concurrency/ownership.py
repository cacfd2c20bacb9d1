"""Who may touch what, checked while the program runs.

Rust moves a value into a thread, and the compiler sees to it that nobody else touches it.
Python does not. So each method that only one thread may call says so with `owned_by`, and
under `python -X dev` (the tests run that way) the first thread to call it becomes the owner,
whatever its name, and every other one gets a `WrongThread`. Otherwise the decorator returns the
function unchanged: the check costs nothing.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class WrongThread(AssertionError):
    """A bug: a thread touched what belongs to another one."""


def owned_by(
    owner: str,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Mark a method that only one thread may call. `owner` names it: "reader", "broker", ...

    All methods of an object that name the same owner belong to the same thread.
    """

    def mark(method: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        return _checked(owner, method) if sys.flags.dev_mode else method

    return mark


def _checked(owner: str, method: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    @functools.wraps(method)
    def check_and_call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        belongings: dict[str, Any] = vars(args[0])
        here = threading.current_thread()
        # setdefault is one step: of two threads that come first, one becomes the owner.
        there = belongings.setdefault(f"_owner_{owner}", here)
        if there is not here:
            raise WrongThread(
                f"{method.__qualname__} belongs to the {owner} thread, here {there.name!r}, "
                f"and was called by {here.name!r}"
            )
        return method(*args, **kwargs)

    return check_and_call
