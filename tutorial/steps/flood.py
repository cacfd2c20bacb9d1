"""A thousand long lines, two hundred a second, for `msgproxy chat` in a pipe.

The pages that freeze a client say how: chapters 3, 4, 5 and 8.
"""

import time

LINES = 1000
LENGTH = 10_000  # characters: all lines together are more than the buffers of a connection hold
PAUSE = 0.005  # seconds, so that a client that reads is never far behind

for number in range(1, LINES + 1):
    print(number, "x" * LENGTH, flush=True)
    time.sleep(PAUSE)
