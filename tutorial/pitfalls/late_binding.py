"""A `lambda` made in a loop sees the loop's last value; `args=` hands over the present one.

The lambda looks its variable up when it runs, and by then the loop has gone on. A thread that is
started inside the loop may be quick enough: it goes wrong only now and then, which is worse.

Symptom: All my threads work on the last item of the loop.
Chapters: 02-threads, 14-rust
"""

import threading
from typing import NamedTuple

DEADLINE = 20.0  # seconds
CLIENTS = ["Ann", "Bob", "Cem"]


class Outcome(NamedTuple):
    with_lambda: list[str]
    """The clients that were served."""
    with_args: list[str]


def serve(client: str, served: list[str]) -> None:
    served.append(client)


def serve_with_lambda() -> list[str]:
    served: list[str] = []
    threads = []
    for client in CLIENTS:
        thread = threading.Thread(target=lambda: serve(client, served))
        threads.append(thread)
    run(threads)
    return served


def serve_with_args() -> list[str]:
    served: list[str] = []
    threads = []
    for client in CLIENTS:
        thread = threading.Thread(target=serve, args=(client, served))
        threads.append(thread)
    run(threads)
    return served


def run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
        thread.join(DEADLINE)


def demonstrate() -> Outcome:
    return Outcome(serve_with_lambda(), serve_with_args())


def main() -> None:
    with_lambda, with_args = demonstrate()
    print(f"A thread for each of {CLIENTS}")
    print(f"with a lambda:  {with_lambda} are served")
    print(f"with args=:     {with_args} are served")


if __name__ == "__main__":
    main()
