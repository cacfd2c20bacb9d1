"""Play: levels in which the learner decides which thread goes next.

A level is a file of plain Python in `tutorial/levels/`: shared data, threads, and a promise. This
package weaves a stop before each of its lines, lets real threads take every step that there is,
and keeps what was seen as a graph. The pages of the tutorial, and `python -m tutorial.play`, show
that graph to a player; neither invents anything.

Rule: what a state leaves out, the explorer cannot tell apart, and then it proves falsehoods. So
whatever cannot be looked into is an error, not a guess.

| module | what it does |
|---|---|
| `weave`, `stack` | puts a stop before each line of a function |
| `memory` | loops and `with` blocks whose memory can be looked at |
| `stand_ins` | Lock, Condition, Queue and Thread that say why a thread would have to wait |
| `level`, `imports` | reads a level, and loads it afresh for each run |
| `run`, `thread` | one run: real threads that go one line at a time |
| `state` | what makes two moments of a run the same |
| `explore` | all states that a level can be in, and the steps between them |
| `graph` | what the explorer found: ends, orders, ways to a failure |
| `show` | values as short texts |
| `export` | the graph as the page's player reads it |
| `alone` | how often the same file fails without anybody deciding |
| `text`, `__main__` | the player in a terminal |
"""


class LevelError(Exception):
    """A level cannot be played as it is written. The text is one line, and names the place."""


class Abandoned(BaseException):
    """Ends the threads of a run that is over. No `except Exception` of a level stops it."""
