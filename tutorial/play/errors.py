"""What can be wrong with a level.

Rule: the text is one line that names the place in the level, for the person who wrote it.
"""

from __future__ import annotations


class LevelError(Exception):
    """A level cannot be played as it is written."""


class Abandoned(BaseException):
    """Ends the threads of a run that is over. No `except Exception` of a level stops it."""
